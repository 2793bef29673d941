"""Whether the condition of a request makes the condition of a statement true.

What is asked for under a condition is granted when the statement's condition is no stricter.
"""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.iam import glob
from analyzer.iam.operators import Operator, operator_named
from analyzer.iam.policy import ConditionClause

# What the first of two operators demands is also what the second demands of the same values.
_WEAKER = {
    ("StringEquals", "StringLike"),
    ("StringEquals", "StringEqualsIgnoreCase"),
    ("ArnEquals", "ArnLike"),
}


def implied(clause: ConditionClause, asked: Iterable[ConditionClause]) -> bool:
    """Whether some clause of what is asked makes this clause of the statement true."""
    return any(_implies(one, clause) for one in asked)


def _implies(asked: ConditionClause, granted: ConditionClause) -> bool:
    if asked.key.lower() != granted.key.lower():
        return False
    strict, weak = operator_named(asked.operator), operator_named(granted.operator)
    if strict is None or weak is None or strict.quantifier != weak.quantifier:
        return False
    if strict.if_exists and not weak.if_exists:
        return False
    if strict.name != weak.name and (strict.name, weak.name) not in _WEAKER:
        return False
    return _values_imply(strict, weak, asked.values, granted.values)


def _values_imply(strict: Operator, weak: Operator, asked: tuple[str, ...], granted: tuple[str, ...]) -> bool:
    if strict.is_null or strict.name == "Bool":
        left, right = ({value.lower() for value in values} for values in (asked, granted))
        return left <= right
    if strict.negated:
        return set(granted) <= set(asked)
    if weak.name == "StringLike":
        inner = asked if strict.name == "StringLike" else [glob.escape(value) for value in asked]
        return all(any(glob.includes(outer, one) for outer in granted) for one in inner)
    if weak.name == "StringEqualsIgnoreCase":
        return {value.lower() for value in asked} <= {value.lower() for value in granted}
    return set(asked) <= set(granted)
