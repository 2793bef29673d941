"""No secret of any known kind leaves in a quoted text."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.redact import redact
from analyzer.session import built_in_rules

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
    key = (
        '"https://demo-oidc.s3.us-west-2.amazonaws.com:sub": "x", "https://oidc.example.com:8443/a:aud": "y"'
    )
    assert redact(key) == key


@pytest.mark.parametrize(
    "line",
    [
        "web_identity_token_file = /var/run/secrets/openshift/serviceaccount/token",
        'AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"',
        "printf 'web_identity_token_file = /var/run/secrets/x' > credentials",
    ],
)
def test_where_a_token_lies_is_no_secret(line: str) -> None:
    assert redact(line) == line


def test_what_stands_where_a_path_should_is_taken_out() -> None:
    assert SECRET not in redact(f"web_identity_token_file = {SECRET}")
    assert SECRET not in redact(f"password_file=/x?password={SECRET}")


def test_no_command_of_a_rule_is_touched() -> None:
    steps = [step for rule in built_in_rules().rules for step in rule.fix if step.command is not None]
    assert len(steps) > 100
    for step in steps:
        assert redact(step.command.text) == step.command.text


@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    redact(text)
