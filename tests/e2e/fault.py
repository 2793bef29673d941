"""What a fault is: an edit of a healthy cluster, what must be said of it, and what proves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analyzer.findings.report import Report
from samples import Cluster, edits
from samples.yamlout import Json, document

from .runs import INGRESS, MACHINES, Bench, Edit, Files, bundle, exports

EVERY = ("*",)
"""The chains of a fault on a shared link: all that something uses."""

# Where the evidence lies, as patterns over the paths of an input.
MODE = r"operator\.openshift\.io/cloudcredentials/"
AUTHENTICATION = r"config\.openshift\.io/authentications"
API_SERVER = r"kubeapiservers/|namespaces/openshift-kube-apiserver/core/configmaps"
SIGNING_KEYS = r"namespaces/openshift-(?:kube-apiserver|config-managed)/core/configmaps"
ISSUERS = f"{AUTHENTICATION}|{API_SERVER}"
REQUESTS = r"namespaces/openshift-cloud-credential-operator/|clusteroperators"
LOGS = r"/logs/"
AWS_WORDS = rf"{LOGS}|clusteroperators|dnsrecords|ingresscontrollers|imageregistry\.operator"
"""Where AWS's own words stand: logs, and conditions that repeat them."""
ROLES = r"exports/iam/"
PROVIDERS = r"exports/oidc/"
DISCOVERY = r"exports/issuer/openid-configuration"
KEY_SET = r"exports/issuer/keys"
TOKEN = r"exports/token"


def secrets_in(chain: str) -> str:
    """Give the pattern of the Secrets in a chain's namespace."""
    return rf"namespaces/{chain.split('/')[0]}/core/secrets\.yaml"


def pods_in(chain: str) -> str:
    """Give the pattern of the pods and Deployments in a chain's namespace."""
    return rf"namespaces/{chain.split('/')[0]}/(?:pods/|core/pods\.yaml|apps/)"


@dataclass(frozen=True)
class Second:
    """A fault that has nothing to do with the first, and must be named beside it."""

    rule: str
    chain: str
    edit: Edit


def _no_token_volume(cluster: Cluster) -> None:
    cluster.workload("machine-api-controllers").token = None


def _wrong_subject(cluster: Cluster) -> None:
    role = cluster.role("openshift-ingress-operator")
    edits.trust_subjects(role, ["system:serviceaccount:openshift-ingress-operator:router"])


WORKLOAD_FAULT = Second("workload-token-volume-missing", MACHINES, _no_token_volume)
TRUST_FAULT = Second("trust-subject-mismatch", INGRESS, _wrong_subject)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `hide` is where its proof lies; `variant` tells faults of one rule apart.

    `chains` are those of the finding; `verdict` says whether the rule is their verdict too.
    """

    rule: str
    link: str
    edit: Edit
    hide: str
    chains: tuple[str, ...] = EVERY
    state: str = "fail"
    kind: str = "cause"
    variant: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    secrets: str = "elided"
    details: bool = False
    token: Callable[[Cluster], str] | None = None
    more: Callable[[Cluster], dict[str, bytes]] | None = None
    left: str = "unknown"
    """What the rule says where the proof is hidden: a sign of it may stand elsewhere too."""
    target: Callable[[Cluster], dict[str, Json]] | None = None
    """The requests of the release to go to, for what `upgrade` says."""
    second: Second = WORKLOAD_FAULT
    beside: tuple[str, ...] = ()
    """Other causes that this edit makes too, which the fault does not explain."""

    @property
    def id(self) -> str:
        """The rule, and the variant."""
        return f"{self.rule}-{self.variant}" if self.variant else self.rule

    def cluster(self, *edits_more: Edit) -> Cluster:
        """Give the broken cluster, with more edits."""
        cluster = Cluster(**self.arguments)
        self.edit(cluster)
        for edit in edits_more:
            edit(cluster)
        return cluster

    def bundle(self, *edits_more: Edit) -> dict[str, bytes]:
        """Give the must-gather alone."""
        return bundle(self.cluster(*edits_more), secrets=self.secrets)

    def files(self, *edits_more: Edit) -> dict[str, bytes]:
        """Give the must-gather and all exports."""
        cluster = self.cluster(*edits_more)
        options: dict[str, Any] = {"details": self.details}
        if self.token is not None:
            options |= {"token": self.token(cluster), "signature": True}
        files = bundle(cluster, secrets=self.secrets) | exports(cluster, **options)
        return files | (self.more(cluster) if self.more else {})

    def report(self, bench: Bench, files: Files) -> Report:
        """Judge the files: with `upgrade` where a release to go to is given, else with `analyze`."""
        if self.target is None:
            return bench.report(files)
        requests = self.target(self.cluster())
        return bench.readiness(files, {name: document(body) for name, body in requests.items()})
