"""Put a decision in words: the statements that decided, and for a denial the one that came nearest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from analyzer.frozen import frozen
from analyzer.iam.conditions import ClauseResult, evaluate_clause, nearest_value
from analyzer.iam.context import ABSENT
from analyzer.iam.decision import Decision
from analyzer.iam.document import Path
from analyzer.iam.evaluate import Hit, Request
from analyzer.iam.layers import LAYER_NAMES, LayerKind, Layers
from analyzer.iam.policy import Malformed, MissingDocument, Policy, Statement
from analyzer.iam.service_rules import kept_by_aws
from analyzer.iam.text_difference import Difference, difference, most_alike, similarity
from analyzer.redact import redact

Part = Literal["action", "resource", "condition"]


@frozen
class Near:
    """The Allow statement that came nearest to a denied request, and what keeps it from applying."""

    document: str
    statement: Statement
    part: Part
    path: Path
    expected: str
    found: str
    sentence: str

    @property
    def difference(self) -> Difference:
        """The characters in which what was asked for and what is allowed differ."""
        return difference(redact(self.expected), redact(self.found))  # a mark would cut a secret up


def explain(decision: Decision) -> tuple[str, ...]:
    """Return the reasons for a decision, the most important first."""
    if not decision.hits and decision.outcome == "Allowed":
        return ("no permission is needed for it",)
    said = list(_decisive(decision))
    if decision.outcome == "ImplicitlyDenied":
        said = [_implicit(decision), *said]
        near = nearest_allow(decision)
        if near is not None and not kept_by_aws(decision.request):
            said.append(f"nearest: {near.sentence}")
    return tuple(dict.fromkeys(said))


def _decisive(decision: Decision) -> Iterator[str]:
    for hit in decision.hits:
        effect = hit.statement.effect if hit.statement else ""
        if decision.outcome == "ExplicitlyDenied" and not (effect == "Deny" and hit.applies):
            continue
        if decision.outcome == "ImplicitlyDenied" and effect == "Allow" and hit.layer == "identity":
            if decision.limited_by is None:
                continue
        elif decision.outcome == "Unknown" and hit.applies and effect == "Allow":
            continue
        yield _hit_sentence(hit, decision.request)


def _hit_sentence(hit: Hit, request: Request) -> str:
    name = hit.document.name or LAYER_NAMES[hit.layer]
    if isinstance(hit.document, Malformed):
        return f"{name} is not a policy document: {hit.document.problems[0]}"
    if isinstance(hit.document, MissingDocument):
        return f"{name}: {hit.document.reason}"
    if hit.statement is None:
        return f"{name}: {hit.document.repeat}" if hit.document.ambiguous else name
    effect = "denies" if hit.statement.effect == "Deny" else "allows"
    if hit.applies:
        return f"{name}, {hit.statement.label} {effect} {request.action} on {request.resource}"
    return f"{name}, {hit.statement.label} may {effect[:-1].replace('denie', 'deny')} it: " + _doubt(
        hit, request
    )


def _doubt(hit: Hit, request: Request) -> str:
    statement = hit.statement
    assert statement is not None  # noqa: S101 - only called for hits with a statement
    for result in _clauses(statement, request):
        if result.holds is None:
            return result.sentence
    if not statement.resource_matcher.given and hit.layer != "resource":
        return "the statement names no Resource"
    if statement.action_matcher.matches(request.action.lower()) is None:
        return "it has a wildcard for the service, which IAM does not document"
    doubtful = statement.resource_matcher.doubtful
    if doubtful is not None and doubtful.fullmatch(request.resource):
        return "its resource lacks a part of an ARN, and AWS does not say how far its * then goes"
    return "a policy variable or the principal is not known"


def _clauses(statement: Statement, request: Request) -> list[ClauseResult]:
    return [evaluate_clause(clause, request.context) for clause in statement.conditions]


def _implicit(decision: Decision) -> str:
    request = decision.request
    if kept := kept_by_aws(request):
        return kept
    if decision.cross_account:
        return f"{request.resource} is in another account and no policy there allows {request.action} on it"
    layer: LayerKind = decision.limited_by or "identity"
    return f"no {LAYER_NAMES[layer]} allows {request.action} on {request.resource}"


def nearest_allow(decision: Decision) -> Near | None:
    """Return the Allow statement nearest to a denied request: right action, then resource, then condition."""
    best: tuple[tuple[float, ...], Near] | None = None
    for document in _documents(decision.layers, decision.limited_by):
        for statement in document.statements:
            if statement.effect != "Allow":
                continue
            found = _near(document, statement, decision.request)
            if found and (best is None or found[0] > best[0]):
                best = found
    return best[1] if best else None


def _documents(layers: Layers, limited_by: LayerKind | None) -> list[Policy]:
    if limited_by is None:
        chosen = list(layers.identity)
    else:
        chosen = [one for kind, documents in layers.limits() if kind == limited_by for one in documents]
    return [one for one in chosen if isinstance(one, Policy)]


def _near(document: Policy, statement: Statement, request: Request) -> tuple[tuple[float, ...], Near] | None:
    label = f"{document.name}, {statement.label}" if document.name else statement.label
    action = statement.action_matcher.matches(request.action.lower())
    if action is False:
        found = _most_like(statement.actions or (), request.action)
        alike = similarity(found.lower(), request.action.lower())
        sentence = f"{label} allows {found}, not {request.action}"
        path = (*statement.path, "Action")
        near = Near(document.name, statement, "action", path, request.action, found, sentence)
        return ((0.0, alike), near) if found and alike > 0.6 else None
    if statement.resource_matcher.matches(request.resource, request.context) is False:
        listed = statement.resources if statement.resources is not None else statement.not_resources or ()
        found = _most_like(listed, request.resource)
        verb = "excludes" if statement.resources is None else "allows it on"
        sentence = f"{label} {verb} {found}, not {request.resource}"
        path = (*statement.path, "Resource" if statement.resources is not None else "NotResource")
        near = Near(document.name, statement, "resource", path, request.resource, found, sentence)
        return (1.0, similarity(found, request.resource)), near
    failing = [one for one in _clauses(statement, request) if one.holds is False]
    if not failing:
        return None
    first = failing[0]
    expected = first.found if isinstance(first.found, str) else ""
    index, value = nearest_value(first.clause, expected, request.context)
    sentence = f"{label}: {first.sentence}"
    path = first.clause.path if first.found is ABSENT else first.clause.value_path(index)
    near = Near(document.name, statement, "condition", path, expected, value, sentence)
    return (2.0, -float(len(failing))), near


def _most_like(texts: tuple[str, ...], wanted: str) -> str:
    index = most_alike([text.lower() for text in texts], wanted.lower())
    return "" if index is None else texts[index]
