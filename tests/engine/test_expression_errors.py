"""Mistakes in expressions are found when they are loaded, with the place and what was meant."""

from __future__ import annotations

import pytest

from analyzer.engine import compile_expression
from analyzer.engine.source import Text, place
from analyzer.errors import RuleProblem

from .support import CHAIN


def problem_of(expression: str, **options: bool) -> RuleProblem:
    with pytest.raises(RuleProblem) as caught:
        compile_expression(Text(expression, "trust/r.yaml", 8, 8), CHAIN, **options)  # type: ignore[arg-type]
    return caught.value


def test_a_misspelt_fact_shows_place_caret_and_nearest_name() -> None:
    assert str(problem_of("chain.ready && role.anr == 'x'")) == (
        "trust/r.yaml:8:23: there is no fact 'role.anr'. Did you mean 'role.arn'?\n"
        "    chain.ready && role.anr == 'x'\n"
        "                   ^^^^^^^^"
    )


@pytest.mark.parametrize(
    ("expression", "column", "what", "advice"),
    [
        ("rolle.arn == 'x'", 8, "there is no fact 'rolle.arn'", "role.arn"),
        ("role.zzzzzzzz == 'x'", 8, "there is no fact", "Known here: role.arn"),
        ("provider.url == 'x'", 8, "there is no fact 'provider.url'", ""),
        ("role.arn.account == '1'", 8, "role.arn is a string and has no field 'account'", ""),
        ("role.arn = 'x'", 17, "a single '='", "=="),
        ("chain.ready & chain.ready", 20, "a single '&'", "&&"),
        ("role.arn == 'x", 20, "not closed", ""),
        ("role.arn == ", 20, "the expression ends", ""),
        ("(chain.ready", 20, "the expression ends where ')'", ""),
        ("chain.ready chain.ready", 20, "stands where an operator or the end", ""),
        ("role.arn.startswith('a')", 17, "no method startswith()", "startsWith"),
        ("globb(role.arn, 'a')", 8, "no function globb()", "glob"),
        ("glob(role.arn)", 8, "takes 2 argument(s)", ""),
        ("role.arn.contains()", 17, "takes 1 argument(s)", ""),
        ("has(role.arn, role.arn)", 8, "has() takes one argument", ""),
        ("has(1 + 2)", 12, "has() asks for a fact or a field", ""),
        ("trust.subjects.exists(s)", 23, "takes a variable", ""),
        ("trust.subjects.exists(1, true)", 23, "takes a variable", ""),
        ("trust.subjects.exists(role, true)", 8, "the variable 'role' hides a fact", "Rename"),
        ("trust.subjects.all(s, trust.subjects.all(s, true))", 30, "the variable 's' hides", "Rename"),
        ("s == 'x'", 8, "there is no fact 's'", ""),
        ("{'a': 1} == 1", 8, "'{' is not part", ""),
        ("b'x' == 'x'", 8, "runs into", ""),
        ("1u == 1", 8, "runs into", ""),
        ("role.arn == '\\q'", 21, "\\q is not an escape", "raw string"),
        ("9223372036854775808 == 1", 8, "64 bits", ""),
        ("99999999999999999999999 == 1", 8, "64 bits", ""),
        ("role.policy.size == '129'", 8, "an int is never equal to a string", ""),
        ("role.arn < 3", 8, "a string and an int have no order", ""),
        ("role.arn < null", 8, "have no order", ""),
        ("role.arn + 3 == 'x'", 8, "a string + an int has no meaning", ""),
        ("chain.ready && role.arn", 23, "'&&' needs a bool, not a string", ""),
        ("!role.arn", 9, "'!' needs a bool", ""),
        ("role.arn", 8, "gives a string; a bool is needed", ""),
        ("role.arn in role.name", 20, "'in' needs a list or a map", ""),
        ("role.arn.exists(s, true)", 8, "exists() needs a list or a map", ""),
        ("trust.subjects.startsWith('a')", 8, "startsWith() needs a string", ""),
        ("trust.subjects.all(s, 1)", 30, "needs a bool, not an int", ""),
        ("role.arn.matches(role.name)", 25, "a literal string", ""),
        ("role.arn.matches('(a+)+$')", 25, "a repeat inside a repeat", ""),
        ("role.arn.matches(r'(a)\\1')", 25, "not in the subset", ""),
        ("timestamp('soon') < token.since", 18, "not an RFC 3339 time", ""),
        ("timestamp('2026-01-01T00:00:00') < token.since", 18, "needs a zone", ""),
        ("timestamp('0001-01-01T00:00:00+10:00') < token.since", 18, "out of range", ""),
        ("duration('1 h') < duration('2h')", 17, "not a duration", ""),
        ("duration('') < duration('2h')", 17, "not a duration", ""),
        ("duration('99999999999999h') < duration('2h')", 17, "out of range", ""),
        ("", 8, "the expression ends", ""),
    ],
)
def test_every_mistake_names_its_place(expression: str, column: int, what: str, advice: str) -> None:
    problem = problem_of(expression)
    assert problem.where == f"trust/r.yaml:8:{column}"
    assert what in problem.what
    assert advice in problem.do
    assert "^" in problem.do


def test_known_is_for_applies_only() -> None:
    assert "known() is for 'applies' and 'fix' only" in problem_of("known(role.arn)").what
    compile_expression("known(role.arn)", CHAIN, may_ask_known=True)
    assert "a whole fact" in problem_of("known(role.policy.x)", may_ask_known=True).what


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 3000 + "true" + ")" * 3000,
        "!" * 4000 + "true",
        "[" * 2000,
        "true" + " || true" * 20_000,
        "1" + " + 1" * 900 + " == 1",
        "role.policy" + ".a" * 1500 + " == 1",
        "role.policy" + "[0]" * 1000 + " == 1",
        "true ? true : " * 250 + "true",
        "trust.subjects" + ".map(x, x)" * 300 + " == []",
    ],
)
def test_size_and_depth_are_bounded(expression: str) -> None:
    assert "at most" in problem_of(expression).what


@pytest.mark.parametrize(
    ("raw", "written", "line", "column"),
    [
        ("a && role.anr", "a && role.anr", 3, 13),
        ('"a && role.anr"', "a && role.anr", 3, 14),
        ("'a == ''b'' && role.anr'", "a == 'b' && role.anr", 3, 23),
        ("|\n    a &&\n    role.anr\n", "a &&\nrole.anr\n", 5, 5),
        (">-\n    a &&\n    role.anr", "a && role.anr", 5, 5),
        ("a &&\n    role.anr", "a && role.anr", 4, 5),
    ],
)
def test_places_survive_every_way_to_write_a_scalar(raw: str, written: str, line: int, column: int) -> None:
    text = Text(written, "r.yaml", 3, 8, raw)
    assert place(text, written.index("role")) == (line, column)
