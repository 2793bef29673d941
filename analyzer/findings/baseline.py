"""Accepted findings: marked with the reason, still counted, and no longer a reason to fail.

An entry is a table in a TOML file and names findings by ``fingerprint``, or by ``rule`` and, if need
be, ``chain``; it gives a ``reason`` and may give a day after which it no longer holds, and the ``state``
(fail, warn, info) that was accepted: what became worse since counts again::

    [[accept]]
    rule = "trust-no-audience"
    chain = "openshift-ingress-operator/cloud-credentials"
    reason = "Our rules do not ask for it (CASE-12)"
    until = 2026-12-31
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from analyzer.errors import UsageProblem
from analyzer.findings.report import Finding, Report
from analyzer.frozen import frozen, replace

LONGEST = 4 << 20
"""Bytes of a baseline that are read: thousands of entries."""
_KEYS = frozenset({"fingerprint", "rule", "chain", "reason", "until", "state"})
_STATES = ("info", "warn", "fail")


@frozen
class Accepted:
    """One entry; ``name`` is how it is called when it matches nothing or has expired."""

    name: str
    fingerprint: str | None
    rule: str | None
    chain: str | None
    reason: str
    until: date | None
    state: str | None = None

    def covers(self, finding: Finding) -> bool:
        """Tell whether a finding is no worse than what was accepted."""
        return self.state is None or _STATES.index(finding.state) <= _STATES.index(self.state)

    def names(self, finding: Finding, chain: str | None) -> bool:
        """Tell whether this entry is about a finding as it concerns one chain."""
        if self.fingerprint is not None:
            return self.fingerprint == finding.fingerprint
        return self.rule == finding.rule and self.chain in (None, chain)


def read_baseline(text: str, where: str) -> tuple[Accepted, ...]:
    """Read the entries of a baseline file. Raises UsageProblem, with the number of the entry."""
    import tomllib

    try:
        value = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a day that no month has
        raise UsageProblem(f"this is not TOML: {error}", where=where) from None
    entries = value.get("accept", [])
    unknown = sorted(set(value) - {"accept"})
    if unknown or not isinstance(entries, list):
        raise UsageProblem(
            f"it has {', '.join(unknown) or 'accept'} where a baseline has [[accept]] tables", where=where
        )
    return tuple(_entry(entry, f"{where}: entry {number}") for number, entry in enumerate(entries, start=1))


def _entry(entry: object, where: str) -> Accepted:
    if not isinstance(entry, dict):
        raise UsageProblem("it is not a table", where=where)
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise UsageProblem(
            f"there is no key {unknown[0]!r}", where=where, do=f"Keys: {', '.join(sorted(_KEYS))}"
        )
    texts = {key: entry.get(key) for key in ("fingerprint", "rule", "chain", "reason", "state")}
    wrong = next((key for key, text in texts.items() if text is not None and not isinstance(text, str)), None)
    until = entry.get("until")
    if wrong or (until is not None and not isinstance(until, date)):
        raise UsageProblem(
            f"{wrong or 'until'} is not a {'text' if wrong else 'date'}", where=where, do="until = 2026-12-31"
        )
    if texts["state"] not in (None, *_STATES):
        raise UsageProblem("state is none of fail, warn, info", where=where, do='state = "warn"')
    if not texts["reason"]:
        raise UsageProblem("it has no reason", where=where, do="Say why it is accepted")
    if bool(texts["fingerprint"]) == bool(texts["rule"]) or (texts["chain"] and not texts["rule"]):
        raise UsageProblem("it must have either a fingerprint, or a rule and perhaps a chain", where=where)
    name = texts["fingerprint"] or f"{texts['rule']}{' on ' + texts['chain'] if texts['chain'] else ''}"
    day = until.date() if isinstance(until, datetime) else until
    return Accepted(
        name, texts["fingerprint"], texts["rule"], texts["chain"], texts["reason"], day, texts["state"]
    )


def accept(report: Report, entries: Sequence[Accepted], today: date) -> Report:
    """Mark the findings that are accepted, and note the entries that have expired or match nothing.

    A finding on several chains is marked only where it is accepted on each of them.
    """
    valid = [entry for entry in entries if entry.until is None or today <= entry.until]
    of = _by_name(valid)
    findings = tuple(_marked(finding, of) for finding in report.findings)
    about = _Findings(findings)
    notices = [
        f"baseline: {entry.name} was accepted until {entry.until}, so it counts again ({entry.reason})"
        for entry in entries
        if entry.until is not None and today > entry.until and about.named_by(entry)
    ]
    notices += [
        f"baseline: {entry.name} matches no finding any more: remove it ({entry.reason})"
        for entry in entries
        if not about.named_by(entry)
    ]
    notices += [
        f"baseline: {entry.name} was accepted as {entry.state} and is {finding.state} now, "
        f"so it counts again ({entry.reason})"
        for entry in valid
        for finding in about.named_by(entry)
        if not finding.muted and not entry.covers(finding)
    ]
    return replace(report, findings=findings, notices=(*report.notices, *notices))


class _Findings:
    """The findings of a report by what entries name: a baseline of a stranger has tens of thousands."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._by_name: dict[str, list[Finding]] = {}
        for finding in findings:
            for name in dict.fromkeys((finding.fingerprint, finding.rule)):
                self._by_name.setdefault(name, []).append(finding)

    def named_by(self, entry: Accepted) -> list[Finding]:
        """Give the findings that an entry is about, on whichever chain."""
        found = self._by_name.get(entry.fingerprint or entry.rule or "", ())
        return [f for f in found if any(entry.names(f, chain) for chain in f.chains or (None,))]


def _by_name(entries: Iterable[Accepted]) -> dict[str, list[tuple[int, Accepted]]]:
    """Give the entries by the fingerprint or rule that they name, each with its place among all."""
    found: dict[str, list[tuple[int, Accepted]]] = {}
    for number, entry in enumerate(entries):
        found.setdefault(entry.fingerprint or entry.rule or "", []).append((number, entry))
    return found


def _marked(finding: Finding, entries: Mapping[str, Sequence[tuple[int, Accepted]]]) -> Finding:
    fitting = [one for name in {finding.fingerprint, finding.rule} for one in entries.get(name, ())]
    first = [entry for _, entry in sorted(fitting, key=lambda one: one[0])]
    used = []
    for chain in finding.chains or (None,):
        entry = next((e for e in first if e.names(finding, chain) and e.covers(finding)), None)
        if entry is None:
            return finding
        used.append(entry)
    reasons = dict.fromkeys(
        entry.reason + (f" (until {entry.until})" if entry.until else "") for entry in used
    )
    return replace(finding, muted="; ".join(reasons))


def write_baseline(findings: Iterable[Finding], reason: str, until: date | None) -> str:
    """Write entries that accept these findings, each with its rule and subject as a comment."""
    parts = ["# Findings that are accepted: sts-doctor analyze --baseline FILE\n"]
    for finding in findings:
        about = ", ".join(finding.chains) or finding.subject
        lines = [
            f"# {_quoted(f'{finding.state}[{finding.rule}] {about}: {finding.title}')[1:-1]}",
            "[[accept]]",
            f"fingerprint = {_quoted(finding.fingerprint)}",
            f"state = {_quoted(finding.state)}",
            f"reason = {_quoted(finding.muted or reason)}",
        ]
        parts.append("\n".join([*lines, *([f"until = {until}"] if until else [])]) + "\n")
    return "\n".join(parts)


def _quoted(text: str) -> str:
    """Write a text as a TOML string: JSON's form, which has no character that TOML forbids."""
    return json.dumps(text.encode("utf-8", "replace").decode("utf-8")).replace("\x7f", "\\u007f")
