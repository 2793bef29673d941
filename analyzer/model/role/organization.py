"""What the organization denies: by AWS's words in a log, by its simulation, by policies handed in.

A policy handed in counts for its explicit Denies only, as if it stood beside the one that allows
everything: which others stand at its level is in no export. Where no listing shows that it bears on
this account, that is said, and nothing fails because of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from analyzer.engine.facts import Cite, Unknown
from analyzer.evidence.aws_records import OrganizationPolicy, PolicyTargets, SimulatedAction
from analyzer.evidence.gathered import Evidence
from analyzer.frozen import frozen
from analyzer.iam.coverage import Entry
from analyzer.iam.layers import Layers
from analyzer.iam.policy import Malformed, Policy, parse_policy
from analyzer.iam.webidentity import ACTION
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import known
from analyzer.model.joining.roles import policy_of
from analyzer.model.role.denied_calls import Denials, actions_of, quotes_of, recency_of
from analyzer.model.role.permission_causes import Features
from analyzer.model.role.permission_scope import Setting, judge
from analyzer.model.role.sign_in import SignIn

_ALL = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]}
_NAMES = ("denied", "layer", "caller", "recency", "proof", "certain")
_TOO_MANY = 40
_RESOURCE_CONTROL = "resource control policy"
_RECENCY = {
    "ongoing": "ongoing at gather time", "stopped": "stopped at gather time",
    "unknown": "and nothing tells whether it still would",
}  # fmt: skip
# Resource control policies bear on these services only (AWS Organizations user guide). Unlike service
# control policies they bear on the sign-in too.
_UNDER_RESOURCE_CONTROL = frozenset(
    {"s3", "sts", "kms", "sqs", "secretsmanager", "cognito-idp", "logs", "dynamodb", "ecr", "aoss"}
)


@frozen
class Denied:
    """What one source says: the actions, the layer, the words of proof, and where it stands."""

    actions: tuple[str, ...]
    layer: str
    proof: str
    cites: tuple[Cite, ...]
    certain: bool


def organization_facts(
    said: Denials,
    simulated: Sequence[SimulatedAction],
    policies: Sequence[Denied],
    caller: str,
    now: datetime | None,
) -> Facts:
    """Give the ``permissions.organization_*`` facts; not known where nothing speaks of the organization."""
    found = [s for s in (*_logged(said, now), *_simulated(simulated), *policies) if s.actions]
    if not found:
        # A policy handed in that denies nothing proves nothing: others stand beside it in no export.
        return {f"permissions.organization_{name}": Unknown() for name in _NAMES}
    cites = [cite for source in found for cite in source.cites]
    actions = sorted({action for source in found for action in source.actions}, key=str.lower)
    layers = sorted({source.layer for source in found})
    logged = said.organization
    only_logged = bool(logged) and all(source.proof.startswith("AWS says so") for source in found)
    values: dict[str, object] = {
        "denied": actions,
        "layer": " and a ".join(layers),
        "caller": next((s.caller for s in logged if s.caller), None) or caller,
        "recency": recency_of(logged, now) if only_logged else "unknown",
        "proof": "; ".join(source.proof for source in found),
        "certain": any(source.certain for source in found),
    }
    return {f"permissions.organization_{name}": known(value, *cites) for name, value in values.items()}


def _logged(said: Denials, now: datetime | None) -> list[Denied]:
    found = said.organization
    if not found:
        return []
    layers = " and a ".join(sorted({s.layer.partition(":")[0] for s in found if s.layer}))
    proof = f"AWS says so in a log, {_RECENCY[recency_of(found, now)]}"
    return [Denied(tuple(actions_of(found)), layers, proof, tuple(quotes_of(found)), certain=True)]


def _simulated(found: Sequence[SimulatedAction]) -> list[Denied]:
    actions = tuple(dict.fromkeys(result.action for result in found))
    cites = tuple(result.where for result in found[:5])
    proof = "AWS's own simulation says that the organization does not allow it"
    return [Denied(actions, "policy of the organization", proof, cites, certain=True)] if found else []


def policy_denials(
    evidence: Evidence, entries: Sequence[Entry], features: Features, setting: Setting, sign_in: SignIn
) -> list[Denied]:
    """Judge each policy handed in against what a request asks for, and against the sign-in."""
    listings = evidence.of(PolicyTargets)
    bearing = {one for listing in listings for one in listing.ids}
    listed = {listing.kind for listing in listings}
    denied = []
    for policy in evidence.of(OrganizationPolicy)[:_TOO_MANY]:
        document = policy_of(policy.document)
        if policy.kind in listed and policy.id not in bearing:
            continue
        if isinstance(document, Policy):
            taken = _taken(policy, document, entries, features, setting)
            if policy.kind == _RESOURCE_CONTROL and sign_in.denied_by(document):
                taken.append(ACTION)
            denied.append(_said_of(policy, document, taken, listed=policy.id in bearing))
    return denied


def everything() -> Policy | Malformed:
    """Give a policy that allows all: beside it, another one is judged by what it takes away."""
    return parse_policy(_ALL, name="all")


def _taken(
    policy: OrganizationPolicy,
    document: Policy,
    entries: Sequence[Entry],
    features: Features,
    setting: Setting,
) -> list[str]:
    """Give the actions of a request that a policy takes from its role."""
    own = everything()
    level = ((own, document),)
    if policy.kind == _RESOURCE_CONTROL:
        entries = _under_resource_control(entries)
        above = Layers(identity=(own,), resource_control=level)
    else:
        above = Layers(identity=(own,), organization=level)
    rows = judge(entries, above, setting)
    return [r.action for r in rows if r.denial == "organization" and features.needs(r.action)]


def _said_of(policy: OrganizationPolicy, document: Policy, taken: Sequence[str], *, listed: bool) -> Denied:
    actions = tuple(dict.fromkeys(taken))
    shown = "" if listed else "; nothing shows that it bears on this account"
    proof = f"the {policy.kind} {policy.name} ({policy.id}), handed in, denies it{shown}"
    wanted = [action.lower() for action in actions]
    places = [
        policy.document.where.at(*statement.path)
        for statement in document.statements
        if statement.effect == "Deny"
        and any(statement.action_matcher.matches(action) is not False for action in wanted)
    ]
    return Denied(actions, policy.kind, proof, tuple(places) or (policy.where,), certain=listed)


def _under_resource_control(entries: Sequence[Entry]) -> list[Entry]:
    """Keep the actions of services that resource control policies bear on."""
    kept = (
        replace(
            e, actions=tuple(a for a in e.actions if a.partition(":")[0].lower() in _UNDER_RESOURCE_CONTROL)
        )
        for e in entries
    )
    return [entry for entry in kept if entry.actions]
