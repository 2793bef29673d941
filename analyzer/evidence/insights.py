"""The members of an Insights archive, which names kinds by its paths and leaves them out of the objects.

openshift/insights-operator writes JSON without ``apiVersion`` and ``kind`` for most of what it collects
(docs/insights-archive-sample), and values of ConfigMaps as files of their own.
"""

from __future__ import annotations

from datetime import UTC, datetime

from analyzer.bundle import Document, Map, UnreadableDocument, parse_json, to_utf8
from analyzer.evidence.origin import Where
from analyzer.evidence.records import K8sObject
from analyzer.evidence.values import mapping, text
from analyzer.frozen import frozen
from analyzer.patterns import later

_CONFIG = "config.openshift.io/v1"
_NAMED = later(
    r"(?P<root>(?:|.*/))(?:"
    r"config/(?P<single>authentication|featuregate|infrastructure|version)\.json"
    r"|config/clusteroperator/(?P<operator>[a-z0-9-]+)\.json"
    r"|config/clusteroperator/(?P<group>[a-z]+(?:\.[a-z]+)*\.openshift\.io)/(?P<plural>[a-z]+)"
    r"/(?:(?P<opns>[^/]+)/)?(?P<opname>[^/]+)\.json"
    r"|config/(?P<cluster>storage/storageclasses|mutatingwebhookconfigurations)/(?P<name>[^/]+)\.json"
    r"|config/pod/(?P<podns>[^/]+)/(?P<pod>[^/]+)\.json"
    r"|(?:config/)?machinesets/(?P<machns>[^/]+)/(?P<machine>[^/]+)\.json"
    r"|config/subscriptions/(?P<subns>[^/]+)/(?P<sub>[^/]+)\.json"
    r"|config/configmaps/(?P<mapns>kube-system)/(?P<map>cluster-config-v1)/(?P<key>install-config)"
    r")"
)
_LOG = later(
    r"(?P<root>(?:|.*/))(?:config/pod/[^/]+/logs/[^/]+/[^/]+\.log"
    r"|conditional/namespaces/[^/]+/pods/[^/]+/containers/[^/]+/logs/[^/]+\.log)"
)
_MARKS = ("config/", "machinesets/", "conditional/")
_ENDS = (".json", ".log", "/install-config")
_TIME = later(r"insights-(\d{4}-\d\d-\d\d-\d{6})")
_SINGLES = {
    "authentication": ("Authentication", "cluster"),
    "featuregate": ("FeatureGate", "cluster"),
    "infrastructure": ("Infrastructure", "cluster"),
    "version": ("ClusterVersion", "version"),
}
_OPERATORS = {
    ("operator.openshift.io", "cloudcredential"): "CloudCredential",
    ("operator.openshift.io", "kubeapiserver"): "KubeAPIServer",
    ("operator.openshift.io", "ingresscontroller"): "IngressController",
    ("imageregistry.operator.openshift.io", "config"): "Config",
}


@frozen
class InsightsMember:
    """One object of the archive: ``key`` names the value where a file holds one of a ConfigMap."""

    root: str
    api_version: str
    kind: str
    namespace: str
    name: str
    key: str = ""


def insights_root(path: str) -> str | None:
    """Give the folder that holds the archive's ``config``, where a path shows that it is one."""
    # a look at bytes before a pattern for every path
    if not path.endswith(_ENDS) or not any(mark in path for mark in _MARKS):
        return None
    found = _NAMED.fullmatch(path) or _LOG.fullmatch(path)
    return found["root"].rstrip("/") if found else None


def is_insights_log(path: str) -> bool:
    """Tell the log of a pod."""
    return _LOG.fullmatch(path) is not None


def insights_member(path: str) -> InsightsMember | None:
    """Tell which object a member holds; None for what no chain needs."""
    found = _NAMED.fullmatch(path)
    if found is None:
        return None
    root = found["root"].rstrip("/")
    if found["single"]:
        return InsightsMember(root, _CONFIG, *_second_empty(_SINGLES[found["single"]]))
    if found["operator"]:
        return InsightsMember(root, _CONFIG, "ClusterOperator", "", found["operator"])
    if found["plural"]:
        kind = _OPERATORS.get((found["group"], found["plural"]))
        version = f"{found['group']}/v1"
        return InsightsMember(root, version, kind, found["opns"] or "", found["opname"]) if kind else None
    if found["cluster"]:
        storage = found["cluster"].startswith("storage")
        version = "storage.k8s.io/v1" if storage else "admissionregistration.k8s.io/v1"
        kind = "StorageClass" if storage else "MutatingWebhookConfiguration"
        return InsightsMember(root, version, kind, "", found["name"])
    if found["pod"]:
        return InsightsMember(root, "v1", "Pod", found["podns"], found["pod"])
    if found["machine"]:
        return InsightsMember(
            root, "machine.openshift.io/v1beta1", "MachineSet", found["machns"], found["machine"]
        )
    if found["sub"]:
        return InsightsMember(
            root, "operators.coreos.com/v1alpha1", "Subscription", found["subns"], found["sub"]
        )
    return InsightsMember(root, "v1", "ConfigMap", found["mapns"], found["map"], found["key"])


def _second_empty(pair: tuple[str, str]) -> tuple[str, str, str]:
    return pair[0], "", pair[1]


def read_member(input_id: str, path: str, member: InsightsMember, data: bytes, root: str) -> K8sObject:
    """Read one object, its type and name put in where the archive leaves them out.

    Raises UnreadableDocument.
    """
    value_alone = bool(member.key)
    document = _value_document(path, member, to_utf8(data)) if value_alone else parse_json(data, path)[0]
    value = mapping(document.value)
    if not value:
        raise UnreadableDocument(path, 1, "it is no JSON object")
    metadata = mapping(value.get("metadata"))
    version = text(value.get("apiVersion")) or member.api_version
    return K8sObject(
        kind=text(value.get("kind")) or member.kind,
        group=version.rpartition("/")[0],
        namespace=text(metadata.get("namespace")) or member.namespace,
        name=text(metadata.get("name")) or member.name,
        value=value,
        where=Where(input_id, document.at()),
        root=root,
        second_hand=True,
    )


def _value_document(path: str, member: InsightsMember, data: bytes) -> Document:
    """Make the ConfigMap whose value this file is; every place in it is the file's first line."""
    inner = Map()
    inner[member.key] = data.decode("utf-8", "replace")
    inner.marks[member.key] = 0
    value = Map()
    value["data"] = inner
    value.marks["data"] = 0
    return Document(path, data, 1, value, "yaml")


def archive_time(path: str) -> tuple[datetime, datetime] | None:
    """Give the time that the name of an archive tells (``insights-2021-08-03-101412.tar.gz``)."""
    found = _TIME.search(path)
    if found is None:
        return None
    try:
        when = datetime.strptime(found[1], "%Y-%m-%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return when, when
