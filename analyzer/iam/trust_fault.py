"""What can be wrong with a statement of a trust policy, in the order in which one explains another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from analyzer.frozen import frozen
from analyzer.iam.document import Path
from analyzer.iam.logic import Ternary
from analyzer.iam.policy import ConditionClause
from analyzer.patterns import later

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
_FOR_ANOTHER_CALLER: tuple[Problem, ...] = ("action-wrong", "extra-condition-never")
"""What goes with a principal that is no identity provider: sts:AssumeRole, an external id."""
_PRINCIPAL: tuple[Problem, ...] = ("principal-wrong", "provider-mismatch")
_PLACEHOLDER = later(
    r"<[A-Za-z_][^<>]*>|%\{[^{}]*\}|\{\{[^{}]*\}\}|\$\{[A-Za-z_]\w*\}|\$\([^()]*\)|\$[A-Z_]{3,}"
    r"|\b(?:change|replace)[-_ ]?me\b",
    re.IGNORECASE,
)
_MAX_PLACEHOLDER_TEXT = 4096


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
        if not any(_comes_of(fault, before) for before in found.values()):
            found.setdefault(fault.problem, fault)
    return tuple(found.values())


def _comes_of(fault: Fault, other: Fault) -> bool:
    """Tell whether a fault is there because of another one of the same statement."""
    if other.problem == "provider-mismatch" and fault.clause is not None:
        own, issuer = (arn.partition(":oidc-provider/")[2].lower() for arn in (other.expected, other.found))
        return fault.clause.key.rpartition(":")[0].lower() == issuer != own  # the keys of that provider
    if other.problem == "placeholder":
        clause = fault.clause
        texts = (clause.key, *clause.values) if clause is not None else ()
        return fault.problem in _PRINCIPAL or any(map(placeholder_in, texts))
    return other.problem == "principal-wrong" and fault.problem in _FOR_ANOTHER_CALLER


def placeholder_in(text: str) -> str | None:
    """Return the part of a text that somebody forgot to fill in."""
    found = _PLACEHOLDER.search(text[:_MAX_PLACEHOLDER_TEXT])
    return found[0] if found else None
