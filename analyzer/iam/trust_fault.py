"""What can be wrong with a statement of a trust policy, in the order in which one explains another."""

from __future__ import annotations

from collections.abc import Iterable
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
_FOR_ANOTHER_CALLER: tuple[Problem, ...] = (
    "action-wrong",
    "condition-key-mismatch",
    "extra-condition-never",
    "extra-condition-unknown",
)
_EXPLAINS: dict[Problem, tuple[Problem, ...]] = {
    "placeholder": PRECEDENCE,
    "principal-wrong": _FOR_ANOTHER_CALLER,
    "provider-mismatch": ("condition-key-mismatch",),
}  # fmt: skip
"""What comes of another fault of the same statement: all of a template, and what goes with a principal."""


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


def independent(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Give the faults of a statement that stay when the others are mended, one of each kind.

    Those whose effect is not known are left out, but for conditions that nothing offline can tell.
    """
    found: dict[Problem, Fault] = {}
    for fault in sorted(faults, key=lambda one: PRECEDENCE.index(one.problem)):
        if fault.holds is None and (fault.missing or fault.problem != "extra-condition-unknown"):
            continue
        if not any(fault.problem in _EXPLAINS.get(before, ()) for before in found):
            found.setdefault(fault.problem, fault)
    return tuple(found.values())
