"""Expressions of rules: a subset of CEL's syntax, evaluated in three-valued logic over facts.

Syntax: literals, lists, ``.field``, ``[index]``, ``! - * / % + < <= > >= == != in && || ?:``, ``has()``,
the quantifiers ``exists all exists_one filter map``, the methods ``startsWith endsWith contains matches
size split``, the functions ``size timestamp duration glob known``.

Where it differs from CEL: a fact that was not collected makes the answer unknown unless it cannot
matter; ``has()`` means present and not null, on facts, fields and null alike; ``known(fact)`` is true
when the fact is known, and is allowed in ``applies`` only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from analyzer.engine.closures import build
from analyzer.engine.facts import Facts, FactSpec
from analyzer.engine.operators import Closure, Purse, Run
from analyzer.engine.source import Text, locate, problem
from analyzer.engine.syntax import Node
from analyzer.engine.values import EvaluationError
from analyzer.frozen import frozen


@frozen
class Parsed:
    """An expression's tree, the names of the facts that it uses, and its type."""

    tree: Node
    refs: frozenset[str]
    type: str


class Program:
    """An expression over declared facts, parsed and compiled when something is first asked of it.

    ``parsed`` gives what parsing gave before.
    """

    __slots__ = ("_closure", "_parse", "_parsed", "source")

    def __init__(
        self,
        source: Text,
        facts: Mapping[str, FactSpec],
        result: str = "bool",
        *,
        may_ask_known: bool,
        parsed: Callable[[], Parsed] | None = None,
    ) -> None:
        self.source = source
        self._parse = parsed or partial(_parse, source, facts, result, may_ask_known)
        self._parsed: Parsed | None = None
        self._closure: Closure | None = None

    def parsed(self) -> Parsed:
        """Parse and check it, once; raises RuleProblem."""
        if self._parsed is None:
            self._parsed = self._parse()
        return self._parsed

    def closure(self) -> Closure:
        """Compile it, once; raises RuleProblem."""
        if self._closure is None:
            self._closure = build(self.parsed().tree, self.source)
        return self._closure

    @property
    def refs(self) -> frozenset[str]:
        """The names of the facts that it uses."""
        return self.parsed().refs

    @property
    def text(self) -> str:
        """The expression as it was written."""
        return self.source.value.strip()


def compile_expression(
    source: Text | str,
    facts: Mapping[str, FactSpec],
    *,
    result: str = "bool",
    may_ask_known: bool = False,
) -> Program:
    """Compile an expression over declared facts.

    ``result`` is the type that it must have (``any`` for no demand). Raises RuleProblem whose ``where``
    is ``file:line:column`` and whose advice shows the place with a caret and the nearest known name.
    """
    text = source if isinstance(source, Text) else Text(source)
    program = Program(text, facts, result, may_ask_known=may_ask_known)
    program.closure()
    return program


def _parse(text: Text, facts: Mapping[str, FactSpec], result: str, may_ask_known: bool) -> Parsed:
    # The rules of the program itself come parsed.
    from analyzer.engine.parser import parse
    from analyzer.engine.resolve import resolve
    from analyzer.engine.typecheck import type_of

    tree, refs = resolve(parse(text), text, facts, may_ask_known=may_ask_known)
    found = type_of(tree, text, facts)
    if result != "any" and found not in (result, "any"):
        raise problem(text, f"the expression gives a {found}; a {result} is needed", tree.start, tree.end)
    return Parsed(tree, refs, found)


def run(program: Program, facts: Facts, purse: Purse | None = None) -> object:
    """Return the value of the program over the facts: a plain value or an Unknown with what it misses.

    Raises EvaluationError where a value does not fit or the work exceeds the budget; never anything else.
    """
    purse = purse or Purse()
    budget = purse.budget()
    state = Run(facts, left=budget)
    try:
        return program.closure()(state)
    except EvaluationError as error:
        raise EvaluationError(
            error.what, where=locate(program.source, 0), do=error.do, final=error.final
        ) from error
    except (RecursionError, OverflowError) as error:
        what = "the values are too deep or too large"
        raise EvaluationError(what, where=locate(program.source, 0)) from error
    finally:
        purse.pay(budget - state.left)
