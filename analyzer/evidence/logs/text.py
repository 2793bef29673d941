"""How log lines are written: paths, time stamps, continuation lines, escapes, and what may be quoted.

Layouts are those of ``oc adm inspect``, of ``hypershift dump``, of ``oc cluster-info dump`` and of the
Insights archive.
A kubelet stamps every line (``2024-05-14T08:00:00.123456789Z text``); a rotated file is what the
container runtime wrote (``2024-05-14T08:00:00.123456789+00:00 stderr F text``, ``P`` for a part of a line).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from analyzer.frozen import frozen
from analyzer.patterns import later
from analyzer.redact import redact

EXCERPT = 400
"""Longest excerpt, in characters."""

FILLER = "\x1f"
"""Stands where an escape was longer than its character: white space to a pattern, nothing to a reader."""


# --- paths ------------------------------------------------------------------------------------


@frozen
class LogName:
    """What the path of a log tells; ``age`` orders the files of one container, 0 for the newest."""

    namespace: str = ""
    pod: str = ""
    container: str = ""
    age: int = 0
    host: bool = False
    """A service of the node itself (kubelet, crio), not of a pod."""


_INSPECT = later(r"(?:^|/)namespaces/([^/]+)/pods/([^/]+)/([^/]+)/[^/]+/logs/(.+)$")
_DUMP = later(r"(?:^|/)namespaces/([^/]+)/core/pods/logs/([^/]+?)(-previous)?\.log(?:\.gz)?$")
_INSIGHTS = later(r"(?:^|/)config/pod/([^/]+)/logs/([^/]+)/(?:([^/]+)_)?([^/_]+)\.log$")
_CONDITIONAL = later(r"(?:^|/)conditional/namespaces/([^/]+)/pods/([^/]+)/containers/([^/]+)/logs/")
_CLUSTER_INFO = later(r"(?:^|/)([^/]+)/([^/]+)/logs\.txt$")

_ROTATED = later(r"\.log\.\d")
_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_POD_THEN_CONTAINER = tuple(
    later(pattern)
    for pattern in (
        rf"(.+?-{_SAFE}{{6,10}}-{_SAFE}{{5}})-(.+)",  # of a Deployment
        r"(.+?-\d{1,3})-(.+)",  # of a StatefulSet
        rf"(.+?-{_SAFE}{{5}})-(.+)",  # of a DaemonSet or Job
    )
)


def log_name(path: str) -> LogName:
    """Read namespace, pod and container off a log's path; empty strings where the layout is not known."""
    path = path.replace("\\", "/")
    if found := _INSPECT.search(path):
        namespace, pod, container, file = found.groups()
        rotated = file.startswith("rotated") or _ROTATED.search(file) is not None
        age = 2 if rotated else 1 if file.startswith("previous") else 0
        return LogName(namespace, pod, container, age)
    if found := _DUMP.search(path):
        namespace, stem, previous = found.groups()
        age = 1 if previous else 0
        for pattern in _POD_THEN_CONTAINER:
            if split := pattern.fullmatch(stem):
                return LogName(namespace, split[1], split[2], age)
        return LogName(namespace, stem, "", age)
    if found := _INSIGHTS.search(path):
        return LogName(found[1], found[2], found[3] or "", 1 if found[4] == "previous" else 0)
    if found := _CONDITIONAL.search(path):
        return LogName(found[1], found[2], found[3])
    if found := _CLUSTER_INFO.search(path):
        return LogName(found[1], found[2])
    return LogName(host="host_service_logs/" in path)


# --- lines ------------------------------------------------------------------------------------

_INSTANT = rb"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?\d*(Z|[+-]\d\d:\d\d)"
_STAMP = later(_INSTANT + rb"(?: (?:std(?:out|err) ([FP])(?::\S*)?(?: |$))?|\t|$)")
_OWN_STAMP = later(rb'(?:\btime="|\bt(?:s|ime)=|"(?:ts|time|timestamp)":\s?")' + _INSTANT)

# Seconds, of JavaScript's loggers milliseconds, since 1970.
_OWN_EPOCH = later(rb'"(?:ts|time|timestamp)":\s?(1[5-9]\d{8})(?:(\d{3})|\.(\d{1,9})\d*)?[,}]')

_KLOG = later(rb"[IWEF](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{6}) ")
NO_YEAR = 1972
"""The year that a time is given which was written without one, a leap year long before any log."""

_CONTINUES = later(
    rb"[ \t]+\S|[Cc]aused by: |status code: \d|For verbose messag"
    rb"|(?:SharedCreds|SharedConfig|EnvAccess|EnvSecret|EC2Role|EC2Metadata|CredentialsEndpoint|StaticCreds"
    rb"|ProcessProvider|SSOProvider)\w*: "
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class Line:
    """One physical line without its stamp: ``nanos`` since 1970, ``partial`` for the runtime's ``P``."""

    payload: bytes
    nanos: int | None
    offset: int
    """Where the payload begins in the line."""
    partial: bool = False

    @property
    def continues(self) -> bool:
        """Whether it reads like the rest of the message before it."""
        return _CONTINUES.match(self.payload) is not None


def read_line(raw: bytes) -> Line:
    """Take the stamp off a line; a program's own stamp (zap, ``time="…"``) is read but stays."""
    found = _STAMP.match(raw)
    if found is None:
        own = _OWN_STAMP.search(raw, 0, 256)
        return Line(raw, _nanos(own) if own else _nanos_of_epoch(raw) or _nanos_of_klog(raw), 0)
    if found[0].endswith(b"\t"):  # the program's own stamp, part of its record
        return Line(raw, _nanos(found), 0)
    return Line(raw[found.end() :], _nanos(found), found.end(), found[9] == b"P")


def _nanos_of_epoch(raw: bytes) -> int | None:
    found = _OWN_EPOCH.search(raw, 0, 256)
    if found is None:
        return None
    return int(found[1]) * 1_000_000_000 + int((found[2] or found[3] or b"0").ljust(9, b"0"))


def _nanos_of_klog(raw: bytes) -> int | None:
    """Read what Kubernetes' own log format begins with where no kubelet stamped the line: in NO_YEAR."""
    found = _KLOG.match(raw)
    if found is None:
        return None
    month, day, hour, minute, second, micros = map(int, found.groups())
    try:
        when = datetime(NO_YEAR, month, day, hour, minute, second, micros, tzinfo=UTC)
    except ValueError:
        return None
    return (when - _EPOCH) // timedelta(microseconds=1) * 1000


def _nanos(found: re.Match[bytes]) -> int | None:
    year, month, day, hour, minute, second, fraction, zone = found.group(1, 2, 3, 4, 5, 6, 7, 8)
    try:
        when = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    seconds = int((when - _EPOCH).total_seconds())
    if zone != b"Z":
        shift = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        seconds -= shift if zone[:1] == b"+" else -shift
    return seconds * 1_000_000_000 + int((fraction or b"0").ljust(9, b"0"))


def instant(nanos: int | None) -> datetime | None:
    """Give the time as a datetime in UTC, to the microsecond; None where a calendar has no such time."""
    if nanos is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=nanos // 1000)
    except OverflowError:
        return None


# --- escapes ----------------------------------------------------------------------------------

_ESCAPE = later(r"(?<!\\)\\{1,8}(?:u(?P<hex>[0-9a-fA-F]{4})|(?P<one>[ntr\"'/]))")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\n"}


def unescape(text: str) -> str:
    """Undo JSON and Go quoting, however often it was applied, keeping every other character's offset."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    one = found["one"]
    char = _ESCAPED.get(one, one) if one else chr(int(found["hex"], 16))
    return char.rjust(len(found[0]), FILLER)


# --- what may be quoted -----------------------------------------------------------------------

_CONTROL = later(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


NEAR = 2500
"""Characters on either side of an error that are kept for its excerpt."""


def excerpt(before: str, after: str) -> str:
    """Cut a line to ``EXCERPT`` characters around the place where an error's own text begins.

    ``before`` and ``after`` are the line on either side of it; of each at most ``NEAR`` characters are
    read, and a word that this cuts is left out, since it could be a part of a token.
    """
    cut_before, cut_after = len(before) > NEAR, len(after) > NEAR
    before, after = before[-NEAR:], after[:NEAR]
    if cut_before:
        before = before.partition(" ")[2]
    before, after = _CONTROL.sub(" ", redact(before)), _CONTROL.sub(" ", redact(after))
    if len(before) + len(after) <= EXCERPT and not (cut_before or cut_after):
        return (before + after).strip()
    lead = before[-max(120, EXCERPT - 2 - len(after)) :] if before else ""
    if cut_before or len(lead) < len(before):
        lead = "…" + (lead.partition(" ")[2] or lead)
    room = EXCERPT - len(lead)
    if cut_after or len(after) > room:
        after = after[: room - 1].rstrip() + "…"
    return (lead + after).strip()


_VARYING = (
    (later(r"(?i),? *\b(?:request|host) ?id: *[\w/+=-]*"), ""),
    (later(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (later(r"(:assumed-role/[^/\s]+/)(?!i-)[^\s\"',;)]+"), r"\1<session>"),
    (later(r"\b(i|vol|snap|eni|subnet|sg|vpc|eipalloc|rtb|lt|ami|fs)-[0-9a-f]{8,17}\b"), r"\1-<id>"),
    (later(r"(arn:aws[\w-]*:s3:::[\w.-]+/)[^\s\"'<>]+"), r"\1<key>"),
    (later(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (later(r"\b\d{8}T\d{6}Z\b"), "<time>"),
    (later(r"(date/time ?|too old: ?)\d+"), r"\1<time>"),
    (later(r"\b1[5-9]\d{8}\b"), "<time>"),
    (later(r"\b0x[0-9a-fA-F]+\b"), "<address>"),
    (later(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\[[0-9a-f:]*:[0-9a-f:]+\](?::\d+)?"), "<address>"),
    (later(r" ?\(reached max retries: \d+\)|exceeded maximum number of attempts, \d+, ?"), ""),
    (later(r"(?i)\b(attempts?|retry|retries)([ :=#]+)\d+"), r"\1\2<n>"),
)


def normalise(text: str) -> str:
    """Reduce an error's text to what its repeats share: no ids, times, addresses or attempts."""
    text = " ".join(text.replace(FILLER, "").split())
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return redact(_CONTROL.sub(" ", text)).strip()
