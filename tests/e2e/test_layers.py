"""What may stand around the chains without a fault: the webhook, operators of OLM, another release."""

from __future__ import annotations

from datetime import timedelta

import pytest

from samples import Cluster
from samples.requests import release_requests
from samples.yamlout import Json

from . import faults_in_requests as requests
from . import faults_in_workloads as workloads
from .faults_in_workloads import OLD_ISSUER, issuer_changed
from .layered import OPERATOR_ROLE, albo, shop
from .runs import MACHINES, NETWORK, Bench, assert_healthy, everything, named, told


@pytest.mark.parametrize("region", ["us-west-2", "us-gov-west-1", "eu-south-1"])
@pytest.mark.parametrize("minor", [10, 12, 14, 16, 18, 21])
def test_users_of_the_webhook_and_of_olm_are_well(bench: Bench, minor: int, region: str) -> None:
    """What can be there without being a fault: a mutated pod, an operator of OLM with a role."""
    partition = "aws-us-gov" if region.startswith("us-gov") else "aws"
    cluster = Cluster(version=f"4.{minor}.5", region=region, partition=partition)
    shop(cluster)
    report = bench.report(everything(cluster))
    assert_healthy(report)
    albo(cluster, role=OPERATOR_ROLE.replace("arn:aws:", f"arn:{partition}:"))
    report = bench.report(everything(cluster))
    assert not named(report, "fail", "warn"), told(report)


@pytest.mark.parametrize(("ago", "expected"), [(20, {"warn"}), (240, set())])
def test_pods_older_than_the_issuer_get_new_tokens_in_time(
    bench: Bench, ago: int, expected: set[str]
) -> None:
    cluster = Cluster()
    issuer_changed(ago=timedelta(minutes=ago), log=False)(cluster)
    report = bench.report(everything(cluster))
    seen = {f.state for f in report.findings if f.rule == "workload-predates-issuer"}
    assert seen == expected, told(report)
    assert not named(report, "fail"), told(report)
    steps = [s.command for f in report.findings if f.rule == "workload-predates-issuer" for s in f.fix]
    restart = "oc -n openshift-machine-api rollout restart deployment/machine-api-controllers"
    assert (restart in steps) == bool(expected)


@pytest.mark.parametrize(
    ("age", "before", "state"),
    [
        (
            25,
            "https://kubernetes.default.svc",
            "fail",
        ),  # its first token, and nobody can have a provider for it
        (25, OLD_ISSUER, "warn"),  # that issuer's provider may be there still
        (55, "https://kubernetes.default.svc", "warn"),  # it may have its second token
    ],
)
def test_a_pod_too_young_for_a_second_token_has_one_of_the_issuer_before(
    bench: Bench, age: int, before: str, state: str
) -> None:
    cluster = Cluster()
    issuer_changed(ago=timedelta(minutes=20), log=False)(cluster)
    cluster.previous_kas_issuers = [before]
    cluster.kas_issuers = [cluster.issuer or "", before]
    started = (cluster.gathered - timedelta(minutes=age)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def young(path: str, body: Json) -> Json:
        if "openshift-machine-api/" in path and body["kind"] in ("Pod", "PodList"):
            for pod in body.get("items", [body]):
                pod["status"]["startTime"] = started
        return body

    cluster.hooks.append(young)
    report = bench.report(everything(cluster))
    seen = {f.state for f in report.findings if f.rule == "workload-predates-issuer" and MACHINES in f.chains}
    assert seen == {state}, told(report)


def test_a_secret_made_by_hand_serves_an_operator_without_rolearn(bench: Bench) -> None:
    cluster = Cluster(version="4.14.20")
    albo(cluster)
    files = everything(cluster)
    for path in list(files):
        if "operators.coreos.com/subscriptions" in path:
            files[path] = files[path].replace(b"name: ROLEARN", b"name: OTHER")
    report = bench.report(files)
    assert "olm-role-arn-missing" not in named(report), told(report)


@pytest.mark.parametrize("minor", [14, 15])
def test_the_noise_about_an_empty_role_is_nothing(bench: Bench, minor: int) -> None:
    report = bench.report(everything(Cluster(version=f"4.{minor}.2")))
    assert_healthy(report)


def test_a_mint_cluster_has_nothing_of_it(bench: Bench) -> None:
    cluster = Cluster(mode="Mint")
    report = bench.report(everything(cluster))
    assert not {fault.rule for fault in [*requests.FAULTS, *workloads.FAULTS]} & named(report), told(report)


@pytest.mark.parametrize("version", ["4.13.2", "4.15.2"])
def test_another_releases_requests_make_no_fault(bench: Bench, version: str) -> None:
    """Requests of the wrong release are said to be that; nothing is held against them."""
    cluster = Cluster(version="4.14.12")
    cluster.release = release_requests(version)
    report = bench.report(everything(cluster))
    assert named(report, "fail", "warn") == {"request-release-mismatch"}, told(report)


def test_what_only_another_release_asks_for_is_no_chain(bench: Bench) -> None:
    """Requests of 4.10 bring one for a controller that 4.9 does not have."""
    cluster = Cluster(version="4.9.3")
    cluster.release = release_requests("4.10.3")
    report = bench.report(everything(cluster))
    assert NETWORK not in {chain.id for chain in report.chains}
    assert "request-release-mismatch" in named(report, "warn"), told(report)
    assert not named(report, "fail"), told(report)
