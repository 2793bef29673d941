"""Evaluate the statements of one layer of policies for one request."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.frozen import field, frozen
from analyzer.iam.conditions import conditions_hold
from analyzer.iam.context import Context
from analyzer.iam.layers import LayerKind
from analyzer.iam.logic import Ternary, any3
from analyzer.iam.policy import Document, Policy, Statement


@frozen
class Request:
    """One call: an action on one resource (an ARN, or ``*``) by a principal, with its context.

    ``resource_account`` is for resources whose ARN names no account; ``role_arn`` for a session whose
    role has a path.
    """

    action: str
    resource: str = "*"
    context: Context = field(default_factory=Context)
    principal: str | None = None
    resource_account: str | None = None
    role_arn: str | None = None


@frozen
class Hit:
    """A statement that decides, in a document of a layer; ``applies`` None: it may apply."""

    layer: LayerKind
    document: Document
    statement: Statement | None
    applies: Ternary = True


@frozen
class LayerResult:
    """What one layer of documents says: whether something allows, whether something denies."""

    allow: Ternary
    deny: Ternary
    hits: tuple[Hit, ...] = ()


def applies(statement: Statement, request: Request, action: str, *, short: bool = True) -> Ternary:
    """Whether a statement of an identity policy, boundary or SCP speaks of this request."""
    matched = statement.action_matcher.matches(action)
    if matched is False:
        return False
    resources = statement.resource_matcher
    # Outside trust policies AWS refuses a statement without resources: what it means is not known.
    on = resources.matches(request.resource, request.context, short=short) if resources.given else None
    if on is False:
        return False
    holds = conditions_hold(statement.conditions, request.context) if statement.conditions else True
    if holds is False:
        return False
    return True if matched and on and holds else None


def judge_documents(
    documents: Iterable[Document], request: Request, layer: LayerKind, *, short: bool = True
) -> LayerResult:
    """Evaluate the documents of one layer.

    One that cannot be read may allow and may deny, and so may one that says two things.
    """
    allow: Ternary = False
    deny: Ternary = False
    hits: list[Hit] = []
    action = request.action.lower()
    for document in documents:
        if not isinstance(document, Policy) or document.ambiguous:
            allow, deny = any3((allow, None)), any3((deny, None))
            hits.append(Hit(layer, document, None, None))
            continue
        for statement in document.statements:
            if statement.action_matcher.matches(action) is False:
                continue
            verdict = applies(statement, request, action, short=short)
            if verdict is False:
                continue
            hits.append(Hit(layer, document, statement, verdict))
            if statement.effect == "Allow":
                allow = True if verdict or allow else None
            else:
                deny = True if verdict or deny else None
    return LayerResult(allow, deny, tuple(hits))
