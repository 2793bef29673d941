"""Error codes of AWS: the shapes in which SDKs print them, and the class each stands for."""

from __future__ import annotations

import re

from analyzer.evidence.logs.answers import answered
from analyzer.evidence.logs.denials import denial, is_node, operation_action, slowed_action
from analyzer.evidence.logs.error import Classified, words_end
from analyzer.evidence.logs.text import normalise
from analyzer.frozen import replace
from analyzer.patterns import later

CODE_WORDS = (
    "InvalidIdentityToken",
    "ExpiredToken",
    "IDPRejectedClaim",
    "IDPCommunication",
    "RegionDisabled",
    "AccessDenied",
    "UnauthorizedOperation",
    "Thrott",
    "RequestLimitExceeded",
    "RequestThrottled",
    "TooManyRequests",
    "SlowDown",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "InvalidSignature",
    "Forbidden: Forbidden",
    "(403)",
)
"""Words one of which is in every text with a code."""

CODES = (
    r"\b(?:InvalidIdentityToken|ExpiredToken|IDPRejectedClaim|IDPCommunication(?:Error)?|RegionDisabled|AccessDenied"
    r"|UnauthorizedOperation|Throttling|Throttled|ThrottledRequest|RequestLimitExceeded|RequestThrottled"
    r"|TooManyRequests|SlowDown|RequestExpired|RequestTimeTooSkewed|SignatureDoesNotMatch|InvalidSignature"
    r"|403(?=\)\s+when\s+calling)|Forbidden(?=:\sForbidden))(?:Exception)?\b"
)
"""The codes that say something of signing in or of permissions."""

_COLON = later(r"(?:\s\(client\))?:\s+")
_RUBY = later(r"[\"'\x1f]*\s+error=[\"'\x1f]+")  # fluentd: error_class=Aws::…::<Code> error="<sentence>"
_FIELD_AFTER = later(  # <Code>…</Code><Message>, "name":"…","message":"…", code: "…", message: "…"
    r"(?:</Code>\s*<Message>|[\"'\x1f)]*,?\s*[\"'\x1f]*(?:Error\s)?message[\"'\x1f]*\s*[:=]\s*(?:Some\()?[\"'\x1f]*)",
    re.IGNORECASE,
)
_FIELD_BEFORE = later(r"[\"'\x1f]message[\"'\x1f]+\s*:\s*[\"'\x1f]+", re.IGNORECASE)
_FIELDS_BETWEEN = later(
    r"[\"'\x1f]+,\s*[\"'\x1f]+(?:name|code|errorCode|type)[\"'\x1f]+\s*:\s*[\"'\x1f]+$", re.I
)
_BOTO = later(r"\)\s+when\s+calling\s+the\s+\w+\s+operation(?:\s+\(reached\s+max\s+retries:\s+\d+\))?:\s*")
_JAVA = later(r"Error\s+Code:\s+$")
_JAVA_CLASS = later(r"(?:Exception|Error)(?::\s+|\[)")
_BETTER = later(
    r"No\s+OpenIDConnect|retrieve\s+verification|Incorrect\s+token\s+aud|Missing\s+a\s+required\s+claim"
    r"|configured\s+thumbprint|Token\s+used\s+before|Token\s+expired:\s+current|Token\s+too\s+old"
    r"|[Nn]ot\s+authorized\s+to\s+perform:?\s+[a-z][\w-]*:|STS\s+is\s+not\s+activated"
)
_SKEW = later(r"Signature\s+(?:expired|not\s+yet\s+current)|has\s+expired|clock|skew|too\s+large", re.I)
_NAMES_ACTION = later(r"is\s+not\s+authorized\s+to\s+perform:")

_STS_CODES = {
    "InvalidIdentityToken": "invalid-token",
    "ExpiredToken": "token-expired",
    "IDPRejectedClaim": "idp-rejected",
    "IDPCommunication": "idp-communication",
    "IDPCommunicationError": "idp-communication",
    "RegionDisabled": "region-disabled",
}
_THROTTLES = {
    "Throttling",
    "Throttled",
    "ThrottledRequest",
    "RequestLimitExceeded",
    "RequestThrottled",
    "TooManyRequests",
    "SlowDown",
}
_CLOCK = {"RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignature"}


def read_code(text: str, found: re.Match[str]) -> Classified | None:
    """Classify the code that was found; None where its sentence says more, or where it is not AWS's."""
    span = _sentence(text, found)
    if span is None:
        return None
    begin, end = span
    name = found[0]
    code = name.removesuffix("Exception")
    if begin > found.end() and code != "UnauthorizedOperation" and _BETTER.search(text, begin, end):
        return None
    sentence = text[begin:end]
    if sentence.startswith("An error occurred ("):  # the name of a class of Python; the code follows
        return None
    said = normalise(sentence)
    error = Classified("", f"{name}: {said}" if said else name, found.start(), max(end, found.end()))
    if code in _STS_CODES:
        return replace(error, klass=_STS_CODES[code])
    if code in _CLOCK:
        return replace(error, klass="clock-skew") if _SKEW.search(sentence) else None
    if code == "UnauthorizedOperation":
        return _ec2_denial(text, error)
    sure = answered(text, error.start - 400, error.end + 400)
    action = operation_action(text, error.start)
    if code in _THROTTLES:
        sure = sure or code == "RequestLimitExceeded" or "Rate exceeded" in said
        action = action or slowed_action(sentence)
        return replace(error, klass="throttled", action=action) if sure else None
    if not sure:
        return None
    signing_in = action == "sts:AssumeRoleWithWebIdentity"
    return replace(error, klass="assume-role-denied" if signing_in else "action-denied", action=action)


def _sentence(text: str, found: re.Match[str]) -> tuple[int, int] | None:
    """Find the sentence that goes with a code: after it, or before it in Java's envelope and in JSON."""
    in_ruby = text.endswith("::Errors::", 0, found.start())
    after = (
        _COLON.match(text, found.end())
        or (_RUBY.match(text, found.end()) if in_ruby else None)
        or _BOTO.match(text, found.end())
        or _FIELD_AFTER.match(text, found.end())
    )
    if _JAVA.search(text[max(0, found.start() - 14) : found.start()]):
        opens = text.rfind("(Service:", 0, found.start())
        if opens < 0:
            return found.span()
        first = max(0, opens - 500)
        names = list(_JAVA_CLASS.finditer(text, first, opens))
        begin = names[-1].end() if names else text.rfind(": ", first, opens) + 2
        return max(begin, first), opens
    if after is not None:
        return after.end(), words_end(text, after.end())
    first = max(0, found.start() - 600)
    between = _FIELDS_BETWEEN.search(text, max(first, found.start() - 40), found.start())
    said = list(_FIELD_BEFORE.finditer(text, first, between.start())) if between else []
    return (said[-1].end(), between.start()) if said and between else None


def _ec2_denial(text: str, error: Classified) -> Classified:
    names = _NAMES_ACTION.search(text, error.start, error.start + 1500)
    said = denial(text, names.start()) if names else None
    if said is None:
        return replace(error, klass="action-denied", action=operation_action(text, error.start, "ec2"))
    return replace(
        error,
        klass="node-role" if is_node(said.caller) else "action-denied",
        caller=said.caller,
        action=said.action,
        resource=said.resource,
        layer=said.layer,
    )
