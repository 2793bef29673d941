"""Why a role may lack what its request asks for: features in use, overwritten policies, old versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from analyzer.engine.facts import Unknown
from analyzer.evidence.origin import Where
from analyzer.evidence.values import dig, items, mapping, text
from analyzer.frozen import frozen, replace
from analyzer.iam.context import UNKNOWN, Context
from analyzer.iam.coverage import ActionVerdict
from analyzer.iam.entries import Entry
from analyzer.iam.evaluate import Request
from analyzer.iam.layers import Layers
from analyzer.iam.lint import Lint, lint_policy
from analyzer.iam.logic import any3
from analyzer.iam.policy import Policy
from analyzer.iam.resource_policy import resource_grant
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import parse_role_arn
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.objects import Objects
from analyzer.model.joining.roles import Role, RoleBook, policy_of
from analyzer.model.role.asked import entries_of
from analyzer.model.role.permission_scope import Setting, judge
from analyzer.model.role.policies import Version

_DRIVERS, _MACHINES = "openshift-cluster-csi-drivers", "openshift-machine-api"
_HALF = 0.5


@frozen
class Features:
    """What of the optional features is in use: customer keys for volumes, a zone in another account."""

    customer_key: str | None
    key_place: Where | None
    shared_zone: bool

    def needs(self, action: str) -> bool:
        """Tell whether an action of a request is needed here, as far as the cluster shows."""
        name = action.lower()
        if name.startswith("kms:"):
            return self.key_place is not None
        return name != "sts:assumerole" or self.shared_zone


def features_of(chain: Chain, setting: Setting, objects: Objects) -> Features:
    """Look for features in use."""
    found: tuple[str, Where] | None = None
    if chain.namespace == _DRIVERS:
        found = _encrypting_class(objects)
    elif chain.namespace == _MACHINES:
        found = _encrypting_machines(objects)
    name, place = found or (None, None)
    return Features(name, place, setting.private_zone_role is not None)


def _encrypting_class(objects: Objects) -> tuple[str, Where] | None:
    for one in objects.all("StorageClass"):
        parameters = mapping(one.value.get("parameters"))
        key = next((name for name in parameters if name.lower() == "kmskeyid"), None)
        if one.value.get("provisioner") == "ebs.csi.aws.com" and key and text(parameters[key]):
            return f"StorageClass {one.name}", one.where.at("parameters", key)
    return None


def _encrypting_machines(objects: Objects) -> tuple[str, Where] | None:
    path = ("spec", "template", "spec", "providerSpec", "value", "blockDevices")
    for one in objects.all("MachineSet", _MACHINES):
        for index, device in enumerate(items(dig(one.value, *path))):
            key = mapping(dig(device, "ebs", "kmsKey"))
            if text(key.get("arn")) or text(key.get("id")):
                return f"MachineSet {one.name}", one.where.at(*path, index, "ebs", "kmsKey")
    return None


# --- another request's policy -----------------------------------------------------------------


def overwritten_by(
    chain: Chain, rows: Sequence[ActionVerdict], chains: Iterable[Chain], layers: Layers, setting: Setting
) -> Chain | None:
    """Give the chain whose request the role's policies serve wholly, while they hardly serve their own."""
    if not serves_little(rows):
        return None
    served: list[tuple[int, Chain]] = []
    for other in chains:
        entries = entries_of(other.request) if other.id != chain.id and other.request else None
        own = _plain(judge(entries, layers, setting)) if entries and _names(layers, entries) else []
        if len(own) > 1 and all(row.verdict == "granted" for row in own):
            served.append((len(own), other))
    return max(served, key=lambda one: (one[0], one[1].id), default=(0, None))[1]


def _names(layers: Layers, entries: Sequence[Entry]) -> bool:
    """Tell whether policies name what a request asks for: ``ec2:*`` or NotAction grant it for anyone."""
    asked = {action.lower() for entry in entries for action in entry.actions}
    named = {
        action.lower()
        for policy in layers.identity
        if isinstance(policy, Policy)
        for statement in policy.statements
        if statement.effect == "Allow"
        for action in statement.actions or ("*",)
    }
    return len(named & asked) >= _HALF * len(named)


def serves_little(rows: Sequence[ActionVerdict]) -> bool:
    """Tell whether policies grant less than half of what their own request asks for."""
    return _share(rows) < _HALF


def _plain(rows: Sequence[ActionVerdict]) -> list[ActionVerdict]:
    """Leave out what tells nothing of whose policies they are.

    Several requests ask for the actions of optional features, and some is granted in vain.
    """
    return [
        row
        for row in rows
        if not row.action.lower().startswith("kms:")
        and row.action.lower() != "sts:assumerole"
        and not row.in_vain
    ]


def _share(rows: Sequence[ActionVerdict]) -> float:
    own = _plain(rows)
    return sum(row.verdict != "denied" for row in own) / len(own) if own else 1.0


# --- another version of a policy --------------------------------------------------------------


def in_other_versions(
    denied: Sequence[ActionVerdict], versions: Sequence[Version], entries: Sequence[Entry], setting: Setting
) -> dict[str, Version]:
    """Give, for each action that is denied, the newest other version that allows it."""
    found: dict[str, Version] = {}
    actions = {row.action.lower() for row in denied}
    asked = [
        replace(e, actions=names)
        for e in entries
        if (names := tuple(r.action for r in denied if r.entry == e.index))
    ]
    for version in sorted(versions, key=_number):
        if not actions or ":iam::aws:policy/" in version.arn:
            continue
        for row in judge(asked, Layers(identity=(version.document,)), setting):
            if row.verdict != "denied":
                found[row.action] = version
    return found


def _number(version: Version) -> int:
    digits = version.version.removeprefix("v")
    return int(digits) if digits.isdecimal() and len(digits) < 9 else 0


# --- a private zone in another account --------------------------------------------------------


def zone_role_refuses(
    arn: str, role: Role, book: RoleBook, asks: Asks
) -> tuple[bool | None, Where | Unknown]:
    """Tell whether the trust policy of the zone's role keeps this role out; and where it is, or an ask."""
    parsed = parse_role_arn(arn)
    name = parsed.name if parsed else arn
    account = parsed.account if parsed else "of the zone"
    found = book.by_arn(arn)
    policy = policy_of(found.trust) if found and found.trust else None
    if found is None or found.trust is None or not isinstance(policy, Policy) or not role.account:
        why = f"the trust policy of role {name} was not handed in; ask with access to account {account}"
        return None, asks.role(name, why)
    partition = (role.arn or arn).split(":")[1]
    caller = f"arn:{partition}:sts::{role.account}:assumed-role/{role.name}/session"
    request = Request(
        "sts:AssumeRole",
        arn,
        Context.of({"aws:PrincipalAccount": role.account, "aws:PrincipalArn": role.arn}, default=UNKNOWN),
        principal=caller,
        role_arn=role.arn,
    )
    grant = resource_grant(request, policy)
    admitted = any3((grant.direct, grant.delegated))
    if grant.deny is True or admitted is False:
        return True, found.trust.where
    return (False if admitted is True and grant.deny is False else None), found.trust.where


# --- what is written almost right -------------------------------------------------------------

_MISSPELT = ("unknown-action", "action-without-service", "action-blank")


def misspelt(policies: Iterable[tuple[Policy, Where]]) -> list[tuple[Lint, Where]]:
    """Give the actions of the role's policies that the catalogue does not know."""
    return _lints(policies, _MISSPELT)


def hints(policies: Iterable[tuple[Policy, Where]], missing: Iterable[str]) -> list[tuple[Lint, Where]]:
    """Give the remarks on a role's policies that tell why an action is missing."""
    wanted = {action.lower() for action in missing}
    found = _lints(policies, (*_MISSPELT, "needs-all-resources"))
    return [
        (lint, where)
        for lint, where in found
        if wanted & {word.strip(",:").lower() for word in lint.text.split()}
    ]


def _lints(policies: Iterable[tuple[Policy, Where]], codes: Sequence[str]) -> list[tuple[Lint, Where]]:
    return [
        (lint, where.at(*lint.path))
        for policy, where in policies
        for lint in lint_policy(policy)
        if lint.code in codes
    ]


def grouped(rows: Iterable[ActionVerdict], told: Mapping[str, str]) -> list[str]:
    """Say for rows what is told of them, actions with the same words together."""
    by_words: dict[str, list[str]] = {}
    for row in rows:
        actions = by_words.setdefault(told[row.action], [])
        if row.action not in actions:
            actions.append(row.action)
    return [f"{', '.join(sorted(actions))} {words}" for words, actions in by_words.items()]
