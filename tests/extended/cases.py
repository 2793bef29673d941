"""One fault for each rule, some in variants: an edit of a healthy cluster, and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from samples import Cluster, Condition, faults, logs
from samples.aws import role_name, trust_policy
from samples.manifests import listing, metadata
from samples.operators import stamp
from samples.requests import release_requests
from samples.yamlout import Json, document
from tests.e2e.fault import TRUST_FAULT, WORKLOAD_FAULT, Second, pods_in
from tests.e2e.runs import DRIVERS, INGRESS, MACHINES, NETWORK, REGISTRY, Edit, bundle, exports

from .layered import (
    ANNOTATION,
    CCO,
    OPERATOR,
    OPERATOR_SECRET,
    ROLE,
    SHOP,
    albo,
    env_of,
    operator_request,
    put,
    shop,
    webhook_down,
)

REQUESTS = r"namespaces/openshift-cloud-credential-operator/cloudcredential|exports/credrequests"
OLM = r"operators\.coreos\.com/"


@dataclass(frozen=True)
class Case:
    """A fault; ``hide`` is where its proof lies, ``chains`` those of the finding."""

    rule: str
    link: str
    edit: Edit
    hide: str
    chains: tuple[str, ...] = ()
    state: str = "fail"
    kind: str = "cause"
    variant: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    second: Second = WORKLOAD_FAULT
    beside: tuple[str, ...] = ()
    more: Callable[[Cluster], dict[str, bytes]] | None = None

    @property
    def id(self) -> str:
        """The rule, and the variant."""
        return f"{self.rule}-{self.variant}" if self.variant else self.rule

    def files(self, *more: Edit) -> dict[str, bytes]:
        """Give the must-gather and all exports."""
        cluster = Cluster(**self.arguments)
        for edit in (self.edit, *more):
            edit(cluster)
        return bundle(cluster) | exports(cluster) | (self.more(cluster) if self.more else {})


# --- request --------------------------------------------------------------------------------------


def _request(cluster: Cluster, chain: str) -> Json:
    namespace, _, name = chain.partition("/")
    where = {"namespace": namespace, "name": name}
    return next(r for r in cluster.requests.values() if r["spec"]["secretRef"] == where)


def _fewer_actions(cluster: Cluster) -> None:
    for entry in _request(cluster, MACHINES)["spec"]["providerSpec"]["statementEntries"]:
        entry["action"] = [a for a in entry["action"] if a != "ec2:DescribeSubnets"]


def _other_release(version: str) -> Edit:
    return lambda cluster: setattr(cluster, "release", release_requests(version))


def _condition(cluster: Cluster, chain: str, kind: str, message: str) -> None:
    when = stamp(cluster.installed)
    entry = {"type": kind, "status": "True", "reason": kind, "message": message, "lastTransitionTime": when}
    _request(cluster, chain)["status"] = {"conditions": [entry], "provisioned": False}


def _namespace_gone(cluster: Cluster) -> None:
    cluster.not_gathered.add(NETWORK.split("/")[0])
    _condition(cluster, NETWORK, "MissingTargetNamespace", "target namespace not found")


def _namespaces(cluster: Cluster) -> Json:
    names = ["default", "kube-system", "openshift", CCO]
    names += [chain.split("/")[0] for chain in (INGRESS, MACHINES, REGISTRY, DRIVERS)]
    items = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(cluster, "Namespace", name)}
        for name in names
    ]
    return listing(cluster, items, "Namespace", "v1")


def _not_in_the_list(cluster: Cluster) -> None:
    cluster.not_gathered.add(NETWORK.split("/")[0])
    put(cluster, "cluster-scoped-resources/core/namespaces.yaml", _namespaces(cluster))


def _list_beside(cluster: Cluster) -> dict[str, bytes]:
    body = _namespaces(cluster)
    return {"namespaces.yaml": document(body | {"kind": "List"})}


def _provision_failure(cluster: Cluster) -> None:
    text = "failed to grant creds: error syncing creds in mint-mode: AWS Error: AccessDenied"
    _condition(cluster, INGRESS, "CredentialsProvisionFailure", text)


def _deleted_by_release(cluster: Cluster) -> None:
    body = operator_request(cluster, None, None)
    body["metadata"]["annotations"] = {"release.openshift.io/delete": "true"}
    put(cluster, f"namespaces/{CCO}/cloudcredential.openshift.io/credentialsrequests/{OPERATOR}.yaml", body)


def _condition_stale(cluster: Cluster) -> None:
    _condition(cluster, INGRESS, "StaleCredentials", "no longer asked for")


def _operator_gone(cluster: Cluster) -> None:
    albo(cluster)
    for path in [p for p in cluster.extra_files if "operators.coreos.com" in p]:
        del cluster.extra_files[path]
    version = {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": metadata(cluster, "ClusterServiceVersion", "packageserver", "openshift-olm"),
    }
    put(cluster, "namespaces/openshift-olm/operators.coreos.com/clusterserviceversions/p.yaml", version)


LONG = "production-eu-central-cluster-number-one-of-shops"[:47]


def _collide(cluster: Cluster) -> None:
    """The first request's trust policy, the second's permissions, as ccoctl leaves them."""
    role = cluster.roles[role_name(LONG, *NETWORK.split("/"))]
    role.trust = trust_policy(cluster.provider.arn, cluster.issuer_host, CCO, ["cloud-credential-operator"])


REQUEST_CASES = [
    Case("request-drift", "request", _fewer_actions, r"exports/credrequests", (MACHINES,), "warn"),
    Case("request-release-mismatch", "request", _other_release("4.12.1"), r"exports/credrequests",
         state="warn", variant="older"),
    Case("request-release-mismatch", "request", _other_release("4.18.1"), r"exports/credrequests",
         state="warn", variant="newer"),
    Case("request-target-namespace-missing", "request", _namespace_gone, REQUESTS, (NETWORK,)),
    Case("request-target-namespace-missing", "request", _not_in_the_list, r"core/namespaces\.yaml",
         (NETWORK,), variant="list"),
    Case("request-target-namespace-missing", "request",
         lambda cluster: cluster.not_gathered.add(NETWORK.split("/")[0]), r"^namespaces\.yaml", (NETWORK,),
         variant="list-beside", more=_list_beside),
    Case("request-provision-failure", "request", _provision_failure, REQUESTS, (INGRESS,), "warn", "symptom"),
    Case("request-stale", "request", _deleted_by_release, REQUESTS, state="info", kind="hygiene"),
    Case("request-stale", "request", _condition_stale, REQUESTS, (INGRESS,), "info", "hygiene",
         variant="condition"),
    Case("request-stale", "request", _operator_gone, REQUESTS, (OPERATOR_SECRET,), "info", "hygiene",
         variant="operator-gone"),
    Case("request-role-name-collision", "request", _collide, r"exports/iam/", (NETWORK,),
         arguments={"name": LONG}),
]  # fmt: skip


# --- operator -------------------------------------------------------------------------------------


def _no_zones(cluster: Cluster) -> None:
    faults.ingress_never_published(cluster, cluster.gathered - timedelta(hours=5))


def _zones_denied(cluster: Cluster) -> None:
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

OPERATOR_CASES = [
    Case("operator-dns-not-ready", "operator", _no_zones, INGRESS_OBJECTS, (INGRESS,), "warn", "symptom"),
    Case("operator-dns-not-ready", "operator", _zones_denied, INGRESS_OBJECTS, (INGRESS,), "fail", "symptom",
         variant="denied"),
    Case("operator-storage-error", "operator", _storage("NoSuchBucket", "it is not there"),
         r"imageregistry\.operator", (REGISTRY,), "warn", "symptom"),
    Case("operator-storage-error", "operator", _storage("WebIdentityErr", STS_SAYS),
         r"imageregistry\.operator", (REGISTRY,), "fail", "symptom", variant="sts"),
]  # fmt: skip


# --- workload -------------------------------------------------------------------------------------


def _env(workload: str, name: str, value: str) -> Edit:
    return lambda cluster: env_of(cluster, workload).set_env(name, value)


def _key_from_another_secret(cluster: Cluster) -> None:
    ref = {"secretKeyRef": {"key": "aws_access_key_id", "name": "mine"}}
    env_of(cluster, "machine-api-controllers").env.append({"name": "AWS_ACCESS_KEY_ID", "valueFrom": ref})
    from samples import Secret

    place = ("openshift-machine-api", "mine")
    cluster.secrets[place] = Secret({"aws_access_key_id": b"x" * 20}, cluster.installed)


def _other_profile(cluster: Cluster) -> None:
    env_of(cluster, "aws-ebs-csi-driver-controller").set_env("AWS_PROFILE", "mine")


def _lifetime(cluster: Cluster) -> None:
    token = cluster.workload("machine-api-controllers").token
    assert token is not None
    token.expiration = 604800


OLD_ISSUER = "https://demo-old-oidc.s3.us-west-2.amazonaws.com"


def issuer_changed(*, ago: timedelta, log: bool) -> Edit:
    """Give an edit that changes the issuer and restarts nothing; ``log`` lets one pod show an old token."""

    def edit(cluster: Cluster) -> None:
        when = cluster.gathered - ago
        cluster.previous_kas_issuers = [OLD_ISSUER]
        cluster.kas_issuers = [cluster.issuer or "", OLD_ISSUER]
        cluster.kas_revision += 1
        cluster.node_revisions = [cluster.kas_revision] * 3
        cluster.kas_rolled_out = when
        if log:
            since = when + timedelta(minutes=3)
            space = "openshift-machine-api"
            faults.authentication_fails(
                cluster, logs.no_provider(OLD_ISSUER), since=since, namespaces=[space]
            )

    return edit


def _opt_in(cluster: Cluster) -> None:
    shop(cluster, region=False)


def _run_level_zero(cluster: Cluster) -> None:
    shop(cluster, mutated=False, **{"openshift.io/run-level": "0"})


def _on_the_pod(cluster: Cluster) -> None:
    shop(cluster, annotations={}, pod_annotations={ANNOTATION: ROLE}, mutated=False)


def _misspelt(cluster: Cluster) -> None:
    shop(cluster, annotations={"eks.amazonaws.com/role_arn": ROLE}, mutated=False)


GOVERNMENT = {"region": "us-gov-west-1", "partition": "aws-us-gov"}
SHOP_FILES = rf"namespaces/{SHOP}/"
CHANGES = r"openshift-kube-apiserver/core/configmaps"

WORKLOAD_CASES = [
    Case("workload-static-env", "workload", _env("machine-api-controllers", "AWS_ACCESS_KEY_ID", "AKIAI0000"),
         pods_in(MACHINES), (MACHINES,), second=TRUST_FAULT),
    Case("workload-static-env", "workload", _key_from_another_secret, pods_in(MACHINES), (MACHINES,),
         variant="from-a-secret", second=TRUST_FAULT),
    Case("workload-static-env", "workload", _other_profile, pods_in(DRIVERS), (DRIVERS,), "warn",
         variant="profile"),
    Case("workload-token-lifetime", "workload", _lifetime, pods_in(MACHINES), (MACHINES,), "warn", "hygiene",
         second=TRUST_FAULT),
    Case("workload-legacy-token-path", "workload",
         _env("machine-api-controllers", "AWS_WEB_IDENTITY_TOKEN_FILE",
              "/var/run/secrets/kubernetes.io/serviceaccount/token"),
         pods_in(MACHINES), (MACHINES,), second=TRUST_FAULT),
    Case("workload-predates-issuer", "workload", issuer_changed(ago=timedelta(hours=4), log=True),
         CHANGES, (MACHINES,), second=TRUST_FAULT),
    Case("workload-region-missing", "workload", _opt_in, SHOP_FILES, state="warn", arguments=GOVERNMENT),
    Case("workload-region-missing", "workload", _opt_in, SHOP_FILES, state="warn", variant="opt-in",
         arguments={"region": "eu-south-1"}),
    Case("webhook-not-injected", "workload", lambda cluster: shop(cluster, mutated=False), SHOP_FILES),
    Case("webhook-not-injected", "workload", _run_level_zero, SHOP_FILES, variant="run-level"),
    Case("webhook-annotation-typo", "workload", _misspelt, SHOP_FILES),
    Case("webhook-annotation-typo", "workload", _on_the_pod, SHOP_FILES, variant="on-the-pod"),
    Case("webhook-unavailable", "workload", webhook_down, r"apps/deployments", state="warn", kind="hygiene"),
    Case("olm-role-arn-missing", "workload", lambda c: albo(c, role=None), OLM, (OPERATOR_SECRET,)),
    Case("olm-role-arn-missing", "workload", lambda c: albo(c, role=None, request=False), OLM, (), "info",
         variant="nothing-waits"),
    Case("olm-token-path-default", "workload", lambda c: albo(c, token_path=None, secret="kubernetes.io"),
         REQUESTS, (OPERATOR_SECRET,)),
    Case("olm-automatic-approval", "workload", lambda c: albo(c, approval="Automatic"), OLM,
         (OPERATOR_SECRET,), "warn", "hygiene"),
]  # fmt: skip

CASES = [*REQUEST_CASES, *OPERATOR_CASES, *WORKLOAD_CASES]
COVERED = {case.rule for case in CASES}
