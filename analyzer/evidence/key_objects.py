"""Public keys as objects of ``cryptography``: loading it costs more than reading a small bundle does."""

from __future__ import annotations

from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

Key: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


def rsa_key(modulus: int, exponent: int) -> rsa.RSAPublicKey | None:
    """Make an RSA key; None where the numbers are none."""
    try:
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except (ValueError, OverflowError, UnsupportedAlgorithm):
        return None


def ec_key(curve: str, x: int, y: int) -> ec.EllipticCurvePublicKey | None:
    """Make a key of a curve that JWKs name; None where the numbers are no point of it."""
    try:
        return ec.EllipticCurvePublicNumbers(x, y, _CURVES[curve]).public_key()
    except (ValueError, OverflowError, UnsupportedAlgorithm):
        return None


def read_der(der: bytes) -> Key | str:
    """Read a SubjectPublicKeyInfo or PKCS#1 key; a string says why it cannot be read."""
    try:
        key = load_der_public_key(der)
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm):
        return "holds no public key that can be read"
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return key
    return "is neither an RSA nor an elliptic curve key"


def modulus_of(key: Key) -> int | None:
    """Give the modulus of an RSA key."""
    return key.public_numbers().n if isinstance(key, rsa.RSAPublicKey) else None


def spki_of(key: Key) -> bytes:
    """Give the SubjectPublicKeyInfo DER of a key."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
