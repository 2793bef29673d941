"""Tokens to a tree: recursive descent over the stated subset of CEL.

Left out of CEL, and refused with the place: map and message literals, bytes, unsigned numbers, type
conversions, optional syntax. A rule that needs more needs a new fact, not more syntax.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.engine.lexer import INT_MAX, Token, tokenize
from analyzer.engine.source import Text, nearest, problem
from analyzer.engine.syntax import (
    Binary,
    Call,
    Choice,
    Has,
    Index,
    Known,
    ListOf,
    Literal,
    Logic,
    Name,
    Node,
    Quantifier,
    Select,
    Unary,
)
from analyzer.errors import RuleProblem

MAX_NESTING: Final = 32
RELATIONS: Final = ("<", "<=", ">", ">=", "==", "!=", "in")
QUANTIFIERS: Final = ("exists", "all", "exists_one", "filter", "map")
FUNCTIONS: Final = {"size": 1, "timestamp": 1, "duration": 1, "glob": 2}
METHODS: Final = {"startsWith": 1, "endsWith": 1, "contains": 1, "matches": 1, "split": 1, "size": 0}


def parse(text: Text) -> Node:
    """Return the tree of an expression; raises RuleProblem with file, line, column and a caret."""
    parser = _Parser(text)
    node = parser.expression()
    parser.expect("end")
    return node


class _Parser:
    """The position in the tokens, and how deep the brackets are nested."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.nesting = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def problem(self, what: str, token: Token, advice: str = "") -> RuleProblem:
        return problem(self.text, what, token.start, token.end, advice)

    def take(self, *operators: str) -> Token | None:
        token = self.token
        if token.kind == "operator" and token.value in operators:
            self.at += 1
            return token
        return None

    def expect(self, wanted: str) -> Token:
        token = self.token
        if token.kind == wanted or (token.kind == "operator" and token.value == wanted):
            self.at += 1
            return token
        found = "the expression ends" if token.kind == "end" else f"{token.value!r} stands"
        where = {"end": "an operator or the end", "name": "a value or name"}.get(wanted, repr(wanted))
        raise self.problem(f"{found} where {where} is expected", token)

    def deeper(self, parse_part: Callable[[], Node]) -> Node:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.problem(f"an expression nests at most {MAX_NESTING} levels", self.token)
        node = parse_part()
        self.nesting -= 1
        return node

    def expression(self) -> Node:
        condition = self.disjunction()
        if self.take("?") is None:
            return condition
        yes = self.deeper(self.disjunction)
        self.expect(":")
        no = self.deeper(self.expression)
        return Choice(condition, yes, no, condition.start, no.end)

    def disjunction(self) -> Node:
        return self.logic("||", self.conjunction)

    def conjunction(self) -> Node:
        return self.logic("&&", self.relation)

    def logic(self, operator: str, part: Callable[[], Node]) -> Node:
        terms = [part()]
        while self.take(operator):
            terms.append(part())
        if len(terms) == 1:
            return terms[0]
        return Logic(operator, tuple(terms), terms[0].start, terms[-1].end)

    def relation(self) -> Node:
        return self.binary(RELATIONS, self.sum)

    def sum(self) -> Node:
        return self.binary(("+", "-"), self.product)

    def product(self) -> Node:
        return self.binary(("*", "/", "%"), self.unary)

    def binary(self, operators: tuple[str, ...], part: Callable[[], Node]) -> Node:
        left = part()
        while token := self.take(*operators):
            right = part()
            left = Binary(str(token.value), left, right, left.start, right.end)
        return left

    def unary(self) -> Node:
        token = self.take("!", "-")
        if token is None:
            return self.member()
        follows = self.token
        if token.value == "-" and follows.kind == "literal" and _is_number(follows.value):
            self.at += 1
            negative = Literal(-follows.value, token.start, follows.end)  # type: ignore[operator]
            return self.suffixes(negative)
        operand = self.deeper(self.unary)
        return Unary(str(token.value), operand, token.start, operand.end)

    def member(self) -> Node:
        return self.suffixes(self.primary())

    def suffixes(self, node: Node) -> Node:
        while True:
            if self.take("."):
                name = self.expect("name")
                node = (
                    self.method(node, name)
                    if self.take("(")
                    else (Select(node, str(name.value), node.start, name.end))
                )
            elif self.take("["):
                key = self.deeper(self.expression)
                node = Index(node, key, node.start, self.expect("]").end)
            else:
                return node

    def primary(self) -> Node:
        token = self.token
        if token.kind == "literal":
            self.at += 1
            if isinstance(token.value, int) and token.value > INT_MAX:
                raise self.problem("a number does not fit into 64 bits", token)
            return Literal(token.value, token.start, token.end)
        if self.take("("):
            node = self.deeper(self.expression)
            self.expect(")")
            return node
        if self.take("["):
            items, end = self.arguments("]")
            return ListOf(items, token.start, end)
        name = self.expect("name")
        if self.take("("):
            return self.function(name)
        return Name(str(name.value), name.start, name.end)

    def arguments(self, close: str) -> tuple[tuple[Node, ...], int]:
        items: list[Node] = []
        while not (end := self.take(close)):
            if items:
                self.expect(",")
            items.append(self.deeper(self.expression))
        return tuple(items), end.end

    def function(self, name: Token) -> Node:
        called = str(name.value)
        arguments, end = self.arguments(")")
        if called in ("has", "known"):
            if len(arguments) != 1:
                raise self.problem(f"{called}() takes one argument", name)
            wrap = Has if called == "has" else Known
            return wrap(arguments[0], name.start, end)
        if called not in FUNCTIONS:
            known = nearest(called, [*FUNCTIONS, "has", "known"])
            raise self.problem(f"there is no function {called}()", name, known)
        self.count(name, arguments, FUNCTIONS[called])
        return Call(called, arguments, False, name.start, end)

    def count(self, name: Token, arguments: tuple[Node, ...], wanted: int) -> None:
        if len(arguments) != wanted:
            raise self.problem(f"{name.value}() takes {wanted} argument(s), not {len(arguments)}", name)

    def method(self, receiver: Node, name: Token) -> Node:
        called = str(name.value)
        arguments, end = self.arguments(")")
        if called in QUANTIFIERS:
            return self.quantifier(receiver, name, arguments, end)
        if called not in METHODS:
            known = nearest(called, [*METHODS, *QUANTIFIERS])
            raise self.problem(f"there is no method {called}()", name, known)
        self.count(name, arguments, METHODS[called])
        return Call(called, (receiver, *arguments), True, receiver.start, end)

    def quantifier(self, receiver: Node, name: Token, arguments: tuple[Node, ...], end: int) -> Node:
        if len(arguments) != 2 or not isinstance(arguments[0], Name):
            raise self.problem(f"{name.value}() takes a variable and an expression over it", name)
        variable, body = arguments[0].name, arguments[1]
        return Quantifier(str(name.value), receiver, variable, body, receiver.start, end)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
