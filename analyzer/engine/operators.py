"""What the nodes of an expression do in a run, as closures over the closures of their parts.

Logic follows Kleene and CEL: an answer that the unknown and failing terms cannot change is given,
whatever their order; else an unknown outweighs an error, because evidence may make the error moot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from analyzer.engine.facts import Facts, Unknown, lookup, merge
from analyzer.engine.values import EvaluationError, a, arithmetic, checked, contained, ordered, same
from analyzer.frozen import field, slotted

BUDGET: Final = 200_000
"""Work of one evaluation."""
FREE: Final = 1_000
"""Work that each may do whatever those before it did: fifty times what a built-in rule does."""
OF_ALL: Final = 20_000_000
"""Work beyond that which the evaluations of a run may do together: some ten seconds of it."""


@slotted
class Purse:
    """What the evaluations of a run may still do: rules of strangers come by the thousand."""

    left: int = OF_ALL

    def budget(self) -> int:
        """Give the work that the next may do."""
        return FREE + min(BUDGET - FREE, self.left)

    def pay(self, work: int) -> None:
        """Pay for the work that one did."""
        self.left = max(0, self.left - max(0, work - FREE))


@slotted
class Run:
    """One evaluation: the facts, the variables by level, and the work that may still be done."""

    facts: Facts
    variables: dict[int, object] = field(default_factory=dict)
    left: int = BUDGET

    def spend(self, work: int) -> None:
        """Pay for work; EvaluationError when the budget is used up."""
        self.left -= work
        if self.left < 0:
            raise EvaluationError("the expression does too much work", final=True)


Closure = Callable[[Run], object]
_SIMPLE: Final = (str, bool, type(None))
"""Types whose values are equal where Python says so."""


def settle(run: Run, terms: Iterable[Closure], stop: bool) -> bool | Unknown:
    """``||`` (stop is true) or ``&&`` (stop is false) over terms, the deciding value first."""
    unknowns: list[Unknown] = []
    fault: EvaluationError | None = None
    for term in terms:
        try:
            value = term(run)
        except EvaluationError as error:
            if error.final:
                raise
            fault = fault or error
            continue
        if value is stop:
            return stop
        if isinstance(value, Unknown):
            unknowns.append(value)
        elif not isinstance(value, bool):
            fault = fault or EvaluationError(f"a bool is needed, not {a(value)}")
    if unknowns:
        return unknowns[0] if len(unknowns) == 1 else merge(unknowns)
    if fault is not None:
        raise fault
    return not stop


def fact(name: str) -> Closure:
    """Return the reader of a fact."""

    def read(run: Run) -> object:
        found = lookup(run.facts, name)
        return found if isinstance(found, Unknown) else found.value

    return read


def select(base: Closure, name: str) -> Closure:
    """Return the reader of ``base.name``."""

    def read(run: Run) -> object:
        holder = base(run)
        if isinstance(holder, Unknown):
            return holder
        if not isinstance(holder, Mapping):
            raise EvaluationError(f"{a(holder)} has no field {name!r}")
        if name not in holder:
            raise EvaluationError(f"there is no field {name!r}", do="Guard it with has()")
        return holder[name]

    return read


def index(base: Closure, key: Closure) -> Closure:
    """Return the reader of ``base[key]``."""

    def read(run: Run) -> object:
        holder, wanted = base(run), key(run)
        unknowns = [value for value in (holder, wanted) if isinstance(value, Unknown)]
        if unknowns:
            return merge(unknowns)
        if isinstance(holder, Mapping):
            if not isinstance(wanted, (str, int)) or wanted not in holder:
                raise EvaluationError(f"there is no key {str(wanted)[:60]!r}")
            return holder[wanted]
        if not isinstance(holder, (list, tuple)) or not isinstance(wanted, int) or isinstance(wanted, bool):
            raise EvaluationError(f"{a(holder)} cannot be indexed with {a(wanted)}")
        if not 0 <= wanted < len(holder):
            raise EvaluationError(f"index {wanted} is outside a list of {len(holder)}")
        return holder[wanted]

    return read


def unary(operator: str, operand: Closure) -> Closure:
    """Return ``!operand`` or ``-operand``."""

    def negate(run: Run) -> object:
        value = operand(run)
        if isinstance(value, Unknown):
            return value
        if operator == "!":
            if not isinstance(value, bool):
                raise EvaluationError(f"a bool is needed, not {a(value)}")
            return not value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise EvaluationError(f"a number is needed, not {a(value)}")
        return checked(-value) if isinstance(value, int) else -value

    return negate


def binary(operator: str, left: Closure, right: Closure) -> Closure:
    """Return arithmetic, a comparison, or ``in``."""
    if operator in ("==", "!=", "in"):
        compare = contained if operator == "in" else same

        def relate(run: Run) -> object:
            one, other = left(run), right(run)
            if operator != "in" and type(one) in _SIMPLE and type(other) in _SIMPLE:
                return (type(one) is type(other) and one == other) is (operator == "==")
            run.spend(1 + _weight(one) + _weight(other))
            result = compare(one, other)
            return result if isinstance(result, Unknown) or operator != "!=" else not result

        return relate
    compute = ordered if operator in ("<", "<=", ">", ">=") else arithmetic

    def operate(run: Run) -> object:
        one, other = left(run), right(run)
        if isinstance(one, Unknown) or isinstance(other, Unknown):
            return merge(value for value in (one, other) if isinstance(value, Unknown))
        run.spend(1 + _weight(one) + _weight(other))
        return compute(operator, one, other)

    return operate


def _weight(value: object) -> int:
    """Return the work of going through a value once."""
    if isinstance(value, str):
        return len(value) >> 6
    if isinstance(value, (list, tuple)):
        return len(value) + sum(_weight(item) for item in value)
    if isinstance(value, Mapping):
        return len(value) + sum(_weight(item) for item in value.values())
    return 0


def choice(condition: Closure, yes: Closure, no: Closure) -> Closure:
    """Return ``condition ? yes : no``, answered under an unknown condition where both branches agree."""

    def choose(run: Run) -> object:
        decided = condition(run)
        if isinstance(decided, bool):
            return yes(run) if decided else no(run)
        if not isinstance(decided, Unknown):
            raise EvaluationError(f"a bool is needed, not {a(decided)}")
        try:
            left, right = yes(run), no(run)
        except EvaluationError as error:
            if error.final:
                raise
            return decided
        if same(left, right) is True and type(left) is type(right):
            return left
        return merge(value for value in (decided, left, right) if isinstance(value, Unknown))

    return choose


def quantifier(kind: str, slot: int, over: Closure, body: Closure) -> Closure:
    """Return ``over.kind(variable, body)``; the variable stands in the numbered slot of the run."""

    def members(run: Run, items: Iterable[object]) -> Iterator[Closure]:
        for item in items:
            run.spend(1)
            run.variables[slot] = item
            yield body

    def quantify(run: Run) -> object:
        items = _items(over(run), kind)
        if isinstance(items, Unknown):
            return items
        if kind in ("exists", "all"):
            return settle(run, members(run, items), kind == "exists")
        results = [step(run) for step in members(run, items)]
        if kind == "map":
            return results
        return _counted(kind, items, results)

    return quantify


def _items(value: object, kind: str) -> Unknown | list[object]:
    if isinstance(value, Unknown):
        return value
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Mapping):
        hidden = [item for item in value.values() if isinstance(item, Unknown)]
        return merge(hidden) if hidden else list(value)
    raise EvaluationError(f"{kind}() cannot go through {a(value)}")


def _counted(kind: str, items: list[object], results: list[object]) -> object:
    for result in results:
        if not isinstance(result, (bool, Unknown)):
            raise EvaluationError(f"a bool is needed, not {a(result)}")
    unknowns = [result for result in results if isinstance(result, Unknown)]
    if kind == "exists_one":
        matching = sum(result is True for result in results)
        return False if matching > 1 else merge(unknowns) if unknowns else matching == 1
    if unknowns:
        return merge(unknowns)
    return [item for item, result in zip(items, results, strict=True) if result]
