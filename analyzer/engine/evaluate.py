"""Rules times subjects to outcomes: exactly one for each rule and each subject of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from analyzer.engine.expr import Program, run
from analyzer.engine.facts import Cite, Fact, Facts, Missing, Subject, Unknown, lookup, merge
from analyzer.engine.operators import Purse
from analyzer.engine.rule import EvidenceRef, Rule
from analyzer.engine.rules import RuleSet, choose
from analyzer.engine.source import place
from analyzer.engine.template import Template, render
from analyzer.engine.values import EvaluationError
from analyzer.frozen import frozen

_MAX_CITES: Final = 50


@frozen
class Proof:
    """A quoted place and the role that it plays in the finding."""

    cite: Cite
    role: str


@frozen
class Fix:
    """One step of a repair with the values filled in; ``command`` is safe to paste into a shell."""

    text: str
    command: str | None = None


@frozen
class SimulatedError:
    """What STS answers while the rule fails, and the stage of the call that answers."""

    stage: str
    text: str


@frozen
class Outcome:
    """What one rule says about one subject.

    ``state`` is pass, fail, warn, info, unknown, not-applicable or error. The texts, the fix and the
    proofs are there for fail, warn and info; ``missing`` for unknown; ``error`` for error.
    """

    rule: Rule
    subject: Subject
    state: str
    message: str = ""
    why: str = ""
    fix: tuple[Fix, ...] = ()
    disproof: str = ""
    sts_error: SimulatedError | None = None
    proofs: tuple[Proof, ...] = ()
    missing: tuple[Missing, ...] = ()
    error: str = ""


def evaluate(
    ruleset: RuleSet, subjects: Sequence[Subject], select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> list[Outcome]:
    """Ask every chosen rule about every subject of its kind, in the order of rules, then of subjects.

    The outcomes are as many as the sum over the rules of the number of subjects of their kind. Raises
    UsageProblem where ``select`` or ``ignore`` fits no rule; a rule that breaks gives the state error.
    """
    by_kind: dict[str, list[Subject]] = {}
    for subject in subjects:
        by_kind.setdefault(subject.kind, []).append(subject)
    purse = Purse()
    return [
        judge(rule, subject, purse)
        for rule in choose(ruleset, select, ignore)
        for subject in by_kind.get(rule.subject, ())
    ]


def judge(rule: Rule, subject: Subject, purse: Purse | None = None) -> Outcome:
    """Return what one rule says about one subject; ``purse`` pays for the work of all of a run."""
    purse = purse or Purse()
    try:
        applies = True if rule.applies is None else _decide(rule.applies, subject.facts, purse)
        if applies is False:
            return Outcome(rule, subject, "not-applicable")
        if isinstance(applies, Unknown):
            return Outcome(
                rule, subject, "unknown", missing=_all_missing(applies, rule, subject.facts, purse)
            )
        verdict = _decide(rule.check, subject.facts, purse)
        if verdict is True:
            return Outcome(rule, subject, "pass")
        if isinstance(verdict, Unknown):
            return Outcome(rule, subject, "unknown", missing=verdict.missing)
        return _finding(rule, subject, purse)
    except EvaluationError as error:
        return Outcome(rule, subject, "error", error=str(error))


def _decide(program: Program, facts: Facts, purse: Purse) -> bool | Unknown:
    try:
        value = run(program, facts, purse)
    except EvaluationError as error:
        raise EvaluationError(error.what, where=_where(program), do=error.do) from error
    if isinstance(value, (bool, Unknown)):
        return value
    raise EvaluationError("the expression gives no bool", where=_where(program))


def _where(program: Program) -> str:
    """Name the place without the folder, which differs from machine to machine."""
    line, column = place(program.source, 0)
    return f"line {line}, column {column}"


def _all_missing(applies: Unknown, rule: Rule, facts: Facts, purse: Purse) -> tuple[Missing, ...]:
    """List what the check lacks as well, so that one round of asking settles both."""
    try:
        verdict = _decide(rule.check, facts, purse)
    except EvaluationError:
        return applies.missing
    return merge((applies, verdict)).missing if isinstance(verdict, Unknown) else applies.missing


def _failing_state(rule: Rule, facts: Facts, purse: Purse) -> str:
    for case in rule.states:
        if case.when is None or _decide(case.when, facts, purse) is True:
            return case.state
    return rule.state


def _finding(rule: Rule, subject: Subject, purse: Purse) -> Outcome:
    facts = subject.facts
    state = _failing_state(rule, facts, purse)

    def fill(template: Template | None) -> str:
        return render(template, facts).strip() if template is not None else ""

    answer = rule.sts_error
    words = fill(answer.text) if answer else ""
    return Outcome(
        rule,
        subject,
        state,
        message=fill(rule.message),
        why=fill(rule.why),
        fix=tuple(
            Fix(fill(step.text), fill(step.command) or None)
            for step in rule.fix
            if step.when is None or _decide(step.when, facts, purse) is not False
        ),
        disproof=fill(rule.disproof),
        sts_error=SimulatedError(answer.stage, words) if answer and words else None,
        proofs=_proofs(rule, facts),
    )


def _proofs(rule: Rule, facts: Facts) -> tuple[Proof, ...]:
    """Quote the facts named as evidence; where none has a place, those that decided."""
    named = _cited(rule.evidence, facts)
    return named or _cited((EvidenceRef(name, name) for name in sorted(rule.check.refs)), facts)


def _cited(evidence: Iterable[EvidenceRef], facts: Facts) -> tuple[Proof, ...]:
    proofs: dict[tuple[str, str, int, int | None, str], Proof] = {}
    for reference in evidence:
        found = lookup(facts, reference.fact)
        for cite in found.cites if isinstance(found, Fact) else ():
            key = (cite.input, cite.file, cite.line, cite.column, cite.excerpt)
            proofs.setdefault(key, Proof(cite, reference.role))
    return tuple(proofs.values())[:_MAX_CITES]
