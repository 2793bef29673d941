"""Calls that nobody answered: what a command left in the file that an answer was to fill."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.evidence.loose.logs import looks_like_log
from analyzer.evidence.records import FailedCall
from analyzer.patterns import later

LEFT_EMPTY = (
    "it is empty: the command that was to fill it gave no answer; make it again, and keep what it says (2>&1)"
)
_NOT_ANSWERED = "the call was not answered ({words}): make it again"
_CODES = (
    "ExpiredToken", "InvalidClientTokenId", "UnrecognizedClientException", "RequestExpired", "AuthFailure",
    "SignatureDoesNotMatch", "InvalidAccessKeyId", "IncompleteSignature", "MissingAuthenticationToken",
    "Throttling", "ThrottlingException", "ServiceUnavailable",
)  # fmt: skip
"""What AWS says of the caller's own keys or of the moment: it answers nothing."""
_READS = ("Get", "List", "Describe", "Lookup", "Simulate")
_WORDS = later(
    rb"^(?:[^\s:]{1,40}(?: [^\s:]{1,20})?: ){0,4}(?:Unable to locate credentials"
    rb"|Could not connect to the endpoint URL"
    rb"|The SSO session associated with this profile has expired|Error when retrieving token from sso"
    rb"|Token has expired and refresh failed|The config profile \([^)\n]{0,80}\) could not be found"
    rb"|You must specify a region|Connect timeout on endpoint URL|SSL validation failed for"
    rb"|error: You must be logged in to the server|Unable to connect to the server: "
    rb"|(?:aws|oc|jq): (?:command )?not found)",
    re.MULTILINE,
)
_LONGEST = 4096
_ASKED_FOR = later(
    r"(?:\A|/)(?:roles|(?:get|list)-oidc"
    r"|(?:get-role(?:-policy)?|list-(?:attached-)?role-policies|get-policy-version|get-public-access-block"
    r"|get-bucket-policy-status)-[^/]+)\.json\Z|(?:\A|/)secret-[a-z0-9.-]+\.txt\Z"
)
"""Names of the files that the commands write which are asked for."""


def not_answered(records: Sequence[object], data: bytes) -> str:
    """Say that no call of a short file was answered; "" where one was, or there is none."""
    calls = [record for record in records if isinstance(record, FailedCall)]
    none = len(calls) == len(records) and all(
        c.operation.startswith(_READS) and c.code in _CODES for c in calls
    )
    if not calls or not none or len(data) > _LONGEST:
        return ""
    return _NOT_ANSWERED.format(words=", ".join(dict.fromkeys(call.code for call in calls)))


def could_not_ask(data: bytes) -> str | None:
    """Say why a program could not even ask; in a log it is what the program in the pod says."""
    said = _WORDS.search(data) if len(data) <= _LONGEST and not looks_like_log(data) else None
    return _NOT_ANSWERED.format(words=said[0].decode("utf-8", "replace").strip(" :")) if said else None


def is_asked_for(path: str) -> bool:
    """Tell the name of a file that a command writes which is asked for."""
    return _ASKED_FOR.search(path) is not None
