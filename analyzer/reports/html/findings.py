"""The findings: causes, warnings and symptoms, those of one rule together."""

from __future__ import annotations

from analyzer.findings.report import Finding
from analyzer.frozen import frozen
from analyzer.reports.html.anchors import Anchors
from analyzer.reports.html.proof import Quote, quote
from analyzer.reports.story import Story

SECTIONS = {
    "cause": "Causes",
    "hygiene": "Warnings and remarks",
    "symptom": "Symptoms",
    "muted": "Accepted by the baseline",
}
"""The parts of the list, in their order: what a cause explains comes after it."""

_OPEN = 3
"""How many causes stand open at first."""


@frozen
class Entry:
    """One finding, ready to be set."""

    finding: Finding
    anchor: str
    operators: tuple[str, ...]
    quotes: tuple[Quote, ...]
    opened: bool


@frozen
class RuleGroup:
    """The findings of one rule in one state."""

    rule: str
    title: str
    link: str
    state: str
    severity: str
    entries: tuple[Entry, ...]


@frozen
class Section:
    """A part of the list."""

    kind: str
    title: str
    groups: tuple[RuleGroup, ...]

    @property
    def total(self) -> int:
        """How many findings it has."""
        return sum(len(group.entries) for group in self.groups)


def draw_findings(story: Story, anchors: Anchors) -> list[Section]:
    """Give the findings by kind and rule; the ones that the verdict rests on come first."""
    main = {id(finding) for finding in story.main}
    sections: dict[str, dict[tuple[str, str], list[Finding]]] = {kind: {} for kind in SECTIONS}
    ordered = sorted(story.report.findings, key=lambda f: id(f) not in main)
    for finding in ordered:
        kind = "muted" if finding.muted is not None else finding.kind
        sections[kind].setdefault((finding.rule, finding.state), []).append(finding)
    opened = {id(f) for f in [f for f in ordered if f.kind == "cause" and f.state == "fail"][:_OPEN]}
    opened |= {id(story.main[0])} if story.main else set()
    return [
        Section(
            kind, SECTIONS[kind], tuple(_group(story, anchors, found, opened) for found in rules.values())
        )
        for kind, rules in sections.items()
        if rules
    ]


def _group(story: Story, anchors: Anchors, found: list[Finding], opened: set[int]) -> RuleGroup:
    first = found[0]
    entries = tuple(_entry(story, anchors, finding, id(finding) in opened) for finding in found)
    return RuleGroup(first.rule, first.title or first.rule, first.link, first.state, first.severity, entries)


def _entry(story: Story, anchors: Anchors, finding: Finding, opened: bool) -> Entry:
    return Entry(
        finding,
        anchors.finding(finding),
        tuple(story.name(chain) for chain in finding.chains),
        tuple(quote(piece, finding.message) for piece in finding.evidence),
        opened,
    )
