"""Pods that somebody started by hand beside an operator's own are no fault of the operator."""

from __future__ import annotations

from datetime import timedelta

import pytest

from samples import Cluster
from samples.faults import authentication_fails
from samples.logs import NOT_AUTHORIZED
from samples.manifests import metadata
from samples.workloads import Container, Workload
from samples.yamlout import Json, document

from .runs import INGRESS, Bench, everything, findings, named, told, without

NAMESPACE, SECRET = INGRESS.split("/")
REQUESTS = r"credentialsrequests|clusteroperators|exports/credrequests"
DEBUGGED = "debug.openshift.io/source-container"


def _by_hand(cluster: Cluster, name: str, account: str, *, debug: bool = False, owner: bool = False) -> None:
    """Run a pod with the ingress operator's Secret, without a token for AWS, and without a Deployment."""
    shell = Container(name, mounts=[{"mountPath": "/creds", "name": "creds"}], uses_token=False)
    shell.set_env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    volume = {"name": "creds", "secret": {"secretName": SECRET}}
    pod = Workload(NAMESPACE, name, account, {name: shell}, "ingress", token=None, volumes=[volume])
    pod.started = cluster.gathered - timedelta(hours=2)
    cluster.workloads[f"{NAMESPACE}/{name}"] = pod

    def strip(path: str, body: Json) -> Json:
        for item in body.get("items", [body]) if NAMESPACE in path else ():
            meta = item.get("metadata", {})
            if item.get("kind") == "Pod" and meta["name"].startswith(f"{name}-") and not owner:
                meta.pop("ownerReferences", None)
                meta["annotations"] |= {DEBUGGED: "c"} if debug else {}
        if body.get("kind") == "DeploymentList" and not owner:
            body["items"] = [item for item in body["items"] if item["metadata"]["name"] != name]
        return body

    cluster.hooks.append(strip)


@pytest.mark.parametrize(
    ("name", "account", "debug"),
    [
        ("awscli", "default", False),
        ("ingress-test", "default", False),
        ("awscli", "ingress-operator", False),
        ("ingress-operator-debug", "ingress-operator", True),
    ],
)
def test_a_pod_without_a_controller_is_none_of_the_operators(
    bench: Bench, name: str, account: str, *, debug: bool
) -> None:
    cluster = Cluster()
    _by_hand(cluster, name, account, debug=debug)
    report = bench.report(everything(cluster))
    assert not findings(report, "fail", "warn"), told(report)


def test_what_somebody_typed_in_a_copy_of_a_pod_is_no_error_of_the_operator(bench: Bench) -> None:
    cluster, failing = Cluster(), Cluster()
    _by_hand(cluster, "ingress-operator-debug", "ingress-operator", debug=True)
    since = failing.gathered - timedelta(hours=2)
    authentication_fails(failing, NOT_AUTHORIZED, since=since, namespaces=[NAMESPACE])
    shell = cluster.workloads[f"{NAMESPACE}/ingress-operator-debug"].main
    shell.log = failing.workload("ingress-operator").main.log
    report = bench.report(everything(cluster))
    assert not findings(report, "fail", "warn"), told(report)


@pytest.mark.parametrize("requests", [False, True])
def test_nor_where_the_operators_own_pods_are_hidden(bench: Bench, *, requests: bool) -> None:
    cluster = Cluster()
    _by_hand(cluster, "ingress-test", "default")
    hidden = rf"namespaces/{NAMESPACE}/(?:pods/ingress-operator|apps/)" + (f"|{REQUESTS}" if requests else "")
    pods = [key for key in everything(cluster) if f"{NAMESPACE}/core/pods" in key]
    report = bench.report(without(everything(cluster), "|".join([hidden, *pods])))
    assert not findings(report, "fail"), told(report)


OWN = rf"namespaces/{NAMESPACE}/(?:pods/ingress-operator|core/pods"


@pytest.mark.parametrize("hidden", ["", rf"{OWN}|apps/)", rf"{OWN}|pods/)"], ids=["none", "own", "pods"])
@pytest.mark.parametrize("name", ["backup", "operator"])
def test_nor_is_a_program_of_another_name_and_account(bench: Bench, name: str, hidden: str) -> None:
    """Somebody's own Deployment there, which uses the operator's Secret."""
    cluster = Cluster()
    _by_hand(cluster, name, "default", owner=True)
    files = everything(cluster)
    report = bench.report(without(files, hidden) if hidden else files)
    assert not findings(report, "fail", "warn"), told(report)


def test_a_pod_with_a_controller_is_the_operators(bench: Bench) -> None:
    cluster = Cluster()
    _by_hand(cluster, "ingress-operator", "default", owner=True)
    found = named(bench.report(everything(cluster)), "fail")
    assert "workload-service-account-mismatch" in found


def test_so_is_one_by_its_name_where_no_pod_shows_a_controller(bench: Bench) -> None:
    cluster = Cluster()
    cluster.workload("ingress-operator").service_account = "default"

    def bare(path: str, body: Json) -> Json:
        for item in body.get("items", [body]) if NAMESPACE in path else ():
            if item.get("kind") == "Pod":
                item["metadata"].pop("ownerReferences", None)
        return body

    cluster.hooks.append(bare)
    assert "workload-service-account-mismatch" in named(bench.report(everything(cluster)), "fail")


def test_where_no_pod_of_the_bundle_shows_one_any_name_is_the_operators(bench: Bench) -> None:
    """What made the bundle may have left out who made the pods."""
    cluster = Cluster()
    cluster.workload("ingress-operator").token = None

    def bare(path: str, body: Json) -> Json:
        for item in body.get("items", [body]):
            if item.get("kind") == "Pod":
                item["metadata"].pop("ownerReferences", None)
                item["metadata"]["name"] = item["metadata"]["name"].replace("ingress-operator-", "dns-1-")
        return body

    cluster.hooks.append(bare)
    files = without(everything(cluster), r"apps/|/pods/ingress-operator")
    assert "workload-token-volume-missing" in named(bench.report(files), "fail")


def test_so_is_one_named_like_the_namespace_where_the_request_names_other_accounts(bench: Bench) -> None:
    cluster = Cluster()
    cluster.requests["openshift-ingress"]["spec"]["serviceAccountNames"] = ["router"]
    assert "workload-service-account-mismatch" in named(bench.report(everything(cluster)), "warn")


@pytest.mark.parametrize("name", ["", "aws-ebs-csi-driver-operator"])
def test_so_is_one_with_a_token_for_aws_whose_account_the_request_lacks(bench: Bench, name: str) -> None:
    cluster = Cluster()
    accounts = cluster.requests["aws-ebs-csi-driver-operator"]["spec"]["serviceAccountNames"]
    accounts[:] = [account for account in accounts if account == name] or ["router"]
    report = bench.report(everything(cluster))
    assert "workload-service-account-mismatch" in named(report, "fail", "warn"), told(report)
    assert "workload-token-volume-missing" not in named(report), told(report)


@pytest.mark.parametrize("audience", [None, "vault"])
def test_nor_is_one_by_hand_where_nothing_but_it_is_left(bench: Bench, audience: str | None) -> None:
    """Its name shows no ReplicaSet: it never had a controller that could have been taken out."""
    cluster = Cluster()
    token = {"audience": audience, "expirationSeconds": 3600, "path": "token"}
    volumes: list[Json] = [{"name": "creds", "secret": {"secretName": SECRET}}]
    mounts = [{"mountPath": "/creds", "name": "creds"}]
    if audience:
        volumes.append({"name": "token", "projected": {"sources": [{"serviceAccountToken": token}]}})
        mounts.append({"mountPath": "/var/run/secrets/openshift/serviceaccount", "name": "token"})
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(cluster, "Pod", "debug-shell", NAMESPACE),
        "spec": {
            "containers": [{"name": "shell", "image": "shell", "volumeMounts": mounts}],
            "serviceAccountName": "ingress-operator",
            "volumes": volumes,
        },
        "status": {"phase": "Running"},
    }
    cluster.extra_files[f"namespaces/{NAMESPACE}/pods/debug-shell/debug-shell.yaml"] = document(pod)
    files = everything(cluster)
    assert not findings(bench.report(files), "fail", "warn")
    report = bench.report(without(files, r"core/pods\.yaml|/pods/(?!debug-shell)"))
    assert not findings(report, "fail", "warn"), told(report)
