"""Public keys from PEM blocks and from JWKs, and the key id that Kubernetes gives them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from analyzer.evidence.origin import Quote
from analyzer.evidence.records import Json, PublicKey
from analyzer.evidence.usual_keys import EXPONENT, usual_modulus, usual_spki
from analyzer.frozen import frozen
from analyzer.patterns import later

if TYPE_CHECKING:
    from analyzer.evidence.key_objects import Key

PRIVATE_JWK_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
"""Members of a JWK that make it a private or symmetric key (RFC 7518 section 6)."""

_LONGEST_NUMBER = 8192
_LONGEST_PEM = 64 * 1024
_MOST_BLOCKS = 100
_SMALLEST_RSA = 1024
_BLOCK = later(
    rb"^[ \t]*-----BEGIN (?P<label>[A-Z0-9 ]{1,40})-----[ \t\r]*\n(?P<body>[^-]*)-----END (?P=label)-----",
    re.MULTILINE,
)
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
"""Curves and the algorithm that each stands for."""
_RSA_ALGORITHMS = ("RS256", "RS384", "RS512")
_BASE64URL = later(r"[A-Za-z0-9_-]+")


def key_id(spki: bytes) -> str:
    """Give the kid of a key from its SubjectPublicKeyInfo DER.

    Unpadded base64url of its SHA-256 (kubernetes pkg/serviceaccount/jwt.go, keyIDFromPublicKey).
    """
    return base64.urlsafe_b64encode(hashlib.sha256(spki).digest()).rstrip(b"=").decode("ascii")


def kid_of_jwk(jwk: Mapping[str, Json]) -> str | None:
    """Give the kid that Kubernetes would compute for this key; None where its numbers are no key."""
    spki = spki_of_jwk(jwk)
    return key_id(spki) if spki is not None else None


def spki_of_jwk(jwk: Mapping[str, Json]) -> bytes | None:
    """Give the SubjectPublicKeyInfo DER of an RSA or EC key; None where its numbers are no key."""
    key = _key_of_jwk(jwk)
    return None if isinstance(key, str) else key.spki


def modulus_of_jwk(jwk: Mapping[str, Json]) -> int | None:
    """Give the RSA modulus, or None for another or a broken key."""
    number = _number(jwk, "n")
    return number if jwk.get("kty") == "RSA" and isinstance(number, int) else None


def jwk_problem(jwk: Mapping[str, Json]) -> str | None:
    """Say why STS cannot use this key, as one phrase; None where it can."""
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not kid:
        return "it has no kid"
    if "use" in jwk and jwk["use"] != "sig":
        return f'its use is {_shown(jwk["use"])}, not "sig"'
    operations = jwk.get("key_ops")
    if isinstance(operations, list) and "verify" not in operations:
        return 'its key_ops do not hold "verify"'
    key = _key_of_jwk(jwk)
    if isinstance(key, str):
        return key
    if jwk.get("kty") == "RSA" and key.bits < _SMALLEST_RSA:
        return f"its modulus has only {key.bits} bits"
    return _algorithm_problem(jwk)


def read_pem(input_id: str, path: str, data: bytes) -> tuple[list[PublicKey], list[str], bool]:
    """Read PEM blocks: the public keys, a sentence for each that is broken, and whether one is private.

    Both headers, PUBLIC KEY and RSA PUBLIC KEY, may stand over either body: OpenShift's operators
    write RSA PUBLIC KEY over a SubjectPublicKeyInfo.
    """
    keys: list[PublicKey] = []
    problems: list[str] = []
    name = path.rsplit("/", 1)[-1]
    for block in islice(_BLOCK.finditer(data), _MOST_BLOCKS):
        label = block["label"].decode("ascii")
        if label not in ("PUBLIC KEY", "RSA PUBLIC KEY"):
            continue
        line = data.count(b"\n", 0, block.start()) + 1
        found = public_key_of(block["body"])
        if isinstance(found, str):
            problems.append(f"the {label} block at line {line} {found}")
        else:
            where = Quote(input_id, path, line, f"-----BEGIN {label}-----")
            keys.append(PublicKey(found.kid, found.modulus, found.bits, found.spki, name, where))
    return keys, problems, has_private_key(data)


def has_private_key(data: bytes) -> bool:
    """Tell whether the bytes hold the beginning of a PEM private key, complete or cut."""
    return re.search(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----", data) is not None


@frozen
class Numbers:
    """What is known of one public key: its id, its size, and its modulus if it is RSA."""

    kid: str
    modulus: int | None
    bits: int
    spki: bytes


def public_key_of(body: bytes) -> Numbers | str:
    """Read the base64 body of a PEM block, PKIX or PKCS#1; a string says why it cannot be read."""
    if len(body) > _LONGEST_PEM:
        return "is too long for a public key"
    try:
        der = base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return "is not base64"
    if (modulus := usual_modulus(der)) is not None:
        return Numbers(key_id(der), modulus, modulus.bit_length(), der)
    from analyzer.evidence.key_objects import read_der

    key = read_der(der)
    return key if isinstance(key, str) else _numbers_of(key)


def _numbers_of(key: Key) -> Numbers:
    from analyzer.evidence.key_objects import modulus_of, spki_of

    spki = spki_of(key)
    return Numbers(key_id(spki), modulus_of(key), key.key_size, spki)


def _key_of_jwk(jwk: Mapping[str, Json]) -> Numbers | str:
    kty = jwk.get("kty")
    if kty == "RSA":
        return _rsa_key(jwk)
    if kty == "EC":
        return _ec_key(jwk)
    return "it has no kty" if kty is None else f"its kty is {_shown(kty)}, neither RSA nor EC"


def _rsa_key(jwk: Mapping[str, Json]) -> Numbers | str:
    modulus, exponent = _number(jwk, "n"), _number(jwk, "e")
    if isinstance(modulus, str):
        return modulus
    if isinstance(exponent, str):
        return exponent
    if exponent == EXPONENT and (usual := usual_spki(modulus)) is not None:
        return Numbers(key_id(usual), modulus, modulus.bit_length(), usual)
    from analyzer.evidence.key_objects import rsa_key

    key = rsa_key(modulus, exponent)
    return "its n and e make no RSA key" if key is None else _numbers_of(key)


def _ec_key(jwk: Mapping[str, Json]) -> Numbers | str:
    curve = str(jwk.get("crv"))
    if curve not in _CURVES:
        return f"its crv is {_shown(jwk.get('crv'))}, not P-256, P-384 or P-521"
    x, y = _number(jwk, "x"), _number(jwk, "y")
    if isinstance(x, str):
        return x
    if isinstance(y, str):
        return y
    from analyzer.evidence.key_objects import ec_key

    key = ec_key(curve, x, y)
    return f"its x and y are no point of {curve}" if key is None else _numbers_of(key)


def _number(jwk: Mapping[str, Json], member: str) -> int | str:
    """Decode Base64urlUInt as RFC 7518 writes it; a string says what is wrong with it."""
    text = jwk.get(member)
    if not isinstance(text, str) or not text:
        return f"it has no {member}"
    if len(text) > _LONGEST_NUMBER:
        return f"its {member} is too long"
    if text.endswith("="):
        return f"its {member} is padded with ="
    if not _BASE64URL.fullmatch(text):
        kind = "base64, not base64url" if re.fullmatch(r"[A-Za-z0-9+/]+", text) else "not base64url"
        return f"its {member} is {kind}"
    try:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
    except (binascii.Error, ValueError):
        return f"its {member} is not base64url"


def _algorithm_problem(jwk: Mapping[str, Json]) -> str | None:
    algorithm = jwk.get("alg")
    if algorithm is None:
        return None
    fitting = _RSA_ALGORITHMS if jwk.get("kty") == "RSA" else (_CURVES[str(jwk["crv"])],)
    if algorithm not in fitting:
        return f"its alg is {_shown(algorithm)}, not {' or '.join(fitting)}"
    return None


def _shown(value: Json) -> str:
    return repr(value)[:40] if isinstance(value, str | int | float | bool) else f"a {type(value).__name__}"
