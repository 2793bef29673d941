"""The stages that STS passes on AssumeRoleWithWebIdentity, and the error text of each.

The order inside AWS is not documented; the text of an error tells the stage. Sources: STS API
reference, "AssumeRoleWithWebIdentity", "Errors"; IAM User Guide, "Troubleshooting access denied error
messages".
"""

from __future__ import annotations

import re
from typing import Literal

from analyzer.frozen import frozen
from analyzer.patterns import later

Stage = Literal[
    "token",
    "provider",
    "audience",
    "keys",
    "certificate",
    "expiry",
    "trust",
    "session",
    "other",
    "permissions",
]

LAYERS_IN_TEXT = (
    "identity-based policy",
    "permissions boundary",
    "session policy",
    "VPC endpoint policy",
    "resource-based policy",
    "service control policy",
    "resource control policy",
)


@frozen
class StageText:
    """One stage: the error code and text that STS gives when it fails, and what to look at."""

    stage: Stage
    code: str
    text: str
    look_at: str
    pattern: re.Pattern[str]
    in_cloudtrail: bool = True


@frozen
class Classified:
    """What an error text says: the stage, and for a denied call its action, resource and layer.

    ``explicit`` True: a policy denies it; False: no policy allows it; None: the text does not say.
    """

    stage: Stage
    code: str
    issuer: str | None = None
    action: str | None = None
    resource: str | None = None
    principal: str | None = None
    layer: str | None = None
    explicit: bool | None = None
    expired: tuple[int, int] | None = None


def _stage(stage: Stage, code: str, text: str, look_at: str, pattern: str, seen: bool = True) -> StageText:
    return StageText(stage, code, text, look_at, re.compile(pattern, re.IGNORECASE), seen)


STAGES: tuple[StageText, ...] = (
    _stage(
        "provider",
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account for {issuer}",
        "the provider in the role's account: its URL (slash, case, path) and the account of the role's ARN",
        r"No OpenIDConnect provider found in your account(?: for (?P<issuer>\S+))?",
    ),
    _stage(
        "audience",
        "InvalidIdentityToken",
        "Incorrect token audience",
        "the token's audience and the provider's client ids",
        r"Incorrect token audience",
    ),
    _stage(
        "keys",
        "InvalidIdentityToken",
        "Couldn't retrieve verification key from your identity provider, please reference "
        "AssumeRoleWithWebIdentity documentation for requirements",
        "the discovery document and the key set on public HTTPS, and the token's key id in it",
        r"Couldn.?t retrieve verification key",
        seen=False,
    ),
    _stage(
        "certificate",
        "InvalidIdentityToken",
        "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
        "the thumbprints, which count only for a certificate that no public authority signed",
        r"HTTPS certificate doesn.?t match configured thumbprint",
    ),
    _stage(
        "token",
        "InvalidIdentityToken",
        "Missing a required claim: {claim}",
        "the token's claims",
        r"Missing a required claim|InvalidIdentityToken|IDPRejectedClaim",
    ),
    _stage(
        "expiry",
        "ExpiredTokenException",
        "Token expired: current date/time {now} must be before the expiration date/time {expiry}",
        "the token's expiry and the clocks",
        r"ExpiredToken|Token expired|Token too old",
    ),
    _stage(
        "keys",
        "IDPCommunicationError",
        "An error occurred while communicating with the identity provider",
        "the issuer's endpoint, which did not answer in time",
        r"IDPCommunicationError",
        seen=False,
    ),
    _stage(
        "trust",
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        "whether the role exists, and its trust policy",
        r"Not authorized to perform:? *sts:AssumeRoleWithWebIdentity",
    ),
    _stage(
        "session",
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        "the duration asked for and the role's maximum",
        r"DurationSeconds exceeds the MaxSessionDuration",
    ),
    _stage(
        "other",
        "",
        "",
        "the text of the error",
        r"RegionDisabledException|PackedPolicyTooLarge|MalformedPolicyDocument",
    ),
)

_DENIED = later(
    r"(?:User: (?P<principal>\S+) )?is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?P<resource>\S+))?",
)
_WHY = later(
    r"because no (?P<lacking>" + "|".join(LAYERS_IN_TEXT) + r") allows"
    r"|with an explicit deny in an? (?P<denying>" + "|".join(LAYERS_IN_TEXT) + ")"
)
_TIMES = later(r"date/time\s*(?P<now>\d{9,11})\D.*?date/time\s*(?P<expiry>\d{9,11})", re.DOTALL)
_MAX_TEXT = 20_000


def classify_error(text: str) -> Classified | None:
    """Return what an error text of a log line or of CloudTrail says, or None when it says nothing known."""
    text = text[:_MAX_TEXT]
    for one in STAGES:
        found = one.pattern.search(text)
        if found is None:
            continue
        issuer = found.groupdict().get("issuer")
        times = _TIMES.search(text) if one.stage == "expiry" else None
        return Classified(
            stage=one.stage,
            code=one.code or found[0],
            issuer=issuer.rstrip(".,;\"'") if issuer else None,
            expired=(int(times["now"]), int(times["expiry"])) if times else None,
        )
    return _denied_call(text)


def _denied_call(text: str) -> Classified | None:
    found = _DENIED.search(text)
    if found is None:
        known = "UnauthorizedOperation" in text
        return Classified("permissions", "UnauthorizedOperation") if known else None
    why = _WHY.search(text, found.end())
    resource = found["resource"]
    return Classified(
        stage="permissions",
        code="AccessDenied",
        action=found["action"],
        resource=resource.rstrip(".,;\"'") if resource else None,
        principal=found["principal"],
        layer=(why["lacking"] or why["denying"]) if why else None,
        explicit=why["denying"] is not None if why else None,
    )


def stage_text(stage: Stage) -> StageText:
    """Return the first text of a stage; KeyError for a stage that has none."""
    for one in STAGES:
        if one.stage == stage:
            return one
    raise KeyError(stage)
