"""How many outcomes came out how, and which could not be evaluated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from analyzer.engine import Outcome
from analyzer.findings.report import Counts, ReadError


def count(outcomes: Iterable[Outcome]) -> Counts:
    """Count outcomes by state; the sum is rules times subjects."""
    found = Counter(o.state for o in outcomes)
    return Counts(
        found["pass"], found["fail"], found["warn"], found["info"], found["unknown"],
        found["not-applicable"], found["error"],
    )  # fmt: skip


def rule_errors(outcomes: Iterable[Outcome]) -> list[ReadError]:
    """List the rules that could not be evaluated: a defect of ours, never hidden."""
    return [ReadError("", o.rule.id, "rule-error", o.error) for o in outcomes if o.state == "error"]
