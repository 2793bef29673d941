"""What one layer of policies makes of one action on one resource pattern."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeGuard

from analyzer.frozen import frozen
from analyzer.iam import glob
from analyzer.iam.conditions import evaluate_clause
from analyzer.iam.context import Context
from analyzer.iam.implies import implied
from analyzer.iam.layers import LAYER_NAMES, LayerKind
from analyzer.iam.logic import Ternary, all3
from analyzer.iam.match import resolve_resource, split_arn
from analyzer.iam.policy import ConditionClause, Document, Malformed, MissingDocument, Policy, Statement
from analyzer.iam.resources import Cover, cover, cover_except, overlaps
from analyzer.iam.variables import Unset, has_variables, widened

_DOUBT = "has a wildcard for the service, and what IAM makes of that is not documented"
Verdict = Literal["granted", "conditional", "partial", "denied", "unknown"]


@frozen
class Asked:
    """One concrete action on a resource pattern; ``has_resources`` None: not in the catalogue."""

    name: str
    resource: str
    conditions: tuple[ConditionClause, ...]
    has_resources: bool | None
    partition: str | None = None
    """Where the resource is ``*``: the partition that it stands for, which no call of a role leaves."""


@frozen
class LayerVerdict:
    """The verdict of one layer and what it rests on."""

    verdict: Verdict
    explicit: bool = False
    reasons: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    clauses: tuple[ConditionClause, ...] = ()
    assumes: tuple[str, ...] = ()


@frozen
class _Hit:
    """One statement that speaks of the action: how much of the resource, and under what condition.

    ``doubtful``: whether it speaks of the action is not known, whatever its resource and condition.
    """

    where: str
    statement: Statement
    covers: Cover
    holds: Ternary
    open_clauses: tuple[ConditionClause, ...]
    patterns: tuple[str, ...]
    doubtful: bool = False


def judge_layer(
    documents: Sequence[Document], asked: Asked, context: Context, kind: LayerKind
) -> LayerVerdict:
    """Return the verdict of one layer: explicit denial, granted, conditional, partial, implicit denial."""
    layer = LAYER_NAMES[kind]
    found = [hit for one in documents if _is_clear(one) for hit in _hits(one, asked, context, layer)]
    hits = [hit for hit in found if not _is_elsewhere(hit, asked.partition)]
    denies = [hit for hit in hits if hit.statement.effect == "Deny"]
    allows = [hit for hit in hits if hit.statement.effect == "Allow"]
    certain = [hit for hit in denies if hit.covers is Cover.FULL and hit.holds is True]
    if certain:
        return LayerVerdict("denied", True, tuple(f"{hit.where} denies it" for hit in certain))
    missing = [_missing(one, layer) for one in documents if not _is_clear(one)]
    verdict = _weighed(allows, denies, asked, layer)
    if not missing:
        return verdict
    if kind != "identity" or verdict.verdict != "granted":
        return LayerVerdict("unknown", reasons=tuple(missing))
    assumes = tuple(f"no Deny in {_name(one, layer)}" for one in documents if not _is_clear(one))
    return LayerVerdict("granted", reasons=verdict.reasons, assumes=assumes)


def _is_elsewhere(hit: _Hit, partition: str | None) -> bool:
    """Tell a statement about resources of other partitions alone: nothing here is granted or denied by it."""
    if partition is None or hit.statement.not_resources or not hit.patterns:
        return False
    named = [arn.partition if (arn := split_arn(pattern)) else "*" for pattern in hit.patterns]
    return not any("*" in one or "?" in one or "$" in one or one == partition for one in named)


def _weighed(allows: list[_Hit], denies: list[_Hit], asked: Asked, layer: str) -> LayerVerdict:
    """Return what the statements grant; one that may speak of the action leaves open what it could turn."""
    doubtful = [hit for hit in (*allows, *denies) if hit.doubtful]
    verdict = _granted(_sure(allows), _sure(denies), asked, layer)
    turned_by = {"granted": "Deny", "denied": "Allow"}.get(verdict.verdict)
    if not any(turned_by in (None, hit.statement.effect) for hit in doubtful):
        return verdict
    return LayerVerdict("unknown", reasons=tuple(f"{hit.where} {_DOUBT}" for hit in doubtful))


def _sure(hits: list[_Hit]) -> list[_Hit]:
    return [hit for hit in hits if not hit.doubtful]


def _granted(allows: list[_Hit], denies: list[_Hit], asked: Asked, layer: str) -> LayerVerdict:
    full = _full(allows, asked)
    doubts = tuple(f"{hit.where} may deny it" for hit in denies)
    theirs = tuple(clause for hit in denies for clause in hit.open_clauses)
    sure = [hit for hit in full if hit.holds is True]
    if sure and not denies:
        return LayerVerdict("granted", reasons=tuple(f"{hit.where} allows it" for hit in sure[:1]))
    if full:
        first = (sure or full)[0]
        clauses = () if sure else first.open_clauses
        reason = f"{first.where} allows it" + ("" if sure else f" if {_spelled(clauses)}")
        return LayerVerdict("conditional", reasons=(reason, *doubts), clauses=(*clauses, *theirs))
    if allows:
        patterns = tuple(dict.fromkeys(pattern for hit in allows for pattern in hit.patterns))
        reasons = tuple(f"{hit.where} allows it on {', '.join(hit.patterns)}" for hit in allows)
        clauses = tuple(clause for hit in allows for clause in hit.open_clauses)
        return LayerVerdict("partial", reasons=(*reasons, *doubts), patterns=patterns, clauses=clauses)
    return LayerVerdict("denied", reasons=(f"no {layer} allows {asked.name} on {asked.resource}",))


def _full(allows: list[_Hit], asked: Asked) -> list[_Hit]:
    """Return the hits that cover all of the resource, alone or together under the same condition."""
    full = [hit for hit in allows if hit.covers is Cover.FULL]
    if full or asked.has_resources is False:
        return full
    groups: dict[tuple[ConditionClause, ...], list[_Hit]] = {}
    for hit in allows:
        groups.setdefault(tuple(_plain(hit.statement.conditions)), []).append(hit)
    for group in groups.values():
        patterns = [pattern for hit in group if not hit.statement.not_resources for pattern in hit.patterns]
        if len(group) > 1 and cover(patterns, asked.resource) is Cover.FULL:
            full += group
    return full


def _plain(clauses: Iterable[ConditionClause]) -> list[ConditionClause]:
    return [ConditionClause(one.operator, one.key.lower(), one.values, ()) for one in clauses]


def _hits(policy: Policy, asked: Asked, context: Context, layer: str) -> list[_Hit]:
    found = []
    for statement in policy.statements:
        covers = statement.action_matcher.matches(asked.name.lower())
        if covers is False:
            continue
        amount, patterns = _covered(statement, asked, context)
        if amount is Cover.NONE:
            continue
        holds, clauses = _condition(statement, asked, context)
        if holds is False:
            continue
        where = f"{policy.name or layer} {statement.label}"
        doubtful = covers is None
        found.append(_Hit(where, statement, amount, None if doubtful else holds, clauses, patterns, doubtful))
    return found


def _patterns(statement: Statement, context: Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the resource patterns with variables replaced, and those that hold a variable not known."""
    listed = statement.resources if statement.resources is not None else statement.not_resources or ()
    if not statement.variables:
        return tuple(glob.escape_dollars(one) for one in listed), ()
    found: list[str] = []
    unknown: list[str] = []
    for pattern in listed:
        text = resolve_resource(pattern, context) if has_variables(pattern) else pattern
        if not isinstance(text, Unset):
            found.append(text)
        elif text is Unset.UNKNOWN:
            unknown.append(pattern)
    return tuple(found), tuple(unknown)


def _covered(statement: Statement, asked: Asked, context: Context) -> tuple[Cover, tuple[str, ...]]:
    """Return how much of what is asked for the statement speaks of, and by which patterns.

    A variable that is not known may be anything: its pattern counts for no more than a part.
    """
    patterns, unknown = _patterns(statement, context)
    amount = _by_patterns(statement, patterns, asked)
    may_match = asked.has_resources is not False and any(
        overlaps(widened(pattern), asked.resource) for pattern in unknown
    )
    if may_match and statement.resources is not None:
        amount = max(amount, Cover.PART)
    elif may_match:
        amount = min(amount, Cover.PART)
    return amount, patterns + unknown


def _by_patterns(statement: Statement, patterns: tuple[str, ...], asked: Asked) -> Cover:
    if statement.resources is None:
        if statement.not_resources is None:
            return Cover.NONE
        if asked.has_resources is False:
            return Cover.NONE if "*" in patterns else Cover.FULL
        return cover_except(patterns, asked.resource)
    if asked.has_resources is False:
        # Such an action has no resource to name: AWS compares it with "*" alone.
        return Cover.FULL if "*" in patterns else Cover.NONE
    return cover(patterns, asked.resource)


def _condition(
    statement: Statement, asked: Asked, context: Context
) -> tuple[Ternary, tuple[ConditionClause, ...]]:
    """Return whether the statement's condition holds for what is asked, and the clauses left open."""
    outcomes: list[Ternary] = []
    left: list[ConditionClause] = []
    for clause in statement.conditions:
        holds: Ternary = True
        if not implied(clause, asked.conditions):
            holds = evaluate_clause(clause, context).holds
        outcomes.append(holds)
        if holds is None:
            left.append(clause)
    return all3(outcomes), tuple(left)


def _is_clear(document: Document) -> TypeGuard[Policy]:
    return isinstance(document, Policy) and not document.ambiguous


def _missing(document: Document, layer: str) -> str:
    if isinstance(document, Policy):
        return f"{_name(document, layer)}: {document.repeat}"
    if isinstance(document, Malformed):
        return f"{_name(document, layer)} is not a policy document: {document.problems[0]}"
    reason = document.reason if isinstance(document, MissingDocument) else ""
    return f"{_name(document, layer)}: {reason}"


def _name(document: Document, layer: str) -> str:
    return document.name or f"the {layer}"


def _spelled(clauses: Iterable[ConditionClause]) -> str:
    return (
        " and ".join(f"{one.operator} {one.key} [{', '.join(one.values)}]" for one in clauses) or "it applies"
    )
