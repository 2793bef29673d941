"""Which operator a chain belongs to."""

from __future__ import annotations

from analyzer.evidence.records import K8sObject
from analyzer.evidence.values import dig, items, mapping, text
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.objects import Objects

_USUAL_OPERATORS = {
    "openshift-cloud-credential-operator": "cloud-credential",
    "openshift-cloud-network-config-controller": "network",
    "openshift-cluster-api": "cluster-api",
    "openshift-cluster-csi-drivers": "storage",
    "openshift-image-registry": "image-registry",
    "openshift-ingress-operator": "ingress",
    "openshift-machine-api": "machine-api",
}
"""The ClusterOperators that name the namespaces of the payload's requests in their relatedObjects."""


def is_related_to_any(objects: Objects, namespace: str) -> bool:
    """Tell a namespace that a ClusterOperator names as its own."""
    return any(
        dig(related, "resource") == "namespaces" and dig(related, "name") == namespace
        for operator in objects.all("ClusterOperator")
        for related in items(dig(operator.value, "status", "relatedObjects"))
    )


def operator_of(chain: Chain, objects: Objects) -> K8sObject | None:
    """Find the ClusterOperator that watches a chain's namespace, by its relatedObjects.

    Several may name the namespace; the one whose name shares most words with it is taken. Where none
    does, as in a list that was cut to its conditions, the one that every release has for it.
    """
    words = set(chain.namespace.removeprefix("openshift-").split("-"))
    found = []
    for obj in objects.all("ClusterOperator"):
        for related in items(dig(obj.value, "status", "relatedObjects")):
            entry = mapping(related)
            named = (
                text(entry.get("name"))
                if entry.get("resource") == "namespaces"
                else text(entry.get("namespace"))
            )
            if named == chain.namespace:
                found.append(obj)
                break
    # "storage" owns openshift-cluster-csi-drivers without sharing a word with it
    named_best = max(found, key=lambda o: (len(words & set(o.name.split("-"))), -len(o.name)), default=None)
    usual = _USUAL_OPERATORS.get(chain.namespace)
    return named_best or (objects.one("ClusterOperator", usual) if usual else None)
