"""Faults of the requests: missing, stale, of another release, without a place for what they ask for."""

from __future__ import annotations

from typing import Any

from samples import Cluster
from samples.aws import role_name, trust_policy
from samples.manifests import listing, metadata
from samples.operators import stamp
from samples.requests import release_requests
from samples.yamlout import Json, document

from .fault import REQUESTS, TRUST_FAULT, Fault
from .faults_in_cluster import target
from .layered import CCO, OPERATOR, OPERATOR_SECRET, albo, operator_request, put
from .runs import DRIVERS, INGRESS, MACHINES, NETWORK, REGISTRY, Edit


def drop_request(chain: str) -> Edit:
    """Give an edit that takes a request out of the cluster, and out of its operator's list."""

    def edit(cluster: Cluster) -> None:
        namespace, name = target(chain)
        where = {"namespace": namespace, "name": name}
        gone = next(n for n, request in cluster.requests.items() if request["spec"]["secretRef"] == where)
        del cluster.requests[gone]
        operator = cluster.operators["cloud-credential"]
        operator.related = [entry for entry in operator.related if entry["name"] != gone]

    return edit


def no_service_accounts(cluster: Cluster) -> None:
    """The request of the machine API names no ServiceAccount, in the release and in the cluster."""
    for request in [*cluster.requests.values(), *cluster.release.values()]:
        if request["metadata"]["name"] == "openshift-machine-api-aws":
            request["spec"]["serviceAccountNames"] = []


def bare_copy(cluster: Cluster) -> None:
    """And it has lost its annotations, and the release is not at hand: its name tells it."""
    no_service_accounts(cluster)
    for number, request in list(cluster.release.items()):
        if request["metadata"]["name"] == "openshift-machine-api-aws":
            del cluster.release[number]
    for request in cluster.requests.values():
        if request["metadata"]["name"] == "openshift-machine-api-aws":
            request["metadata"]["annotations"] = {}


def of_a_user(cluster: Cluster) -> None:
    """And no release brings it: its Secret was made by hand."""
    bare_copy(cluster)
    request = cluster.requests.pop("openshift-machine-api-aws")
    request["metadata"]["name"] = "my-machines"
    cluster.requests["my-machines"] = request


def never_served(cluster: Cluster) -> None:
    """And so ccoctl made neither role nor Secret for it."""
    no_service_accounts(cluster)
    del cluster.roles[cluster.role("openshift-machine-api").name]
    del cluster.secrets[target(MACHINES)]


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


def _fault(rule: str, edit: Edit, hide: str, *chains: str, **more: Any) -> Fault:
    return Fault(rule, "request", edit, hide, chains, **more)


IN_CLUSTER = r"namespaces/openshift-cloud-credential-operator/cloudcredential"
RELEASE = r"exports/credrequests"

FAULTS = [
    Fault("request-missing", "request", drop_request(NETWORK), REQUESTS, chains=(NETWORK,)),
    Fault(
        "request-no-service-accounts", "request", never_served, r"credentialsrequests/|exports/credrequests/",
        chains=(MACHINES,), second=TRUST_FAULT,
    ),
    Fault(
        "request-no-service-accounts", "request", no_service_accounts,
        r"credentialsrequests/|exports/credrequests/", chains=(MACHINES,), variant="with-secret",
        second=TRUST_FAULT,
    ),
    Fault(
        "request-no-service-accounts", "request", bare_copy, r"credentialsrequests/|exports/credrequests/",
        chains=(MACHINES,), variant="bare-copy", second=TRUST_FAULT,
    ),
    Fault(
        "request-no-service-accounts", "request", of_a_user, r"credentialsrequests/|exports/credrequests/",
        chains=(MACHINES,), state="warn", variant="of-a-user", second=TRUST_FAULT,
    ),
    _fault("request-drift", _fewer_actions, RELEASE, MACHINES, state="warn", second=TRUST_FAULT),
    _fault("request-release-mismatch", _other_release("4.12.1"), RELEASE, state="warn", variant="older"),
    _fault("request-release-mismatch", _other_release("4.18.1"), RELEASE, state="warn", variant="newer"),
    _fault("request-target-namespace-missing", _namespace_gone, f"{IN_CLUSTER}|{RELEASE}", NETWORK),
    _fault("request-target-namespace-missing", _not_in_the_list, r"core/namespaces\.yaml", NETWORK,
           variant="list"),
    _fault("request-target-namespace-missing",
           lambda cluster: cluster.not_gathered.add(NETWORK.split("/")[0]), r"^namespaces\.yaml", NETWORK,
           variant="list-beside", more=_list_beside),
    _fault("request-provision-failure", _provision_failure, IN_CLUSTER, INGRESS, state="warn",
           kind="symptom"),
    _fault("request-stale", _deleted_by_release, IN_CLUSTER, state="info", kind="hygiene"),
    _fault("request-stale", _condition_stale, IN_CLUSTER, INGRESS, state="info", kind="hygiene",
           variant="condition"),
    _fault("request-stale", _operator_gone, IN_CLUSTER, OPERATOR_SECRET, state="info", kind="hygiene",
           variant="operator-gone"),
    _fault("request-role-name-collision", _collide, r"exports/iam/", NETWORK, left="warn",
           arguments={"name": LONG}),
]  # fmt: skip
