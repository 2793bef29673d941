"""STS's answers in the logs of a namespace that no consumer of a role is known to be in."""

from __future__ import annotations

from samples import Cluster, faults, logs
from samples.layouts import insights, must_gather

from .runs import Bench


def _denied() -> Cluster:
    cluster = Cluster()
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=cluster.gathered)
    return cluster


def test_they_are_said_where_nothing_shows_the_role(bench: Bench) -> None:
    """An Insights archive has the logs of some operators, and neither their requests nor their Secrets."""
    report = bench.report(insights(_denied()))
    assert not report.chains
    (notice,) = report.notices
    assert "of openshift-ingress-operator quote STS, and no consumer of a role is known there" in notice
    assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in notice


def test_they_are_left_to_the_chain_that_is_there(bench: Bench) -> None:
    report = bench.report(must_gather(_denied()))
    assert report.chains
    assert report.notices == ()


def test_an_echo_of_what_is_judged_is_said_to_be_one(bench: Bench) -> None:
    """Operators write each other's conditions into their logs."""
    files = must_gather(_denied())
    log = next(p for p in files if p.endswith("/ingress-operator/ingress-operator/logs/current.log"))
    there = log.replace("openshift-ingress-operator/", "openshift-cluster-version/", 1)
    (notice,) = bench.report(files | {there: files[log]}).notices
    assert notice.endswith(
        "in logs of openshift-cluster-version in the same words as in logs that are judged"
    )
    said = b"AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    other = files[log].replace(said, b"InvalidIdentityToken: Incorrect token audience")
    (notice,) = bench.report(files | {there: other}).notices
    assert "of openshift-cluster-version quote STS, and no consumer of a role is known there" in notice


def test_what_an_operator_reports_is_said_where_nothing_else_was_gathered(bench: Bench) -> None:
    files = must_gather(_denied())
    operators = {path: data for path, data in files.items() if "/clusteroperators" in path}
    report = bench.report(operators)
    assert not report.chains
    (notice,) = report.notices
    assert notice.startswith("ClusterOperator image-registry quotes STS in its condition Progressing")
    assert notice.endswith("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity")


def test_what_an_operator_reports_and_its_logs_say_is_said_once(bench: Bench) -> None:
    files = must_gather(_denied())
    kept = ("/clusteroperators", "/ingress-operator/ingress-operator/logs/current.log")
    (notice,) = bench.report({p: d for p, d in files.items() if any(part in p for part in kept)}).notices
    assert "of openshift-ingress-operator quote STS" in notice
