"""Keys, tokens and exports made for the tests; nothing in them is in use anywhere."""

from __future__ import annotations

import base64
import json
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from analyzer.evidence.loose.sniff import Loose, read_loose

ACCOUNT = "123456789012"
ROLE = "demo-openshift-ingress-operator-cloud-credentials"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
ISSUER = "https://demo-oidc.s3.us-west-2.amazonaws.com"
SUBJECT = "system:serviceaccount:openshift-ingress-operator:ingress-operator"
TRUST = {"Version": "2012-10-17", "Statement": []}
CLAIMS = {"iss": ISSUER, "sub": SUBJECT, "aud": ["openshift"], "exp": 1800000000}


def read(name: str, content: str | bytes | object) -> Loose:
    """Read content as the file of that name; an object is written as JSON."""
    if not isinstance(content, str | bytes):
        content = json.dumps(content, indent=4)
    return read_loose("i1", name, content.encode() if isinstance(content, str) else content)


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwk(**changes: object) -> dict[str, object]:
    numbers = rsa_key().public_key().public_numbers()
    key = {"use": "sig", "kty": "RSA", "kid": "k1", "alg": "RS256", "n": number(numbers.n), "e": "AQAB"}
    return {name: value for name, value in {**key, **changes}.items() if value is not None}


def ec_jwk(**changes: object) -> dict[str, object]:
    numbers = ec_key().public_key().public_numbers()
    key = {
        "kty": "EC",
        "kid": "k2",
        "crv": "P-256",
        "x": b64(numbers.x.to_bytes(32, "big")),
        "y": b64(numbers.y.to_bytes(32, "big")),
    }
    return {**key, **changes}


def pem(label: str = "PUBLIC KEY", *, pkcs1: bool = False) -> str:
    form = PublicFormat.PKCS1 if pkcs1 else PublicFormat.SubjectPublicKeyInfo
    der = rsa_key().public_key().public_bytes(Encoding.DER, form)
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


def private_pem() -> str:
    raw = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return raw.decode()


def signing_input(header: object | None = None, claims: object | None = None) -> str:
    first = {"alg": "RS256", "kid": "k1"} if header is None else header
    return ".".join(b64(json.dumps(part).encode()) for part in (first, CLAIMS if claims is None else claims))


def token(header: object | None = None, claims: object | None = None) -> str:
    text = signing_input(header, claims)
    return f"{text}.{b64(rsa_key().sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def role(**more: object) -> dict[str, object]:
    return {"Path": "/", "RoleName": ROLE, "Arn": ROLE_ARN, "AssumeRolePolicyDocument": TRUST, **more}
