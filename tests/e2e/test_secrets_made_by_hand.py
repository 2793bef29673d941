"""Programs whose Secret was made by hand, without a request: STS's own answer shows that they sign in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from samples import Cluster, Secret, aws, logs
from samples.logs import klog, request_id, sdk2
from samples.workloads import Container, Workload

from .runs import Bench, bundle, everything, findings, said, the_chain, told, without

CHAIN = "openshift-adp/cloud-credentials"


def _velero(cluster: Cluster, *, refused: bool = True, keys: dict[str, bytes] | None = None) -> Cluster:
    """Run velero with a Secret as the manual of OADP has it made, without a CredentialsRequest."""
    role = "arn:aws:iam::123456789012:role/my-backups"
    value = {"credentials": aws.sts_credentials(role) + b"\n"} if keys is None else keys
    cluster.secrets["openshift-adp", "cloud-credentials"] = Secret(value, cluster.installed)
    volume = {"name": "cloud", "secret": {"secretName": "cloud-credentials"}}
    pod = Workload("openshift-adp", "velero", "velero", {"velero": Container("velero")}, "", volumes=[volume])
    pod.started = cluster.gathered - timedelta(days=3)
    for n in range(1, 12) if refused else ():
        text = sdk2(logs.NOT_AUTHORIZED, request_id(n), "S3: ListObjectsV2")
        pod.main.log.append(klog(cluster.gathered - timedelta(minutes=9 * n), "E", "store.go:1", text))
    cluster.workloads["openshift-adp/velero"] = pod
    return cluster


@pytest.mark.parametrize("exported", [False, True])
def test_one_that_sts_refuses_is_judged(bench: Bench, *, exported: bool) -> None:
    cluster = _velero(Cluster())
    report = bench.report(everything(cluster) if exported else bundle(cluster))
    chain = the_chain(report, CHAIN)
    assert said(chain) == ("suspected", "trust", "log-assume-role-denied"), told(report)
    assert {f.rule for f in findings(report, "fail", "warn")} == {"log-assume-role-denied"}
    assert report.notices == ()
    assert {c.id for c in report.chains if c.verdict.state == "suspected"} == {CHAIN}


def test_what_signs_in_well_is_not_known_and_not_needed(bench: Bench) -> None:
    report = bench.report(bundle(_velero(Cluster(), refused=False)))
    assert CHAIN not in {c.id for c in report.chains}
    assert not findings(report, "fail", "warn"), told(report)


@pytest.mark.parametrize(
    "hidden", [r"openshift-adp/core/secrets", r"openshift-adp/(?:pods/[^/]+/[^/]+\.yaml|core/pods)"]
)
def test_without_its_secret_or_pod_the_error_is_said_all_the_same(bench: Bench, hidden: str) -> None:
    report = bench.report(without(bundle(_velero(Cluster())), hidden))
    assert CHAIN not in {c.id for c in report.chains}
    assert "quote STS, and no consumer of a role is known there" in report.notices[0]


def test_a_pair_of_keys_is_none_for_sts(bench: Bench) -> None:
    pair = b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " + b"x" * 40
    report = bench.report(bundle(_velero(Cluster(), keys={"credentials": pair})))
    assert CHAIN not in {c.id for c in report.chains}
    assert not findings(report, "fail"), told(report)


def test_a_cluster_without_sts_is_not_said_to_be_half_converted(bench: Bench) -> None:
    """A user tried STS for one program of a cluster whose operators have keys."""
    report = bench.report(bundle(_velero(Cluster(mode="", version="4.13.20"))))
    assert CHAIN not in {c.id for c in report.chains}
    assert not findings(report, "fail", "warn"), told(report)
