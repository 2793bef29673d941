"""Quoted lines: where they stand, what of them is meant, and the table of all that is cited."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.findings.report import Evidence, Report
from analyzer.frozen import frozen
from analyzer.reports.excerpt import find_mark
from analyzer.reports.html.anchors import Anchors
from analyzer.reports.inert import inert
from analyzer.reports.paths import cited_files, short_paths
from analyzer.reports.story import Story, says_something

_LONGEST = 600
_ROOM = 96
"""Characters of a path that are shown beside a quoted line; the table of evidence has all of it."""


@frozen
class Part:
    """A piece of a quoted line: ``kind`` is "" or "mark" (what is meant) or "differs" (within it)."""

    text: str
    kind: str


@frozen
class Quote:
    """One piece of evidence, ready to be set; ``telling`` is false for a line that says nothing alone."""

    input: str
    file: str
    line: int
    role: str
    parts: tuple[Part, ...]
    telling: bool


@frozen
class Cited:
    """A line that findings cite: the roles that it has, and the findings by rule and anchor."""

    quote: Quote
    roles: tuple[str, ...]
    findings: tuple[tuple[str, str], ...]


def shortened(report: Report) -> Mapping[str, str]:
    """Give the short paths of the files that a report cites."""
    return short_paths(cited_files(report), _ROOM, "…")


def quote(evidence: Evidence, message: str) -> Quote:
    """Split a line at what it has in common with the message that it proves."""
    raw = evidence.excerpt[:_LONGEST].rstrip()
    mark = find_mark(raw, message, evidence.column) if raw else None
    cuts: list[tuple[int, int, str]] = [(0, len(raw), "")]
    if mark is not None and mark.start < min(mark.end, len(raw)):
        first, last = mark.differs or (mark.end, mark.end)
        cuts = [
            (0, mark.start, ""),
            (mark.start, first, "mark"),
            (first, last, "differs"),
            (last, mark.end, "mark"),
            (mark.end, len(raw), ""),
        ]
    parts = [Part(inert(raw[a:b]), kind) for a, b, kind in cuts if a < b]
    if parts and not parts[0].kind:
        parts[0] = Part(_outdented(parts[0].text), "")
    return Quote(
        evidence.input, evidence.file, evidence.line, evidence.role, tuple(parts), says_something(evidence)
    )


def _outdented(text: str) -> str:
    """Leave two blanks of a deep indentation, which would only take room."""
    body = text.lstrip(" ")
    return " " * min(len(text) - len(body), 2) + body


def cited_lines(story: Story, anchors: Anchors) -> list[Cited]:
    """Give every line that a finding cites, once, in the order of inputs, files and lines."""
    found: dict[tuple[str, str, int], list[tuple[Evidence, str, tuple[str, str]]]] = {}
    for finding in story.report.findings:
        for piece in finding.evidence:
            entry = (piece, finding.message, (finding.rule, anchors.finding(finding)))
            found.setdefault((piece.input, piece.file, piece.line), []).append(entry)
    return [
        Cited(
            quote(uses[0][0], uses[0][1]),
            tuple(dict.fromkeys(piece.role for piece, _, _ in uses)),
            tuple(dict.fromkeys(used for _, _, used in uses)),
        )
        for _, uses in sorted(found.items())
    ]
