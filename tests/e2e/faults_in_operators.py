"""Symptoms in the conditions of operators, DNS records and the registry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from samples import Cluster, Condition, faults

from .fault import TRUST_FAULT, WORKLOAD_FAULT, Fault
from .runs import INGRESS, MACHINES, REGISTRY, Edit


def _no_zones(cluster: Cluster) -> None:
    faults.ingress_never_published(cluster, cluster.gathered - timedelta(hours=5))


def zones_denied(cluster: Cluster) -> None:
    since = cluster.gathered - timedelta(hours=5)
    text = (
        "The DNS provider failed to ensure the record: AccessDenied: User: arn:aws:sts::123456789012:"
        "assumed-role/demo/1 is not authorized to perform: route53:ChangeResourceRecordSets on resource: *"
    )
    cluster.dns_zones = [{"Published": Condition("False", since, "ProviderError", text)}]


def _storage(code: str, message: str) -> Edit:
    def edit(cluster: Cluster) -> None:
        since = cluster.gathered - timedelta(hours=5)
        cluster.registry_conditions["StorageExists"] = Condition("False", since, code, message)

    return edit


STS_SAYS = (
    "WebIdentityErr: failed to retrieve credentials\ncaused by: AccessDenied: Not authorized to perform "
    "sts:AssumeRoleWithWebIdentity\n\tstatus code: 403, request id: 0a1b2c3d"
)
INGRESS_OBJECTS = r"dnsrecords/|ingresscontrollers/"


def degraded(cluster: Cluster) -> None:
    """The operator of the machine API is degraded."""
    since = cluster.gathered - timedelta(hours=5)
    text = "Failed when progressing towards operator: 4.14.12 because minimum worker replica count not met"
    cluster.operators["machine-api"].conditions["Degraded"] = Condition("True", since, "SyncingFailed", text)


def _symptom(rule: str, edit: Edit, hide: str, chain: str, **more: Any) -> Fault:
    return Fault(rule, "operator", edit, hide, (chain,), kind="symptom", **more)


FAULTS = [
    _symptom("operator-degraded", degraded, r"clusteroperators", MACHINES, state="warn", second=TRUST_FAULT),
    _symptom("operator-dns-not-ready", _no_zones, INGRESS_OBJECTS, INGRESS, state="warn"),
    _symptom("operator-dns-not-ready", zones_denied, INGRESS_OBJECTS, INGRESS, variant="denied"),
    _symptom("operator-storage-error", _storage("NoSuchBucket", "it is not there"),
             r"imageregistry\.operator", REGISTRY, state="warn", second=WORKLOAD_FAULT),
    _symptom("operator-storage-error", _storage("WebIdentityErr", STS_SAYS), r"imageregistry\.operator",
             REGISTRY, variant="sts", beside=("log-assume-role-denied",)),
]  # fmt: skip
