"""Errors in a namespace that several programs share are those of the pods that logged them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from samples import Cluster, Secret, aws, faults, logs
from samples.logs import klog, request_id, sdk1
from samples.requests import CCO_NAMESPACE
from samples.workloads import Container, Workload

from .runs import (
    DRIVERS,
    INGRESS,
    MACHINES,
    NETWORK,
    REGISTRY,
    Bench,
    bundle,
    everything,
    findings,
    flips,
    said,
    the_chain,
    told,
    without,
)

NAMESPACE = "openshift-cluster-csi-drivers"
FILES = f"{NAMESPACE}/aws-efs-cloud-credentials"
REQUEST = "openshift-aws-efs-csi-driver"
ACCOUNTS = ["aws-efs-csi-driver-operator", "aws-efs-csi-driver-controller-sa"]
PODS = rf"namespaces/{NAMESPACE}/(?:pods/[^/]+/[^/]+\.yaml|core/pods)"
DEPLOYMENTS = rf"namespaces/{NAMESPACE}/apps/"
REQUESTS = "credentialsrequests/"


def _efs(cluster: Cluster, *, name: str = "aws-efs-csi-driver-controller") -> None:
    """Install the driver of EFS beside that of EBS; STS refuses it."""
    role = f"arn:aws:iam::{cluster.account}:role/demo-efs"
    entry = {"action": ["elasticfilesystem:DescribeMountTargets"], "effect": "Allow", "resource": "*"}
    provider = {"kind": "AWSProviderSpec", "statementEntries": [entry], "stsIAMRoleARN": role,
                "apiVersion": "cloudcredential.openshift.io/v1"}  # fmt: skip
    cluster.requests[REQUEST] = {
        "apiVersion": "cloudcredential.openshift.io/v1",
        "kind": "CredentialsRequest",
        "metadata": {"name": REQUEST, "namespace": CCO_NAMESPACE},
        "spec": {
            "cloudTokenPath": aws.TOKEN_FILE,
            "providerSpec": provider,
            "secretRef": {"name": "aws-efs-cloud-credentials", "namespace": NAMESPACE},
            "serviceAccountNames": ACCOUNTS,
        },
    }
    made = cluster.gathered - timedelta(days=5)
    value = {"credentials": aws.sts_credentials(role)}
    cluster.secrets[NAMESPACE, "aws-efs-cloud-credentials"] = Secret(value, made)
    volume = {"name": "aws-credentials", "secret": {"secretName": "aws-efs-cloud-credentials"}}
    _run(cluster, name, ACCOUNTS[1], volumes=[volume])


def _run(cluster: Cluster, name: str, account: str, **more: object) -> None:
    driver = Workload(NAMESPACE, name, account, {"csi-driver": Container("csi-driver")}, "storage", **more)  # type: ignore[arg-type]
    driver.started = cluster.gathered - timedelta(days=3)
    driver.main.log = [
        klog(
            cluster.gathered - timedelta(minutes=9 * n),
            "E",
            "driver.go:1",
            sdk1(logs.NOT_AUTHORIZED, request_id(n)),
        )
        for n in range(1, 12)
    ]
    cluster.workloads[f"{NAMESPACE}/{name}"] = driver


def _shared() -> Cluster:
    cluster = Cluster()
    _efs(cluster)
    return cluster


@pytest.mark.parametrize("hidden", ["", PODS, f"{PODS}|{DEPLOYMENTS}", REQUESTS])
def test_the_error_of_one_driver_is_never_the_others(bench: Bench, hidden: str) -> None:
    files = everything(_shared(), secrets="full")
    whole = bench.report(files)
    assert said(the_chain(whole, FILES))[::2] == ("suspected", "log-assume-role-denied"), told(whole)
    report = bench.report(without(files, hidden)) if hidden else whole
    assert not flips(whole, report)
    assert the_chain(report, DRIVERS).verdict.state in ("pass", "unknown"), told(report)
    if hidden != REQUESTS:
        assert said(the_chain(report, FILES))[::2] == ("suspected", "log-assume-role-denied"), told(report)


def test_a_name_that_is_like_neither_leaves_both_open(bench: Bench) -> None:
    cluster = Cluster()
    _efs(cluster, name="driver")
    files = everything(cluster, secrets="full")
    whole, report = bench.report(files), bench.report(without(files, f"{PODS}|{DEPLOYMENTS}"))
    assert not flips(whole, report)
    assert not findings(report, "fail"), told(report)
    assert {the_chain(report, name).verdict.state for name in (FILES, DRIVERS)} == {"unknown"}
    assert any("ns/openshift-cluster-csi-drivers" in item.command for item in report.missing)


def test_a_pod_with_another_account_and_no_secret_is_not_the_operators(bench: Bench) -> None:
    cluster = Cluster()
    _run(cluster, "backup", "backup", token=None)
    report = bench.report(bundle(cluster))
    assert not findings(report, "fail", "warn"), told(report)


@pytest.mark.parametrize("hidden", [PODS, f"{PODS}|{DEPLOYMENTS}"])
def test_without_any_pod_the_error_of_a_stranger_is_left_open(bench: Bench, hidden: str) -> None:
    cluster = Cluster()
    _run(cluster, "backup", "backup", token=None)
    files = everything(cluster, secrets="full")
    whole, report = bench.report(files), bench.report(without(files, hidden))
    assert not flips(whole, report)
    assert not findings(report, "fail"), told(report)
    assert the_chain(report, DRIVERS).verdict.state == "unknown", told(report)


@pytest.mark.parametrize("hidden", [PODS, f"{PODS}|{DEPLOYMENTS}"])
def test_the_operators_own_pod_is_known_by_its_name(bench: Bench, hidden: str) -> None:
    cluster = Cluster()
    since = cluster.gathered - timedelta(hours=3)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since)
    files = without(bundle(cluster), hidden.replace(NAMESPACE, "[^/]+"))
    chains = [c for c in bench.report(files).chains if c.verdict.state != "unknown"]
    assert {c.id for c in chains} == {INGRESS, REGISTRY, MACHINES, DRIVERS, NETWORK}
    assert {c.verdict.state for c in chains} == {"suspected"}


def test_a_pod_that_signs_in_with_the_role_as_another_account_is_still_told(bench: Bench) -> None:
    """A request may leave out the ServiceAccount of an operand, which reads the Secret by the API."""
    cluster = Cluster()
    _run(cluster, "backup", "backup")
    chain = the_chain(bench.report(bundle(cluster)), DRIVERS)
    assert said(chain)[::2] == ("suspected", "log-assume-role-denied")


def test_a_run_that_is_over_is_still_its_own(bench: Bench) -> None:
    cluster = Cluster()
    account = "aws-ebs-csi-driver-controller-sa"
    _run(cluster, "once", account)

    def over(path: str, body: dict[str, object]) -> dict[str, object]:
        for item in body.get("items", [body]) if "/pods" in path else []:  # type: ignore[union-attr, attr-defined]
            if item["metadata"]["name"].startswith("once-"):
                item["status"]["phase"] = "Failed"
        return body

    cluster.hooks.append(over)
    chain = the_chain(bench.report(bundle(cluster)), DRIVERS)
    assert said(chain)[::2] == ("suspected", "log-assume-role-denied")


@pytest.mark.parametrize("hidden", ["", f"{PODS}|{DEPLOYMENTS}"])
def test_a_pod_that_misses_the_token_of_the_secret_is_told_whatever_its_account(
    bench: Bench, hidden: str
) -> None:
    """Only the Secret tells it where that token is; it reads it by the API."""
    cluster = Cluster()
    _run(cluster, "backup", "backup", token=None)
    text = (
        "WebIdentityErr: failed fetching WebIdentity token: \ncaused by: WebIdentityErr: unable to read "
        f"file at {aws.TOKEN_FILE}\ncaused by: open {aws.TOKEN_FILE}: no such file or directory"
    )
    log = cluster.workloads[f"{NAMESPACE}/backup"].main.log
    log[:] = [klog(line.when, "E", "driver.go:1", text) for line in log]
    files = bundle(cluster)
    whole = bench.report(files)
    assert said(the_chain(whole, DRIVERS))[::2] == ("suspected", "log-token-file"), told(whole)
    assert not hidden or not flips(whole, bench.report(without(files, hidden)))


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("aws-ebs-csi-driver-helper", ""),
        ("aws-ebs-csi-driver-operator-metrics", ""),
        ("backup", f"|{REQUESTS}"),
    ],
)
def test_hiding_the_spec_of_a_pod_makes_no_fault_of_its_error(bench: Bench, name: str, hidden: str) -> None:
    cluster = Cluster()
    _run(cluster, name, "default", token=None)
    files = bundle(cluster)
    assert not flips(bench.report(files), bench.report(without(files, f"{PODS}|{DEPLOYMENTS}{hidden}")))


def test_specs_that_tell_nothing_leave_the_names_of_the_pods(bench: Bench) -> None:
    cluster = _shared()

    def emptied(path: str, body: dict[str, object]) -> dict[str, object]:
        for item in body.get("items", [body]) if "/pods" in path else []:  # type: ignore[union-attr, attr-defined]
            item["spec"] = {}
        return body

    cluster.hooks.append(emptied)
    report = bench.report(bundle(cluster))
    assert said(the_chain(report, FILES))[::2] == ("suspected", "log-assume-role-denied"), told(report)
    assert the_chain(report, DRIVERS).verdict.state == "unknown", told(report)
