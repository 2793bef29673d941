"""The condition operators: what each compares, whether it is negated, and how its name is built.

``ForAllValues:StringLikeIfExists`` is a set quantifier, an operator and a suffix. Names compare
without case. Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import operator as compare_by
from functools import lru_cache
from typing import Literal

from analyzer.frozen import frozen
from analyzer.iam import values
from analyzer.iam.values import Comparison

Quantifier = Literal["", "ForAllValues", "ForAnyValue"]


@frozen
class Operator:
    """One operator as written: ``equal`` decides one pair of values, ``negated`` turns the answer over."""

    name: str
    equal: Comparison
    negated: bool = False
    variables: bool = False
    quantifier: Quantifier = ""
    if_exists: bool = False

    @property
    def is_null(self) -> bool:
        """Whether it asks for presence instead of comparing."""
        return self.name == "Null"


def _table() -> dict[str, Operator]:
    rows = [
        Operator("StringEquals", values.string_equals, variables=True),
        Operator("StringNotEquals", values.string_equals, negated=True, variables=True),
        Operator("StringEqualsIgnoreCase", values.string_equals_ignore_case, variables=True),
        Operator("StringNotEqualsIgnoreCase", values.string_equals_ignore_case, negated=True, variables=True),
        Operator("StringLike", values.string_like, variables=True),
        Operator("StringNotLike", values.string_like, negated=True, variables=True),
        Operator("Bool", values.boolean_equals),
        Operator("BinaryEquals", values.binary_equals),
        Operator("IpAddress", values.address_in),
        Operator("NotIpAddress", values.address_in, negated=True),
        Operator("ArnEquals", values.arn_like, variables=True),
        Operator("ArnLike", values.arn_like, variables=True),
        Operator("ArnNotEquals", values.arn_like, negated=True, variables=True),
        Operator("ArnNotLike", values.arn_like, negated=True, variables=True),
        Operator("Null", values.boolean_equals),
    ]
    for prefix, read in (("Numeric", values.number), ("Date", values.instant)):
        rows += [
            Operator(f"{prefix}Equals", values.ordered(read, compare_by.eq)),
            Operator(f"{prefix}NotEquals", values.ordered(read, compare_by.eq), negated=True),
            Operator(f"{prefix}LessThan", values.ordered(read, compare_by.lt)),
            Operator(f"{prefix}LessThanEquals", values.ordered(read, compare_by.le)),
            Operator(f"{prefix}GreaterThan", values.ordered(read, compare_by.gt)),
            Operator(f"{prefix}GreaterThanEquals", values.ordered(read, compare_by.ge)),
        ]
    return {row.name.lower(): row for row in rows}


OPERATORS = _table()


@lru_cache(maxsize=1024)
def operator_named(name: str) -> Operator | None:
    """Return the operator of that name with quantifier and suffix, or None when there is no such operator."""
    quantifier, colon, rest = name.partition(":")
    known: dict[str, Quantifier] = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
    if colon and quantifier.lower() not in known:
        return None
    base = rest if colon else name
    if_exists = base.lower().endswith("ifexists")
    found = OPERATORS.get(base[: -len("ifexists")].lower() if if_exists else base.lower())
    if found is None or (found.is_null and if_exists):
        return None
    return Operator(
        found.name,
        found.equal,
        found.negated,
        found.variables,
        known[quantifier.lower()] if colon else "",
        if_exists,
    )
