"""Evaluate condition clauses in three-valued logic.

Clauses of a statement are joined by AND, the values of one clause by OR; a negated operator holds
when no value is equal. A key that is absent fails a positive operator and satisfies a negated one,
``IfExists``, and ``ForAllValues``. Source: IAM User Guide, "Creating a condition with multiple keys
or values".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from analyzer.frozen import frozen
from analyzer.iam import glob
from analyzer.iam.context import ABSENT, PRESENT, UNKNOWN, Context, Known, Lookup, describe
from analyzer.iam.logic import Ternary, any3, not3
from analyzer.iam.operators import Operator, operator_named
from analyzer.iam.policy import ConditionClause
from analyzer.iam.text_difference import most_alike
from analyzer.iam.values import instant
from analyzer.iam.variables import UNCERTAIN, substitute

_FIRST_DATE = 1_000_000_000
"""Of the year 2001: what would lie before it is another writing of a date, such as 20300101."""


@frozen
class ClauseResult:
    """What one clause came to, and the value that it was compared with."""

    clause: ConditionClause
    holds: Ternary
    found: Lookup
    note: str = ""

    @property
    def sentence(self) -> str:
        """The clause and the value in one line."""
        verb = {True: "holds", False: "does not hold", None: "cannot be decided"}[self.holds]
        wanted = ", ".join(self.clause.values)
        text = f"{self.clause.operator} {self.clause.key} [{wanted}] {verb}: the key is {_said(self.found)}"
        return f"{text} ({self.note})" if self.note else text


def _said(found: Lookup) -> str:
    return describe(found) if isinstance(found, Known) else f"{describe(found)!r}"


def evaluate_clause(clause: ConditionClause, context: Context) -> ClauseResult:
    """One clause with what decided it; an operator that does not exist cannot be decided."""
    found = context.lookup(clause.key)
    operator = operator_named(clause.operator)
    if operator is None:
        return ClauseResult(clause, None, found, "there is no such operator")
    since = context.since.get(clause.key.lower())
    note = f"it is {_date(since)} or later" if since is not None and found is PRESENT else ""
    return ClauseResult(clause, _holds(operator, clause, found, context), found, note)


def _date(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def conditions_hold(clauses: Iterable[ConditionClause], context: Context) -> Ternary:
    """All clauses of a statement together."""
    result: Ternary = True
    for clause in clauses:
        operator = operator_named(clause.operator)
        holds = operator and _holds(operator, clause, context.lookup(clause.key), context)
        if holds is False:
            return False
        if holds is None:
            result = None
    return result


def _holds(operator: Operator, clause: ConditionClause, found: Lookup, context: Context) -> Ternary:
    if operator.is_null:
        return _null(clause, found)
    if found is ABSENT:
        return _when_absent(operator)
    if found is UNKNOWN:
        return None
    wanted, uncertain = _wanted(operator, clause, context)
    if found is PRESENT:
        since = context.since.get(clause.key.lower())
        if since is not None and operator.name.startswith("Date"):
            return _from(since, operator, wanted)
        return _when_present(operator, wanted, uncertain)
    assert not isinstance(found, Known)  # noqa: S101 - the three kinds are handled above
    if not operator.quantifier:
        if not isinstance(found, str):
            return False
        return _one(operator, found, wanted, uncertain)
    each = (found,) if isinstance(found, str) else found
    if operator.quantifier == "ForAllValues":
        if not any(each):
            return True
        return not3(any3(not3(_one(operator, value, wanted, uncertain)) for value in each))
    if not each:
        return operator.if_exists
    return any3(_one(operator, value, wanted, uncertain) for value in each)


def _when_absent(operator: Operator) -> bool:
    if operator.if_exists or operator.quantifier == "ForAllValues":
        return True
    return operator.negated and operator.quantifier != "ForAnyValue"


def _when_present(operator: Operator, wanted: tuple[str, ...], uncertain: bool) -> Ternary:
    """Return a key that is there with a value nobody knows: only a pattern for everything decides."""
    if operator.name in ("StringLike", "StringNotLike") and "*" in wanted and not uncertain:
        return not operator.negated
    return None


def _from(since: str, operator: Operator, wanted: tuple[str, ...]) -> Ternary:
    """Compare a moment of which only an earlier one is known: it decides where all dates lie before that."""
    known = instant(since)
    dates = [instant(value) for value in wanted]
    if known is None or not dates:
        return None
    if any(date is None or not _FIRST_DATE <= date < known for date in dates):
        return None
    return operator.negated or "Greater" in operator.name


def _null(clause: ConditionClause, found: Lookup) -> Ternary:
    if found is UNKNOWN:
        wanted = {value.lower() for value in clause.values} & {"true", "false"}
        return True if len(wanted) == 2 else None
    absent = found is ABSENT or found == ()
    return ("true" if absent else "false") in {value.lower() for value in clause.values}


def _one(operator: Operator, found: str, wanted: tuple[str, ...], uncertain: bool) -> Ternary:
    """One context value against all policy values."""
    for value in wanted:
        if operator.equal(found, value):
            return not operator.negated
    return None if uncertain else operator.negated


def _wanted(operator: Operator, clause: ConditionClause, context: Context) -> tuple[tuple[str, ...], bool]:
    """Return the policy values with variables replaced, and whether one of them could not be known.

    A value whose variable is unset can equal nothing and is left out.
    """
    if not operator.variables:
        return clause.values, False
    if not any("$" in value for value in clause.values):
        return clause.values, False
    if not clause.variables:
        return tuple(glob.escape_dollars(value) for value in clause.values), False
    texts = [substitute(value, context) for value in clause.values]
    return tuple(text for text in texts if isinstance(text, str)), UNCERTAIN in texts


def nearest_value(clause: ConditionClause, found: str, context: Context) -> tuple[int, str]:
    """Return the index and text of the clause's value that is most like what was found."""
    shown = [_shown(clause, value, context) for value in clause.values]
    index = most_alike(shown, found)
    return (0, "") if index is None else (index, shown[index])


def _shown(clause: ConditionClause, value: str, context: Context) -> str:
    text = substitute(value, context) if clause.variables else value
    return text if isinstance(text, str) else value


__all__ = ["ClauseResult", "conditions_hold", "evaluate_clause", "nearest_value"]
