"""What could not be read of an input, and the tally of one pass over it."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from analyzer.frozen import frozen

from .limits import Limits
from .names import UnsafeNameError, clean_name

Severity = Literal["unsafe", "incomplete", "unreadable", "note"]
Code = Literal[
    "unsafe-path",
    "link",
    "device",
    "duplicate-member",
    "too-large",
    "ratio",
    "too-many-members",
    "too-many-bytes",
    "truncated",
    "unreadable",
    "depth",
    "unsupported",
]

MORE = "more like these"
"""Ends the detail of an issue that counts others of its code."""


@frozen
class Issue:
    """One thing that was refused or could not be read; ``member`` is "" for the input itself."""

    member: str
    code: Code
    detail: str
    severity: Severity


class StreamError(Exception):
    """Bytes stop early; never leaves this package, where it becomes an ``Issue``."""

    def __init__(self, code: Code, detail: str, severity: Severity) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.severity = severity


class Tally:
    """Counts members, bytes and issues of one pass, and says when enough is enough."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.issues: list[Issue] = []
        self.members = 0
        self.bytes = 0
        self.halted = False
        """The whole pass ends: a limit of the input as a whole is passed."""
        self.stopped = False
        """Some archive or member was stopped as hostile."""
        self._read = 0
        self._passed = 0
        self._per_code: Counter[tuple[Code, Severity]] = Counter()
        self._seen: set[int] = set()

    def report(self, member: str, code: Code, detail: str, severity: Severity) -> None:
        """Keep one issue; beyond ``limits.issues`` of a code they are only counted."""
        self._per_code[code, severity] += 1
        if self._per_code[code, severity] <= self.limits.issues:
            self.issues.append(Issue(member, code, detail, severity))

    def fail(self, member: str, error: StreamError) -> None:
        """Turn an early end of a stream into an issue."""
        self.stopped = self.stopped or error.severity == "unsafe"
        self.report(member, error.code, error.detail, error.severity)

    def finish(self) -> None:
        """Say how many issues were counted but not kept."""
        for (code, severity), count in self._per_code.items():
            if count > self.limits.issues:
                self.issues.append(Issue("", code, f"{count - self.limits.issues} {MORE}", severity))
        self._per_code.clear()
        self._seen.clear()

    def charge(self, count: int) -> None:
        """Account for bytes read or inflated; raises StreamError past the limit of the input."""
        self._read += count
        if self._read > self.limits.total_bytes:
            self.halted = True
            raise StreamError("too-many-bytes", f"more than {self.limits.total_bytes} bytes in all", "unsafe")

    def pass_over(self, where: str = "") -> bool:
        """Count something that is no file, a directory say; False, once reported, when there are too many."""
        self._passed += 1
        if self._passed <= self.limits.members:
            return True
        if not self.halted:
            self.halted = self.stopped = True
            self.report(where, "too-many-members", f"more than {self.limits.members} members", "unsafe")
        return False

    def admit(self, name: str, prefix: str = "", *, windows: bool = False) -> str | None:
        """Count a member and give its clean path, or None when it is refused (and reported)."""
        if not self.pass_over(prefix):
            return None
        self.members += 1
        try:
            inner = clean_name(name, self.limits.name_length, windows=windows)
        except UnsafeNameError as error:
            self.report(prefix + name[:200], "unsafe-path", str(error), "unsafe")
            return None
        if not inner:
            return None
        path = prefix + inner
        if name[0] in "/\\":
            self.report(path, "unsafe-path", "absolute name, read as a relative one", "note")
        # A hash a name: two million names themselves would take hundreds of megabytes.
        key = hash(path)
        if key in self._seen:
            self.report(path, "duplicate-member", "the archive holds this path more than once", "incomplete")
        self._seen.add(key)
        return path
