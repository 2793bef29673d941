"""What expressions answer: values, three-valued logic, null, and the limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analyzer.engine import EvaluationError, Fact, Unknown, compile_expression, run
from analyzer.engine.operators import Purse

from .support import CHAIN, missing, unknown, value

ARN = "arn:aws:iam::123456789012:role/a"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7.0 / 2.0", 3.5),
        ("0x10 == 16", True),
        ("-9223372036854775808 < 0", True),
        ("1 == 1.0", True),
        ("'a' + \"b\"", "ab"),
        (r"'\u00e9\n' == 'é\n'", True),
        (r"r'a\d' == 'a\\d'", True),
        ("[1, 2] + [3]", [1, 2, 3]),
        ("[1, [2, 'x']] == [1, [2, 'x']]", True),
        ("2 in [1, 2]", True),
        ("!(2 in [1, 3])", True),
        ("true ? 'yes' : 'no'", "yes"),
        ("false ? 1 : true ? 2 : 3", 2),
        ("true || false && false", True),
        ("[1, 2, 3].exists(x, x > 2)", True),
        ("[1, 2, 3].all(x, x > 2)", False),
        ("[1, 2, 3].exists_one(x, x > 2)", True),
        ("[1, 2, 3].filter(x, x > 1)", [2, 3]),
        ("[1, 2].map(x, [3, 4].map(y, x * y))", [[3, 4], [6, 8]]),
        ("[].all(x, x > 2) && ![].exists(x, x > 2)", True),
        ("'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.contains('b')", True),
        ("'a,b'.split(',')", ["a", "b"]),
        ("size('né') + 'ab'.size() + size([1])", 5),
        ("'arn:aws:iam::1:role/x'.matches('^arn:aws(-[a-z]+)?:iam::[0-9]+:role/')", True),
        ("glob('system:serviceaccount:a:b', 'system:serviceaccount:*:?')", True),
        ("glob('ab', 'a')", False),
        ("timestamp('2026-01-01T00:00:00Z') + duration('1h30m')", datetime(2026, 1, 1, 1, 30, tzinfo=UTC)),
        ("timestamp('2026-01-02T00:00:00+02:00') - timestamp('2026-01-01T22:00:00Z')", timedelta(0)),
        ("duration('-1.5s') < duration('0s')", True),
        ("1 + 1 == 2 // a remark", True),
    ],
)
def test_known_values(expression: str, expected: object) -> None:
    assert value(expression) == expected


def test_facts_fields_and_elements() -> None:
    assert value("role.arn.endsWith('/a')", role__arn=ARN) is True
    assert (
        value("role.policy.Statement[0]['Effect']", role__policy={"Statement": [{"Effect": "Allow"}]})
        == "Allow"
    )
    assert value("role.policy['a.b'] == 1", role__policy={"a.b": 1}) is True
    assert value("'k' in role.policy", role__policy={"k": None}) is True
    assert value("role.policy.exists(k, k == 'k')", role__policy={"k": 1}) is True


def test_longest_declared_name_wins() -> None:
    facts = {"role__policy": {"size": 1}, "role__policy__size": 2}
    assert value("role.policy.size", **facts) == 2
    assert value("role.policy['size']", **facts) == 1


def test_has_means_present_and_not_null() -> None:
    assert value("has(role.arn)", role__arn=ARN) is True
    assert value("has(role.arn)", role__arn=None) is False
    assert value("has(role.policy.a)", role__policy={"a": 1}) is True
    assert value("has(role.policy.a)", role__policy={"a": None}) is False
    assert value("has(role.policy.a)", role__policy={}) is False
    assert value("has(role.policy.a)", role__policy=None) is False
    assert value("has(role.arn)") == unknown("role.arn")
    assert value("has(role.policy.a)", role__policy={"a": unknown("x")}) == unknown("x")


def test_null_is_only_equal_to_null() -> None:
    assert value("role.arn == null", role__arn=None) is True
    assert value("role.arn != 'x'", role__arn=None) is True
    assert value("null == null") is True
    assert value("role.arn != null && role.arn.startsWith('a')", role__arn=None) is False
    assert value("role.arn.startsWith('a') && role.arn != null", role__arn=None) is False


@pytest.mark.parametrize(
    ("expression", "facts"),
    [
        ("role.arn.startsWith('a')", {"role__arn": None}),
        ("role.policy.size < 3", {"role__policy__size": None}),
        ("role.policy.missing == 1", {"role__policy": {}}),
        ("trust.subjects[3] == 'a'", {"trust__subjects": []}),
        ("role.policy['x'] == 'a'", {"role__policy": {}}),
        ("1 / role.policy.size == 1", {"role__policy__size": 0}),
        ("9223372036854775807 + role.policy.size > 0", {"role__policy__size": 1}),
        ("chain.ready && true", {"chain__ready": None}),
        ("!chain.ready", {"chain__ready": "yes"}),
        ("chain.ready ? 1 : 2", {"chain__ready": 7}),
        ("token.anything < token.anything", {"token__anything": {}}),
        ("token.anything + 1 == 2", {"token__anything": True}),
        ("token.anything.matches('a')", {"token__anything": 3}),
        (
            "timestamp(role.arn) > token.since",
            {"role__arn": "soon", "token__since": datetime(2026, 1, 1, tzinfo=UTC)},
        ),
        (
            "cluster.as_of > token.since",
            {"cluster__as_of": datetime(2026, 1, 1), "token__since": datetime.now(UTC)},
        ),
        ("trust.subjects.exists(s, s.startsWith('a'))", {"trust__subjects": [1]}),
        ("trust.subjects.filter(s, s) == []", {"trust__subjects": ["a"]}),
        ("'a' in token.anything", {"token__anything": "abc"}),
    ],
)
def test_values_that_do_not_fit_are_evaluation_errors(expression: str, facts: dict[str, object]) -> None:
    with pytest.raises(EvaluationError) as caught:
        value(expression, **facts)
    assert caught.value.where == "<expression>:1:1"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("false && chain.ready", False),
        ("chain.ready && false", False),
        ("true || chain.ready", True),
        ("chain.ready || true", True),
        ("chain.ready ? 1 : 1", 1),
        ("role.arn in []", False),
        ("'a' in ['a', role.arn]", True),
        ("['a', role.arn].exists(x, x == 'a')", True),
        ("['a', role.arn].all(x, x == 'b')", False),
        ("[1, 1, chain.ready].exists_one(x, x == 1)", False),
        ("['a', role.arn].size()", 2),
        ("['a', role.arn] == ['b', role.arn]", False),
        ("['a', role.arn] == ['a']", False),
        ("known(role.arn)", False),
        ("known(role.name)", True),
        ("trust.subjects.map(s, s + role.arn).size() == 1", True),
    ],
)
def test_what_an_unknown_cannot_change_is_answered(expression: str, expected: object) -> None:
    assert value(expression, role__name="n", trust__subjects=["s"]) == expected


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("chain.ready", ["chain.ready"]),
        ("!chain.ready", ["chain.ready"]),
        ("chain.ready && true", ["chain.ready"]),
        ("chain.ready || false || chain.uses_sts", ["chain.ready", "chain.uses_sts"]),
        ("role.arn == role.name", ["role.arn", "role.name"]),
        ("role.arn == role.arn", ["role.arn"]),
        ("role.arn.startsWith(role.name)", ["role.arn", "role.name"]),
        ("'x' in ['a', role.arn]", ["role.arn"]),
        ("['a', role.arn].all(x, x == 'a')", ["role.arn"]),
        ("['a', role.arn].exists_one(x, x == 'a')", ["role.arn"]),
        ("['a', role.arn].filter(x, x == 'a')", ["role.arn"]),
        ("trust.subjects.exists(s, true)", ["trust.subjects"]),
        ("chain.ready ? 1 : 2", ["chain.ready"]),
        ("role.policy.a.b[role.name]", ["role.policy", "role.name"]),
        ("role.arn.matches('a')", ["role.arn"]),
        ("chain.ready && 1 / 0 == 1", ["chain.ready"]),
        ("1 / 0 == 1 || chain.ready", ["chain.ready"]),
    ],
)
def test_unknown_carries_everything_that_would_settle_it(expression: str, names: list[str]) -> None:
    assert value(expression) == Unknown(tuple(missing(name) for name in names))


def test_hidden_leaves_inside_values() -> None:
    hidden = unknown("leaf")
    policy = {"a": hidden}
    assert value("role.policy.a == 1", role__policy=policy) == hidden
    assert value("'a' in role.policy", role__policy=policy) == hidden
    assert value("size(role.policy)", role__policy=policy) == hidden
    assert value("role.policy.exists(k, k == 'a')", role__policy=policy) == hidden
    assert value("role.policy == token.anything", role__policy=policy, token__anything={}) == hidden
    assert value("role.policy == token.anything", role__policy=policy, token__anything={"b": 1}) is False


def test_a_fact_that_nobody_extracted_is_unknown() -> None:
    result = run(compile_expression("role.arn == 'x'", CHAIN), {})
    assert isinstance(result, Unknown)
    assert [item.evidence for item in result.missing] == ["role.arn"]


def test_refs_name_the_facts_in_use() -> None:
    program = compile_expression("role.policy.a.b == 1 && trust.subjects.exists(s, s == role.arn)", CHAIN)
    assert program.refs == {"role.policy", "trust.subjects", "role.arn"}


def test_a_failed_term_does_not_disturb_the_variables_of_the_next() -> None:
    expression = "trust.subjects.map(s, s.x) == [] || trust.subjects.exists(s, s == 'b')"
    assert value(expression, trust__subjects=["a", "b"]) is True


@pytest.mark.parametrize(
    "expression",
    [
        "L.all(a, L.all(b, L.all(c, L.all(d, true))))".replace("L", "trust.subjects"),
        "L.map(a, L.map(b, L.map(c, L))).size() > 0".replace("L", "trust.subjects"),
        "L.exists(a, L.all(b, L.all(c, L.all(d, true)))) || true".replace("L.exists", "L.all").replace(
            "L", "trust.subjects"
        ),
    ],
)
def test_work_is_bounded_even_where_an_or_would_forgive(expression: str) -> None:
    with pytest.raises(EvaluationError, match="too much work"):
        value(expression, trust__subjects=[str(number) for number in range(60)])


def test_the_work_of_all_evaluations_is_bounded_and_a_little_is_always_free() -> None:
    purse = Purse(left=100_000)
    heavy = compile_expression("L.all(a, L.all(b, a == b || true))".replace("L", "trust.subjects"), CHAIN)
    light = compile_expression("trust.subjects.all(a, a != '')", CHAIN)
    facts = {"trust.subjects": Fact([str(number) for number in range(150)])}
    assert [run(heavy, facts, purse) for _ in range(2)] == [True, True]
    with pytest.raises(EvaluationError, match="too much work"):
        _ = [run(heavy, facts, purse) for _ in range(20)]
    assert purse.left == 0
    assert run(light, facts, purse) is True


def test_growth_is_bounded() -> None:
    doubling = "['x'].map(a, a + a)"
    for letter in "bcdefghijklmnopqrstuvwxyz":
        doubling = f"{doubling}.map({letter}, {letter} + {letter})"
    with pytest.raises(EvaluationError, match="too long"):
        value(f"{doubling} == []")


def test_deep_values_do_not_overflow_the_stack() -> None:
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(EvaluationError, match="too deep"):
        value("token.anything == [token.anything]", token__anything=deep)


def test_long_logic_is_flat() -> None:
    assert value(" && ".join(["true"] * 500)) is True


def test_facts_are_plain_data() -> None:
    fact = Fact("x")
    with pytest.raises(AttributeError):
        fact.value = "y"  # type: ignore[misc]
