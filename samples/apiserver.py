"""What a bundle shows of the API server's tokens: issuers in force, public keys, revisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from samples.cluster import DEFAULT_ISSUER, Secret
from samples.keys import Key, rsa_key
from samples.manifests import PROFILES, config_map, elided, metadata, secret_manifest
from samples.operators import Condition, manifests, stamp
from samples.pods import node_names
from samples.yamlout import Json, compact_json

if TYPE_CHECKING:
    from samples.cluster import Cluster

NAMESPACE = "openshift-kube-apiserver"
_RESOURCES = "/etc/kubernetes/static-pod-resources"
_CERTS = "/etc/kubernetes/static-pod-certs"


def issuer_arguments(cluster: Cluster, issuers: list[str]) -> dict[str, list[str]]:
    """Return the arguments that the operator derives from the issuer."""
    arguments = {"api-audiences": list(issuers), "service-account-issuer": list(issuers)}
    if issuers[0] == DEFAULT_ISSUER:
        arguments["service-account-jwks-uri"] = [f"https://api-int.{cluster.domain}:6443/openid/v1/jwks"]
    elif cluster.minor >= 20:
        arguments["service-account-jwks-uri"] = [f"{issuers[0]}/openid/v1/jwks"]
    return arguments


def _config(cluster: Cluster, issuers: list[str]) -> str:
    maps = f"{_RESOURCES}/configmaps"
    arguments = {
        "allow-privileged": ["true"],
        "anonymous-auth": ["true"],
        "authorization-mode": ["Scope", "SystemMasters", "RBAC", "Node"],
        "client-ca-file": [f"{_CERTS}/configmaps/client-ca/ca-bundle.crt"],
        "etcd-servers": ["https://10.0.141.23:2379", "https://localhost:2379"],
        "event-ttl": ["3h"],
        "service-account-lookup": ["true"],
        "service-account-signing-key-file": [
            f"{_CERTS}/secrets/bound-service-account-signing-key/service-account.key"
        ],
        **issuer_arguments(cluster, issuers),
    }
    return compact_json(
        {
            "apiServerArguments": arguments,
            "apiVersion": "kubecontrolplane.config.openshift.io/v1",
            "authConfig": {"oauthMetadataFile": f"{maps}/oauth-metadata/oauthMetadata"},
            "kind": "KubeAPIServerConfig",
            "serviceAccountPublicKeyFiles": [
                f"{maps}/sa-token-signing-certs",
                f"{maps}/bound-sa-token-signing-certs",
            ],
            "servicesSubnet": "172.30.0.0/16",
        }
    )


def public_keys(keys: list[Key]) -> dict[str, str]:
    """Return the data of a ConfigMap of public keys; the highest number is the newest."""
    return {f"service-account-{number:03d}.pub": key.pem() for number, key in enumerate(keys, 1)}


def config_maps(cluster: Cluster) -> list[Json]:
    """Return the ConfigMaps of the API server's namespace, for the running and for the previous revision."""
    legacy = public_keys([rsa_key("legacy-1")])
    revision = cluster.kas_revision
    contents = {
        "bound-sa-token-signing-certs": public_keys(cluster.signing_keys),
        f"bound-sa-token-signing-certs-{revision - 1}": public_keys(cluster.previous_signing_keys),
        f"bound-sa-token-signing-certs-{revision}": public_keys(cluster.signing_keys),
        "config": {"config.yaml": _config(cluster, cluster.kas_issuers)},
        f"config-{revision - 1}": {"config.yaml": _config(cluster, cluster.previous_kas_issuers)},
        f"config-{revision}": {"config.yaml": _config(cluster, cluster.kas_issuers)},
        f"revision-status-{revision}": {"revision": str(revision), "status": "Succeeded"},
        "sa-token-signing-certs": legacy,
        f"sa-token-signing-certs-{revision}": legacy,
    }
    rolled_out = cluster.kas_rolled_out
    # A revision's copies are made when it rolls out; the others are changed in place.
    born = {name: rolled_out for name in contents if name.endswith(f"-{revision}")}
    return [
        config_map(cluster, NAMESPACE, name, data, born.get(name), rolled_out)
        for name, data in contents.items()
    ]


def managed_copies(cluster: Cluster) -> list[Json]:
    """Return the copies of the public keys in openshift-config-managed."""
    contents = {
        "bound-sa-token-signing-certs": public_keys(cluster.signing_keys),
        "sa-token-signing-certs": public_keys([rsa_key("legacy-1")]),
    }
    namespace, changed = "openshift-config-managed", cluster.kas_rolled_out
    return [config_map(cluster, namespace, name, data, None, changed) for name, data in contents.items()]


def signing_key_secrets(cluster: Cluster) -> Iterator[tuple[str, Json]]:
    """Return namespaces and Secrets of the signing key; its private half is elided in every bundle."""
    key = cluster.signing_keys[-1]
    for namespace, name in (
        (NAMESPACE, "bound-service-account-signing-key"),
        ("openshift-kube-apiserver-operator", "next-bound-service-account-signing-key"),
    ):
        secret = Secret({}, cluster.installed + timedelta(minutes=2))
        body = secret_manifest(cluster, namespace, name, secret, full=False)
        body["data"] = {
            "service-account.key": elided(key.private_length),
            "service-account.pub": elided(len(key.pem())),
        }
        yield namespace, body


def operator_resource(cluster: Cluster) -> Json:
    """Return the operator's own resource: observed configuration and the revision of every node."""
    since = cluster.installed + timedelta(minutes=31)
    revision = cluster.kas_revision
    level = all(node == revision for node in cluster.node_revisions)
    count = sum(node == revision for node in cluster.node_revisions)
    message = f"{count} nodes are at revision {revision}"
    progressing = Condition(
        "False" if level else "True", since, "AllNodesAtLatestRevision" if level else None, message
    )
    conditions = {
        "NodeInstallerProgressing": progressing,
        "StaticPodsAvailable": Condition("True", since, None, f"3 nodes are active; {message}"),
        "RevisionControllerDegraded": Condition("False", since),
    }
    status: Json = {
        "conditions": manifests(conditions),
        "latestAvailableRevision": revision,
        "nodeStatuses": [
            {"currentRevision": current, "nodeName": name}
            for current, name in zip(cluster.node_revisions, node_names(cluster), strict=False)
        ],
        "readyReplicas": 0,
    }
    if cluster.minor >= 12:
        expiry = stamp(cluster.gathered + timedelta(hours=5))
        status["serviceAccountIssuers"] = [
            {"name": issuer} | ({"expirationTime": expiry} if number else {})
            for number, issuer in enumerate(cluster.kas_issuers)
        ]
    return {
        "apiVersion": "operator.openshift.io/v1",
        "kind": "KubeAPIServer",
        "metadata": metadata(cluster, "KubeAPIServer", "cluster", annotations=PROFILES, generation=5),
        "spec": {
            "logLevel": "Normal",
            "managementState": "Managed",
            "observedConfig": {"apiServerArguments": issuer_arguments(cluster, cluster.kas_issuers)},
            "operatorLogLevel": "Normal",
            "unsupportedConfigOverrides": None,
        },
        "status": status,
    }
