"""Error texts of STS and what they say."""

from __future__ import annotations

import pytest

from analyzer.iam.stages import STAGES, classify_error, stage_text

PREFIX = "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: "


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        (PREFIX + "No OpenIDConnect provider found in your account for https://x/y", "provider"),
        ("InvalidIdentityToken: Incorrect token audience\n\tstatus code: 400", "audience"),
        (PREFIX + "Couldn't retrieve verification key from your identity provider, please", "keys"),
        (
            PREFIX + "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
            "certificate",
        ),
        ("InvalidIdentityToken: Missing a required claim: aud", "token"),
        ("ExpiredTokenException: Token expired: current date/time 1700000100 must be before", "expiry"),
        ("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity", "trust"),
        ("ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set", "session"),
        ("IDPCommunicationError: x", "keys"),
        ("RegionDisabledException: STS is not activated", "other"),
    ],
)
def test_each_text_has_its_stage(text: str, stage: str) -> None:
    found = classify_error(text)
    assert found is not None
    assert found.stage == stage


def test_what_the_texts_carry() -> None:
    provider = classify_error(PREFIX + "No OpenIDConnect provider found in your account for https://x/y.")
    assert provider is not None
    assert provider.issuer == "https://x/y"
    glued = "Token expired: current date/time 1700000100 must be before the expiration date/time1700000000"
    expired = classify_error(glued)
    assert expired is not None
    assert expired.expired == (1700000100, 1700000000)


@pytest.mark.parametrize(
    ("why", "layer", "explicit"),
    [
        ("because no identity-based policy allows the s3:GetObject action", "identity-based policy", False),
        ("because no permissions boundary allows the s3:GetObject action", "permissions boundary", False),
        ("with an explicit deny in a service control policy", "service control policy", True),
        ("with an explicit deny in an identity-based policy", "identity-based policy", True),
        ("", None, None),
    ],
)
def test_a_denied_call_names_its_layer(why: str, layer: str | None, explicit: bool | None) -> None:
    user = "arn:aws:sts::123456789012:assumed-role/r/s"
    denied = f"AccessDenied: User: {user} is not authorized to perform: s3:GetObject"
    text = f"{denied} on resource: arn:aws:s3:::b/k {why}"
    found = classify_error(text)
    assert found is not None
    assert (found.stage, found.action, found.principal) == ("permissions", "s3:GetObject", user)
    assert (found.resource, found.layer, found.explicit) == ("arn:aws:s3:::b/k", layer, explicit)


def test_other_texts_say_nothing() -> None:
    assert classify_error("connection refused") is None
    found = classify_error(
        "UnauthorizedOperation: You are not authorized. Encoded authorization failure message: x"
    )
    assert found is not None
    assert (found.stage, found.layer) == ("permissions", None)


def test_the_shipped_texts_classify_as_themselves() -> None:
    for one in STAGES:
        if one.text:
            found = classify_error(f"{one.code}: {one.text}")
            assert found is not None
            assert found.stage == one.stage
    assert stage_text("trust").code == "AccessDenied"
