from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from analyzer.evidence.public_keys import jwk_problem, key_id, kid_of_jwk, modulus_of_jwk, spki_of_jwk
from analyzer.evidence.records import KeySet, PublicKey

from .material import ec_jwk, jwk, number, pem, private_pem, read, rsa_key


@pytest.mark.parametrize("pkcs1", [False, True])
@pytest.mark.parametrize("label", ["PUBLIC KEY", "RSA PUBLIC KEY"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_either_header_over_either_body_gives_the_same_key(label: str, pkcs1: bool, newline: str) -> None:
    found = read("signer.public", pem(label, pkcs1=pkcs1).replace("\n", newline))
    (key,) = found.records
    assert isinstance(key, PublicKey)
    assert (found.what, found.problem) == ("public key", None)
    assert key.kid == kid_of_jwk(jwk())
    assert key.kid == key_id(key.spki)
    assert (key.bits, key.modulus) == (2048, modulus_of_jwk(jwk()))


def test_a_kid_is_the_unpadded_hash_of_the_der() -> None:
    assert key_id(b"") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


def test_several_blocks_and_their_lines() -> None:
    found = read("all.pem", f"# comment\n{pem()}{pem('RSA PUBLIC KEY')}")
    lines = [key.where.line for key in found.records]  # type: ignore[attr-defined]
    assert lines[0] == 2
    assert len(lines) == 2


def test_a_private_key_is_refused_and_not_shown() -> None:
    text = private_pem()
    found = read("signer.key", text)
    assert (found.records, found.what) == ((), "private key")
    assert found.problem is not None
    assert text.splitlines()[1] not in repr(found)


def test_a_cut_private_key_is_still_one() -> None:
    assert read("k", private_pem()[:200]).what == "private key"


def test_a_certificate_is_not_relevant() -> None:
    text = pem().replace("PUBLIC KEY", "CERTIFICATE")
    assert read("ca.crt", text).what == "not relevant"


@pytest.mark.parametrize("body", ["!!!!", "AAAA", ""])
def test_a_broken_block_is_a_problem(body: str) -> None:
    found = read("k.pub", f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    assert found.records == ()
    assert found.problem is not None


@pytest.mark.parametrize(
    "key", [jwk(), jwk(alg="RS512"), jwk(alg=None, use=None), ec_jwk(), ec_jwk(alg="ES256")]
)
def test_keys_that_sts_can_use(key: dict[str, object]) -> None:
    assert jwk_problem(key) is None
    assert kid_of_jwk(key) is not None


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (jwk(kid=None), "no kid"),
        (jwk(kid=""), "no kid"),
        (jwk(use="enc"), "use"),
        (jwk(alg="HS256"), "alg"),
        (jwk(alg="ES256"), "alg"),
        (jwk(kty=None), "no kty"),
        (jwk(kty="oct"), "kty"),
        (jwk(n=None), "no n"),
        (jwk(n=7), "no n"),
        (jwk(n=str(jwk()["n"]) + "="), "padded"),
        (jwk(n="ab+/"), "base64, not base64url"),
        (jwk(n="a b"), "not base64url"),
        (jwk(n="A" * 9000), "too long"),
        (jwk(n="A"), "not base64url"),
        (jwk(n="AQAB"), ""),
        (jwk(e="AA"), "no RSA key"),
        (jwk(key_ops=["encrypt"]), "key_ops"),
        (ec_jwk(crv="P-999"), "crv"),
        (ec_jwk(x="AQAB"), "no point"),
        (ec_jwk(alg="RS256"), "alg"),
    ],
)
def test_keys_that_sts_cannot_use(key: dict[str, object], says: str) -> None:
    problem = jwk_problem(key)
    assert problem is not None
    assert says in problem


def test_a_broken_key_has_no_id() -> None:
    assert kid_of_jwk(jwk(n="ab+/")) is None
    assert spki_of_jwk({}) is None


def test_private_members_of_a_key_set_are_not_kept() -> None:
    private = rsa_key().private_numbers()
    secret = number(private.d)
    found = read("keys.json", {"keys": [jwk(d=secret, p=number(private.p))]})
    (keys,) = found.records
    assert isinstance(keys, KeySet)
    assert keys.keys[0].keys() == jwk().keys()
    assert found.problem is not None
    assert "private key" in found.problem
    assert secret[:30] not in repr(found)
    assert secret[:30] not in repr(keys.where.place.document.value)
    assert keys.where.line == 2


def test_pkcs8_private_keys_are_recognised() -> None:
    raw = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert read("x", raw).what == "private key"
