"""Names to facts: the longest declared dotted name wins, the rest are fields of its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analyzer.engine.facts import FactSpec, split_name
from analyzer.engine.source import Text, nearest, problem
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
from analyzer.frozen import field, slotted

MAX_DEPTH: Final = 64


@slotted
class _Scope:
    """What names mean while one expression is resolved, and the facts met so far."""

    text: Text
    facts: Mapping[str, FactSpec]
    may_ask_known: bool
    variables: tuple[str, ...] = ()
    refs: set[str] = field(default_factory=set)


def resolve(node: Node, text: Text, facts: Mapping[str, FactSpec], *, may_ask_known: bool) -> (
    tuple[Node, frozenset[str]]
):  # fmt: skip
    """Return the tree with facts and variables in place of names, and the facts that it uses.

    Raises RuleProblem for a name that the vocabulary does not declare, for ``known()`` where it is
    not allowed, and for a tree that is deeper than ``MAX_DEPTH``.
    """
    scope = _Scope(text, facts, may_ask_known)
    resolved = _resolve(node, scope, 0)
    return resolved, frozenset(scope.refs)


def _resolve(node: Node, scope: _Scope, depth: int) -> Node:
    if depth > MAX_DEPTH:
        what = f"an expression is at most {MAX_DEPTH} operations deep"
        raise problem(scope.text, what, node.start, node.end)
    deeper = depth + 1
    match node:
        case Name() | Select():
            return _dotted(node, scope, deeper)
        case ListOf(items, start, end):
            return ListOf(tuple(_resolve(item, scope, deeper) for item in items), start, end)
        case Index(base, key, start, end):
            return Index(_resolve(base, scope, deeper), _resolve(key, scope, deeper), start, end)
        case Unary(operator, operand, start, end):
            return Unary(operator, _resolve(operand, scope, deeper), start, end)
        case Binary(operator, left, right, start, end):
            return Binary(operator, _resolve(left, scope, deeper), _resolve(right, scope, deeper), start, end)
        case Logic(operator, terms, start, end):
            return Logic(operator, tuple(_resolve(term, scope, deeper) for term in terms), start, end)
        case Choice(condition, yes, no, start, end):
            branches = _resolve(yes, scope, deeper), _resolve(no, scope, deeper)
            return Choice(_resolve(condition, scope, deeper), *branches, start, end)
        case Call(name, arguments, method, start, end):
            return Call(name, tuple(_resolve(item, scope, deeper) for item in arguments), method, start, end)
        case Has(operand, start, end):
            return Has(_has_operand(operand, scope, deeper), start, end)
        case Known(operand, start, end):
            return Known(_known_operand(node, operand, scope), start, end)
        case Quantifier():
            return _quantifier(node, scope, deeper)
        case Literal() | FactRef() | Local():
            return node


def _dotted(node: Name | Select, scope: _Scope, depth: int) -> Node:
    chain: list[Select] = []
    base: Node = node
    while isinstance(base, Select):
        chain.append(base)
        base = base.base
    if len(chain) > MAX_DEPTH:
        raise problem(scope.text, f"a name has at most {MAX_DEPTH} parts", node.start, node.end)
    chain.reverse()
    if not isinstance(base, Name):
        resolved, rest = _resolve(base, scope, depth), chain
    elif base.name in scope.variables:
        resolved, rest = Local(scope.variables.index(base.name), base.start, base.end), chain
    else:
        resolved, rest = _fact(base, chain, scope)
    for step in rest:
        resolved = Select(resolved, step.field, step.start, step.end)
    return resolved


def _fact(base: Name, chain: list[Select], scope: _Scope) -> tuple[Node, list[Select]]:
    parts = (base.name, *(step.field for step in chain))
    found = split_name(parts, scope.facts)
    if found is None:
        written, end = ".".join(parts), chain[-1].end if chain else base.end
        advice = nearest(written, {*scope.facts, *scope.variables})
        raise problem(scope.text, f"there is no fact {written!r}", base.start, end, advice)
    name, fields = found
    used = len(chain) - len(fields)
    end = chain[used - 1].end if used else base.end
    if fields and scope.facts[name].type not in ("map", "any"):
        advice = nearest(".".join(parts), scope.facts)
        what = f"{name} is a {scope.facts[name].type} and has no field {fields[0]!r}"
        raise problem(scope.text, what, base.start, chain[used].end, advice)
    scope.refs.add(name)
    return FactRef(name, base.start, end), chain[used:]


def _has_operand(operand: Node, scope: _Scope, depth: int) -> Node:
    resolved = _resolve(operand, scope, depth)
    if not isinstance(resolved, (FactRef, Select)):
        what = "has() asks for a fact or a field, as in has(a.b)"
        raise problem(scope.text, what, operand.start, operand.end)
    return resolved


def _known_operand(node: Known, operand: Node, scope: _Scope) -> Node:
    if not scope.may_ask_known:
        what = "known() is for 'applies' and 'fix' only: with it, hidden evidence could change a verdict"
        raise problem(scope.text, what, node.start, node.end)
    resolved = _resolve(operand, scope, 0)
    if not isinstance(resolved, FactRef):
        raise problem(scope.text, "known() asks for a whole fact", operand.start, operand.end)
    return resolved


def _quantifier(node: Quantifier, scope: _Scope, depth: int) -> Node:
    name = node.variable
    if name in scope.variables or any(fact.split(".")[0] == name for fact in scope.facts):
        what = f"the variable {name!r} hides a fact or an outer variable of that name"
        raise problem(scope.text, what, node.start, node.end, "Rename the variable")
    over = _resolve(node.range, scope, depth)
    outer = scope.variables
    scope.variables = (*outer, name)
    body = _resolve(node.body, scope, depth)
    scope.variables = outer
    return Quantifier(node.kind, over, name, body, node.start, node.end, len(outer))
