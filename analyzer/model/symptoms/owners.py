"""Whose errors the logs of a namespace hold: those of a chain's own pods, and those that may be another's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import Symptom
from analyzer.frozen import field, frozen
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.credentials import OPENSHIFT_TOKEN
from analyzer.model.joining.hosted import deployment_of
from analyzer.model.symptoms.from_conditions import words_of
from analyzer.patterns import later

_COMMON = {"openshift", "cluster", "operator", "controller", "cloud"}
"""Words in the names of many namespaces."""
_WORD = later(r"(?=[a-z]*[aeiou])[a-z]+-")
"""What is no hash of a ReplicaSet: those have neither vowels nor the digits that look like them."""


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
    debugged = {pod for c in peers for pod in c.debugged}
    read = evidence.seen("Pod", chain.namespace)
    owners = {w.name: c.id for c in peers for w in c.workloads}
    owners |= {pod: c.id for c in peers for pod in (*c.ended, *c.pods_outside)}
    found = Logged()
    torn = ("Pod", chain.namespace) in evidence.torn
    untold = not any(w.kind == "Pod" for c in peers for w in c.workloads)  # then no spec tells whose it is
    for symptom in (one for one in here if one.pod not in debugged):
        known = symptom.pod in read
        owner = owners.get(symptom.pod)
        if owner is None and (untold or not known):
            owner = _by_name(symptom.pod, peers)
        if owner == chain.id:
            found.own.append(symptom)
        elif owner is None and not (known and not torn and _is_of_another(symptom, chain)):
            unsure = len(peers) > 1 or not (known or _may_be_own(symptom, chain, evidence))
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


def _is_of_another(symptom: Symptom, chain: Chain) -> bool:
    """Tell a pod whose spec names neither the chain's Secret nor its ServiceAccounts, and has no token.

    One that looks for the token where the chain's Secret says that it is has read that Secret all the same.
    """
    pod = symptom.pod
    if pod in chain.strangers or (symptom.klass == "token-file" and OPENSHIFT_TOKEN in symptom.message):
        return False
    pods = {w.name for w in chain.workloads if w.kind == "Pod"} | chain.pods_outside
    return bool(pods) and deployment_of(pod) not in map(deployment_of, pods) and not _goes_by(pod, chain)


def _may_be_own(symptom: Symptom, chain: Chain, evidence: Evidence) -> bool:
    """Take an error of a pod without a spec for the chain's by its name, where others may have run there too.

    Without the ServiceAccounts less is known of names, and what runs on each node calls as that by design.
    """
    if chain.of_control_plane or evidence.has_list("Pod", chain.namespace):
        return True
    if chain.service_accounts:
        return _goes_by(symptom.pod, chain)
    words = words_of(chain) | {*chain.namespace.split("-")} - _COMMON
    return symptom.klass != "node-role" and not words.isdisjoint(symptom.pod.split("-"))


def _goes_by(pod: str, chain: Chain) -> bool:
    """Tell a pod that has the name of one of the chain's ServiceAccounts, or of its Deployments."""
    name = _deployment_of(pod) or pod
    if name in {w.name for w in chain.workloads}:
        return True
    alike = (
        f"{pod}-".startswith(f"{account.removesuffix('-sa')}-") or account.startswith(f"{name}-")
        for account in chain.service_accounts
    )
    return any(alike) or not set(chain.service_accounts).isdisjoint(name.split("-"))


def _deployment_of(pod: str) -> str | None:
    """Give the Deployment that a pod's name shows; a DaemonSet's pods have a word where that has a hash."""
    name = deployment_of(pod)
    return None if name is None or _WORD.match(pod, len(name) + 1) else name
