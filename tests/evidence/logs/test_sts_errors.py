"""Every error of STS is known in every SDK's envelope, as one symptom of its innermost cause."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.evidence.logs.scan import LogScan, classify
from tests.evidence.logs import envelopes

ISSUER = "https://demo-oidc.s3.us-east-2.amazonaws.com"

STS_ERRORS = [
    (
        "no-provider",
        "InvalidIdentityToken",
        f"No OpenIDConnect provider found in your account for {ISSUER}",
        400,
    ),
    (
        "verification-key",
        "InvalidIdentityToken",
        "Couldn't retrieve verification key from your identity provider,  please reference "
        "AssumeRoleWithWebIdentity documentation for requirements",
        400,
    ),
    ("incorrect-audience", "InvalidIdentityToken", "Incorrect token audience", 400),
    ("missing-claim", "InvalidIdentityToken", "Missing a required claim: aud", 400),
    (
        "thumbprint",
        "InvalidIdentityToken",
        "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
        400,
    ),
    ("invalid-token", "InvalidIdentityToken", "The ID Token provided is not a valid JWT.", 400),
    ("assume-role-denied", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403),
    (
        "token-expired",
        "ExpiredTokenException",
        "Token expired: current date/time 1715673600 must be before the expiration date/time1715670000",
        400,
    ),
    ("token-expired", "ExpiredTokenException", "Token too old: 90001", 400),
    ("idp-rejected", "IDPRejectedClaim", "The identity provider reported that authentication failed", 403),
    ("idp-communication", "IDPCommunicationError", "The identity provider could not be reached", 400),
    (
        "region-disabled",
        "RegionDisabledException",
        "STS is not activated in this region for account:111122223333. Your account administrator can "
        "activate STS in this region using the IAM Console.",
        403,
    ),
    ("throttled", "Throttling", "Rate exceeded", 400),
    ("clock-skew", "InvalidIdentityToken", "Token used before issued", 400),
    (
        "clock-skew",
        "SignatureDoesNotMatch",
        "Signature expired: 20240514T080000Z is now earlier than 20240514T090000Z (20240514T091500Z - 15 "
        "min.)",
        403,
    ),
]


@pytest.mark.parametrize("wrap", envelopes.ALL, ids=lambda wrap: wrap.__name__)
@pytest.mark.parametrize(
    "klass, code, sentence, status", STS_ERRORS, ids=[f"{e[0]}-{i}" for i, e in enumerate(STS_ERRORS)]
)
def test_every_error_in_every_envelope(
    wrap: Callable[[str, str, int], str], klass: str, code: str, sentence: str, status: int
) -> None:
    found = classify(wrap(code, sentence, status))
    assert found is not None
    assert found.klass == klass
    assert envelopes.REQUEST not in found.message
    assert "\\" not in found.message
    assert found.message.split(":")[0].removesuffix("Exception") == code.removesuffix("Exception")


@pytest.mark.parametrize("klass", ["no-provider", "verification-key", "assume-role-denied", "thumbprint"])
def test_one_message_whatever_the_envelope(klass: str) -> None:
    _, code, sentence, status = next(row for row in STS_ERRORS if row[0] == klass)
    messages = {classify(wrap(code, sentence, status)).message for wrap in envelopes.ALL}  # type: ignore[union-attr]
    assert len(messages) == 1


@pytest.mark.parametrize("wrap", envelopes.ALL, ids=lambda wrap: wrap.__name__)
@pytest.mark.parametrize(
    "issuer", [ISSUER, f"{ISSUER}/", "https://oidc.example.com/a/b", "kubernetes.default.svc"]
)
def test_the_issuer_is_read_as_written(wrap: Callable[[str, str], str], issuer: str) -> None:
    found = classify(
        wrap("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")
    )
    assert found is not None
    assert found.issuer == issuer


@pytest.mark.parametrize("apostrophe", ["'", "’", "\\u0027", "\\\\u0027", "\\'", "&#39;", "\\u2019"])
@pytest.mark.parametrize("blanks", [" ", "  "])
def test_apostrophes_and_blanks_of_the_verification_key_sentence(apostrophe: str, blanks: str) -> None:
    found = classify(
        f"InvalidIdentityToken: Couldn{apostrophe}t retrieve verification key from your identity provider,"
        f"{blanks}please reference AssumeRoleWithWebIdentity documentation for requirements"
    )
    assert found is not None
    assert found.klass == "verification-key"
    assert found.message == (
        "InvalidIdentityToken: Couldn't retrieve verification key from your identity provider, please "
        "reference "
        "AssumeRoleWithWebIdentity documentation for requirements"
    )


def test_the_line_of_the_well_known_example() -> None:
    found = classify(
        "2022-02-25T17:08:36.019Z        ERROR   "
        "operator.init.controller-runtime.manager.controller.dns_controller"
        '      controller/controller.go:253    Reconciler error        {"name": "default-wildcard", '
        '"namespace": '
        '"openshift-ingress-operator", "error":\n        failed to create DNS provider: failed to create AWS '
        "DNS "
        "manager: failed to validate aws provider service endpoints: [failed to list route53 hosted zones: "
        "**WebIdentityErr: failed to retrieve credentials caused by: InvalidIdentityToken: Couldn't retrieve "
        "verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
        "documentation "
        "for requirements**\n        status code: 400, request id: 6aa3127f-e9b8-44e1-87e6-a739746f0370, ..."
    )
    assert found is not None
    assert found.klass == "verification-key"


def test_a_condition_message() -> None:
    found = classify(
        "Progressing: Unable to apply resources: unable to sync storage configuration: WebIdentityErr: "
        "failed to "
        "retrieve credentials\ncaused by: AccessDenied: Not authorized to perform "
        "sts:AssumeRoleWithWebIdentity\n"
        "\tstatus code: 403, request id: bcabb6f8-bd39-465d-a091-962d0fb64c89"
    )
    assert found is not None
    assert found.klass == "assume-role-denied"
    assert found.action == "sts:AssumeRoleWithWebIdentity"


def test_a_resource_control_policy_that_denies_the_role() -> None:
    found = classify(
        "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: User: "
        "arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: "
        "sts:AssumeRoleWithWebIdentity "
        "on resource: arn:aws:iam::111122223333:role/demo-ingress with an explicit deny in a resource "
        "control policy"
    )
    assert found is not None
    assert found.klass == "assume-role-denied"
    assert found.role_arn == "arn:aws:iam::111122223333:role/demo-ingress"
    assert found.layer == "resource control policy: explicit deny"


def test_the_role_is_read_where_the_text_names_it() -> None:
    found = classify(
        "failed to assume role arn:aws:iam::111122223333:role/path/demo-ingress: AccessDenied: Not "
        "authorized to "
        "perform sts:AssumeRoleWithWebIdentity"
    )
    assert found is not None
    assert found.role_arn == "arn:aws:iam::111122223333:role/path/demo-ingress"


def test_a_wrapper_gives_way_to_its_cause() -> None:
    found = classify(
        "NoCredentialProviders: no valid providers in chain\\ncaused by: EnvAccessKeyNotFound: failed to "
        "find "
        "credentials in the environment.\\nWebIdentityErr: failed to retrieve credentials\\ncaused by: "
        "InvalidIdentityToken: Incorrect token audience\\n\\tstatus code: 400"
    )
    assert found is not None
    assert found.klass == "incorrect-audience"


def test_the_first_sts_error_wins() -> None:
    denied = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    audience = "InvalidIdentityToken: Incorrect token audience"
    service = (
        "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/r/1 is not authorized to perform: "
        "route53:ListHostedZones because no identity-based policy allows the route53:ListHostedZones action"
    )
    assert [classify(f"[{a}, {b}]").klass for a, b in [(denied, audience), (audience, denied)]] == [  # type: ignore[union-attr]
        "assume-role-denied",
        "incorrect-audience",
    ]
    assert classify(f"[{service}\n, {audience}]").klass == "incorrect-audience"  # type: ignore[union-attr]


@pytest.mark.parametrize("wrap", envelopes.ALL, ids=lambda wrap: wrap.__name__)
@pytest.mark.parametrize(
    "klass, code, sentence, status", STS_ERRORS, ids=[f"{e[0]}-{i}" for i, e in enumerate(STS_ERRORS)]
)
def test_a_log_with_the_error_is_not_passed_over(
    wrap: Callable[[str, str, int], str], klass: str, code: str, sentence: str, status: int
) -> None:
    stamp = "2024-05-14T08:00:00.123456789Z "
    lines = ["ok", *wrap(code, sentence, status).strip().split("\n"), "ok"]
    scan = LogScan()
    scan.feed("a", "x.log", ["".join(f"{stamp}{line}\n" for line in lines).encode()])
    assert [(s.klass, s.count) for s in scan.symptoms()] == [(klass, 1)]
