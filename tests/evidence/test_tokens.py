from __future__ import annotations

import base64
import json

import pytest

from analyzer.evidence.origin import Quote
from analyzer.evidence.records import TokenSample
from analyzer.evidence.tokens import quote_of

from .material import CLAIMS, ISSUER, b64, jwk, read, signing_input, token

HEADER = b64(b'{"alg":"RS256"}')


def only(name: str, content: str | bytes | object) -> TokenSample:
    (sample,) = read(name, content).records
    assert isinstance(sample, TokenSample)
    return sample


def test_a_whole_token_is_decoded() -> None:
    sample = only("sample.txt", token())
    assert (sample.problem, sample.parts, sample.notes) == (None, 3, ())
    assert sample.header["kid"] == "k1"
    assert sample.claims == CLAIMS
    assert len(sample.signature) == 256
    assert sample.signing_input.decode() == signing_input()


@pytest.mark.parametrize(
    ("around", "note"),
    [
        ("\ufeff{}\n", "byte order mark"),
        ('"{}"\n', "quotes"),
        ("Bearer {}", "Bearer"),
        ("Authorization: Bearer {}\r\n", "Authorization"),
        ("$ oc create token -n x y\n{}\n$ ", "text before or after"),
        ("{}%\n", "text before or after"),
    ],
)
def test_what_stands_around_it_is_trimmed_and_said(around: str, note: str) -> None:
    sample = only("t.txt", around.format(token()))
    assert sample.problem is None
    assert sample.claims["iss"] == ISSUER
    assert any(note in said for said in sample.notes)


def test_a_token_wrapped_by_a_terminal_is_joined() -> None:
    text = token()
    sample = only("t.txt", "\n".join(text[at : at + 80] for at in range(0, len(text), 80)))
    assert sample.problem is None
    assert any("line breaks" in note for note in sample.notes)


@pytest.mark.parametrize("width", [40, 64, 80])
def test_a_header_that_is_longer_than_a_line_is_joined_too(width: int) -> None:
    header = b64(json.dumps({"alg": "RS256", "kid": "k" * 43}).encode())
    text = header + token()[token().index(".") :]
    sample = only("t.txt", "\r\n".join(text[at : at + width] for at in range(0, len(text), width)))
    assert (sample.problem, sample.parts, sample.header["kid"]) == (None, 3, "k" * 43)


@pytest.mark.parametrize(
    "end", ["", ".", ".REDACTED", ".xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]
)
def test_header_and_payload_alone_are_normal(end: str) -> None:
    sample = only("t.txt", signing_input() + end)
    assert (sample.problem, sample.parts, sample.signature) == (None, 2, b"")


@pytest.mark.parametrize(
    "wrapped",
    [
        {
            "kind": "ExecCredential",
            "apiVersion": "client.authentication.k8s.io/v1",
            "status": {"token": token()},
        },
        {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "status": {"token": token()}},
        {"access_token": token(), "token_type": "Bearer"},
    ],
)
def test_objects_that_carry_a_token(wrapped: object) -> None:
    found = read("x.json", wrapped)
    (sample,) = found.records
    assert isinstance(sample, TokenSample)
    assert sample.claims == CLAIMS
    assert isinstance(sample.where, Quote)


def test_two_tokens_on_two_lines_are_two_samples() -> None:
    found = read("both.txt", f"{token()}\n{signing_input({'alg': 'none'})}\n")
    assert [sample.where.line for sample in found.records] == [1, 2]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("not a token", "three base64url parts"),
        ("sha256~abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "OAuth token"),
        ("k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9uYXdzLmNvbS8", "AWS IAM authenticator"),
        (signing_input() + "." + b64(b"k" * 40) + "=", "padded"),
        (signing_input()[:-3] + "+/.c2ln", "not base64url"),
        (f"{b64(b'{}')}x.{b64(b'{}')}", "JSON"),
        (signing_input(claims=[1]), "not a JSON object"),
        ("x" + signing_input(), "JSON"),
        (f"{signing_input()}.a.b", "4 parts"),
        ("", "empty"),
        (" \n", "empty"),
    ],
)
def test_a_file_named_token_that_holds_none_says_why(text: str, problem: str) -> None:
    sample = only("sa-token.txt", text)
    assert sample.problem is not None
    assert problem in sample.problem


def test_an_encrypted_token_is_named_as_such() -> None:
    header = b64(b'{"alg":"RSA-OAEP","enc":"A256GCM"}')
    sample = only("t.jwt", f"{header}.a2V5.aXY.dGV4dA.dGFn")
    assert sample.problem is not None
    assert "JWE" in sample.problem


@pytest.mark.parametrize(
    "payload", [b'{"exp":NaN}', b'{"exp":1e999}', b'{"a":"\\ud800"}', b"[" * 30000, b"\xff"]
)
def test_payloads_that_are_no_strict_json_are_refused(payload: bytes) -> None:
    sample = only("t.txt", f"{HEADER}.{b64(payload)}")
    assert sample.problem == "its payload is not JSON"
    assert sample.claims == {}


def test_a_key_named_twice_is_noted() -> None:
    sample = only("t.txt", f"{HEADER}." + b64(b'{"iss":"a","iss":"b"}'))
    assert "its payload names a key twice" in sample.notes


def test_nothing_of_the_token_is_ever_shown() -> None:
    text = token()
    signature = text.rsplit(".", 1)[1]
    raw = base64.urlsafe_b64decode(signature + "==")
    for content in (text, f"Bearer {text}", {"token": text}, f"junk {text} junk", text + "=", text + ".a.b"):
        found = read("token.json", content)
        shown = repr(found)
        assert found.records
        assert signature[:20] not in shown
        assert text[:40] not in shown
        assert repr(raw)[2:30] not in shown
        for sample in found.records:
            assert signature[:12] not in sample.where.excerpt  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "name", ["example.com.txt", "notes.txt", "tokenizer.log", "get-token.sh", "token-howto.md"]
)
def test_other_text_is_no_token(name: str) -> None:
    assert read(name, "eyes.wide.shut and www.example.com").what == "not relevant"


def test_the_description_is_bounded_and_ascii() -> None:
    sample = only("t.txt", signing_input({"alg": "RS256", "kid": "\x1b[31m" * 500}, {"iss": "é" * 3000}))
    assert len(sample.where.excerpt) < 400
    assert sample.where.excerpt.replace("…", "").isascii()
    assert "\x1b" not in sample.where.excerpt


def test_a_claim_is_quoted_by_itself() -> None:
    """What follows from one claim is shown with that one, also where the description leaves it out."""
    sample = only(
        "t.txt", signing_input({"alg": "RS256", "kid": "k1"}, {"aud": ["a"], "nbf": 5, "iss": "x" * 999})
    )
    assert quote_of(sample, "nbf", "iat").excerpt == "claims nbf=5"
    assert quote_of(sample, "kid", "aud").excerpt == 'header kid="k1" claims aud=["a"]'
    assert quote_of(sample, "exp") == sample.where
    assert len(quote_of(sample, "iss").excerpt) < 200


def test_a_jwk_is_no_token() -> None:
    assert read("jwk.txt", {"keys": [jwk()]}).what == "key set"


DECODED_HEADER = {"alg": "RS256", "kid": "abc"}


@pytest.mark.parametrize(
    ("text", "header", "line"),
    [
        (json.dumps(CLAIMS), {}, 1),
        # As jq prints both parts, as a page that decodes tokens names them, and from a terminal
        (f"{json.dumps(DECODED_HEADER)}\n{json.dumps(CLAIMS)}\n", DECODED_HEADER, 2),
        (json.dumps({"header": DECODED_HEADER, "payload": CLAIMS}), DECODED_HEADER, 1),
        (f"$ oc exec x -- cat token | cut -d. -f2 | base64 -d\n{json.dumps(CLAIMS)}[me@host ~]$ ", {}, 2),
    ],
)
def test_claims_that_were_decoded_before_they_were_handed_in(
    text: str, header: dict[str, str], line: int
) -> None:
    (sample,) = read("x.txt", text).records
    assert isinstance(sample, TokenSample)
    assert (sample.header, dict(sample.claims), sample.problem) == (header, CLAIMS, None)
    assert (sample.where.line, sample.signature) == (line, b"")


def test_other_objects_with_a_subject_are_no_claims() -> None:
    for value in (
        {"sub": CLAIMS["sub"]},
        {**CLAIMS, "sub": "me"},
        {"iss": 1, "aud": 1, "sub": CLAIMS["sub"]},
    ):
        assert not read("x.json", value).records
