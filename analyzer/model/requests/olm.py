"""Operators that OLM installs and that sign in with a token: one subject for each Subscription."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.engine.facts import Fact, Subject, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.layout import TOKEN_AUTH
from analyzer.evidence.origin import Where
from analyzer.evidence.records import K8sObject
from analyzer.evidence.values import dig, items, strings, text
from analyzer.frozen import frozen
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.chain import Chain, brought_by_release
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import Objects, known, was_in_cluster

_NO_WORDS = frozenset({"operator", "openshift", "aws", "controller", "credentials", "request", "sts"})


@frozen
class Installed:
    """A Subscription whose operator can, or may, sign in with a token; ``token_auth`` None: not known."""

    obj: K8sObject
    package: str
    csv: str | None
    token_auth: bool | None
    role_arn: str | None
    chains: tuple[Chain, ...]


def installed_operators(joined: Joined) -> list[Installed]:
    """Find the operators that have a role, or could have one; all others have nothing to do with STS."""
    evidence, objects = joined.evidence, joined.objects
    found = []
    for obj in objects.all("Subscription"):
        if obj.group != "operators.coreos.com" or not was_in_cluster(obj):
            continue
        csv = text(dig(obj.value, "status", "installedCSV")) or text(dig(obj.value, "status", "currentCSV"))
        token_auth = _token_auth(csv, obj.namespace, evidence, objects)
        arn = _role_arn(obj)
        if arn or token_auth:
            package = text(dig(obj.value, "spec", "name")) or obj.name
            found.append(Installed(obj, package, csv, token_auth, arn, ()))
    return [_with_chains(one, found, joined.chains) for one in found]


def _with_chains(one: Installed, all_of_them: Sequence[Installed], chains: Sequence[Chain]) -> Installed:
    here = [
        c
        for c in chains
        if c.in_cluster is not None and not brought_by_release(c) and one.obj.namespace in _spaces(c)
    ]
    others = [o for o in all_of_them if o is not one and o.obj.namespace == one.obj.namespace]
    if others:
        words = _words(one.package)
        here = [c for c in here if words & _words(c.request.name if c.request else "")]
    return Installed(one.obj, one.package, one.csv, one.token_auth, one.role_arn, tuple(here))


def _spaces(chain: Chain) -> set[str]:
    return {chain.namespace, chain.request.namespace if chain.request else ""}


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", name.lower())) - _NO_WORDS - {""}


def _token_auth(csv: str | None, namespace: str, evidence: Evidence, objects: Objects) -> bool | None:
    if csv is None:
        return None
    obj = objects.one("ClusterServiceVersion", csv, namespace)
    if obj is not None:
        return strings(dig(obj.value, "metadata", "annotations")).get(TOKEN_AUTH.decode()) == "true"
    return False if csv in evidence.seen("ClusterServiceVersion", namespace) else None


def _role_arn(obj: K8sObject) -> str | None:
    for entry in items(dig(obj.value, "spec", "config", "env")):
        if dig(entry, "name") == "ROLEARN":
            return text(dig(entry, "value")) or None
    return None


def waiting_for_role(chain: Chain, operators: Sequence[Installed], evidence: Evidence) -> Installed | None:
    """Give the operator whose missing role ARN is why a chain has no Secret."""
    if chain.request is None or chain.request.sts_role_arn or _has_secret(chain, evidence) is not False:
        return None
    for one in operators:
        if one.token_auth and not one.role_arn and chain.id in {c.id for c in one.chains}:
            return one
    return None


def _has_secret(chain: Chain, evidence: Evidence) -> bool | None:
    if chain.secret is not None or chain.secret_name in evidence.seen("Secret", chain.namespace):
        return True
    return False if evidence.has_list("Secret", chain.namespace) else None


def subscription_subjects(joined: Joined) -> list[Subject]:
    """Give the subjects of the kind ``subscription``."""
    evidence, facts, asks = joined.evidence, joined.view.facts, joined.asks
    subjects = []
    for one in installed_operators(joined):
        name = f"{one.obj.namespace}/{one.obj.name}"
        own = facts | _facts(one, evidence, asks)
        subjects.append(Subject("subscription", name, own, tuple(c.id for c in one.chains)))
    return subjects


def _facts(one: Installed, evidence: Evidence, asks: Asks) -> Facts:
    where = one.obj.where
    approval = text(dig(one.obj.value, "spec", "installPlanApproval")) or "Automatic"
    cites = [c.request.where for c in one.chains if c.request]
    waiting = [c for c in one.chains if waiting_for_role(c, (one,), evidence)]
    return {
        "subscription.name": known(one.obj.name, where.at("metadata", "name")),
        "subscription.namespace": known(one.obj.namespace, where.at("metadata", "namespace")),
        "subscription.package": known(one.package, where.at("spec", "name")),
        "subscription.csv": known(one.csv, where.at("status", "installedCSV")),
        "subscription.token_auth": (
            asks.objects(one.obj.namespace, "clusterserviceversions.operators.coreos.com")
            if one.token_auth is None
            else known(one.token_auth, where.at("status", "installedCSV"))
        ),
        "subscription.role_arn": known(one.role_arn, where.at("spec", "config")),
        "subscription.approval": known(approval, where.at("spec", "installPlanApproval")),
        "subscription.requests": known([c.request.name for c in one.chains if c.request], *cites),
        "subscription.waiting": known(
            [c.request.name for c in waiting if c.request], *cites, where.at("spec")
        ),
        "subscription.has_role": _has_role(one, evidence, asks, where),
    }


def _has_role(one: Installed, evidence: Evidence, asks: Asks, where: Where) -> Fact | Unknown:
    """Tell whether a role reaches the operator: by its Subscription, its request, or a Secret."""
    if one.role_arn or any(c.request and c.request.sts_role_arn for c in one.chains):
        return known(True, where)
    secrets = {c.id: _has_secret(c, evidence) for c in one.chains}
    if True in secrets.values():
        return known(True, *(c.secret.where for c in one.chains if c.secret))
    if None in secrets.values():
        return asks.namespace(next(c.namespace for c in one.chains if secrets[c.id] is None), "Secrets")
    return known(False, where.at("spec"))
