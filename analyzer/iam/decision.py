"""Decide one request against all layers of policies, in three-valued logic.

A denial in any layer decides. Otherwise every layer that limits must allow, and the identity
policies or the policy of the resource must grant. What is not known makes the decision Unknown unless
it cannot matter. Source: IAM User Guide, "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from analyzer.frozen import frozen, replace
from analyzer.iam.evaluate import Hit, LayerResult, Request, judge_documents
from analyzer.iam.layers import LayerKind, Layers
from analyzer.iam.logic import Ternary, any3
from analyzer.iam.resource_policy import resource_grant
from analyzer.iam.service_rules import kept_by_aws, needs_no_permission

Outcome = Literal["Allowed", "ImplicitlyDenied", "ExplicitlyDenied", "Unknown"]


@frozen
class Decision:
    """The outcome of one request with the statements behind it; ``explain`` puts it in words."""

    outcome: Outcome
    request: Request
    layers: Layers
    hits: tuple[Hit, ...] = ()
    limited_by: LayerKind | None = None
    cross_account: bool = False

    @property
    def allowed(self) -> Ternary:
        """True, False, or None when it is not known."""
        return None if self.outcome == "Unknown" else self.outcome == "Allowed"


def decide(request: Request, layers: Layers) -> Decision:
    """Decide a request; documents that are missing or malformed count as not known."""
    if needs_no_permission(request.action):
        return Decision("Allowed", request, layers)
    identity = judge_documents(layers.identity_documents, request, "identity")
    limits = [
        (kind, judge_documents(documents, request, kind, short=kind in ("boundary", "session")))
        for kind, documents in layers.limits()
        if kind != "organization" or not _service_linked(request)
    ]
    if kept_by_aws(request):
        return _combine(request, layers, False, identity, limits)
    if layers.resource is None and request.principal is None:
        return _combine(request, layers, identity.allow, identity, limits)
    grant = resource_grant(request, layers.resource)
    if not grant.given and not grant.cross_account:
        return _combine(request, layers, identity.allow, identity, limits)
    granted = grant.with_identity(identity.allow)
    if grant.unlimited:
        # A policy that names the session or the user itself is not limited by what the boundary or
        # the session policy leaves out; what they deny still counts.
        limits = [
            (kind, replace(result, allow=True) if kind in ("boundary", "session") else result)
            for kind, result in limits
        ]
    denial = LayerResult(True, grant.deny, grant.hits)
    decision = _combine(request, layers, granted, identity, [*limits, ("resource", denial)])
    lacking = grant.cross_account and identity.allow is not False and granted is False
    return replace(decision, cross_account=True) if lacking else decision


def _service_linked(request: Request) -> bool:
    """Whether the principal is a service-linked role, which service control policies do not touch."""
    return any("role/aws-service-role/" in (arn or "") for arn in (request.principal, request.role_arn))


def _combine(
    request: Request,
    layers: Layers,
    granted: Ternary,
    identity: LayerResult,
    limits: Sequence[tuple[LayerKind, LayerResult]],
) -> Decision:
    allow, limited_by = granted, None
    denies = [identity.deny]
    hits = identity.hits
    for kind, result in limits:
        denies.append(result.deny)
        hits += result.hits
        if result.allow is False and limited_by is None:
            limited_by = kind
        if result.allow is not True:
            allow = False if result.allow is False or allow is False else None
    deny = any3(denies)
    outcome: Outcome
    if deny is True:
        outcome = "ExplicitlyDenied"
    elif allow is False:
        outcome = "ImplicitlyDenied"
    else:
        outcome = "Unknown" if deny is None or allow is None else "Allowed"
    return Decision(outcome, request, layers, hits, limited_by if granted is not False else None)
