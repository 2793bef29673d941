"""Every rule finds its fault, alone and beside another one, and says no fault where the proof is hidden."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from samples import Cluster
from tests.e2e.runs import (
    NETWORK,
    READ_ONLY,
    Bench,
    assert_healthy,
    everything,
    flips,
    ids,
    named,
    the_chain,
    told,
    without,
)

from .cases import CASES, COVERED, Case, issuer_changed
from .layered import albo, shop

UPGRADE = Path(__file__).resolve().parents[2] / "rules" / "upgrade"


def assert_named(report: object, case: Case) -> None:
    found = [f for f in report.findings if f.rule == case.rule]  # type: ignore[attr-defined]
    assert found, f"{case.rule} is not named\n{told(report)}"  # type: ignore[arg-type]
    seen = {(f.state, f.link, f.kind) for f in found}
    assert seen == {(case.state, case.link, case.kind)}, told(report)  # type: ignore[arg-type]
    chains = {chain for f in found for chain in f.chains} - {READ_ONLY}
    assert chains == set(case.chains), told(report)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_alone_and_without_its_proof(bench: Bench, case: Case) -> None:
    files = case.files()
    report = bench.report(files)
    assert_named(report, case)
    breaks = case.state == "fail" and case.kind == "cause"
    allowed = {case.rule, *case.beside} if breaks else set(case.beside)
    assert named(report, "fail", kind="cause") <= allowed, told(report)
    for chain in report.chains:
        if breaks and chain.id in case.chains and case.link != "workload":
            assert (chain.verdict.link, chain.verdict.rule) == (case.link, case.rule), told(report)
        elif chain.id not in case.chains:
            assert chain.verdict.state in ("pass", "unknown"), told(report)
    hidden = bench.report(without(files, case.hide))
    assert case.rule not in named(hidden, "fail"), told(hidden)
    assert not flips(report, hidden)


ONE_OF_EACH = list({case.rule: case for case in reversed(CASES)}.values())


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=ids(ONE_OF_EACH))
def test_beside_another(bench: Bench, case: Case) -> None:
    report = bench.report(case.files(case.second.edit))
    assert_named(report, case)
    assert the_chain(report, case.second.chain).verdict.rule == case.second.rule, told(report)


def test_every_rule_is_covered() -> None:
    assert len(COVERED) == 19


@pytest.mark.parametrize("region", ["us-west-2", "us-gov-west-1", "eu-south-1"])
@pytest.mark.parametrize("minor", [10, 12, 14, 16, 18, 21])
def test_users_of_the_webhook_and_of_olm_are_well(bench: Bench, minor: int, region: str) -> None:
    """What can be there without being a fault: a mutated pod, an operator of OLM with a role."""
    partition = "aws-us-gov" if region.startswith("us-gov") else "aws"
    cluster = Cluster(version=f"4.{minor}.5", region=region, partition=partition)
    shop(cluster)
    report = bench.report(everything(cluster))
    assert_healthy(report)
    albo(cluster)
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
    assert not COVERED & named(report), told(report)


@pytest.mark.parametrize("version", ["4.13.2", "4.15.2"])
def test_another_releases_requests_make_no_fault(bench: Bench, version: str) -> None:
    """Requests of the wrong release are said to be that; nothing is held against them."""
    from samples.requests import release_requests

    cluster = Cluster(version="4.14.12")
    cluster.release = release_requests(version)
    report = bench.report(everything(cluster))
    assert named(report, "fail", "warn") == {"request-release-mismatch"}, told(report)


def test_what_only_another_release_asks_for_is_no_chain(bench: Bench) -> None:
    """Requests of 4.10 bring one for a controller that 4.9 does not have."""
    from samples.requests import release_requests

    cluster = Cluster(version="4.9.3")
    cluster.release = release_requests("4.10.3")
    report = bench.report(everything(cluster))
    assert NETWORK not in {chain.id for chain in report.chains}
    assert "request-release-mismatch" in named(report, "warn"), told(report)
    assert not named(report, "fail"), told(report)


def test_the_cli_knows_upgrade_rules() -> None:
    assert {path.stem for path in UPGRADE.glob("*.yaml")} == {
        "upgrade-annotation", "upgrade-request-new", "upgrade-actions-new", "upgrade-service-account-new",
        "upgrade-secret-renamed", "upgrade-request-removed",
    }  # fmt: skip
