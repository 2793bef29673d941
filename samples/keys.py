"""RSA keys that come out the same on every run, their key ids, and what is made from them."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_EXPONENT = 65537
_SMALL_PRIMES = [n for n in range(3, 30_000, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2))]
_SIEVE = math.prod(_SMALL_PRIMES)


def b64url(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Key:
    """An RSA key pair; only the public half has a written form."""

    seed: str
    private: rsa.RSAPrivateKey = field(repr=False, compare=False)

    @property
    def spki(self) -> bytes:
        """The SubjectPublicKeyInfo, DER."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def kid(self) -> str:
        """The key id that Kubernetes gives this key."""
        return b64url(hashlib.sha256(self.spki).digest())

    def pem(self, header: str = "RSA PUBLIC KEY") -> str:
        """Return the public key under the header that kube-apiserver-operator uses over an SPKI body."""
        body = base64.b64encode(self.spki).decode()
        lines = [body[at : at + 64] for at in range(0, len(body), 64)]
        return "\n".join([f"-----BEGIN {header}-----", *lines, f"-----END {header}-----", ""])

    @property
    def private_length(self) -> int:
        """Length of the private key's PEM file: all of it that a bundle shows."""
        return len(
            self.private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )

    def jwk(self) -> dict[str, str]:
        """Return the public key as ccoctl writes it into keys.json."""
        numbers = self.private.public_key().public_numbers()
        return {
            "use": "sig",
            "kty": "RSA",
            "kid": self.kid,
            "alg": "RS256",
            "n": b64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": b64url(numbers.e.to_bytes(3, "big")),
        }

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        """Return a signed token in the compact form."""
        head = {"alg": "RS256", "kid": self.kid} if header is None else header
        signed = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
        signature = self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{b64url(signature)}"


def jwks(keys: list[Key]) -> dict[str, Any]:
    """Return the key set document of the given keys."""
    return {"keys": [key.jwk() for key in keys]}


@cache
def rsa_key(seed: str, bits: int = 2048) -> Key:
    """Return the key that belongs to a seed."""
    source = random.Random(int.from_bytes(hashlib.sha256(f"rsa:{bits}:{seed}".encode()).digest(), "big"))
    p, q = sorted((_prime(source, bits // 2), _prime(source, bits // 2)), reverse=True)
    d = pow(_EXPONENT, -1, math.lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(e=_EXPONENT, n=p * q),
    )
    return Key(seed, numbers.private_key(unsafe_skip_rsa_key_validation=True))  # the primes were just proven


def _prime(source: random.Random, bits: int) -> int:
    # Both top bits set: the product of two such primes has exactly twice their length.
    top = 0b11 << (bits - 2)
    while True:
        candidate = source.getrandbits(bits) | top | 1
        if math.gcd(candidate, _SIEVE) == 1 and (candidate - 1) % _EXPONENT and _is_prime(candidate):
            return candidate


def _is_prime(number: int) -> bool:
    shift = ((number - 1) & -(number - 1)).bit_length() - 1
    odd = (number - 1) >> shift
    for base in (2, 3, 5, 7, 11, 13, 17, 19):
        x = pow(base, odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(shift - 1):
            x = pow(x, 2, number)
            if x == number - 1:
                break
        else:
            return False
    return True
