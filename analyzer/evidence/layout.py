"""Which members of a bundle matter, judged by path alone before anything is read.

Paths are relative to a bundle root, as `oc adm inspect` writes them (openshift/oc,
pkg/cli/admin/inspect). The order of members in an archive is arbitrary, so nothing here may
depend on what was read before.
"""

from __future__ import annotations

import re

from analyzer.frozen import frozen
from analyzer.patterns import later

REQUESTS_NAMESPACE = "openshift-cloud-credential-operator"

_CLUSTER_SCOPED = later(
    r"cluster-scoped-resources/(?:"
    r"config\.openshift\.io/(?:clusterversions|infrastructures|authentications|clusteroperators|dnses|featuregates)"
    r"|operator\.openshift\.io/(?:cloudcredentials|kubeapiservers)"
    r"|imageregistry\.operator\.openshift\.io/configs"
    r"|storage\.k8s\.io/storageclasses"
    r")(?:\.yaml|\.json|/[^/]+\.(?:yaml|json))"
)
_ADDRESSES = later(
    r"cluster-scoped-resources/cloud\.network\.openshift\.io/cloudprivateipconfigs"
    r"(?:\.(?:yaml|json)|/[^/]+\.(?:yaml|json))"
)
_EVENTS = later(
    r"(?:namespaces/(?P<ns>[^/]+)|cluster-scoped-resources)/(?:core|events\.k8s\.io)/events"
    r"(?:\.(?:yaml|json)|/(?P<name>[^/]+)\.(?:yaml|json))"
)
_NAMESPACE = later(
    r"(?:namespaces/(?P<ns>[^/]+)/(?P=ns)|cluster-scoped-resources/core/namespaces(?:/(?P<name>[^/]+))?)"
    r"\.(?:yaml|json)"
)
_NAMESPACED = later(
    r"namespaces/(?P<ns>[^/]+)/(?:"
    r"(?P<group>[^/]+)/(?P<plural>[a-z]+)(?:\.(?:yaml|json)|/(?P<name>[^/]+)\.(?:yaml|json))"
    r"|pods/(?P<pod>[^/]+)/(?P=pod)\.yaml)"
)
_LOG = later(
    r"namespaces/[^/]+/(?:pods/[^/]+/[^/]+/[^/]+/logs/(?:(?:current|previous)(?:\.insecure)?\.log(?:\.\d+)?(?:\.(?:gz|xz|bz2|zst))?"
    r"|rotated/[^/]+)|core/pods/logs/[^/]+\.log)"
)
_AS_WRITTEN = (".yaml", ".json", ".log")
_ENDING = later(
    r"\.(?:(?P<yaml>ya?ml)|(?P<other>json|log))(?:\.txt)?(?:\.\d{1,4})?(?:\.(?:gz|xz|bz2|zst))?$",
    re.IGNORECASE,
)
"""What is added on the way: a number where masked names became the same (must-gather-clean), the suffix of
files that were packed one by one, and Windows' own."""

LATER = frozenset({"Pod", "Deployment", "Secret"})
"""Kinds that are kept as bytes until it is known which namespaces matter."""

_KINDS = {
    ("cloudcredential.openshift.io", "credentialsrequests"): "CredentialsRequest",
    ("core", "secrets"): "Secret",
    ("core", "configmaps"): "ConfigMap",
    ("core", "pods"): "Pod",
    ("core", "serviceaccounts"): "ServiceAccount",
    ("apps", "deployments"): "Deployment",
    ("machine.openshift.io", "machines"): "Machine",
    ("machine.openshift.io", "machinesets"): "MachineSet",
    ("operators.coreos.com", "subscriptions"): "Subscription",
    ("operators.coreos.com", "clusterserviceversions"): "ClusterServiceVersion",
    ("operator.openshift.io", "ingresscontrollers"): "IngressController",
    ("ingress.operator.openshift.io", "dnsrecords"): "DNSRecord",
    ("hypershift.openshift.io", "hostedclusters"): "HostedCluster",
    ("hypershift.openshift.io", "hostedcontrolplanes"): "HostedControlPlane",
    ("hypershift.openshift.io", "nodepools"): "NodePool",
}
TOKEN_AUTH = b"features.operators.openshift.io/token-auth-aws"
"""The annotation of an operator's version that can sign in with a token; versions without it are not read."""
_TROUBLED = {
    "Machine": (b"errorMessage", b"MachineCreationFailed"),
    "CloudPrivateIPConfig": (b"CloudResponseError",),
}
"""Kinds of which there are many, with what the status of those has that AWS refused something."""
_SECRET_NOISE = (b"kubernetes.io/dockercfg", b"kubernetes.io/service-account-token", b"kubernetes.io/tls")
_CONFIGMAPS = {
    "kube-system": later(r"cluster-config-v1"),
    "openshift-kube-apiserver": later(r"config(?:-\d+)?|(?:bound-)?sa-token-signing-certs(?:-\d+)?"),
    "openshift-config-managed": later(r"(?:bound-)?sa-token-signing-certs"),
    REQUESTS_NAMESPACE: later(r"cloud-credential-operator-config"),
}


@frozen
class Wanted:
    """A member to read: ``how`` is "log", "events", "object" (parse all) or "items" (parse what is asked).

    ``listing`` tells that the file lists every object of its kind in its namespace.
    """

    how: str
    kind: str = ""
    namespace: str = ""
    listing: bool = False


def wanted(inner: str) -> Wanted | None:
    """Tell what a member is good for; ``inner`` is its path below the bundle root."""
    if not inner.endswith(_AS_WRITTEN):
        inner = _ENDING.sub(lambda found: ".yaml" if found["yaml"] else f".{found['other'].lower()}", inner)
    if "/logs/" in inner and _LOG.fullmatch(inner):
        return Wanted("log")
    if _CLUSTER_SCOPED.fullmatch(inner):
        if inner.rpartition("/")[2].startswith("clusteroperators."):
            return Wanted("object", "ClusterOperator", listing=True)
        return Wanted("object")
    if "/events" in inner and (match := _EVENTS.fullmatch(inner)):
        return Wanted("events", "Event", match["ns"] or "", listing=match["name"] is None)
    if _ADDRESSES.fullmatch(inner):
        return Wanted("items", "CloudPrivateIPConfig")
    if match := _NAMESPACE.fullmatch(inner):
        return Wanted("items", "Namespace", listing=match["ns"] is None and match["name"] is None)
    match = _NAMESPACED.fullmatch(inner)
    if match is None:
        return None
    namespace = match["ns"]
    if match["pod"]:
        return Wanted("items", "Pod", namespace)
    kind = _KINDS.get((match["group"], match["plural"]))
    if kind is None or (kind == "ConfigMap" and namespace not in _CONFIGMAPS):
        return None
    return Wanted("items", kind, namespace, listing=match["name"] is None)


def wants_item(kind: str, namespace: str, name: str, data: bytes) -> bool:
    """Tell whether one object of a list is worth parsing, from its name and its bytes."""
    if kind == "ConfigMap":
        pattern = _CONFIGMAPS.get(namespace)
        return pattern is not None and pattern.fullmatch(name) is not None
    if kind == "Secret":
        return not any(noise in data for noise in _SECRET_NOISE)
    if kind == "ServiceAccount":
        return b"amazonaws.com/" in data or b"arn:aws" in data
    if kind in _TROUBLED:
        return any(word in data for word in _TROUBLED[kind])
    if kind == "ClusterServiceVersion":
        return TOKEN_AUTH in data and b"olm.copiedFrom" not in data
    return True
