"""Types of an expression as far as the vocabulary tells them: mistakes that no data can make right.

A fact of the type ``any``, a field, an element and a variable have the type ``any``, which fits
everywhere; their mistakes show at run time as the state ``error``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analyzer.engine.facts import FactSpec
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
    Name,
    Node,
    Quantifier,
    Select,
    Unary,
)

_LITERALS = {bool: "bool", int: "int", float: "double", str: "string", type(None): "null"}
_NUMBERS: Final = ("int", "double")
_ARITHMETIC: Final = {
    ("+", "int", "int"): "int", ("-", "int", "int"): "int", ("*", "int", "int"): "int",
    ("/", "int", "int"): "int", ("%", "int", "int"): "int",
    ("+", "double", "double"): "double", ("-", "double", "double"): "double",
    ("*", "double", "double"): "double", ("/", "double", "double"): "double",
    ("+", "string", "string"): "string", ("+", "list", "list"): "list",
    ("+", "timestamp", "duration"): "timestamp", ("+", "duration", "timestamp"): "timestamp",
    ("+", "duration", "duration"): "duration", ("-", "timestamp", "timestamp"): "duration",
    ("-", "timestamp", "duration"): "timestamp", ("-", "duration", "duration"): "duration",
}  # fmt: skip
_RESULTS: Final = {"size": "int", "timestamp": "timestamp", "duration": "duration", "split": "list"}


def type_of(node: Node, text: Text, facts: Mapping[str, FactSpec]) -> str:
    """Return the type of the node, ``any`` where it cannot be told; raises RuleProblem where types clash."""
    return _Types(text, facts).of(node)


class _Types:
    """The text and vocabulary that one check needs."""

    def __init__(self, text: Text, facts: Mapping[str, FactSpec]) -> None:
        self.text = text
        self.facts = facts

    def of(self, node: Node) -> str:
        match node:
            case Literal(value):
                return _LITERALS[type(value)]
            case FactRef(name):
                return self.facts[name].type
            case ListOf(items):
                for item in items:
                    self.of(item)
                return "list"
            case Select(base):
                self.want(base, "a field", "map")
            case Index(base, key):
                self.want(base, "[ ]", "map", "list")
                self.want(key, "an index", "int", "string")
            case Has(operand):
                self.of(operand)
                return "bool"
            case Known():
                return "bool"
            case Logic(operator, terms):
                for term in terms:
                    self.want(term, repr(operator), "bool")
                return "bool"
            case Unary("!", operand):
                self.want(operand, "'!'", "bool")
                return "bool"
            case Unary(_, operand):
                return self.want(operand, "'-'", *_NUMBERS)
            case Binary():
                return self.binary(node)
            case Choice(condition, yes, no):
                self.want(condition, "'?'", "bool")
                left, right = self.of(yes), self.of(no)
                return left if left == right else "any"
            case Call():
                return self.call(node)
            case Quantifier():
                return self.quantifier(node)
            case Name() | Local():
                pass
        return "any"

    def want(self, node: Node, use: str, *types: str) -> str:
        found = self.of(node)
        if found != "any" and found not in types:
            what = f"{use} needs {' or '.join(_a(name) for name in types)}, not {_a(found)}"
            raise problem(self.text, what, node.start, node.end)
        return found

    def binary(self, node: Binary) -> str:
        operator, left, right = node.operator, self.of(node.left), self.of(node.right)
        if operator == "in":
            self.want(node.right, "'in'", "list", "map")
            return "bool"
        if operator in ("==", "!="):
            comparable = left == right or {"any", "null"} & {left, right} or {left, right} <= set(_NUMBERS)
            if not comparable:
                what = f"{_a(left)} is never equal to {_a(right)}"
                raise problem(self.text, what, node.start, node.end)
            return "bool"
        if operator in ("<", "<=", ">", ">="):
            self.ordering(node, left, right)
            return "bool"
        if "any" in (left, right):
            return "any"
        result = _ARITHMETIC.get((operator, left, right))
        if result is None:
            what = f"{_a(left)} {operator} {_a(right)} has no meaning"
            raise problem(self.text, what, node.start, node.end)
        return result

    def ordering(self, node: Binary, left: str, right: str) -> None:
        ordered = ("int", "double", "string", "timestamp", "duration", "any")
        same = left == right or "any" in (left, right) or {left, right} <= set(_NUMBERS)
        if not same or left not in ordered or right not in ordered:
            raise problem(self.text, f"{_a(left)} and {_a(right)} have no order", node.start, node.end)

    def call(self, node: Call) -> str:
        first, *others = node.arguments
        if node.name == "size":
            self.want(first, "size()", "string", "list", "map")
        elif node.name == "timestamp":
            self.want(first, "timestamp()", "string", "timestamp")
        else:
            self.want(first, f"{node.name}()", "string")
        for other in others:
            self.want(other, f"{node.name}()", "string")
        if node.name == "matches" and not (
            isinstance(node.arguments[1], Literal) and isinstance(node.arguments[1].value, str)
        ):
            what, pattern = "the pattern of matches() is a literal string", node.arguments[1]
            raise problem(self.text, what, pattern.start, pattern.end)
        return _RESULTS.get(node.name, "bool")

    def quantifier(self, node: Quantifier) -> str:
        self.want(node.range, f"{node.kind}()", "list", "map")
        if node.kind == "map":
            self.of(node.body)
            return "list"
        self.want(node.body, f"the body of {node.kind}()", "bool")
        return "list" if node.kind == "filter" else "bool"


def _a(name: str) -> str:
    if name == "null":
        return name
    return f"an {name}" if name == "int" else f"a {name}"
