"""What is said first: verdicts in groups, the main finding, what it explains, and what is left over.

Every readable format tells the same story; only how it is set differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from analyzer.findings.report import LINKS, Chain, Evidence, Finding, Fix, Report
from analyzer.frozen import frozen
from analyzer.patterns import later

_T = TypeVar("_T")
Findings = tuple[Finding, ...]

_ORDER = ("fail", "suspected", "unknown", "warn", "pass")
_LOG_LINES = later(r"Log lines: (\d+), from (\S+) to ([^\s,]+)")


@frozen
class Group:
    """Chains with the same verdict; ``chains`` are in the order of the report."""

    state: str
    rule: str | None
    link: str | None
    chains: tuple[Chain, ...]


@frozen
class Story:
    """A report in the order in which a person wants to hear it.

    ``main`` holds the finding that explains most, then its like on other chains. ``others`` are
    further failures and ``warnings`` and ``infos`` the rest, each grouped by rule. ``explained`` maps
    the rule of a cause to the symptoms that it accounts for, grouped by rule.
    """

    report: Report
    used: tuple[Chain, ...]
    names: dict[str, str]
    groups: tuple[Group, ...]
    main: Findings
    others: tuple[Findings, ...]
    warnings: tuple[Findings, ...]
    infos: tuple[Findings, ...]
    explained: dict[str, tuple[Findings, ...]]
    muted: Findings

    def name(self, chain: str) -> str:
        """Name a chain as people do: by its operator, or by its Secret where there is none."""
        return self.names.get(chain, chain)


def tell(report: Report) -> Story:
    """Order a report."""
    used = tuple(c for c in report.chains if c.verdict.state != "not-applicable")
    groups = _verdict_groups(used)
    heard = [f for f in report.findings if f.muted is None]
    main = _main(report, groups, heard)
    symptoms = [f for f in heard if f.kind == "symptom" and f.explained_by and f not in main]
    rest = [f for f in heard if f not in main and f not in symptoms]
    others = by_rule(f for f in rest if f.state == "fail")
    causes = [f.rule for f in main] + [group[0].rule for group in others]
    return Story(
        report=report,
        used=used,
        names=_names(report.chains),
        groups=groups,
        main=main,
        others=others,
        warnings=by_rule(f for f in rest if f.state == "warn"),
        infos=by_rule(f for f in rest if f.state == "info"),
        explained=_explained(symptoms, causes),
        muted=tuple(f for f in report.findings if f.muted is not None),
    )


def says_something(piece: Evidence) -> bool:
    """Tell whether the quoted line says more than a bracket."""
    return sum(c.isalnum() for c in piece.excerpt) > 2


def proofs(finding: Finding, most: int) -> tuple[Evidence, ...]:
    """Choose what to quote of a finding: lines that say something first."""
    return tuple(sorted(finding.evidence, key=lambda piece: not says_something(piece))[:most])


def one_by_one(repairs: Iterable[Sequence[Fix]]) -> list[Fix]:
    """Put the steps of several repairs in one row.

    What a repair begins with as an earlier one is done by then; what it ends with is to be done again.
    """
    row: list[Fix] = []
    for steps in repairs:
        begun = next((n for n, step in enumerate(steps) if step not in row), len(steps))
        row += steps[begun:]
    return row


def log_lines(findings: Findings) -> tuple[int, str]:
    """Sum up the log lines that findings count in their messages, and give the time of the last."""
    found = [match for f in findings if (match := _LOG_LINES.search(f.message))]
    return sum(int(m[1][:9]) for m in found), max((m[3] for m in found), default="")


def _verdict_groups(used: tuple[Chain, ...]) -> tuple[Group, ...]:
    def key(chain: Chain) -> Hashable:
        verdict = chain.verdict
        return verdict.state, verdict.rule or verdict.sentence

    groups = [
        Group(v.state, v.rule, v.link, chains) for chains in _grouped(used, key) for v in (chains[0].verdict,)
    ]

    def rank(group: Group) -> tuple[int, bool, int, bool, int]:
        link = LINKS.index(group.link) if group.link in LINKS else len(LINKS)
        # of what is not known, what has a warning goes before what has none, however many that are
        quiet = group.state != "unknown" or not any(map(_is_warned, group.chains))
        # of faults on equally many chains, what fails now goes before what may fail some day
        met_now = any(chain.verdict.recency == "ongoing" for chain in group.chains)
        return _ORDER.index(group.state), quiet, -len(group.chains), not met_now, link

    return tuple(sorted(groups, key=rank))


def _is_warned(chain: Chain) -> bool:
    return any(check.state == "warn" for link in chain.links for check in link.checks)


def _main(report: Report, groups: tuple[Group, ...], heard: list[Finding]) -> Findings:
    """Choose the finding that the most important verdict rests on, and those like it."""
    first = next((g for g in groups if g.rule), None)
    if first is not None and first is groups[0]:
        ids = {c.id for c in first.chains}
        like = [f for f in heard if f.rule == first.rule and f.state != "info"]
        like.sort(key=lambda f: -len(ids & set(f.chains)))
        if like:
            return tuple(f for f in like if f.state == like[0].state)
    failed = [f for f in heard if f.state == "fail" and not f.explained_by]
    if failed:
        return tuple(f for f in failed if f.rule == failed[0].rule)
    if not groups and report.cluster.sts is False:
        return tuple(f for f in heard if f.link == "mode")[:1]
    return ()


def _explained(symptoms: list[Finding], causes: list[str]) -> dict[str, tuple[Findings, ...]]:
    """Give each symptom to the first shown cause that explains it."""
    shares: dict[str, list[Finding]] = {}
    for finding in symptoms:
        cause = next((rule for rule in causes if rule in finding.explained_by), finding.explained_by[0])
        shares.setdefault(cause, []).append(finding)
    return {cause: by_rule(found) for cause, found in shares.items()}


def by_rule(findings: Iterable[Finding]) -> tuple[Findings, ...]:
    """Group findings by their rule, in the order of the first of each."""
    return _grouped(findings, lambda f: f.rule)


def _grouped(items: Iterable[_T], key: Callable[[_T], Hashable]) -> tuple[tuple[_T, ...], ...]:
    groups: dict[Hashable, list[_T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return tuple(tuple(group) for group in groups.values())


def _names(chains: tuple[Chain, ...]) -> dict[str, str]:
    """Name chains by operator where that is one name for one chain, else by what tells them apart."""
    seen = Counter(c.operator for c in chains)
    return {
        c.id: c.id if c.operator is None else c.operator
        if seen[c.operator] == 1 else f"{c.operator} ({c.request or c.id})"
        for c in chains
    }  # fmt: skip
