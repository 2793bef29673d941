"""Scan pod logs for the errors that AWS sign-in and AWS permissions leave in them, and merge repeats."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from analyzer.evidence.logs.classes import classify, classify_all
from analyzer.evidence.logs.error import Classified
from analyzer.evidence.logs.flags import issuer_flag
from analyzer.evidence.logs.regions import Record, first_stamp, last_stamp, look, records, regions
from analyzer.evidence.logs.secrets import LogSecrets
from analyzer.evidence.logs.text import NEAR, NO_YEAR, LogName, excerpt, instant, log_name
from analyzer.evidence.origin import Quote
from analyzer.evidence.records import IssuerFlag, LogFile, Symptom
from analyzer.frozen import field, frozen, replace, slotted
from analyzer.needles import count
from analyzer.patterns import later

__all__ = ["Classified", "LogScan", "classify"]

MOST_SYMPTOMS = 5000
"""Distinct symptoms that one scan keeps; more are only counted."""

MOST_TEXT, MOST_TEXT_OF_LOG = 64 << 20, 8 << 20
"""Characters of records with an error that a scan looks at, in all and of one log.

Of what is beyond, a log's beginning and its end are looked at all the same: since when, and whether it
goes on.
"""

_MOST_NEW, _MOST_NEW_OF_LOG, _RESERVE = 60_000, 6_000, 60
"""Texts classified that were not seen just before, a long one counted as several: in all, of one log's
beginning and of its end, and of each of these once there were too many in all. No log that floods keeps
those after it from being looked at.
"""

_LATEST = 60
"""Records at the end of a log that are looked at all the same, where too many new ones came before."""

_HOUR = 3_600_000_000_000
"""Nanoseconds."""

PAUSE_HOURS = 26
"""Longer than this between two, an error is taken to have been gone: there are jobs that run once a day."""

_MOST_HOURS = 10_000
"""Hours of one error that are remembered: more than a year."""

_MOST_SEEN = 100_000
"""Occurrences remembered, to know them again in another file of the same container."""

# These sign in with the node's own role by design: a denial is a matter of that role's policies, not of a
# pod that fell back to it.
_NODE_ROLE_IS_MEANT = frozenset(
    {
        "openshift-cloud-controller-manager",
        "openshift-kube-apiserver",
        "openshift-kube-controller-manager",
    }
)

# What differs between the repeats of a line but is no part of what the line is about. Of S3 both ids go
# together: each for itself tells whose they are. Each way begins with a character of its own, for speed.
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_REPEAT = later(
    rf"[dD](?:(?::|=|>|\\*\":) ?\\*[\"']?{_UUID}"
    r"|(?:(?<=st id)|(?<=stID)): [\w-]{8,}(?:, (?:host id|HostID): [\w+/=-]{8,}|(?!, host|, Host|[\w-])))"
    rf"|pvc-{_UUID}"
    r"|\d(?:\d:\d\d:\d\d(?:\.\d+)?|(?<=\b1)[5-9]\d{8}(?:\.\d+)?\b)"
)
# A collector of logs prints the records that it cannot pass on (Vector as JSON, fluentd as Ruby writes it).
_PASSED_ON = later(r"(?s)\bkubernetes\\*\"\s*(?::|=>)\s*\{.{0,8192}?\bnamespace_name\\*\"\s*(?::|=>)")
_OF_RECORD = later(r"\b(namespace|pod)_name\\*\"\s*(?::|=>)\s*\\*\"([a-z0-9.-]{1,253})")
_RARE_REPEAT = later(r"(?<=failure message: )[\w-]{80,}|:\d{4,5}(?=->)")
_MOST_ANSWERS = 512

_Key = tuple[str, str, str, str, str, str, str]


@slotted
class _Merged:
    """What is known so far of one symptom; all but the sums are of its latest occurrence."""

    error: Classified
    file: str
    line: int
    before: str
    after: str
    age: int
    count: int = 0
    first: int | None = None
    last: int | None = None
    hours: dict[int, int] = field(default_factory=dict)
    """The first time in each hour in which it occurred."""

    def began(self) -> int | None:
        """Give when the run of occurrences began that the last one is of."""
        start = self.last
        for hour in sorted(self.hours, reverse=True):
            if start is not None and start // _HOUR - hour > PAUSE_HOURS:
                break
            start = self.hours[hour]
        return start


@frozen
class _Log:
    """One log: the input and the file that it is, and whose it is."""

    input: str
    path: str
    name: LogName


class LogScan:
    """The state of one run over any number of log files.

    ``files`` lists the scanned logs in the order they were fed, ``skimmed`` those of which only beginning
    and end were looked at; ``dropped`` counts the errors that were too many, or too many different ones.
    ``secrets`` are those that stand in them.
    """

    def __init__(self) -> None:
        self.files: list[LogFile] = []
        self.skimmed: list[LogFile] = []
        self.dropped = 0
        self.secrets = LogSecrets()
        self._looked = self._looked_here = 0
        self._new = self._new_here = 0
        self._late: deque[tuple[Record, int]] = deque(maxlen=_LATEST)
        self._unread = 0
        self._merged: dict[_Key, _Merged] = {}
        self._seen: dict[tuple[_Key, int], str] = {}
        self._answers: dict[tuple[str, int], tuple[Classified, ...]] = {}

    def feed(
        self,
        input_id: str,
        path: str,
        chunks: Iterable[bytes],
        *,
        name: LogName | None = None,
        before: int = 0,
    ) -> LogFile:
        """Scan one log, given as its (inflated) bytes in pieces of any size.

        ``name`` says whose log it is where the path does not; ``before`` counts the lines of the file
        that stand before the bytes.

        An error of the iterator is passed on after what it gave has been scanned.
        """
        log, lines = _Log(input_id, path, name or log_name(path)), before
        passed: tuple[bytes, int] | None = None
        first: int | None = None
        last: int | None = None
        end: tuple[bytes, int, int] | None = None
        flag: IssuerFlag | None = None
        self._looked_here = self._new_here = self._unread = 0
        self._late.clear()
        self.secrets.begin_log()
        try:
            for region, stop in regions(chunks):
                if passed is not None:  # of the last region nobody asks how many lines it has
                    lines += count(passed[0], b"\n", 0, passed[1])
                passed = region, stop
                flag = issuer_flag(region, stop, lines, log.name, (input_id, path)) or flag
                full = self._looked >= MOST_TEXT or self._looked_here >= MOST_TEXT_OF_LOG
                if not full or lines == before:
                    self._scan(log, region, stop, lines)
                else:
                    end = region, stop, lines
                first = first_stamp(region) if first is None else first
                latest = last_stamp(region, stop)
                last = last if latest is None else latest
        finally:
            if end is not None:
                self._new_here = 0
                self._scan(log, *end)
            self._read_latest(log)
            whose = log.name.namespace, log.name.pod, log.name.container
            window = _in_order(instant(first), instant(last))
            self.files.append(LogFile(input_id, path, *whose, passed is None, *window, flag))
            self.skimmed += self.files[-1:] if end is not None or self._unread else []
        return self.files[-1]

    def _scan(self, log: _Log, region: bytes, stop: int, lines: int) -> None:
        counted = 0
        hits = look(region, stop)
        if hits.secrets:
            self.secrets.search(region, stop, lines, log.input, log.path)
        for record in records(region, stop, hits.lines):
            self._looked += len(record.text)
            self._looked_here += len(record.text)
            found = self._classify(record.text)
            if found is None or found:
                begin = record.parts[0][3]
                lines += count(region, b"\n", counted, begin)
                counted = begin
            if found is None:
                self._unread += 1
                self._late.append((record, lines + 1))
                continue
            self._tell(log, found, record, lines + 1)

    def _tell(self, log: _Log, found: tuple[Classified, ...], record: Record, line: int) -> None:
        """Add the errors of a record that begins at a line."""
        meant = log.name.host or log.name.namespace in _NODE_ROLE_IS_MEANT
        for error in _own(record.text, found, log.name):
            if error.klass == "node-role" and meant:
                error = replace(error, klass="action-denied")
            self._add(log, error, record, line + record.part_at(error.start))

    def _read_latest(self, log: _Log) -> None:
        """Look at the last of the records that were too many: they tell whether an error goes on."""
        self._new_here = 0
        for record, line in reversed(self._late):
            if (found := self._classify(record.text)) is None:
                break
            self._unread -= 1
            self._tell(log, found, record, line)
        self.dropped += self._unread

    def _classify(self, text: str) -> tuple[Classified, ...] | None:
        """Classify a text, or remember the answer: a failing controller writes the same line for hours.

        None where there were too many.
        """
        if len(text) > 4096:
            return self._classify_new(text)
        alike = _REPEAT.sub("", text)
        if "->" in text or "failure message: " in text:
            alike = _RARE_REPEAT.sub("", alike)
        key = alike, len(text)
        if key not in self._answers:
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            found = self._classify_new(text)
            if found is None:
                return None
            self._answers[key] = found
        return self._answers[key]

    def _classify_new(self, text: str) -> tuple[Classified, ...] | None:
        room = _MOST_NEW_OF_LOG if self._new < _MOST_NEW else _RESERVE if self._new < 2 * _MOST_NEW else 0
        if self._new_here >= room:
            return None
        cost = 1 + len(text) // 128
        self._new += cost
        self._new_here += cost
        found = classify_all(text)
        self._new += cost * len(found[1:])
        self._new_here += cost * len(found[1:])
        return found

    def _add(self, log: _Log, error: Classified, record: Record, line: int) -> None:
        name, path = log.name, log.path
        # Where the layout does not tell the container, each file stands for itself.
        file = "" if name.pod else path
        key = (log.input, name.namespace, name.pod, name.container, file, error.klass, error.message)
        merged = self._merged.get(key)
        if merged is None and len(self._merged) >= MOST_SYMPTOMS:
            self.dropped += 1
            return
        text, position, nanos, _ = record.at(error.start)
        if nanos is not None and nanos % 1_000_000:
            # current, previous and rotated logs overlap; a stamp this fine is of one occurrence.
            where = self._seen.get((key, nanos))
            if where is not None and where != path:
                return
            if len(self._seen) < _MOST_SEEN:
                self._seen[key, nanos] = path
        if merged is None or _is_later(nanos, name.age, merged):
            # One character more than an excerpt reads tells it that the line goes on.
            before = text[max(0, position - NEAR - 1) : position]
            after = text[position : position + NEAR + 1]
            latest = _Merged(error, path, line, before, after, name.age)
            if merged is not None:
                latest.count, latest.first, latest.last = merged.count, merged.first, merged.last
                latest.hours = merged.hours
            merged = self._merged[key] = latest
        merged.count += 1
        if nanos is not None:
            merged.first = nanos if merged.first is None else min(merged.first, nanos)
            merged.last = nanos if merged.last is None else max(merged.last, nanos)
            hour = nanos // _HOUR
            if hour in merged.hours or len(merged.hours) < _MOST_HOURS:
                merged.hours[hour] = min(nanos, merged.hours.get(hour, nanos))

    @property
    def distinct(self) -> int:
        """How many symptoms were found so far."""
        return len(self._merged)

    def _ends(self) -> dict[tuple[str, ...], datetime]:
        """Give the time of each container's last line, by the first parts of a symptom's key."""
        ends: dict[tuple[str, ...], datetime] = {}
        for file in self.files:
            key = (file.input, file.namespace, file.pod, file.container, "" if file.pod else file.path)
            if file.last is not None:
                ends[key] = max(file.last, ends.get(key, file.last))
        return ends

    def symptoms(self) -> tuple[Symptom, ...]:
        """Give what was found so far, ordered by input, container and class."""
        ends = self._ends()
        return tuple(
            Symptom(
                klass=merged.error.klass,
                namespace=key[1],
                pod=key[2],
                container=key[3],
                message=merged.error.message,
                count=merged.count,
                first=instant(merged.first),
                last=instant(merged.last),
                began=instant(merged.first if self.skimmed else merged.began()),
                quote=Quote(key[0], merged.file, merged.line, excerpt(merged.before, merged.after)),
                issuer=merged.error.issuer,
                role_arn=merged.error.role_arn,
                action=merged.error.action,
                resource=merged.error.resource,
                caller=merged.error.caller,
                layer=merged.error.layer,
                token_path=merged.error.token_path,
                log_end=ends.get(key[:5]),
            )
            for key, merged in sorted(self._merged.items())
        )


def _own(text: str, found: tuple[Classified, ...], name: LogName) -> tuple[Classified, ...]:
    """Leave out what stands in the record of another container's line that a collector prints.

    A log that was exported from a store may be of such records, which are of the container itself.
    """
    if not (found and name.namespace and "namespace_name" in text) or not _PASSED_ON.search(text):
        return found
    of = dict(_OF_RECORD.findall(text))
    if of.get("namespace") == name.namespace and (not name.pod or of.get("pod") in (name.pod, None)):
        return found
    begin = text.find("{")
    return tuple(error for error in found if error.start < begin)


def _in_order(first: datetime | None, last: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Turn what a log store gave newest first; of times without a year New Year may lie between."""
    turned = first is not None and last is not None and first > last and first.year != NO_YEAR
    return (last, first) if turned else (first, last)


def _is_later(nanos: int | None, age: int, merged: _Merged) -> bool:
    """Whether an occurrence is later than those before it: by its time, else by its file's age."""
    if nanos is not None and merged.last is not None:
        return nanos >= merged.last
    return age <= merged.age
