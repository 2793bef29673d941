"""A resolved tree to closures: each node becomes a function of a run, built once and called often."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.engine.facts import Unknown, lookup, merge
from analyzer.engine.methods import METHODS
from analyzer.engine.operators import (
    Closure,
    Run,
    binary,
    choice,
    fact,
    index,
    quantifier,
    select,
    settle,
    unary,
)
from analyzer.engine.source import Text, problem
from analyzer.engine.syntax import (
    Binary,
    Call,
    Choice,
    FactRef,
    Has,
    Index,
    Known,
    ListOf,
    Literal,
    Local,
    Logic,
    Node,
    Quantifier,
    Select,
    Unary,
)
from analyzer.engine.values import EvaluationError, a, to_duration, to_timestamp


def build(node: Node, text: Text) -> Closure:
    """Return the closure of a resolved and checked node; raises RuleProblem for a bad literal argument."""
    match node:
        case Literal(value):
            return lambda run: value
        case FactRef(name):
            return fact(name)
        case Local(slot):
            return lambda run: run.variables[slot]
        case ListOf(items):
            parts = tuple(build(item, text) for item in items)
            return lambda run: [part(run) for part in parts]
        case Select(base, name):
            return select(build(base, text), name)
        case Index(base, key):
            return index(build(base, text), build(key, text))
        case Unary(operator, operand):
            return unary(operator, build(operand, text))
        case Binary(operator, left, right):
            return binary(operator, build(left, text), build(right, text))
        case Logic(operator, terms):
            closures = tuple(build(term, text) for term in terms)
            stop = operator == "||"
            return lambda run: settle(run, closures, stop)
        case Choice(condition, yes, no):
            return choice(build(condition, text), build(yes, text), build(no, text))
        case Has(operand):
            return _has(operand, text)
        case Known(FactRef(name)):
            return lambda run: not isinstance(lookup(run.facts, name), Unknown)
        case Call():
            return _call(node, text)
        case Quantifier(kind, over, _, body, _, _, slot):
            return quantifier(kind, slot, build(over, text), build(body, text))
    raise AssertionError(f"unresolved node {node!r}")


def _has(operand: Node, text: Text) -> Closure:
    if isinstance(operand, FactRef):
        read = fact(operand.name)

        def present(run: Run) -> object:
            value = read(run)
            return value if isinstance(value, Unknown) else value is not None

        return present
    assert isinstance(operand, Select)  # noqa: S101  name resolution admits nothing else
    base, name = build(operand.base, text), operand.field

    def has(run: Run) -> object:
        holder = base(run)
        if isinstance(holder, Unknown):
            return holder
        if holder is None:
            return False
        if not isinstance(holder, Mapping):
            raise EvaluationError(f"{a(holder)} has no field {name!r}")
        value = holder.get(name)
        return value if isinstance(value, Unknown) else value is not None

    return has


def _call(node: Call, text: Text) -> Closure:
    name, arguments = node.name, tuple(build(item, text) for item in node.arguments)
    if name == "matches":
        return _matches(arguments[0], node.arguments[1], text)
    first = node.arguments[0]
    if name in ("timestamp", "duration") and isinstance(first, Literal):
        try:
            constant = to_timestamp(first.value) if name == "timestamp" else to_duration(first.value)
        except EvaluationError as error:
            raise problem(text, error.what, first.start, first.end) from error
        return lambda run: constant
    method = METHODS[name]

    def call(run: Run) -> object:
        values = [argument(run) for argument in arguments]
        unknowns = [value for value in values if isinstance(value, Unknown)]
        if unknowns:
            return merge(unknowns)
        run.spend(1 + sum(len(value) >> 6 for value in values if isinstance(value, str)))
        return method(run.spend, *values)

    return call


def _matches(subject: Closure, literal: Node, text: Text) -> Closure:
    from analyzer.engine.regex import PatternError, compile_pattern, found_in

    assert isinstance(literal, Literal)  # noqa: S101  the type check admits nothing else
    try:
        pattern = compile_pattern(str(literal.value))
    except PatternError as fault:
        raise problem(text, f"the pattern of matches(): {fault}", literal.start, literal.end) from fault

    def matches(run: Run) -> object:
        value = subject(run)
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, str):
            raise EvaluationError(f"matches() reads a string, not {a(value)}")
        run.spend(1 + (len(value) * len(pattern.steps) >> 6))
        return found_in(pattern, value)

    return matches
