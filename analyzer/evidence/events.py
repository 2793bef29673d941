"""Find the few Events that quote AWS, or name credentials that a pod lacks, before anything is parsed.

A cluster has Events by the thousand, and a healthy one has none of these. They are kept as text: whether
one matters shows when the chains are known.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.bundle import ListItem
from analyzer.needles import Needles, find
from analyzer.patterns import later

MOST_OF_FILE, MOST_IN_ALL = 200, 1000
"""Events kept of one file, and of all: the API server forgets them after three hours, and counts repeats."""

SUCCESS = {
    "FailedCreate": "Create",
    "FailedUpdate": "Update",
    "ProvisioningFailed": "ProvisioningSucceeded",
    "FailedAttachVolume": "SuccessfulAttachVolume",
}
"""The reasons of failures, and of the Events that tell that the same was done after all."""

_LONGEST = 1 << 16
"""Bytes of an Event, whose text Kubernetes keeps to one thousand characters."""

# YAML breaks long texts at blanks: none of these has one. Each envelope of the SDKs has one of the first.
_QUOTING = (
    b"AccessDenied",
    b"Unauthenticated",  # gRPC's code around the words of the driver of EFS
    b"WebIdentity",
    b"IdentityToken",
    b"UnauthorizedOp",
    b"ExpiredToken",
    b"assumed-role",
    b"authorized",
    b"CredentialProviders",
    b"serviceaccount/token",
    b"//sts",
    b"RequestID:",
    b"Signature",  # SignatureDoesNotMatch and InvalidSignatureException, of a clock that is wrong
    b"RequestExpired",
    b"TimeTooSkewed",
)
_NAMING = (b"credentials", b"-creds", b"serviceaccounts")
_QUOTES, _NAMES = Needles(_QUOTING), Needles(_NAMING)
_MISSED = b" found"
"""What an Event ends with that names credentials which are not there."""
_PASSED_ON = b"OperatorStatusChanged"
"""The reason of Events that quote a condition before and after: the condition itself tells what holds."""

_TAIL = 400
_YAML_LIST = later(rb"\nkind: [\"']?(?:Event)?List\b")
_JSON_LIST = later(rb'"kind":\s*"(?:Event)?List"')
_DONE = later(rb"reason[\"']?: [\"']?(" + "|".join(SUCCESS.values()).encode() + rb")[\"',]?\s")
_NAMESPACE = later(rb"namespace[\"']?: ?[\"']?([a-z0-9][a-z0-9-]{0,62})\b")
_WHEN = later(rb"ast(?:Timestamp|ObservedTime)[\"']?: [\"'](\d[^\"'\n]{9,30})")


def may_tell(data: bytes) -> bool:
    """Tell whether a text may quote AWS or name credentials: what does not is not worth parsing."""
    return _QUOTES.are_in(data) or (find(data, _MISSED) >= 0 and _NAMES.are_in(data))


def are_events(data: bytes) -> bool:
    """Tell a file of Events from one that only names their kind, as the API server's audit log does."""
    return b"involvedObject" in data or (b"events.k8s.io/v1" in data and b"regarding" in data)


def is_whole_list(data: bytes) -> bool:
    """Tell a list of Events that was written to its end, by how it begins and ends."""
    if data[:1] == b"{":
        kind = _JSON_LIST.search(data[:_TAIL]) or _JSON_LIST.search(data[-_TAIL:])
        return kind is not None and data.rstrip()[-1:] == b"}"
    return _YAML_LIST.search(data[-_TAIL:]) is not None and data[-1:] == b"\n"


def namespaces_in(data: bytes) -> set[str]:
    """Name the namespaces of the Events in a file."""
    return {name.decode() for name in _NAMESPACE.findall(data)}


def telling(items: Sequence[ListItem]) -> list[ListItem]:
    """Give the whole items worth keeping, and of those that tell a success the newest of each reason."""
    whole = [i for i in items if i.complete and len(i.data) <= _LONGEST]
    found = [i for i in whole if may_tell(i.data) and _PASSED_ON not in i.data]
    done: dict[bytes, tuple[bytes, ListItem]] = {}
    for item in whole if found else ():
        reason, when = _DONE.search(item.data), _WHEN.search(item.data)
        if reason and when and (reason[1] not in done or done[reason[1]][0] < when[1]):
            done[reason[1]] = when[1], item
    return [*(item for _, item in done.values()), *found]
