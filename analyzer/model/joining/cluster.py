"""Cluster-wide facts: identity, mode, issuer in force."""

from __future__ import annotations

from datetime import datetime

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.masks.shapes import is_alone, is_masked, is_stand_in
from analyzer.evidence.records import K8sObject
from analyzer.evidence.values import dig, items, mapping, text
from analyzer.frozen import frozen, replace
from analyzer.model.joining.asks import Asks, not_judged
from analyzer.model.joining.aws import GLOBAL_STS, is_hidden_issuer, partition_of
from analyzer.model.joining.hosted import Hosted
from analyzer.model.joining.objects import Objects, known, read
from analyzer.model.joining.runtime_issuer import nodes_of, runtime_facts

DEFAULT_ISSUER = "https://kubernetes.default.svc"
"""What kube-apiserver signs as where no issuer is set."""

Facts = dict[str, Fact | Unknown]


@frozen
class ClusterView:
    """The cluster's facts, and the few values that the joins need as plain values."""

    facts: Facts
    issuer: str | None
    """The issuer that the chain is judged by; "" where none is set, None where it is not known."""
    region: str
    partition: str
    partition_known: bool
    hosted: bool | None
    rival: Rival | None = None
    now: datetime | None = None
    """The time at which calls to AWS are judged."""

    def of_rival(self) -> ClusterView:
        """Give the view by the issuer that kube-apiserver runs with."""
        return replace(self, issuer=self.rival.issuer, rival=None) if self.rival else self


@frozen
class Rival:
    """Another issuer than the one that is set, with which kube-apiserver runs still.

    Either may be meant: where provider, roles or documents fit one of them, nothing is held against them
    but what is wrong with them whichever it is.
    """

    issuer: str
    waits: Unknown
    """What a fact is that depends on which of the two is meant."""


def value_of(facts: Facts, name: str) -> object:
    """Give a fact's value, None where it is not known."""
    fact = facts.get(name)
    return fact.value if isinstance(fact, Fact) else None


def read_cluster(evidence: Evidence, objects: Objects, asks: Asks, told: Hosted | None = None) -> ClusterView:
    """Read everything that is said once for the whole cluster.

    ``told`` is what its management cluster tells of a hosted one: it fills in what the guest does not tell.
    """
    facts: Facts = {}
    _identity(facts, objects, asks)
    _mode(facts, evidence, objects, asks)
    own = objects.one("Authentication", "cluster", group="config.openshift.io")
    if own is None:
        facts["cluster.authentication_issuer"] = asks.config("authentications.config.openshift.io")
    else:
        value = mapping(read(own, "spec")).get("serviceAccountIssuer") or ""
        facts["cluster.authentication_issuer"] = (
            asks.config("authentications.config.openshift.io", "the issuer is masked in this bundle")
            if not isinstance(value, str)
            or is_hidden_issuer(value)
            or not isinstance(read(own, "spec"), dict)
            else known(value, own.where.at("spec", "serviceAccountIssuer"))
        )
    facts |= runtime_facts(objects, evidence.log_files, asks)
    if told is not None:
        _told_outside(facts, told)
    _follow_region(facts)
    facts["cluster.issuer"] = _issuer(facts)
    facts["cluster.node_revisions"] = _node_revisions(facts, objects, asks)
    region = value_of(facts, "cluster.region")
    partition = value_of(facts, "cluster.partition")
    hosted = value_of(facts, "cluster.hosted")
    issuer = facts["cluster.issuer"]
    return ClusterView(
        facts=facts,
        issuer=str(issuer.value) if isinstance(issuer, Fact) else None,
        region=str(region) if region else "",
        partition=str(partition) if partition else "aws",
        partition_known=partition is not None,
        hosted=hosted if isinstance(hosted, bool) else None,
        rival=_rival(facts, asks),
    )


def _rival(facts: Facts, asks: Asks) -> Rival | None:
    """Find the issuer in force where another is set: both are real ones, of which each may be meant."""
    own, runtime = value_of(facts, "cluster.authentication_issuer"), value_of(facts, "cluster.runtime_issuer")
    if not own or not isinstance(runtime, str) or runtime in (own, DEFAULT_ISSUER):
        return None
    if value_of(facts, "cluster.hosted"):
        return None
    revisions = value_of(facts, "cluster.node_revisions")
    if value_of(facts, "cluster.platform") != "AWS":
        waits = facts["cluster.platform"] if isinstance(facts["cluster.platform"], Unknown) else Unknown()
    elif isinstance(revisions, list) and len(set(revisions)) > 1:
        why = "kube-apiserver is on its way from one issuer to another"
        waits = asks.config("kubeapiservers.operator.openshift.io", why)
    else:
        waits = not_judged("mode-issuer-not-rolled-out")
    return Rival(runtime, waits)


def _identity(facts: Facts, objects: Objects, asks: Asks) -> None:
    version = objects.one("ClusterVersion", "version")
    no_version = asks.config("clusterversions.config.openshift.io")
    facts["cluster.version"] = facts["cluster.id"] = no_version
    if version is not None:
        facts["cluster.version"] = _version(version) or no_version
        facts["cluster.id"] = known(
            text(read(version, "spec", "clusterID")), version.where.at("spec", "clusterID")
        )
    infra = objects.one("Infrastructure", "cluster", group="config.openshift.io")
    ask = asks.config("infrastructures.config.openshift.io")
    for name, path in (
        ("cluster.infra_name", ("status", "infrastructureName")),
        ("cluster.platform", ("status", "platformStatus", "type")),
        ("cluster.region", ("status", "platformStatus", "aws", "region")),
    ):
        value = text(read(infra, *path)) if infra else None
        if infra and not value and name == "cluster.platform":
            value, path = text(read(infra, "status", "platform")), ("status", "platform")
        if value and is_stand_in(value):
            facts[name] = asks.config("infrastructures.config.openshift.io", "it is masked in this bundle")
        else:
            facts[name] = known(value, infra.where.at(*path)) if infra and value else ask
    facts["cluster.sts_endpoint"] = _sts_endpoint(infra) if infra else ask
    if infra is None:
        facts["cluster.hosted"] = ask
    else:
        topology = read(infra, "status", "controlPlaneTopology")
        facts["cluster.hosted"] = known(
            topology == "External", infra.where.at("status", "controlPlaneTopology")
        )


def _follow_region(facts: Facts) -> None:
    region = facts["cluster.region"]
    facts["cluster.sts_global"] = (
        Fact(region.value in GLOBAL_STS, region.cites, derived=True) if isinstance(region, Fact) else region
    )
    facts["cluster.partition"] = (
        Fact(partition_of(str(region.value)), region.cites, derived=True)
        if isinstance(region, Fact)
        else region
    )


_TOLD_OUTSIDE = {
    "cluster.id": ("spec", "clusterID"),
    "cluster.infra_name": ("spec", "infraID"),
    "cluster.platform": ("spec", "platform", "type"),
    "cluster.region": ("spec", "platform", "aws", "region"),
    "cluster.authentication_issuer": ("spec", "issuerURL"),
}


def _told_outside(facts: Facts, told: Hosted) -> None:
    """Fill in what the guest's own objects do not tell.

    The control plane sets the guest's configuration: its issuer, which kube-apiserver signs with, and always
    the mode Manual (hostedclusterconfigoperator/controllers/resources/cco).
    """
    for name, path in _TOLD_OUTSIDE.items():
        found = told.find(*path)
        if found is not None and isinstance(facts[name], Unknown):
            facts[name] = known(*found)
            if name == "cluster.authentication_issuer" and isinstance(
                facts["cluster.runtime_issuer"], Unknown
            ):
                facts["cluster.runtime_issuer"] = known(*found)
                facts["cluster.runtime_issuers"] = known([found[0]], found[1])
                facts["cluster.runtime_source"] = known("kube-apiserver", found[1])
                facts["cluster.runtime_confirmed"] = known(True, found[1])
    if told.version is not None and isinstance(facts["cluster.version"], Unknown):
        facts["cluster.version"] = known(*told.version)
    where = told.objects[0].where
    facts["cluster.hosted"] = known(True, where, derived=True)
    if isinstance(facts["cluster.credentials_mode"], Unknown):
        facts["cluster.credentials_mode"] = known("Manual", where, derived=True)


def _sts_endpoint(infra: K8sObject) -> Fact:
    """Give the STS endpoint that the cluster was told to use in the place of AWS's own; null without one."""
    path = ("status", "platformStatus", "aws", "serviceEndpoints")
    for index, entry in enumerate(items(read(infra, *path))):
        if text(dig(entry, "name")) == "sts" and text(dig(entry, "url")):
            return known(text(dig(entry, "url")), infra.where.at(*path, index, "url"))
    return known(None)


def _version(version: K8sObject) -> Fact | None:
    """The newest completed entry of the history, else what is desired."""
    for index, entry in enumerate(items(read(version, "status", "history"))):
        if dig(entry, "state") == "Completed" and text(dig(entry, "version")):
            return known(text(dig(entry, "version")), version.where.at("status", "history", index, "version"))
    desired = text(read(version, "status", "desired", "version"))
    return known(desired, version.where.at("status", "desired", "version")) if desired else None


def _mode(facts: Facts, evidence: Evidence, objects: Objects, asks: Asks) -> None:
    cco = objects.one("CloudCredential", "cluster", group="operator.openshift.io")
    given = text(read(cco, "spec", "credentialsMode")) or "" if cco else ""
    facts["cluster.credentials_mode"] = (
        known(given, cco.where.at("spec", "credentialsMode"))
        if cco and not is_masked(given) and isinstance(read(cco, "spec"), dict)
        else asks.config("cloudcredentials.operator.openshift.io")
    )
    install = objects.one("ConfigMap", "cluster-config-v1", "kube-system")
    if install is not None:
        config = text(read(install, "data", "install-config"))
        mode, hidden = _install_mode(config), config is not None and (not config.strip() or is_alone(config))
        facts["cluster.install_mode"] = (
            asks.configmap("kube-system", "cluster-config-v1")
            if hidden or is_masked(mode or "")
            else known(mode, install.where.at("data", "install-config"))
        )
    elif evidence.has_list("ConfigMap", "kube-system"):
        facts["cluster.install_mode"] = known(None)
    else:
        facts["cluster.install_mode"] = asks.configmap("kube-system", "cluster-config-v1")
    namespace = "openshift-cloud-credential-operator"
    legacy = objects.one("ConfigMap", "cloud-credential-operator-config", namespace)
    if legacy is not None:
        said = text(read(legacy, "data", "disabled")) or ""
        facts["cluster.legacy_disabled"] = (
            asks.configmap(namespace, "cloud-credential-operator-config")
            if is_masked(said)
            else known(said.lower() == "true", legacy.where.at("data", "disabled"))
        )
    elif evidence.has_list("ConfigMap", namespace):
        facts["cluster.legacy_disabled"] = known(None)
    else:
        facts["cluster.legacy_disabled"] = asks.configmap(namespace, "cloud-credential-operator-config")
    root = objects.one("Secret", "aws-creds", "kube-system")
    if root is not None or "aws-creds" in evidence.seen("Secret", "kube-system"):
        facts["cluster.root_secret"] = known(True, root.where if root else None)
    elif evidence.has_list("Secret", "kube-system"):
        facts["cluster.root_secret"] = known(False)
    else:
        facts["cluster.root_secret"] = asks.namespace("kube-system", "Secrets")


def _install_mode(config: str | None) -> str | None:
    if config is None:
        return None
    for line in config.splitlines():
        if line.startswith("credentialsMode:"):
            return line.split(":", 1)[1].strip().strip("\"'")
    return ""


def _issuer(facts: Facts) -> Fact | Unknown:
    """The issuer that the chain is judged by.

    Authentication's where it names one: if kube-apiserver still runs with another, that is said once
    by its own rule, and the rest is judged by what the cluster is meant to run with.
    """
    own, runtime = facts["cluster.authentication_issuer"], facts["cluster.runtime_issuer"]
    if isinstance(own, Fact) and own.value:
        return own
    if isinstance(runtime, Fact):
        value = "" if runtime.value == DEFAULT_ISSUER else runtime.value
        return Fact(value, runtime.cites)
    return own


def _node_revisions(facts: Facts, objects: Objects, asks: Asks) -> Fact | Unknown:
    operator = objects.one("KubeAPIServer", "cluster", group="operator.openshift.io")
    if operator is None and value_of(facts, "cluster.hosted"):
        return Unknown()  # its API servers run outside the guest, where nobody can ask for them
    if operator is None:
        return asks.config("kubeapiservers.operator.openshift.io")
    nodes = [dig(status, "currentRevision") for status in nodes_of(operator)]
    revisions = [revision for revision in nodes if isinstance(revision, int)]
    if len(revisions) < len(nodes) and len(set(revisions)) < 2:
        return asks.config("kubeapiservers.operator.openshift.io", "revisions in it are masked")
    return known(revisions, operator.where.at("status", "nodeStatuses"))
