"""Judge one statement of a trust policy against a web identity: does it apply, and what is wrong.

Everything that keeps a statement from applying becomes a ``Fault`` with its class, its place and the
nearest text; the first fault in ``PRECEDENCE`` explains the others.
"""

from __future__ import annotations

from analyzer.frozen import frozen, replace
from analyzer.iam import glob
from analyzer.iam.conditions import ClauseResult, evaluate_clause, nearest_value
from analyzer.iam.context import Known, describe
from analyzer.iam.document import Path
from analyzer.iam.logic import Ternary, all3
from analyzer.iam.operators import operator_named
from analyzer.iam.policy import ConditionClause, Statement
from analyzer.iam.text_difference import most_alike, similarity
from analyzer.iam.trust_fault import PRECEDENCE, Fault, Problem, placeholder_in
from analyzer.iam.trust_principal import allow_principal, deny_principal
from analyzer.iam.webidentity import (
    ACTION,
    WebIdentity,
    is_provider_key,
    key_claim,
    variable_keys,
)


@frozen
class Judgement:
    """One statement against one identity: whether it applies, its faults, how near it is to applying.

    ``latent`` are faults of clauses with a wrong key: they show when the key is mended.
    """

    statement: Statement
    holds: Ternary
    faults: tuple[Fault, ...]
    nearness: tuple[float, ...] = ()
    assumes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    latent: tuple[Fault, ...] = ()

    @property
    def primary(self) -> Fault | None:
        """The fault that explains the others: a certain one before one that is not known."""
        certain = [fault for fault in self.faults if fault.holds is False]
        ordered = sorted(certain or self.faults, key=lambda fault: PRECEDENCE.index(fault.problem))
        return ordered[0] if ordered else None


def judge_allow(statement: Statement, identity: WebIdentity) -> Judgement:
    """Judge an Allow statement."""
    principal, rank, assumes = allow_principal(statement, identity)
    action = _action(statement)
    clauses, notes = _clauses(statement, identity)
    faults = [fault for fault in (principal, action, *clauses) if fault]
    holds = all3(fault.holds for fault in faults)
    if holds is not True:
        faults += _placeholders(statement)
    certain = [fault for fault in clauses if fault.holds is False]
    nearness = (
        1.0 if holds is None else 0.0,
        float(rank),
        0.0 if action else 1.0,
        -float(len(certain)),
        -float(len(clauses)),
        _subject_nearness(statement, identity),
        -float(statement.index),
    )
    return Judgement(statement, holds, tuple(faults), nearness, assumes, notes, _latent(clauses, identity))


def judge_deny(statement: Statement, identity: WebIdentity) -> Judgement:
    """Judge a Deny statement; ``holds`` True means that it denies."""
    principal = deny_principal(statement, identity)
    action = statement.action_matcher.matches(ACTION.lower())
    clauses, notes = _clauses(statement, identity, one_is_enough=False)
    holds = all3([principal, action, *(fault.holds for fault in clauses)])
    return Judgement(statement, holds, tuple(clauses), notes=notes)


def _action(statement: Statement) -> Fault | None:
    covered = statement.action_matcher.matches(ACTION.lower())
    if covered:
        return None
    listed = statement.actions if statement.actions is not None else statement.not_actions or ()
    element = "Action" if statement.actions is not None else "NotAction"
    index = most_alike([one.lower() for one in listed], ACTION.lower())
    nearest = "" if index is None else listed[index]
    document_path: Path = (*statement.path, element)
    sentence = f"the statement allows {nearest}, not {ACTION}"
    if element == "NotAction":
        sentence = f"NotAction takes {nearest} out of what the statement allows"
    return Fault("action-wrong", document_path, ACTION, nearest, sentence, holds=covered)


def _clauses(
    statement: Statement, identity: WebIdentity, *, one_is_enough: bool = True
) -> tuple[list[Fault], tuple[str, ...]]:
    """Return the faults of the conditions, and notes on what was chosen among several audiences."""
    faults: list[Fault] = []
    notes: list[str] = []
    for clause in statement.conditions:
        result, note = _evaluate(clause, identity, one_is_enough=one_is_enough)
        if note:
            notes.append(note)
        if result.holds is not True:
            faults.append(_clause_fault(result, identity))
    return faults, tuple(notes)


def _latent(faults: list[Fault], identity: WebIdentity) -> tuple[Fault, ...]:
    """Judge the clauses with another issuer's key as they are when the key is this one's."""
    found = []
    for clause in (fault.clause for fault in faults if fault.problem == "condition-key-mismatch"):
        key = f"{identity.prefix}:{key_claim(clause.key)}" if clause is not None else ""
        if clause is not None and identity.kind(key) in ("sub", "aud", "azp"):
            result, _ = _evaluate(replace(clause, key=key), identity)
            if result.holds is not True:
                found.append(replace(_clause_fault(result, identity), clause=clause))
    return tuple(found)


def _evaluate(
    clause: ConditionClause, identity: WebIdentity, *, one_is_enough: bool = True
) -> tuple[ClauseResult, str]:
    """Evaluate a clause; of several audiences any may be the one that STS tests, or all of them.

    Which is not documented: one that passes is taken as enough, but not for a Deny.
    """
    keys = {clause.key, *variable_keys(clause.values)}
    operator = operator_named(clause.operator)
    tested = identity.tested_audiences or ()
    if identity.kind(clause.key) != "aud" or len(tested) < 2 or operator is None or operator.is_null:
        return evaluate_clause(clause, identity.context(keys)), ""
    together = (None,) if operator.quantifier else ()
    results = [evaluate_clause(clause, identity.context(keys, one)) for one in (*together, *tested)]
    if len({result.holds for result in results}) == 1:
        return results[0], ""
    note = f"which of the audiences {', '.join(tested)} is tested is not documented"
    chosen = next((result for result in results if result.holds), results[0])
    if operator.negated or not one_is_enough:
        return ClauseResult(clause, None, chosen.found, note), note
    return chosen, note


def _clause_fault(result: ClauseResult, identity: WebIdentity) -> Fault:
    """Name what is wrong with a clause that does not hold or cannot be decided."""
    clause, kind = result.clause, identity.kind(result.clause.key)
    if operator_named(clause.operator) is None:
        path = clause.path[:-1]
        sentence = f"{clause.operator} is no condition operator"
        return Fault("malformed", path, "", clause.operator, sentence, holds=None, clause=clause)
    if result.holds is None:
        return _undecided(result, kind, identity)
    if kind == "other-issuer":
        prefix = identity.prefix or ""
        sentence = f"the key {clause.key} is no key of {prefix}: a token of it never has that key"
        expected = f"{prefix}:{key_claim(clause.key)}"
        return Fault("condition-key-mismatch", clause.path, expected, clause.key, sentence, clause=clause)
    if kind in ("sub", "aud", "azp") and isinstance(result.found, str):
        return _claim_fault(clause, kind, result.found, identity)
    if kind in ("claim", "never"):
        sentence = f"a web identity never has the key {clause.key}, so {clause.operator} cannot hold"
    else:
        sentence = result.sentence
    found = ", ".join(clause.values)
    expected = "" if kind in ("claim", "never") else describe(result.found)
    problem: Problem = "audience-mismatch" if kind == "aud" else "extra-condition-never"
    return Fault(problem, clause.path, expected, found, sentence, clause=clause)


def _undecided(result: ClauseResult, kind: str, identity: WebIdentity) -> Fault:
    clause = result.clause
    missing = {"sub": "subject", "aud": "audience"}.get(kind, "")
    if kind == "open" and identity.prefix is None and is_provider_key(clause.key):
        missing = "provider"
    if not isinstance(result.found, Known) and not result.note:
        missing, sentence = "", "it depends on a policy variable, which cannot be known offline"
    elif missing and not result.note:
        sentence = f"the token's {missing} is not known"
    else:
        missing, sentence = "", f"it depends on {clause.key}, which cannot be known offline"
    found = ", ".join(clause.values)
    return Fault(
        "extra-condition-unknown",
        clause.path,
        "",
        found,
        sentence,
        holds=None,
        missing=missing,
        clause=clause,
    )


def _claim_fault(clause: ConditionClause, kind: str, actual: str, identity: WebIdentity) -> Fault:
    operator = operator_named(clause.operator)
    context = identity.context(variable_keys(clause.values))
    index, nearest = nearest_value(clause, actual, context)
    path = clause.value_path(index)
    if operator and operator.name in ("StringEquals", "StringEqualsIgnoreCase"):
        for at, value in enumerate(clause.values):
            if glob.has_wildcard(value) and glob.matches(value, actual):
                sentence = f"{clause.operator} takes {value} literally: wildcards need StringLike"
                where = clause.value_path(at)
                return Fault("wildcard-literal", where, actual, value, sentence, clause=clause)
    word = {"sub": "subject", "aud": "audience", "azp": "audience"}[kind]
    problem: Problem = "subject-mismatch" if kind == "sub" else "audience-mismatch"
    negated = bool(operator and operator.negated)
    verb = "excludes" if negated else "names"
    sentence = f"{clause.operator} {verb} {nearest or 'nothing'}, the token's {word} is {actual}"
    return Fault(problem, path, actual, nearest, sentence, clause=clause)


def _placeholders(statement: Statement) -> list[Fault]:
    """Return a fault for every text of the statement that was left to be filled in."""
    texts = [(one.value, one.path) for one in statement.principals or () if one.kind == "Federated"]
    for clause in statement.conditions:
        texts.append((clause.key, clause.path))
        texts += [(value, clause.value_path(index)) for index, value in enumerate(clause.values)]
    faults = []
    for text, path in texts:
        if mark := placeholder_in(text):
            faults.append(Fault("placeholder", path, "", text, f"{mark} was never filled in"))
    return faults


def _subject_nearness(statement: Statement, identity: WebIdentity) -> float:
    """Return how near the statement's subjects come to the token's, under whatever provider's key."""
    if identity.subject is None:
        return 0.0
    subject = identity.subject
    values = [
        value for clause in statement.conditions if key_claim(clause.key) == "sub" for value in clause.values
    ]
    if any(value == subject or glob.matches(value, subject) for value in values):
        return 1.0
    index = most_alike(values, subject)
    return 0.5 if index is None else similarity(values[index], subject)
