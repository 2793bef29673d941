"""The order in which outcomes and findings are told: the earliest link first, then the worst."""

from __future__ import annotations

from analyzer.engine import Outcome
from analyzer.findings.report import LINKS

FOUND = ("fail", "warn", "info")
SEVERITIES = ("critical", "high", "medium", "low", "info")
KINDS = ("cause", "symptom", "hygiene")


def decisiveness(outcome: Outcome) -> tuple[int, int, str]:
    """Order causes: the earliest link, then the worst, then by id."""
    rule = outcome.rule
    return LINKS.index(rule.link), SEVERITIES.index(rule.severity), rule.id
