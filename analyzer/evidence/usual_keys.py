"""RSA keys as clusters make them, told by their bytes: loading ``cryptography`` takes longer than to judge.

Whatever is another size, exponent or encoding is for ``key_objects``.
"""

from __future__ import annotations

from typing import Final

EXPONENT: Final = 65537
_BITS: Final = (2048, 3072, 4096)
_ALGORITHM: Final = bytes.fromhex("300d06092a864886f70d0101010500")
"""The AlgorithmIdentifier of rsaEncryption (RFC 3279 section 2.3.1)."""
_WRITTEN_EXPONENT: Final = bytes.fromhex("0203010001")


def usual_spki(modulus: int) -> bytes | None:
    """Give the SubjectPublicKeyInfo DER of a key with this modulus and the exponent 65537.

    None where the modulus is even or has not 2048, 3072 or 4096 bits.
    """
    if modulus.bit_length() not in _BITS or not modulus & 1:
        return None
    number = b"\0" + modulus.to_bytes(modulus.bit_length() // 8, "big")
    key = _long(0x30, _long(0x02, number) + _WRITTEN_EXPONENT)
    return _long(0x30, _ALGORITHM + _long(0x03, b"\0" + key))


def usual_modulus(der: bytes) -> int | None:
    """Give the modulus of such a SubjectPublicKeyInfo; None for any other bytes."""
    for bits in _BITS:
        end = len(der) - len(_WRITTEN_EXPONENT)
        modulus = int.from_bytes(der[max(end - bits // 8, 0) : max(end, 0)], "big")
        if modulus.bit_length() == bits and usual_spki(modulus) == der:
            return modulus
    return None


def _long(tag: int, content: bytes) -> bytes:
    """Encode what takes 256 to 65,535 bytes."""
    return bytes((tag, 0x82)) + len(content).to_bytes(2, "big") + content
