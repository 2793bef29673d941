"""The cluster-scoped objects of a bundle, by their path below the image folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from samples import apiserver
from samples.configobjects import config_object, config_objects
from samples.manifests import PROFILES, config_listing, managed_fields, metadata
from samples.operators import credential_conditions, manifests, stamp
from samples.pods import node_names
from samples.yamlout import Json

if TYPE_CHECKING:
    from samples.cluster import Cluster

_CONFIG = "cluster-scoped-resources/config.openshift.io"
_OPERATOR = "cluster-scoped-resources/operator.openshift.io"


def cluster_scoped(cluster: Cluster) -> Iterator[tuple[str, Json]]:
    """Yield every cluster-scoped document of the bundle."""
    for plural, body in config_objects(cluster).items():
        yield f"{_CONFIG}/{plural}.yaml", config_listing(cluster, [body])
        if plural in ("infrastructures", "authentications", "clusterversions", "proxies"):
            yield f"{_CONFIG}/{plural}/{body['metadata']['name']}.yaml", body
    operators = list(_cluster_operators(cluster))
    yield f"{_CONFIG}/clusteroperators.yaml", config_listing(cluster, operators)
    for body in operators:
        yield f"{_CONFIG}/clusteroperators/{body['metadata']['name']}.yaml", body
    yield f"{_OPERATOR}/cloudcredentials/cluster.yaml", _cloud_credential(cluster)
    yield f"{_OPERATOR}/kubeapiservers/cluster.yaml", apiserver.operator_resource(cluster)
    yield f"{_OPERATOR}/clustercsidrivers/ebs.csi.aws.com.yaml", _csi_driver(cluster)
    registry = "cluster-scoped-resources/imageregistry.operator.openshift.io/configs/cluster.yaml"
    yield registry, _registry_config(cluster)
    webhooks = "cluster-scoped-resources/admissionregistration.k8s.io/mutatingwebhookconfigurations"
    yield f"{webhooks}/pod-identity-webhook.yaml", _webhook(cluster)
    yield "cluster-scoped-resources/storage.k8s.io/storageclasses/gp3-csi.yaml", _storage_class(cluster)
    for number, name in enumerate(node_names(cluster)):
        yield f"cluster-scoped-resources/core/nodes/{name}.yaml", _node(cluster, name, number)


def _cluster_operators(cluster: Cluster) -> Iterator[Json]:
    since = cluster.installed + timedelta(minutes=38)
    for operator in cluster.operators.values():
        conditions = operator.conditions
        if operator.name == "cloud-credential":
            own = credential_conditions(cluster.mode == "Manual", cluster.upgradeable_to, since)
            standing = {kind: state for kind, state in conditions.items() if state.reason != "AsExpected"}
            conditions = own | standing
        status = {
            "conditions": manifests(conditions),
            "extension": None,
            "relatedObjects": operator.related,
            "versions": [{"name": "operator", "version": cluster.version}],
        }
        changed = max(state.since for state in conditions.values())
        yield config_object(
            cluster, "ClusterOperator", operator.name, {}, status, annotations=PROFILES, changed=changed
        )


def _cloud_credential(cluster: Cluster) -> Json:
    key = "cloudcredential.openshift.io/upgradeable-to"
    notes = {key: cluster.upgradeable_to} if cluster.upgradeable_to else {}
    fields: Json = {"f:spec": {"f:credentialsMode": {}, "f:logLevel": {}}}
    managed = managed_fields(cluster, "operator.openshift.io", fields)
    meta = metadata(
        cluster, "CloudCredential", "cluster", annotations=notes, generation=1, managedFields=managed
    )
    return {
        "apiVersion": "operator.openshift.io/v1",
        "kind": "CloudCredential",
        "metadata": meta,
        "spec": {"credentialsMode": cluster.mode, "logLevel": "Normal", "operatorLogLevel": "Normal"},
    }


def _csi_driver(cluster: Cluster) -> Json:
    since = stamp(cluster.installed + timedelta(minutes=22))
    kinds = {
        "AWSEBSDriverControllerServiceControllerAvailable": "True",
        "AWSEBSDriverControllerServiceControllerDegraded": "False",
    }
    return {
        "apiVersion": "operator.openshift.io/v1",
        "kind": "ClusterCSIDriver",
        "metadata": metadata(cluster, "ClusterCSIDriver", "ebs.csi.aws.com", generation=1),
        "spec": {"logLevel": "Normal", "managementState": "Managed", "operatorLogLevel": "Normal"},
        "status": {
            "conditions": [
                {"lastTransitionTime": since, "status": status, "type": kind}
                for kind, status in kinds.items()
            ],
            "readyReplicas": 0,
        },
    }


def _registry_config(cluster: Cluster) -> Json:
    bucket = f"{cluster.infra_name}-image-registry-{cluster.region}-kqzhdwvbnxtr"
    storage = {
        "managementState": "Managed",
        "s3": {"bucket": bucket, "encrypt": True, "region": cluster.region},
    }
    return {
        "apiVersion": "imageregistry.operator.openshift.io/v1",
        "kind": "Config",
        "metadata": metadata(cluster, "Config", "cluster", generation=2),
        "spec": {"logLevel": "Normal", "managementState": "Managed", "replicas": 2, "storage": storage},
        "status": {
            "conditions": manifests(cluster.registry_conditions),
            "observedGeneration": 2,
            "readyReplicas": 0,
            "storage": storage,
            "storageManaged": True,
        },
    }


def _webhook(cluster: Cluster) -> Json:
    service = {
        "name": "pod-identity-webhook",
        "namespace": "openshift-cloud-credential-operator",
        "path": "/mutate",
        "port": 443,
    }
    run_level = {"key": "openshift.io/run-level", "operator": "NotIn", "values": ["0"]}
    hook = {
        "admissionReviewVersions": ["v1beta1"],
        "clientConfig": {"service": service},
        "failurePolicy": "Ignore",
        "matchPolicy": "Equivalent",
        "name": "pod-identity-webhook.amazonaws.com",
        "namespaceSelector": {"matchExpressions": [run_level]},
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": metadata(cluster, "MutatingWebhookConfiguration", "pod-identity-webhook", generation=2),
        "webhooks": [hook],
    }


def _storage_class(cluster: Cluster) -> Json:
    return {
        "allowVolumeExpansion": True,
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": metadata(cluster, "StorageClass", "gp3-csi"),
        "parameters": {"encrypted": "true", "type": "gp3"},
        "provisioner": "ebs.csi.aws.com",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _node(cluster: Cluster, name: str, number: int) -> Json:
    role = "worker" if number == 3 else "master"
    heartbeat = stamp(cluster.gathered - timedelta(seconds=40 + number))
    ready = {
        "lastHeartbeatTime": heartbeat,
        "lastTransitionTime": stamp(cluster.installed + timedelta(minutes=9)),
        "message": "kubelet is posting ready status",
        "reason": "KubeletReady",
        "status": "True",
        "type": "Ready",
    }
    labels = {
        "kubernetes.io/os": "linux",
        f"node-role.kubernetes.io/{role}": "",
        "topology.kubernetes.io/region": cluster.region,
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata(cluster, "Node", name, labels=labels),
        "spec": {"providerID": f"aws:///{cluster.region}a/i-{cluster.uid('Instance', name)[-12:]}00000"},
        "status": {"conditions": [ready]},
    }
