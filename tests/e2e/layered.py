"""What a generated cluster lacks: programs of users that sign in by the webhook, and operators of OLM."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from samples import Cluster
from samples.manifests import elided, listing, metadata
from samples.operators import stamp
from samples.workloads import Container
from samples.yamlout import Json, document

SHOP = "shop"
ACCOUNT = "backup"
ROLE = "arn:aws:iam::123456789012:role/shop-backup"
ANNOTATION = "eks.amazonaws.com/role-arn"

OPERATOR = "aws-load-balancer-operator"
OPERATOR_SECRET = f"{OPERATOR}/aws-load-balancer-operator"
OPERATOR_ROLE = "arn:aws:iam::123456789012:role/demo-albo"
CCO = "openshift-cloud-credential-operator"


def put(cluster: Cluster, path: str, body: Json) -> None:
    """Put one more document into the bundle."""
    cluster.extra_files[path] = document(body)


def namespace(cluster: Cluster, name: str, **labels: str) -> None:
    """Let a namespace be gathered, with nothing in it yet."""
    body = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": metadata(cluster, "Namespace", name, labels=labels),
    }
    put(cluster, f"namespaces/{name}/{name}.yaml", body)
    put(cluster, f"namespaces/{name}/core/secrets.yaml", listing(cluster, [], "Secret", "v1"))
    put(cluster, f"namespaces/{name}/core/pods.yaml", listing(cluster, [], "Pod", "v1"))


def shop(
    cluster: Cluster,
    *,
    annotations: dict[str, str] | None = None,
    pod_annotations: dict[str, str] | None = None,
    mutated: bool = True,
    region: bool = True,
    account: bool = True,
    role: str = ROLE,
    space: str = SHOP,
    **labels: str,
) -> None:
    """Add a program of a user, with a ServiceAccount that has a role by the webhook."""
    namespace(cluster, space, **labels)
    notes = {ANNOTATION: ROLE} if annotations is None else annotations
    if account:
        meta = metadata(cluster, "ServiceAccount", ACCOUNT, space, annotations=notes)
        body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}
        put(cluster, f"namespaces/{space}/core/serviceaccounts/{ACCOUNT}.yaml", body)
    env = []
    volumes: list[Json] = []
    if mutated:
        values = {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/eks.amazonaws.com/t"}
        values |= {"AWS_REGION": cluster.region} if region else {}
        env = [{"name": name, "value": value} for name, value in values.items()]
        token = {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}
        volumes = [{"name": "aws-iam-token", "projected": {"sources": [{"serviceAccountToken": token}]}}]
    started = cluster.gathered - timedelta(days=3)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(
            cluster, "Pod", "backup-7d9f8", space, created=started, annotations=pod_annotations or {}
        ),
        "spec": {
            "containers": [{"name": "backup", "image": "example.com/backup", "env": env}],
            "serviceAccountName": ACCOUNT,
            "volumes": volumes,
        },
        "status": {"phase": "Running", "startTime": stamp(started)},
    }
    put(cluster, f"namespaces/{space}/core/pods.yaml", listing(cluster, [pod], "Pod", "v1"))


def own_template(cluster: Cluster) -> None:
    """Add a program whose own template takes its role from a Secret, beside a pod that needs none."""
    namespace(cluster, SHOP)
    role = {"name": "AWS_ROLE_ARN", "valueFrom": {"secretKeyRef": {"name": "store", "key": "role_arn"}}}
    file = {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/storage/token"}
    token = {"audience": "sts.amazonaws.com", "expirationSeconds": 3600, "path": "token"}
    volume = {"name": "bound-sa-token", "projected": {"sources": [{"serviceAccountToken": token}]}}
    pods = []
    for name, env, volumes in (("backup-7d9f8", [role, file], [volume]), ("front-5c6d7", [], [])):
        spec = {
            "containers": [{"name": "backup", "image": "example.com/backup", "env": env}],
            "serviceAccountName": ACCOUNT,
            "volumes": volumes,
        }
        meta = metadata(cluster, "Pod", name, SHOP)
        status = {"phase": "Running", "startTime": stamp(cluster.installed)}
        pods.append({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status})
    put(cluster, f"namespaces/{SHOP}/core/pods.yaml", listing(cluster, pods, "Pod", "v1"))


def webhook_down(cluster: Cluster) -> None:
    """Leave the webhook's Deployment without a ready replica."""

    def hook(path: str, body: Json) -> Json:
        if path == f"namespaces/{CCO}/apps/deployments.yaml":
            for item in body["items"]:
                if item["metadata"]["name"] == "pod-identity-webhook":
                    item["status"] = {"observedGeneration": 1, "replicas": 1, "unavailableReplicas": 1}
        return body

    cluster.hooks.append(hook)


def albo(
    cluster: Cluster,
    *,
    role: str | None = OPERATOR_ROLE,
    request_role: str | None = None,
    secret: str | None = "openshift",  # noqa: S107  (a folder)
    token_path: str | None = "/var/run/secrets/openshift/serviceaccount/token",  # noqa: S107
    approval: str = "Manual",
    request: bool = True,
) -> None:
    """Install an operator by OLM that signs in with a token."""
    namespace(cluster, OPERATOR)
    base = f"namespaces/{OPERATOR}/operators.coreos.com"
    csv = "aws-load-balancer-operator.v1.1.1"
    config = {"config": {"env": [{"name": "ROLEARN", "value": role}]}} if role else {}
    subscription = {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": metadata(cluster, "Subscription", OPERATOR, OPERATOR),
        "spec": {"name": OPERATOR, "channel": "stable-v1", "installPlanApproval": approval, **config},
        "status": {"installedCSV": csv},
    }
    put(cluster, f"{base}/subscriptions/{OPERATOR}.yaml", subscription)
    notes = {"features.operators.openshift.io/token-auth-aws": "true"}
    version = {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": metadata(cluster, "ClusterServiceVersion", csv, OPERATOR, annotations=notes),
        "spec": {"version": "1.1.1"},
    }
    put(cluster, f"{base}/clusterserviceversions/{csv}.yaml", version)
    if request:
        arn = request_role or role
        body = operator_request(cluster, arn, token_path)
        path = f"namespaces/{CCO}/cloudcredential.openshift.io/credentialsrequests/{OPERATOR}.yaml"
        put(cluster, path, body)
        cluster.operators["cloud-credential"].related.append(
            {"group": "cloudcredential.openshift.io", "name": OPERATOR, "namespace": CCO,
             "resource": "credentialsrequests"}
        )  # fmt: skip
        if secret and arn:
            file = f"/var/run/secrets/{secret}/serviceaccount/token"
            size = 82 + len(arn) + len(file)
            put(cluster, f"namespaces/{OPERATOR}/core/secrets.yaml",
                listing(cluster, [_secret(cluster, size)], "Secret", "v1"))  # fmt: skip


def operator_request(cluster: Cluster, role: str | None, token_path: str | None) -> Json:
    """Give the CredentialsRequest that the operator makes."""
    provider: dict[str, Any] = {
        "apiVersion": "cloudcredential.openshift.io/v1",
        "kind": "AWSProviderSpec",
        "statementEntries": [
            {"action": ["ec2:DescribeSubnets"], "effect": "Allow", "resource": "*"},
        ],
    }
    provider |= {"stsIAMRoleARN": role} if role else {}
    spec: dict[str, Any] = {
        "providerSpec": provider,
        "secretRef": {"name": OPERATOR, "namespace": OPERATOR},
        "serviceAccountNames": ["aws-load-balancer-operator-controller-manager"],
    }
    spec |= {"cloudTokenPath": token_path} if token_path else {}
    return {
        "apiVersion": "cloudcredential.openshift.io/v1",
        "kind": "CredentialsRequest",
        "metadata": metadata(cluster, "CredentialsRequest", OPERATOR, CCO, generation=1),
        "spec": spec,
    }


def _secret(cluster: Cluster, size: int) -> Json:
    return {
        "apiVersion": "v1",
        "data": {"credentials": elided(size)},
        "kind": "Secret",
        "metadata": metadata(cluster, "Secret", OPERATOR, OPERATOR),
        "type": "Opaque",
    }


def env_of(cluster: Cluster, workload: str) -> Container:
    """Give the container that talks to AWS."""
    return cluster.workload(workload).main
