"""The namespaces of a bundle: requests, Secrets, pods, logs, DNS record, by path below the image folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from samples import apiserver, pods
from samples.aws import dns_suffix
from samples.logs import render
from samples.manifests import PROFILES, config_map, generated, listing, metadata, secret_manifest
from samples.operators import manifests, stamp
from samples.requests import CCO_NAMESPACE, FOREIGN
from samples.yamlout import Json, dump

if TYPE_CHECKING:
    from samples.cluster import Cluster

_INGRESS = "openshift-ingress-operator"
_SYSTEM = (
    "kube-system",
    "openshift-config",
    "openshift-config-managed",
    "openshift-kube-apiserver",
    "openshift-kube-apiserver-operator",
)


def namespaced(cluster: Cluster, *, full_secrets: bool) -> Iterator[tuple[str, Json | bytes]]:
    """Yield every document and log of the namespaces that were gathered."""
    by_namespace: dict[str, list[Json]] = {name: [] for name in namespace_names(cluster)}
    for namespace, body in _secrets(cluster, full_secrets):
        by_namespace.setdefault(namespace, []).append(body)
    for namespace, secrets in by_namespace.items():
        if namespace in cluster.not_gathered:
            continue
        base = f"namespaces/{namespace}"
        yield f"{base}/{namespace}.yaml", _namespace(cluster, namespace)
        items = sorted(secrets, key=lambda secret: str(secret["metadata"]["name"]))
        yield f"{base}/core/secrets.yaml", listing(cluster, items, "Secret", "v1")
        maps = _config_maps(cluster, namespace)
        if maps:
            yield f"{base}/core/configmaps.yaml", listing(cluster, maps, "ConfigMap", "v1")
        if namespace not in _SYSTEM:
            yield from _workloads(cluster, namespace)
    if CCO_NAMESPACE not in cluster.not_gathered:
        yield from _requests(cluster)
        name = "pod-identity-webhook"
        yield f"namespaces/{CCO_NAMESPACE}/core/serviceaccounts/{name}.yaml", _account(cluster, name)
    if _INGRESS not in cluster.not_gathered:
        yield from _ingress(cluster)


def namespace_names(cluster: Cluster) -> list[str]:
    """Return the namespaces that a default gather of this cluster holds."""
    used = {workload.namespace for workload in cluster.workloads.values()}
    return sorted(used | set(_SYSTEM))


def _secrets(cluster: Cluster, full: bool) -> Iterator[tuple[str, Json]]:
    for (namespace, name), secret in cluster.secrets.items():
        yield namespace, secret_manifest(cluster, namespace, name, secret, full=full)
    yield from apiserver.signing_key_secrets(cluster)
    for workload in cluster.workloads.values():
        yield workload.namespace, _registry_login(cluster, workload.namespace, workload.service_account)


def _registry_login(cluster: Cluster, namespace: str, account: str) -> Json:
    """Return the Secret that shows that a ServiceAccount exists."""
    from samples.cluster import Secret

    note = "kubernetes.io/service-account.name"
    if cluster.minor >= 16:
        note = "openshift.io/internal-registry-auth-token.service-account"
    notes = {note: account}
    if cluster.minor < 16:
        notes["kubernetes.io/service-account.uid"] = cluster.uid("ServiceAccount", namespace, account)
    name = f"{account}-dockercfg-{generated(5, namespace, account)}"
    secret = Secret(
        {".dockercfg": b"x" * 3214},
        cluster.installed + timedelta(minutes=12),
        annotations=notes,
        type="kubernetes.io/dockercfg",
    )
    return secret_manifest(cluster, namespace, name, secret, full=False)


def _namespace(cluster: Cluster, name: str) -> Json:
    labels = {"kubernetes.io/metadata.name": name}
    if name in ("kube-system", "openshift-kube-apiserver"):
        labels["openshift.io/run-level"] = "0"
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": metadata(cluster, "Namespace", name, annotations=PROFILES, labels=labels),
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _config_maps(cluster: Cluster, namespace: str) -> list[Json]:
    if namespace == "openshift-kube-apiserver":
        return apiserver.config_maps(cluster)
    if namespace == "openshift-config-managed":
        return apiserver.managed_copies(cluster)
    if namespace == "openshift-config":
        data = {"invoker": "user", "version": f"v{cluster.version}"}
        return [config_map(cluster, namespace, "openshift-install", data, cluster.installed)]
    if namespace == "kube-system":
        data = {"install-config": dump(_install_config(cluster))}
        return [config_map(cluster, namespace, "cluster-config-v1", data, cluster.installed)]
    if namespace == CCO_NAMESPACE:
        return [config_map(cluster, namespace, "cco-trusted-ca", {"ca-bundle.crt": ""})]
    return []


def _install_config(cluster: Cluster) -> Json:
    zones = {"zones": [f"{cluster.region}a"]}
    pool = {"architecture": "amd64", "hyperthreading": "Enabled", "platform": {"aws": zones}, "replicas": 3}
    config: Json = {
        "additionalTrustBundlePolicy": "Proxyonly",
        "apiVersion": "v1",
        "baseDomain": cluster.base_domain,
        "compute": [{**pool, "name": "worker"}],
        "controlPlane": {**pool, "name": "master"},
        "metadata": {"creationTimestamp": None, "name": cluster.name},
        "networking": {"networkType": "OVNKubernetes", "serviceNetwork": ["172.30.0.0/16"]},
        "platform": {"aws": {"region": cluster.region}},
        "publish": "External",
        "pullSecret": "",
        "sshKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEV4YW1wbGVFeGFtcGxlRXhhbXBsZUV4YW1wbGVFeGE= core\n",
    }
    if cluster.install_credentials_mode is not None:
        config["credentialsMode"] = cluster.install_credentials_mode
    return config


def _workloads(cluster: Cluster, namespace: str) -> Iterator[tuple[str, Json | bytes]]:
    base = f"namespaces/{namespace}"
    here = [workload for workload in cluster.workloads.values() if workload.namespace == namespace]
    running = [pods.pod(cluster, workload) for workload in here]
    deployments = [pods.deployment(cluster, workload) for workload in here]
    happened = [event for workload in here for event in pods.events(cluster, workload)]
    yield f"{base}/core/pods.yaml", listing(cluster, running, "Pod", "v1")
    yield f"{base}/apps/deployments.yaml", listing(cluster, deployments, "Deployment", "apps/v1")
    yield f"{base}/core/events.yaml", listing(cluster, happened, "Event", "v1")
    for workload, body in zip(here, running, strict=True):
        name = body["metadata"]["name"]
        yield f"{base}/pods/{name}/{name}.yaml", body
        for container in workload.containers.values():
            logs = f"{base}/pods/{name}/{container.name}/{container.name}/logs"
            yield f"{logs}/current.log", render(container.log)
            yield f"{logs}/previous.log", render(container.previous)
            # The tool opens this file before it knows that there is nothing to write.
            yield f"{logs}/previous.insecure.log", b""


def _requests(cluster: Cluster) -> Iterator[tuple[str, Json]]:
    base = f"namespaces/{CCO_NAMESPACE}/cloudcredential.openshift.io/credentialsrequests"
    for name, request in cluster.requests.items():
        kept = request["metadata"]
        notes = {"annotations": kept.get("annotations"), "labels": kept.get("labels"), "generation": 1}
        created = cluster.installed + timedelta(minutes=4)
        meta = metadata(cluster, "CredentialsRequest", name, CCO_NAMESPACE, created=created, **notes)
        status = request.get("status", _request_status(cluster, name))
        body = {**request, "metadata": meta} | ({"status": status} if status else {})
        yield f"{base}/{name}.yaml", body
    for name, (provider, namespace, secret) in FOREIGN.items():
        yield f"{base}/{name}.yaml", _foreign_request(cluster, name, provider, namespace, secret)


def _condition(cluster: Cluster, kind: str, status: str, reason: str, message: str) -> Json:
    when = stamp(cluster.installed + timedelta(minutes=6))
    return {
        "lastProbeTime": when,
        "lastTransitionTime": when,
        "message": message,
        "reason": reason,
        "status": status,
        "type": kind,
    }


def _request_status(cluster: Cluster, name: str) -> Json:
    synced = {"lastSyncGeneration": 1, "lastSyncTimestamp": stamp(cluster.installed + timedelta(minutes=6))}
    failure = "CredentialsProvisionFailure"
    if cluster.mode != "Manual":
        message = "successfully granted credentials request"
        made = _condition(cluster, failure, "False", "CredentialsProvisionSuccess", message)
        user = f"{cluster.infra_name}-{name}-{generated(5, name)}"[:64]
        status = {"apiVersion": "cloudcredential.openshift.io/v1", "kind": "AWSProviderStatus", "user": user}
        return {"conditions": [made], "providerStatus": status, "provisioned": True, **synced}
    if cluster.minor < 14 or not cluster.authentication_issuer:
        return {}
    if cluster.minor <= 15:
        # Early releases with token support complain about every request that ccoctl serves.
        message = "failed to grant creds: an empty awsSTSIAMRoleARN was found so no Secret was created"
        noise = _condition(cluster, failure, "True", failure, message)
        return {"conditions": [noise], "lastSyncGeneration": 0, "provisioned": False}
    return {"provisioned": True, **synced}


def _foreign_request(cluster: Cluster, name: str, provider: Json, namespace: str, secret: str) -> Json:
    message = "CredentialsRequest is not for platform AWS"
    ignored = _condition(cluster, "Ignored", "True", "InfrastructureMismatch", message)
    created = cluster.installed + timedelta(minutes=4)
    return {
        "apiVersion": "cloudcredential.openshift.io/v1",
        "kind": "CredentialsRequest",
        "metadata": metadata(
            cluster,
            "CredentialsRequest",
            name,
            CCO_NAMESPACE,
            created=created,
            annotations=PROFILES,
            generation=1,
        ),
        "spec": {
            "providerSpec": {"apiVersion": "cloudcredential.openshift.io/v1", **provider},
            "secretRef": {"name": secret, "namespace": namespace},
        },
        "status": {"conditions": [ignored], "lastSyncGeneration": 0, "provisioned": False},
    }


def _account(cluster: Cluster, name: str) -> Json:
    meta = metadata(cluster, "ServiceAccount", name, CCO_NAMESPACE)
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}


def _ingress(cluster: Cluster) -> Iterator[tuple[str, Json]]:
    base = f"namespaces/{_INGRESS}"
    infra = cluster.infra_name
    tags = {"Name": f"{infra}-int", f"kubernetes.io/cluster/{infra}": "owned"}
    targets: list[Json] = [{"tags": tags}, {"id": "Z0123456789EXAMPLE"}]
    zones = [
        {"conditions": manifests(conditions), "dnsZone": target}
        for conditions, target in zip(cluster.dns_zones, targets, strict=False)
    ]
    record = {
        "apiVersion": "ingress.operator.openshift.io/v1",
        "kind": "DNSRecord",
        "metadata": metadata(cluster, "DNSRecord", "default-wildcard", _INGRESS, generation=1),
        "spec": {
            "dnsManagementPolicy": "Managed",
            "dnsName": f"*.apps.{cluster.domain}.",
            "recordTTL": 30,
            "recordType": "CNAME",
            "targets": [f"a0123456789abcdef-1234567890.{cluster.region}.elb.{dns_suffix(cluster.partition)}"],
        },
        "status": {"observedGeneration": 1, "zones": zones} if zones else {},
    }
    controller = {
        "apiVersion": "operator.openshift.io/v1",
        "kind": "IngressController",
        "metadata": metadata(cluster, "IngressController", "default", _INGRESS, generation=1),
        "spec": {"replicas": 2, "unsupportedConfigOverrides": None},
        "status": {
            "availableReplicas": 2,
            "conditions": manifests(cluster.ingress_conditions),
            "domain": f"apps.{cluster.domain}",
            "endpointPublishingStrategy": {
                "loadBalancer": {"scope": "External"},
                "type": "LoadBalancerService",
            },
        },
    }
    yield f"{base}/ingress.operator.openshift.io/dnsrecords/default-wildcard.yaml", record
    yield f"{base}/operator.openshift.io/ingresscontrollers/default.yaml", controller
