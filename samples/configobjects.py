"""The objects of the group config.openshift.io: platform, issuer, version, DNS, proxy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from samples.manifests import PROFILES, image, managed_fields, metadata
from samples.operators import stamp
from samples.yamlout import Json

if TYPE_CHECKING:
    from samples.cluster import Cluster

_CAPABILITIES = (
    (11, ("baremetal", "marketplace", "openshift-samples")),
    (12, ("CSISnapshot", "Console", "Insights", "Storage")),
    (13, ("NodeTuning",)),
    (14, ("Build", "DeploymentConfig", "ImageRegistry", "MachineAPI")),
    (15, ("CloudCredential", "OperatorLifecycleManager")),
    (16, ("CloudControllerManager", "Ingress")),
)


def config_objects(cluster: Cluster) -> dict[str, Json]:
    """Return the single object of every kind, by its plural."""
    return {
        "infrastructures": _infrastructure(cluster),
        "authentications": _authentication(cluster),
        "clusterversions": _cluster_version(cluster),
        "dnses": _dns(cluster),
        "proxies": _proxy(cluster),
        "ingresses": _ingress(cluster),
        "featuregates": _feature_gate(cluster),
    }


def config_object(
    cluster: Cluster, kind: str, name: str, spec: Json, status: Json | None, **meta: Any
) -> Json:
    """Return an object of the group config.openshift.io."""
    body: Json = {
        "apiVersion": "config.openshift.io/v1",
        "kind": kind,
        "metadata": metadata(cluster, kind, name, **{"generation": 1, **meta}),
        "spec": spec,
    }
    return body if status is None else body | {"status": status}


def _infrastructure(cluster: Cluster) -> Json:
    spec = {"cloudConfig": {"name": ""}, "platformSpec": {"aws": {}, "type": "AWS"}}
    status = {
        "apiServerInternalURI": f"https://api-int.{cluster.domain}:6443",
        "apiServerURL": f"https://api.{cluster.domain}:6443",
        "controlPlaneTopology": "HighlyAvailable",
        "etcdDiscoveryDomain": "",
        "infrastructureName": cluster.infra_name,
        "infrastructureTopology": "HighlyAvailable",
        "platform": "AWS",
        "platformStatus": {"aws": {"region": cluster.region}, "type": "AWS"},
    }
    return config_object(cluster, "Infrastructure", "cluster", spec, status)


def _authentication(cluster: Cluster) -> Json:
    spec = {
        "oauthMetadata": {"name": ""},
        "serviceAccountIssuer": cluster.authentication_issuer,
        "type": "",
        "webhookTokenAuthenticator": {"kubeConfig": {"name": "webhook-authentication-integrated-oauth"}},
    }
    fields: Json = {"f:spec": {"f:serviceAccountIssuer": {}, "f:type": {}}}
    managed = managed_fields(cluster, "config.openshift.io", fields)
    status = {"integratedOAuthMetadata": {"name": "oauth-openshift"}}
    return config_object(
        cluster,
        "Authentication",
        "cluster",
        spec,
        status,
        annotations=PROFILES | {"release.openshift.io/create-only": "true"},
        managedFields=managed,
    )


def _cluster_version(cluster: Cluster) -> Json:
    done = cluster.installed + timedelta(minutes=41)
    release = (
        f"quay.io/openshift-release-dev/ocp-release@{image('release', cluster.version).partition('@')[2]}"
    )
    entry = {
        "completionTime": stamp(done),
        "image": release,
        "startedTime": stamp(cluster.installed + timedelta(minutes=1)),
        "state": "Completed",
        "verified": False,
        "version": cluster.version,
    }
    ready = f"Cluster version is {cluster.version}"
    status: Json = {
        "availableUpdates": None,
        "conditions": [
            {
                "lastTransitionTime": stamp(done),
                "message": f"Done applying {cluster.version}",
                "status": "True",
                "type": "Available",
            },
            {"lastTransitionTime": stamp(done), "status": "False", "type": "Failing"},
            {"lastTransitionTime": stamp(done), "message": ready, "status": "False", "type": "Progressing"},
        ],
        "desired": {"image": release, "version": cluster.version},
        "history": [entry],
        "observedGeneration": 2,
        "versionHash": "W5Jm2pQvT0s=",
    }
    names = sorted(name for first, group in _CAPABILITIES if cluster.minor >= first for name in group)
    if names:
        status["capabilities"] = {"enabledCapabilities": names, "knownCapabilities": names}
    spec = {"channel": f"stable-4.{cluster.minor}", "clusterID": cluster.cluster_id}
    return config_object(cluster, "ClusterVersion", "version", spec, status, generation=2)


def _dns(cluster: Cluster) -> Json:
    tags = {
        "Name": f"{cluster.infra_name}-int",
        f"kubernetes.io/cluster/{cluster.infra_name}": "owned",
    }
    spec: Json = {
        "baseDomain": cluster.domain,
        "privateZone": {"tags": tags},
        "publicZone": {"id": "Z0123456789EXAMPLE"},
    }
    if cluster.private_zone_role is not None:
        spec["platform"] = {"aws": {"privateZoneIAMRole": cluster.private_zone_role}, "type": "AWS"}
    elif cluster.minor >= 14:
        spec["platform"] = {"aws": None, "type": ""}
    return config_object(cluster, "DNS", "cluster", spec, {})


def _proxy(cluster: Cluster) -> Json:
    return config_object(cluster, "Proxy", "cluster", {"trustedCA": {"name": ""}, **cluster.proxy}, {})


def _ingress(cluster: Cluster) -> Json:
    return config_object(cluster, "Ingress", "cluster", {"domain": f"apps.{cluster.domain}"}, {})


def _feature_gate(cluster: Cluster) -> Json:
    notes = PROFILES | {"release.openshift.io/create-only": "true"}
    return config_object(cluster, "FeatureGate", "cluster", {}, None, annotations=notes)
