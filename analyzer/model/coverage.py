"""What a bundle should hold for the chains and does not, and where copies of an object disagree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.engine.facts import Cite, Fact
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.layout import REQUESTS_NAMESPACE
from analyzer.evidence.masks.translation import holds_mask
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject
from analyzer.evidence.values import dig, text
from analyzer.frozen import frozen
from analyzer.model.joining.objects import was_in_cluster

_CONFIG = "cluster-scoped-resources/config.openshift.io"
_OPERATOR = "cluster-scoped-resources/operator.openshift.io"
_CLUSTER = (
    ("ClusterVersion", f"{_CONFIG}/clusterversions.yaml"),
    ("Infrastructure", f"{_CONFIG}/infrastructures.yaml"),
    ("Authentication", f"{_CONFIG}/authentications.yaml"),
    ("ClusterOperator", f"{_CONFIG}/clusteroperators.yaml"),
    ("CloudCredential", f"{_OPERATOR}/cloudcredentials/cluster.yaml"),
    ("KubeAPIServer", f"{_OPERATOR}/kubeapiservers/cluster.yaml"),
)
_NAMESPACED = (
    ("ConfigMap", "kube-system", "core/configmaps.yaml"),
    ("ConfigMap", "openshift-kube-apiserver", "core/configmaps.yaml"),
    ("CredentialsRequest", REQUESTS_NAMESPACE, "cloudcredential.openshift.io/credentialsrequests/"),
)


@frozen
class Absent:
    """Something that is usually in a bundle: what, and the place below a bundle root where it would be."""

    what: str
    place: str


def absent_parts(evidence: Evidence) -> list[Absent]:
    """Give what is not there of the objects, lists and logs that the chains are judged by."""
    seen = {(kind, namespace) for _, kind, namespace in evidence.names}
    seen |= {(obj.kind, obj.namespace) for obj in evidence.objects}
    kinds = {obj.kind for obj in evidence.objects}
    found = [Absent(kind, place) for kind, place in _CLUSTER if kind not in kinds]
    for kind, namespace, place in _NAMESPACED:
        if (kind, namespace) not in seen and not evidence.has_list(kind, namespace):
            found.append(Absent(f"{kind}s of {namespace}", f"namespaces/{namespace}/{place}"))
    logged = {log.namespace for log in evidence.log_files if not log.empty}
    for namespace in _target_namespaces(evidence):
        for kind, plural in (("Secret", "secrets"), ("Pod", "pods")):
            if (kind, namespace) not in seen and not evidence.has_list(kind, namespace):
                place = f"namespaces/{namespace}/core/{plural}.yaml"
                found.append(Absent(f"{kind}s of {namespace}", place))
        if namespace not in logged:
            found.append(Absent(f"logs of {namespace}", f"namespaces/{namespace}/pods/"))
    return found


def _target_namespaces(evidence: Evidence) -> list[str]:
    """Where the requests for AWS in the cluster want their Secrets."""
    spaces = {
        text(dig(obj.value, "spec", "secretRef", "namespace"))
        for obj in evidence.objects
        if obj.kind == "CredentialsRequest"
        and was_in_cluster(obj)
        and dig(obj.value, "spec", "providerSpec", "kind") == "AWSProviderSpec"
    }
    return sorted(space for space in spaces if space)


class Copies:
    """The other copies of what a fact cites, where they say something else."""

    def __init__(self, objects: Iterable[K8sObject]) -> None:
        self._by_name: dict[tuple[str, str, str, str], list[K8sObject]] = {}
        self._by_document: dict[int, list[K8sObject]] = {}
        for obj in objects:
            if was_in_cluster(obj):
                key = (obj.group, obj.kind, obj.namespace, obj.name)
                self._by_name.setdefault(key, []).append(obj)
                self._by_document.setdefault(id(obj.where.place.document), []).append(obj)

    def others(self, fact: Fact) -> Iterator[tuple[Json, Where]]:
        """Yield what other copies hold at the places that a fact cites, with their place."""
        seen: set[tuple[str, int, str]] = set()
        for cite in fact.cites:
            for value, where in self._differing(cite):
                key = (where.file, where.line, repr(value))
                if key not in seen:
                    seen.add(key)
                    yield value, where

    def _differing(self, cite: Cite) -> Iterator[tuple[Json, Where]]:
        if not isinstance(cite, Where):
            return
        path = cite.place.path
        for obj in self._by_document.get(id(cite.place.document), ()):
            base = obj.where.place.path
            if path[: len(base)] != base:
                continue
            inner = path[len(base) :]
            for other in self._by_name[obj.group, obj.kind, obj.namespace, obj.name]:
                value = dig(other.value, *inner)
                if other is obj or holds_mask(value):
                    continue
                if value != dig(obj.value, *inner):
                    yield value, other.where.at(*inner)
