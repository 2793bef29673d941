"""Pods that began before the issuer changed, and whose token may still be of the one before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from analyzer.engine.facts import Cite, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Symptom, Workload
from analyzer.evidence.values import dig, items, parse_time, text
from analyzer.frozen import frozen
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import without_scheme
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import DEFAULT_ISSUER, ClusterView, Facts
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.mounted_tokens import aws_tokens
from analyzer.model.joining.objects import Objects, known
from analyzer.model.symptoms.logs import all_logs_read, stamp
from analyzer.model.workloads.restart import owners, without_owner
from analyzer.patterns import later

REFRESHED_AT = 0.8
"""Of a token's life: then kubelet writes a new one into the volume."""

TRUSTED_FOR = timedelta(hours=24)
"""How long kube-apiserver's operator still trusts a replaced issuer (its serviceaccountissuercontroller)."""

_NONE: Facts = {
    "workload.predating": known([]),
    "workload.predating_owners": known([]),
    "workload.predating_alone": known([]),
    "workload.predating_proven": known(False),
    "workload.issuer_changed": known(None),
}

_API_SERVER = "openshift-kube-apiserver"
_CONFIG_NAME = later(r"config-(\d+)")


@frozen
class IssuerChange:
    """When kube-apiserver began to sign with the issuer in force, and the one before."""

    when: datetime
    before: str
    proof: Where


def predating_facts(chain: Chain, joined: Joined, symptoms: Sequence[Symptom]) -> Facts:
    """Give when the issuer changed, and the pods of a chain that may still show a token of the one before."""
    if not chain.workloads:
        gathered = joined.evidence.has_list("Pod", chain.namespace)
        pods = known([]) if gathered else joined.asks.namespace(chain.namespace, "pods")
        return _NONE | {"workload.predating": pods}
    change = _change(joined.evidence, joined.objects, joined.view, joined.asks)
    return _predating(chain, change, symptoms, joined.now, _unsaid(chain, joined))


def _change(
    evidence: Evidence, objects: Objects, view: ClusterView, asks: Asks
) -> IssuerChange | Unknown | None:
    """Find when the issuer changed; a hosted control plane never changes its own, and shows nothing of it."""
    if (
        view.hosted
        or evidence.has_list("ConfigMap", _API_SERVER)
        or any(objects.all("ConfigMap", _API_SERVER))
    ):
        return issuer_change(objects, view)
    return _by_expiry(objects, view) or asks.namespace(_API_SERVER, "ConfigMaps")


def issuer_change(objects: Objects, view: ClusterView) -> IssuerChange | None:
    """Find when the issuer changed: by the revisions of kube-apiserver, else by its operator."""
    return _by_revision(objects, view) or _by_expiry(objects, view)


def _by_expiry(objects: Objects, view: ClusterView) -> IssuerChange | None:
    """The operator trusts the issuer before for TRUSTED_FOR, and writes down until when."""
    operator = objects.one("KubeAPIServer", "cluster", group="operator.openshift.io")
    if operator is None:
        return None
    current = without_scheme(view.issuer or "")
    found = []
    for index, entry in enumerate(items(dig(operator.value, "status", "serviceAccountIssuers"))):
        name, until = text(dig(entry, "name")), parse_time(dig(entry, "expirationTime"))
        if name and until and without_scheme(name) != current:
            where = operator.where.at("status", "serviceAccountIssuers", index, "expirationTime")
            found.append(IssuerChange(until - TRUSTED_FOR, name, where))
    return max(found, key=lambda change: change.when, default=None)


def _by_revision(objects: Objects, view: ClusterView) -> IssuerChange | None:
    revisions = []
    for obj in objects.all("ConfigMap", _API_SERVER):
        match = _CONFIG_NAME.fullmatch(obj.name)
        issuer = _first_issuer(text(dig(obj.value, "data", "config.yaml")))
        if match and issuer:
            revisions.append((int(match[1]), issuer, obj))
    revisions.sort(key=lambda r: r[0])
    current = without_scheme(view.issuer or "")
    for (_, older, _), (_, newer, obj) in reversed(list(pairwise(revisions))):
        if older == newer:
            continue
        when = parse_time(dig(obj.value, "metadata", "creationTimestamp"))
        if without_scheme(newer) != current or when is None:
            return None
        return IssuerChange(when, older, obj.where.at("metadata", "creationTimestamp"))
    return None


def _first_issuer(config: str | None) -> str | None:
    try:
        parsed = json.loads(config or "")
    except (ValueError, RecursionError):
        return None
    listed = items(dig(parsed, "apiServerArguments", "service-account-issuer"))
    return text(listed[0]) if listed else None


def _predating(
    chain: Chain,
    change: IssuerChange | Unknown | None,
    symptoms: Sequence[Symptom],
    now: datetime | None,
    unsaid: Unknown | None,
) -> Facts:
    """Name the pods whose token at gather time may still be one of the issuer before.

    Kubelet writes a new token when four fifths of its life are over, so an old pod does not stay
    behind for long; a log line that names the old issuer after that proves that one did. So does a pod
    that is too young for a second token, where the issuer before is one that no provider can be for.
    ``unsaid`` asks for what may show one and is not there.
    """
    if isinstance(change, Unknown):
        return dict.fromkeys(_NONE, change)
    if change is None:
        return _NONE
    pods = [w for w in chain.workloads if w.started is not None and w.started < change.when]
    held = [w for w in pods if now is not None and _may_hold(w, change, now)]
    old = without_scheme(change.before)
    lines = [
        s
        for s in symptoms
        if s.issuer and without_scheme(s.issuer) == old and s.last is not None and s.last > change.when
    ]
    shown = pods if lines else held
    first = [w for w in held if change.before == DEFAULT_ISSUER and now is not None and _has_first(w, now)]
    may_be = bool(pods) or not any(w.started for w in chain.workloads)
    cites: list[Cite] = [*(w.where.at("status", "startTime") for w in shown), *(s.quote for s in lines[:2])]
    return {
        "workload.predating": (
            unsaid if may_be and not shown and unsaid else known([w.name for w in shown], *cites)
        ),
        "workload.predating_owners": known(owners(shown)),
        "workload.predating_alone": known(without_owner(shown)),
        "workload.predating_proven": known(bool(first or (lines and pods)), *(s.quote for s in lines[:2])),
        "workload.issuer_changed": known(stamp(change.when), change.proof),
    }


def _unsaid(chain: Chain, joined: Joined) -> Unknown | None:
    """Tell what is not there of the pods' starts, their logs and the time of the gather."""
    evidence, asks = joined.evidence, joined.asks
    if not any(w.started for w in chain.workloads) and not evidence.has_list("Pod", chain.namespace):
        return asks.namespace(chain.namespace, "pods")
    if not all_logs_read(chain, evidence):
        return asks.logs(chain.namespace)
    return Unknown() if joined.now is None else None


def _may_hold(found: Workload, change: IssuerChange, now: datetime) -> bool:
    kept = _kept_for(found)
    return bool(kept) and now - change.when < max(kept)


def _has_first(found: Workload, now: datetime) -> bool:
    """Whether none of a pod's tokens can have been renewed since it began."""
    kept = _kept_for(found)
    return found.started is not None and bool(kept) and now - found.started < min(kept)


def _kept_for(found: Workload) -> list[timedelta]:
    """For how long its tokens are kept: four fifths of their life, a day at most."""
    lives = [timedelta(seconds=token.expiration or 3600) for token in aws_tokens(found)]
    return [min(life * REFRESHED_AT, timedelta(hours=24)) for life in lives]
