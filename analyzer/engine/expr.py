"""Expressions of rules: a subset of CEL's syntax, evaluated in three-valued logic over facts.

Syntax: literals, lists, ``.field``, ``[index]``, ``! - * / % + < <= > >= == != in && || ?:``, ``has()``,
the quantifiers ``exists all exists_one filter map``, the methods ``startsWith endsWith contains matches
size split``, the functions ``size timestamp duration glob known``.

Where it differs from CEL: a fact that was not collected makes the answer unknown unless it cannot
matter; ``has()`` means present and not null, on facts, fields and null alike; ``known(fact)`` is true
when the fact is known, and is allowed in ``applies`` only.
"""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.engine.closures import build
from analyzer.engine.facts import Facts, FactSpec
from analyzer.engine.operators import Closure, Run
from analyzer.engine.parser import parse
from analyzer.engine.resolve import resolve
from analyzer.engine.source import Text, locate, problem
from analyzer.engine.typecheck import type_of
from analyzer.engine.values import EvaluationError
from analyzer.frozen import frozen


@frozen
class Compiled:
    """What an expression comes to: the names of the facts that it uses, its type, and how to run it."""

    refs: frozenset[str]
    type: str
    closure: Closure


class Program:
    """An expression over declared facts, compiled when something is first asked of it."""

    __slots__ = ("_compiled", "_facts", "_may_ask_known", "_result", "source")

    def __init__(
        self, source: Text, facts: Mapping[str, FactSpec], result: str = "bool", *, may_ask_known: bool
    ) -> None:
        self.source = source
        self._facts = facts
        self._result = result
        self._may_ask_known = may_ask_known
        self._compiled: Compiled | None = None

    def compiled(self) -> Compiled:
        """Compile it, once; raises RuleProblem."""
        if self._compiled is None:
            self._compiled = _compile(self.source, self._facts, self._result, self._may_ask_known)
        return self._compiled

    @property
    def refs(self) -> frozenset[str]:
        """The names of the facts that it uses."""
        return self.compiled().refs

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
    later: bool = False,
) -> Program:
    """Compile an expression over declared facts, or with ``later`` when it is first run.

    ``result`` is the type that it must have (``any`` for no demand). Raises RuleProblem whose ``where``
    is ``file:line:column`` and whose advice shows the place with a caret and the nearest known name.
    """
    text = source if isinstance(source, Text) else Text(source)
    program = Program(text, facts, result, may_ask_known=may_ask_known)
    if not later:
        program.compiled()
    return program


def _compile(text: Text, facts: Mapping[str, FactSpec], result: str, may_ask_known: bool) -> Compiled:
    tree, refs = resolve(parse(text), text, facts, may_ask_known=may_ask_known)
    found = type_of(tree, text, facts)
    if result != "any" and found not in (result, "any"):
        raise problem(text, f"the expression gives a {found}; a {result} is needed", tree.start, tree.end)
    return Compiled(refs, found, build(tree, text))


def run(program: Program, facts: Facts) -> object:
    """Return the value of the program over the facts: a plain value or an Unknown with what it misses.

    Raises EvaluationError where a value does not fit or the work exceeds the budget; never anything else.
    """
    try:
        return program.compiled().closure(Run(facts))
    except EvaluationError as error:
        raise EvaluationError(
            error.what, where=locate(program.source, 0), do=error.do, final=error.final
        ) from error
    except (RecursionError, OverflowError) as error:
        what = "the values are too deep or too large"
        raise EvaluationError(what, where=locate(program.source, 0)) from error
