"""CloudTrail: answers of lookup-events and log files, of which sign-ins and denied calls are kept.

Fields after the CloudTrail user guide's record contents: a sign-in with a token has the provider's ARN,
the audience and the subject in ``userIdentity.principalId``; a later call by the role names it in
``sessionContext.sessionIssuer``. A denial may carry the words "An unknown error occurred" only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.aws_records import SIGN_IN, CloudTrailEvent
from analyzer.evidence.exports.aws_config import opened
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json
from analyzer.evidence.values import dig, items, mapping, parse_time, text
from analyzer.patterns import later

_MOST = 20_000
_LONGEST = 500
_DENIED = ("AccessDenied", "UnauthorizedOperation", "Client.UnauthorizedOperation", "AccessDeniedException")


def _records(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read a log file, ``{"Records": […]}``."""
    found = 0
    for at, record in enumerate(items(value.get("Records"))):
        event = _event_of(mapping(record), where.at("Records", at))
        if event is not None and found < _MOST:
            found += 1
            yield event
    if found == 0 and any("eventSource" in mapping(record) for record in items(value.get("Records"))):
        reading.notes.append("CloudTrail without a sign-in with a token or a denied call of a role")


def _lookup(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read lookup-events, whose events are JSON text."""
    events = items(value.get("Events"))
    found = 0
    for at, entry in enumerate(events[:_MOST]):
        place = where.at("Events", at, "CloudTrailEvent")
        event = _event_of(mapping(opened(mapping(entry).get("CloudTrailEvent"))), place)
        if event is not None:
            found += 1
            yield event
    if found == 0 and any("CloudTrailEvent" in mapping(entry) for entry in events):
        reading.notes.append("CloudTrail without a sign-in with a token or a denied call of a role")


def _event(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read one record alone, as CloudWatch Logs and JSON lines hold them."""
    event = _event_of(value, where)
    if event is not None:
        yield event


def _event_of(value: Mapping[str, Json], where: Where) -> CloudTrailEvent | None:
    name, source = text(value.get("eventName")), text(value.get("eventSource"))
    if not name or not source or not source.endswith(".amazonaws.com"):
        return None
    identity, code = mapping(value.get("userIdentity")), text(value.get("errorCode"))
    service = source.removesuffix(".amazonaws.com")
    common = (name, service, parse_time(value.get("eventTime")), code)
    message = (text(value.get("errorMessage")) or "")[:_LONGEST]
    if service == "sts" and name == SIGN_IN:
        return _sign_in(value, identity, common, message, where)
    issuer = mapping(dig(identity, "sessionContext", "sessionIssuer"))
    role = text(issuer.get("arn"))
    if code not in _DENIED or role is None or ":role/" not in role:
        return None
    provider = text(dig(identity, "sessionContext", "webIdFederationData", "federatedProvider"))
    return CloudTrailEvent(*common, message, role, None, None, provider, text(identity.get("arn")), where)


def _sign_in(
    value: Mapping[str, Json],
    identity: Mapping[str, Json],
    common: tuple[str, str, object, str | None],
    message: str,
    where: Where,
) -> CloudTrailEvent:
    answer = mapping(value.get("responseElements"))
    provider = text(answer.get("provider")) or text(identity.get("identityProvider"))
    subject = text(answer.get("subjectFromWebIdentityToken")) or text(identity.get("userName"))
    audience = text(answer.get("audience"))
    principal = text(identity.get("principalId")) or ""
    if audience is None and provider and subject and principal.startswith(f"{provider}:"):
        # The provider's ARN, the audience and the subject, joined by colons that each of them holds too.
        rest = principal[len(provider) + 1 :]
        audience = rest.removesuffix(f":{subject}") if rest.endswith(f":{subject}") else None
    role = text(dig(value, "requestParameters", "roleArn"))
    caller = text(dig(answer, "assumedRoleUser", "arn"))
    duration = dig(value, "requestParameters", "durationSeconds")
    return CloudTrailEvent(
        *common, message, role, subject, audience, provider, caller, where,  # type: ignore[arg-type]
        duration if type(duration) is int and duration > 0 else None,
    )  # fmt: skip


def _row(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read a row of Athena's table of CloudTrail: names are small letters, structures are ``{a=b, c=d}``."""
    said = text(value.get("useridentity")) or ""
    caller, issuer = _PRINCIPAL.search(said), _ISSUER.search(said)
    event = _event_of(
        {
            "eventName": value.get("eventname"),
            "eventSource": value.get("eventsource"),
            "eventTime": value.get("eventtime"),
            "errorCode": text(value.get("errorcode")) or None,
            "errorMessage": value.get("errormessage"),
            "requestParameters": opened(value.get("requestparameters")),
            "responseElements": opened(value.get("responseelements")),
            "userIdentity": {
                "principalId": caller[0].partition("=")[2] if caller else None,
                "identityProvider": caller["provider"] if caller else None,
                "userName": caller["subject"] if caller else None,
                "sessionContext": {"sessionIssuer": {"arn": issuer["arn"]}} if issuer else None,
            },
        },
        where,
    )
    if event is not None:
        yield event


ATHENA = frozenset({"eventsource", "eventname", "useridentity"})
"""Columns without which a row of Athena's table tells nothing."""
_PRINCIPAL = later(
    r"\bprincipalid=(?P<provider>arn:[^,{}]{1,300}:oidc-provider/[^,:{}]{1,300}):[^,:{}]{1,256}"
    r":(?P<subject>system:serviceaccount:[^,{}]{1,400})"
)
_ISSUER = later(r"\bsessionissuer=\{[^{}]{0,600}?\barn=(?P<arn>arn:[^,{}]{1,300})")
_WHAT = "CloudTrail"
SHAPES = (
    Shape(_WHAT, ("Records",), _records),
    Shape(_WHAT, ("Events",), _lookup),
    Shape(_WHAT, ("eventSource",), _event),
    Shape(_WHAT, ("eventsource",), _row),
)
