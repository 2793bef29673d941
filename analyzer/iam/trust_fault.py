"""What can be wrong with a statement of a trust policy, in the order in which one explains another."""

from __future__ import annotations

from typing import Literal

from analyzer.frozen import frozen
from analyzer.iam.document import Path
from analyzer.iam.logic import Ternary
from analyzer.iam.policy import ConditionClause

Problem = Literal[
    "malformed",
    "placeholder",
    "duplicate-key",
    "explicit-deny",
    "principal-wrong",
    "provider-mismatch",
    "action-wrong",
    "condition-key-mismatch",
    "wildcard-literal",
    "subject-mismatch",
    "audience-mismatch",
    "extra-condition-never",
    "extra-condition-unknown",
]
PRECEDENCE: tuple[Problem, ...] = Problem.__args__  # type: ignore[attr-defined]


@frozen
class Fault:
    """One thing that keeps a statement from applying, or whose effect is not known (``holds`` None).

    ``missing`` names the input that would settle it: ``subject``, ``audience``, ``provider``.
    """

    problem: Problem
    path: Path
    expected: str
    found: str
    sentence: str
    holds: Ternary = False
    missing: str = ""
    clause: ConditionClause | None = None
