"""No secret of any known kind leaves in a quoted text."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.redact import redact

SECRET = "wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhOmIifQabc.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"


@pytest.mark.parametrize(
    "text",
    [
        f"aws_secret_access_key = {SECRET}",
        f'"SecretAccessKey": "{SECRET}"',
        f'\\"aws_secret_access_key\\": \\"{SECRET}\\"',
        f"aws_secret_access_key: {SECRET}",
        "  credentials: "
        + base64.b64encode(f"[default]\naws_secret_access_key = {SECRET}".encode()).decode(),
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}",
        f"HTTP_PROXY=http://user:{SECRET}@proxy:3128",
        f"Authorization: Bearer {SECRET}",
    ],
)
def test_the_secret_is_gone(text: str) -> None:
    assert SECRET not in redact(text)
    assert base64.b64encode(SECRET.encode()).decode()[:20] not in redact(text)


def test_a_token_loses_its_signature_alone() -> None:
    assert redact(f"token {JWT} seen") == f"token {JWT.rsplit('.', 1)[0]}.(signature) seen"


def test_an_access_key_keeps_what_tells_it_apart() -> None:
    assert redact("AKIAABCDEFGHIJKLMNOP") == "AKIAABCD(access key id)"


def test_what_is_no_secret_stays() -> None:
    line = "  credentials: MjE1IGJ5dGVzIGxvbmc="
    assert redact(line) == line
    arn = "role_arn = arn:aws:iam::123456789012:role/demo-openshift-ingress-operator-cloud-credentials"
    assert redact(arn) == arn


@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    redact(text)
