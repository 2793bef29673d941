"""ClusterOperators and the conditions of ingress, DNS and image registry, as they stand when all is well."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from samples.requests import CCO_NAMESPACE
from samples.yamlout import Json


@dataclass
class Condition:
    """A status condition without its type, which is the key it is kept under."""

    status: str
    since: datetime
    reason: str | None = None
    message: str | None = None

    def manifest(self, kind: str) -> Json:
        """Return the condition as it stands in an object."""
        body: Json = {"lastTransitionTime": stamp(self.since), "status": self.status, "type": kind}
        body |= {"reason": self.reason} if self.reason is not None else {}
        return body | ({"message": self.message} if self.message is not None else {})


@dataclass
class Operator:
    """A ClusterOperator."""

    name: str
    conditions: dict[str, Condition]
    related: list[Json] = field(default_factory=list)


def stamp(when: datetime) -> str:
    """Return a time as Kubernetes writes it."""
    return f"{when.isoformat()[:19]}Z"


def manifests(conditions: dict[str, Condition]) -> list[Json]:
    """Return conditions as a list, in the order they were set."""
    return [condition.manifest(kind) for kind, condition in conditions.items()]


def _namespaces(*names: str) -> list[Json]:
    return [{"group": "", "name": name, "resource": "namespaces"} for name in names]


def _cluster_objects(group: str, *resources: str) -> list[Json]:
    return [{"group": group, "name": "cluster", "resource": resource} for resource in resources]


def _requests(names: list[str]) -> list[Json]:
    return [
        {
            "group": "cloudcredential.openshift.io",
            "name": name,
            "namespace": CCO_NAMESPACE,
            "resource": "credentialsrequests",
        }
        for name in names
    ]


def standard_operators(since: datetime, minor: int, requests: list[str]) -> dict[str, Operator]:
    """Return the operators that have to do with AWS and tokens, all of them well."""
    related: dict[str, list[Json]] = {
        "authentication": _namespaces("openshift-authentication", "openshift-authentication-operator"),
        "cloud-credential": [
            *_namespaces(CCO_NAMESPACE),
            *_requests(requests),
            *_cluster_objects("operator.openshift.io", "cloudcredentials"),
        ],
        "image-registry": [
            *_cluster_objects("imageregistry.operator.openshift.io", "configs", "imagepruners"),
            *_namespaces("openshift-image-registry"),
        ],
        "ingress": _namespaces("openshift-ingress-operator", "openshift-ingress", "openshift-ingress-canary"),
        "kube-apiserver": [
            *_cluster_objects("operator.openshift.io", "kubeapiservers"),
            *_namespaces("openshift-config", "openshift-config-managed", "openshift-kube-apiserver-operator"),
            *_namespaces("openshift-kube-apiserver"),
        ],
        "machine-api": _namespaces("openshift-machine-api"),
        "network": _namespaces(
            "openshift-network-operator",
            *(["openshift-cloud-network-config-controller"] if minor >= 10 else []),
        ),
        "storage": _namespaces("openshift-cluster-storage-operator", "openshift-cluster-csi-drivers"),
    }
    operators = {}
    for name, objects in related.items():
        conditions = {
            "Degraded": Condition("False", since, "AsExpected", "All is well"),
            "Progressing": Condition("False", since, "AsExpected", "All is well"),
            "Available": Condition("True", since, "AsExpected", "All is well"),
            "Upgradeable": Condition("True", since, "AsExpected", "All is well"),
        }
        operators[name] = Operator(name, conditions, objects)
    ingress = operators["ingress"].conditions
    ingress["Available"] = Condition(
        "True", since, "IngressAvailable", 'The "default" ingress controller reports Available=True.'
    )
    ingress["Degraded"] = Condition(
        "False", since, "IngressNotDegraded", 'The "default" ingress controller reports Degraded=False.'
    )
    registry = operators["image-registry"].conditions
    registry["Available"] = Condition("True", since, "Ready", "Available: The registry is ready")
    registry["Progressing"] = Condition("False", since, "Ready", "Progressing: The registry is ready")
    return operators


def credential_conditions(manual: bool, upgradeable_to: str | None, since: datetime) -> dict[str, Condition]:
    """Return the conditions of the cloud-credential operator, which looks at no request in manual mode."""
    if not manual:
        return {
            "Available": Condition("True", since),
            "Degraded": Condition(
                "False", since, "CredentialsNotFailing", "No credentials requests reporting errors."
            ),
            "Progressing": Condition(
                "False", since, "ReconcilingComplete", "All credentials requests provisioned and reconciled."
            ),
            "Upgradeable": Condition("True", since),
        }
    disabled = "Credential minting is disabled by cluster admin"
    annotation = "cloudcredential.openshift.io/upgradeable-to"
    upgradeable = Condition(
        "False",
        since,
        "MissingUpgradeableAnnotation",
        f"Upgradeable annotation {annotation} on cloudcredential.operator.openshift.io/cluster object needs "
        "updating before upgrade. See Manually Creating IAM documentation for instructions on preparing a "
        "cluster for upgrade.",
    )
    return {
        "Available": Condition("True", since, "OperatorDisabledByAdmin", disabled),
        "Degraded": Condition("False", since, "OperatorDisabledByAdmin", disabled),
        "Progressing": Condition("False", since, "OperatorDisabledByAdmin", disabled),
        "Upgradeable": Condition("True", since) if upgradeable_to else upgradeable,
    }


def ingress_conditions(since: datetime) -> dict[str, Condition]:
    """Return the conditions of the default IngressController."""
    return {
        "Admitted": Condition("True", since, "Valid"),
        "DeploymentAvailable": Condition("True", since, "DeploymentAvailable"),
        "LoadBalancerManaged": Condition("True", since, "WantedByEndpointPublishingStrategy"),
        "LoadBalancerReady": Condition(
            "True", since, "LoadBalancerProvisioned", "The LoadBalancer service is provisioned"
        ),
        "DNSManaged": Condition("True", since, "Normal"),
        "DNSReady": Condition(
            "True", since, "NoFailedZones", "The record is provisioned in all reported zones."
        ),
        "Available": Condition("True", since),
        "Degraded": Condition("False", since),
        "CanaryChecksSucceeding": Condition("True", since, "CanaryChecksSucceeding"),
    }


def zone_conditions(since: datetime, minor: int) -> dict[str, Condition]:
    """Return the conditions of a DNS zone that took the record."""
    message = "The DNS provider succeeded in ensuring the record"
    if minor < 10:
        return {"Failed": Condition("False", since, "ProviderSuccess", message)}
    return {"Published": Condition("True", since, "ProviderSuccess", message)}


def registry_conditions(since: datetime) -> dict[str, Condition]:
    """Return the conditions of the image registry's configuration."""
    return {
        "StorageExists": Condition("True", since, "S3 Bucket Exists"),
        "StorageEncrypted": Condition(
            "True",
            since,
            "Encryption Successful",
            "Default AES256 encryption was successfully enabled on the S3 bucket",
        ),
        "Available": Condition("True", since, "Ready", "The registry is ready"),
        "Progressing": Condition("False", since, "Ready", "The registry is ready"),
        "Degraded": Condition("False", since),
        "Removed": Condition("False", since),
    }
