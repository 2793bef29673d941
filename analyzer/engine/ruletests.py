"""The cases inside a rule file, checked when the rule is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analyzer.engine.facts import FactSpec, fits
from analyzer.engine.rule import FAILING, STATES, RuleTest
from analyzer.engine.source import nearest
from analyzer.engine.values import EvaluationError, to_timestamp
from analyzer.engine.yamlnodes import Fields, Items, Node, Scalar, plain
from analyzer.errors import RuleProblem

_KEYS: Final = ("name", "given", "expect", "message")


def read_tests(
    top: Fields, facts: Mapping[str, FactSpec], failing: tuple[str, ...], label: str
) -> tuple[RuleTest, ...]:
    """Read the cases under ``tests``; raises RuleProblem where one is wrong or a kind of case lacks.

    ``failing`` are the states that the rule may give; a rule needs a case that passes, one that fails
    and one that stays unknown.
    """
    node = top.nodes["tests"]
    if not isinstance(node, Items):
        raise _problem("'tests' is a list of cases", label, node.line)
    tests = tuple(_test(item, facts, label) for item in node.nodes)
    names = [test.name for test in tests]
    for test in tests:
        if names.count(test.name) > 1:
            raise _problem(f"two cases are named {test.name!r}", label, test.line)
    for test in tests:
        if test.expect in FAILING and test.expect not in failing:
            raise _problem(f"the rule never gives the state {test.expect!r}", label, test.line)
    expected = {test.expect for test in tests}
    for wanted, what in (({"pass"}, "passes"), (set(failing), "fails"), ({"unknown"}, "stays unknown")):
        if not wanted & expected:
            raise _problem(
                f"a rule needs a case that {what} ({' or '.join(sorted(wanted))})", label, node.line
            )
    return tests


def _problem(what: str, label: str, line: int, do: str = "") -> RuleProblem:
    return RuleProblem(what, where=f"{label}:{line}", do=do)


def _test(node: Node, facts: Mapping[str, FactSpec], label: str) -> RuleTest:
    if not isinstance(node, Fields):
        raise _problem("a case is a mapping", label, node.line)
    for key in node.nodes:
        if key not in _KEYS:
            raise _problem(f"a case has no key {key!r}", label, node.lines[key], nearest(key, _KEYS))
    for key in ("name", "expect"):
        if key not in node.nodes:
            raise _problem(f"a case needs the key {key!r}", label, node.line)
    expect = _string(node, "expect", label)
    if expect not in STATES:
        raise _problem(
            f"'expect' cannot be {expect!r}", label, node.lines["expect"], f"One of: {', '.join(STATES)}"
        )
    given = _given(node, facts, label)
    return RuleTest(_string(node, "name", label), given, expect, _string(node, "message", label), node.line)


def _string(node: Fields, key: str, label: str) -> str:
    found = node.nodes.get(key)
    if found is None:
        return ""
    if not isinstance(found, Scalar) or not found.text.value.strip():
        raise _problem(f"{key!r} is a text", label, node.lines[key])
    return found.text.value.strip()


def _given(node: Fields, facts: Mapping[str, FactSpec], label: str) -> dict[str, object]:
    found = node.nodes.get("given")
    if found is None or (isinstance(found, Scalar) and found.value is None):
        return {}
    if not isinstance(found, Fields):
        raise _problem("'given' maps fact names to values", label, found.line)
    given: dict[str, object] = {}
    for name, value in found.nodes.items():
        line = found.lines[name]
        if name not in facts:
            raise _problem(f"there is no fact {name!r}", label, line, nearest(name, facts))
        given[name] = _typed(name, plain(value), facts[name].type, label, line)
    return given


def _typed(name: str, value: object, wanted: str, label: str, line: int) -> object:
    if value is None or wanted == "any":
        return value
    if wanted == "timestamp":
        try:
            return to_timestamp(value)
        except EvaluationError as error:
            raise _problem(f"{name}: {error.what}", label, line) from error
    if not fits(value, wanted):
        hint = "Quote it" if wanted == "string" else ""
        raise _problem(f"{name} is a {wanted}, not {value!r:.60}", label, line, hint)
    return value
