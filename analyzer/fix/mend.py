"""Find repairs, apply them to the evidence, judge again, and keep those with which their findings go."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.evidence.gathered import Evidence
from analyzer.findings.report import Finding, Report
from analyzer.fix.applied import with_change
from analyzer.fix.planning import HYGIENE, Answer, answers
from analyzer.fix.repair import Case, Refusal, Repair
from analyzer.frozen import frozen, replace
from analyzer.model.join import Model

Judge = Callable[[Evidence], tuple[Model, Report]]

MIXED = "input-mixed-clusters"
"""The rule that finds inputs of different clusters."""

_ROUNDS = 4
"""A repaired link may show what it hid: so often is looked again."""


@frozen
class Left:
    """A finding that is not mended, and why."""

    finding: Finding
    reason: str


@frozen
class Mended:
    """What is offered, what is left, and the reports before and after."""

    repairs: tuple[Repair, ...]
    left: tuple[Left, ...]
    before: Report
    after: Report

    @property
    def unexplained(self) -> bool:
        """Whether nothing is offered though symptoms fail: their cause is not proven."""
        failing = any(f.kind == "symptom" and f.state == "fail" for f in self.before.findings)
        return failing and not self.repairs


def mend(evidence: Evidence, judge: Judge) -> Mended:
    """Mend what documents can; ``judge`` makes model and report of evidence.

    A repair with which a finding of its own stays, or that brings a new failure to a chain that had
    none, is not offered.
    """
    model, before = judge(evidence)
    if any(finding.rule == MIXED for finding in before.findings):
        # a document made of one cluster's exports for another would do harm
        return Mended(
            (), _left(before, {}, "the inputs are of different clusters: no document is safe"), before, before
        )
    refused: dict[tuple[str, str], str] = {}
    while True:
        repairs, after, reasons = _round(evidence, model, before, judge, refused)
        bad = _unproved(repairs, before, after)
        if not bad:
            return Mended(tuple(repairs), _left(after, reasons), before, after)
        refused |= bad


def _round(
    evidence: Evidence, model: Model, report: Report, judge: Judge, refused: dict[tuple[str, str], str]
) -> tuple[list[Repair], Report, dict[str, str]]:
    found: dict[str, Repair] = {}
    reasons: dict[str, str] = {}
    for _ in range(_ROUNDS):
        case, fresh = Case(model), False
        changed: set[str] = set()
        for answer in answers(case, report.findings):
            repair, finding = answer.found, answer.finding
            if isinstance(repair, Refusal):
                reasons.setdefault(finding.fingerprint, repair.reason)
            elif reason := refused.get((repair.key, finding.rule)):
                reasons[finding.fingerprint] = reason
            else:
                known = found.get(repair.key)
                if known is None or (repair.key not in changed and _goes_on(known, repair)):
                    fresh = True
                    changed.add(repair.key)
                    for change in repair.changes:
                        evidence = with_change(evidence, change, case)
                    known = repair if known is None else _further(known, repair)
                found[repair.key] = _named(known, answer)
        if not fresh:
            break
        model, report = judge(evidence)
    return list(found.values()), report, reasons


def _goes_on(known: Repair, repair: Repair) -> bool:
    """Tell a repair that writes the documents of an earlier round once more, for what they left."""
    texts = {document.path: document.text for document in known.documents}
    return repair.documents != () and any(
        texts.get(document.path) not in (None, document.text) for document in repair.documents
    )


def _further(known: Repair, repair: Repair) -> Repair:
    """Give a repair whose documents hold what both rounds mend; the steps are those of the first.

    What is there before and what leads back is what the first round saw.
    """
    texts = {document.path: document for document in repair.documents}
    return replace(
        known,
        documents=tuple(texts.get(document.path, document) for document in known.documents),
        changes=(*known.changes, *repair.changes),
        notes=tuple(dict.fromkeys((*known.notes, *repair.notes))),
    )


def _named(repair: Repair, answer: Answer) -> Repair:
    rule, state = answer.finding.rule, answer.finding.state
    notes = repair.notes
    if state != "fail":
        notes = (
            *notes,
            f"{rule} does not fail ({state}): as far as these inputs show, it works without this.",
        )
    return replace(
        repair,
        rules=tuple(dict.fromkeys((*repair.rules, rule))),
        notes=tuple(dict.fromkeys(notes)),
    )


def _unproved(repairs: list[Repair], before: Report, after: Report) -> dict[tuple[str, str], str]:
    """Give the repairs whose findings are still there, by key and rule; the last if something new fails."""
    bad = {
        (repair.key, finding.rule): f"the document that could be made does not mend it: {finding.message}"
        for repair in repairs
        for finding in after.findings
        if finding.rule in repair.rules
        and (finding.state != "info" or finding.rule in HYGIENE)
        and _concerns(repair, finding, before)
    }
    if bad or not repairs:
        return bad
    known = {f.fingerprint for f in before.findings}
    new = [
        f for f in after.findings if f.state == "fail" and f.kind == "cause" and f.fingerprint not in known
    ]
    failed = {c.id for c in before.chains if c.verdict.state == "fail"}
    for finding in new:
        if not set(finding.chains) <= failed:
            last, reason = repairs[-1], f"with it something else would fail: {finding.message}"
            return {(last.key, rule): reason for rule in last.rules}
    return {}


def _concerns(repair: Repair, finding: Finding, before: Report) -> bool:
    """Tell whether a finding that is still there is of what a repair was to mend."""
    kind, _, name = repair.key.partition(":")
    role = name.partition("/")[0] if kind == "policy" else name
    if not name:
        return True
    if kind == "secret":
        return name in finding.chains
    arns = [c.role_arn.value or "" for c in before.chains if c.id in finding.chains]
    return role in finding.message or any(arn.endswith(f"/{role}") for arn in arns)


def _left(
    after: Report, reasons: dict[str, str], otherwise: str = "no document mends it"
) -> tuple[Left, ...]:
    """Give the failures and warnings that stay, each with why."""
    return tuple(
        Left(f, reasons.get(f.fingerprint, otherwise))
        for f in after.findings
        if f.state != "info" and f.kind != "symptom" and (f.link != "inputs" or f.rule == MIXED)
    )
