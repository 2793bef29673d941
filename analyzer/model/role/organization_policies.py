"""What policies of the organization that were handed in take of what a request asks for.

Such a policy counts for its explicit Denies only, as if it stood beside the one that allows
everything: which others stand at its level is in no export. One that a listing of the account lacks may
bear on it from a unit above, or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzer.evidence.aws_records import OrganizationPolicy, PolicyTargets
from analyzer.frozen import replace
from analyzer.iam.entries import Entry
from analyzer.iam.layers import Layers
from analyzer.iam.policy import Malformed, Policy, parse_policy
from analyzer.iam.webidentity import ACTION
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.joining.roles import Role, policy_of
from analyzer.model.role.organization import Denied
from analyzer.model.role.permission_causes import Features, features_of
from analyzer.model.role.permission_scope import Setting, judge, setting_of
from analyzer.model.role.sign_in import sign_in_of

_ALL = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]}
_TOO_MANY = 40
_SHOWN = {
    "shown": "",
    "given": ", and no listing shows whether it bears on this account",
    "among others": ", as one of several, and no listing shows which of them bear on this account",
    "not listed": ", but the listing of the account's own policies lacks it",
}
_RESOURCE_CONTROL = "resource control policy"
# Resource control policies bear on these services only (AWS Organizations user guide). Unlike service
# control policies they bear on the sign-in too.
_UNDER_RESOURCE_CONTROL = frozenset(
    {"s3", "sts", "kms", "sqs", "secretsmanager", "cognito-idp", "logs", "dynamodb", "ecr", "aoss"}
)


def policy_denials(
    chain: Chain, choice: RoleChoice, entries: Sequence[Entry], joined: Joined
) -> list[Denied]:
    """Judge each policy handed in against what a request asks for, and against the sign-in."""
    role = choice.role or Role(choice.name or "", choice.arn, choice.account)
    setting = setting_of(chain, role, joined.view, joined.objects)
    features = features_of(chain, setting, joined.objects)
    sign_in = sign_in_of(chain, choice.arn, joined.view)
    evidence = joined.evidence
    listings = evidence.of(PolicyTargets)
    bearing = {one for listing in listings for one in listing.ids}
    listed = {listing.kind for listing in listings}
    denied = []
    read = [(one, policy_of(one.document)) for one in evidence.of(OrganizationPolicy)[:_TOO_MANY]]
    denying = Counter(one.kind for one, document in read if _denies(document))
    for policy, document in read:
        alone = "given" if denying[policy.kind] < 2 else "among others"
        shown = "shown" if policy.id in bearing else "not listed" if policy.kind in listed else alone
        if isinstance(document, Policy):
            taken = _taken(policy, document, entries, features, setting)
            if policy.kind == _RESOURCE_CONTROL and sign_in.denied_by(document):
                taken.append(ACTION)
            denied.append(_said_of(policy, document, taken, shown))
    return denied


def _denies(document: object) -> bool:
    return isinstance(document, Policy) and any(one.effect == "Deny" for one in document.statements)


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


def _said_of(policy: OrganizationPolicy, document: Policy, taken: Sequence[str], bearing: str) -> Denied:
    actions = tuple(dict.fromkeys(taken))
    proof = f"the {policy.kind} {policy.name} ({policy.id}), handed in, denies it{_SHOWN[bearing]}"
    wanted = [action.lower() for action in actions]
    places = [
        policy.document.where.at(*statement.path)
        for statement in document.statements
        if statement.effect == "Deny"
        and any(statement.action_matcher.matches(action) is not False for action in wanted)
    ]
    return Denied(actions, policy.kind, proof, tuple(places) or (policy.where,), bearing)


def _under_resource_control(entries: Sequence[Entry]) -> list[Entry]:
    """Keep the actions of services that resource control policies bear on."""
    kept = (
        replace(
            e, actions=tuple(a for a in e.actions if a.partition(":")[0].lower() in _UNDER_RESOURCE_CONTROL)
        )
        for e in entries
    )
    return [entry for entry in kept if entry.actions]
