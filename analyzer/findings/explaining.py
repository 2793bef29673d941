"""Which cause accounts for which symptom.

A condition that quotes an error of AWS comes of what that error comes of, as the log line of the same class
would: another cause on the same chain has nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine import Fact, Outcome
from analyzer.engine.rule import Rule

_CLASS_OF = ("operator.dns_error", "operator.storage_error")
"""Facts that hold the class of the error that a condition quotes, as that of a log line."""


def explains(cause: Rule, symptom: Outcome) -> bool:
    """Tell whether a cause accounts for a symptom on a chain of both."""
    return _told_as(symptom) in cause.explains


def explained(cause: Rule, symptoms: Sequence[Outcome]) -> list[str]:
    """Give the rules of the symptoms that a cause accounts for, in the cause's own order."""
    found = {s.rule.id for s in symptoms if explains(cause, s)}
    return [name for name in cause.explains if name in found] + sorted(found - set(cause.explains))


def _told_as(symptom: Outcome) -> str:
    """Give the symptom rule whose causes are this one's: its own, or that of the error that it quotes."""
    for program in (case.when for case in symptom.rule.states):
        for name in sorted(program.refs & set(_CLASS_OF)) if program else ():
            fact = symptom.subject.facts.get(name)
            if isinstance(fact, Fact) and fact.value:
                return f"log-{fact.value}"
    return symptom.rule.id
