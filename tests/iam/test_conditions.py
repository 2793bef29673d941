"""Condition operators: the quantifiers, presence, and what cannot be known."""

from __future__ import annotations

import pytest

from analyzer.iam.api import PRESENT, UNKNOWN, Context
from analyzer.iam.conditions import evaluate_clause
from analyzer.iam.policy import ConditionClause
from analyzer.iam.values import instant, number


def holds(operator: str, values: list[str], found: object = None, *, variables: bool = True) -> bool | None:
    context = Context.of({} if found is None else {"a:k": found})
    clause = ConditionClause(operator, "a:k", tuple(values), ("Condition",), variables=variables)
    return evaluate_clause(clause, context).holds


@pytest.mark.parametrize(
    ("operator", "values", "found", "expected"),
    [
        ("StringEquals", ["a"], "A", False),
        ("StringEqualsIgnoreCase", ["a"], "A", True),
        ("StringNotEqualsIgnoreCase", ["a"], "A", False),
        ("stringlike", ["a*"], "ab", True),
        ("StringNotLike", ["a*", "b*"], "c", True),
        ("StringNotLike", ["a*", "b*"], "b", False),
        ("NumericEquals", ["10.0"], "10", True),
        ("NumericEquals", ["10"], "10x", False),
        ("NumericNotEquals", ["10"], "11", True),
        ("NumericLessThanEquals", ["-1"], "-1.0", True),
        ("NumericGreaterThan", ["1e3"], "1001", True),
        ("Bool", ["true"], "True", True),
        ("Bool", ["false"], "0", False),
        ("BinaryEquals", ["QmluYXJ5"], "QmluYXJ5", True),
        ("BinaryEquals", ["QmluYXJ5"], "Binary", True),
        ("BinaryEquals", ["QmluYXJ5"], "binary", False),
        ("ArnNotLike", ["arn:aws:iam::*:role/x*"], "arn:aws:iam::1:role/y", True),
        ("ArnNotEquals", ["arn:aws:iam::*:role/x*"], "arn:aws:iam::1:role/xy", False),
        ("NotIpAddress", ["10.0.0.0/8"], "10.1.1.1", False),
        ("DateEquals", ["2026-01-01T00:00:00Z"], "2026-01-01T01:00:00+01:00", True),
        ("DateNotEquals", ["2026-01-01T00:00:00Z"], "2026-01-02", True),
        ("StringEquals", [], "x", False),
        ("StringNotEquals", [], "x", True),
    ],
)
def test_one_value(operator: str, values: list[str], found: str, expected: bool) -> None:
    assert holds(operator, values, found) is expected


@pytest.mark.parametrize(
    ("operator", "values", "found", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a"], [], True),
        ("ForAllValues:StringEquals", ["a"], "", True),
        ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
        ("ForAllValues:StringNotEquals", ["a"], ["b", "a"], False),
        ("ForAnyValue:StringEquals", ["a"], ["b", "a"], True),
        ("ForAnyValue:StringEquals", ["a"], [], False),
        ("ForAnyValue:StringNotEquals", ["a"], ["b", "a"], True),
        ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
        ("forallvalues:stringlike", ["a*"], ["ab", "ac"], True),
        ("ForAnyValue:StringLike", ["a*"], "ab", True),
        ("StringEquals", ["a"], ["a"], False),
        ("StringNotEquals", ["a"], ["b"], False),
    ],
)
def test_several_values(operator: str, values: list[str], found: object, expected: bool) -> None:
    assert holds(operator, values, found) is expected


@pytest.mark.parametrize(
    ("values", "found", "expected"),
    [
        (["true"], None, True),
        (["true"], "x", False),
        (["false"], "x", True),
        (["false"], None, False),
        (["True"], None, True),
        (["true"], [], True),
        (["false"], UNKNOWN, None),
        (["false"], PRESENT, True),
        (["true", "false"], UNKNOWN, True),
    ],
)
def test_null(values: list[str], found: object, expected: bool | None) -> None:
    assert holds("Null", values, found) is expected


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEqualsIfExists", "ForAllValues:StringLike"])
def test_an_unknown_key_stays_unknown(operator: str) -> None:
    assert holds(operator, ["a"], UNKNOWN) is None


def test_a_present_key_of_unknown_value() -> None:
    assert holds("StringEquals", ["a"], PRESENT) is None
    assert holds("StringLike", ["*"], PRESENT) is True
    assert holds("StringNotLike", ["*"], PRESENT) is False


def test_an_unknown_variable_decides_only_where_it_cannot_matter() -> None:
    context = Context.of({"a:k": "x"}, unknown=["a:v"])
    for values, expected in ((("${a:v}",), None), (("${a:v}", "x"), True)):
        clause = ConditionClause("StringEquals", "a:k", values, ())
        assert evaluate_clause(clause, context).holds is expected


def test_dollar_escapes_are_literal_only_in_the_new_version() -> None:
    assert holds("StringLike", ["a${*}"], "a*") is True
    assert holds("StringLike", ["a${*}"], "ab") is False
    assert holds("StringEquals", ["${*}${?}${$}"], "*?$") is True
    assert holds("StringEquals", ["${*}"], "${*}", variables=False) is True


@pytest.mark.parametrize(
    "name", ["StringIs", "ForAll:StringEquals", "ForAnyValue::Bool", "", "IfExists", ":"]
)
def test_no_such_operator(name: str) -> None:
    assert holds(name, ["a"], "a") is None


def test_reading_numbers_and_dates() -> None:
    assert number("1_0") is None
    assert number("nan") is None
    assert number("9" * 1000) is None
    assert instant("2026") == instant("2026-01-01T00:00:00Z")
    assert instant("2026-02") == instant("2026-02-01")
    assert instant("2026-13-01") is None
    assert instant("tomorrow") is None
