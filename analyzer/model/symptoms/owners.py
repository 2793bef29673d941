"""Whose errors the logs of a namespace hold: those of a chain's own pods, and those that may be another's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import Symptom
from analyzer.frozen import field, frozen
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.hosted import deployment_of
from analyzer.model.symptoms.from_conditions import words_of


@frozen
class Logged:
    """The errors in the logs of a chain's namespace; ``unclaimed`` ones may be another's as well."""

    own: list[Symptom] = field(default_factory=list)
    unclaimed: list[Symptom] = field(default_factory=list)

    @property
    def all(self) -> list[Symptom]:
        """Give both."""
        return [*self.own, *self.unclaimed]


def logged_by(
    chain: Chain, chains: Sequence[Chain], evidence: Evidence, symptoms: Iterable[Symptom]
) -> Logged:
    """Sort the symptoms in the logs of a chain's namespace by whose they are; those of others are left out.

    A pod's own spec tells it. Where several chains share a namespace and no spec was read, the pod's name
    may; where it does not, the error may be any chain's, or of a program that no request is for.
    """
    here = [symptom for symptom in symptoms if symptom.namespace == chain.namespace]
    if not here:
        return Logged()
    peers = [c for c in chains if c.namespace == chain.namespace]
    read = evidence.seen("Pod", chain.namespace)
    owners = {w.name: c.id for c in peers for w in c.workloads}
    owners |= {pod: c.id for c in peers for pod in (*c.ended, *c.pods_outside)}
    found = Logged()
    torn = ("Pod", chain.namespace) in evidence.torn
    for symptom in here:
        known = symptom.pod in read
        owner = owners.get(symptom.pod) or (None if known else _by_name(symptom.pod, peers))
        if owner == chain.id:
            found.own.append(symptom)
        elif owner is None and not (known and not torn and _is_of_another(symptom.pod, chain)):
            unsure = len(peers) > 1 or not (known or _goes_by(symptom.pod, chain, evidence))
            (found.unclaimed if unsure else found.own).append(symptom)
    return found


def _by_name(pod: str, peers: Sequence[Chain]) -> str | None:
    """Tell the chain of a pod whose spec was not read, by a word that the names of one chain alone have."""
    if len(peers) < 2:
        return None
    parts = set(pod.split("-"))
    words = {c.id: words_of(c) for c in peers}
    named = [
        name
        for name, own in words.items()
        if parts & own - set().union(*(others for other, others in words.items() if other != name))
    ]
    return named[0] if len(named) == 1 else None


def _is_of_another(pod: str, chain: Chain) -> bool:
    """Tell a pod whose spec names neither the chain's Secret nor its ServiceAccounts, and has no token."""
    if pod in chain.strangers:
        return False
    pods = {w.name for w in chain.workloads if w.kind == "Pod"} | chain.pods_outside
    name = deployment_of(pod)
    like = name is not None and (name in map(deployment_of, pods) or name in chain.service_accounts)
    return bool(pods) and not like


def _goes_by(pod: str, chain: Chain, evidence: Evidence) -> bool:
    """Tell a pod without a spec by its name, where others may have run there too."""
    accounts = chain.service_accounts
    if not accounts or chain.of_control_plane or evidence.has_list("Pod", chain.namespace):
        return True
    name = deployment_of(pod) or pod
    if name in {w.name for w in chain.workloads}:
        return True
    alike = (a.startswith(f"{name}-") or f"{name}-".startswith(f"{a}-") for a in accounts)
    return any(alike) or not set(accounts).isdisjoint(name.split("-"))
