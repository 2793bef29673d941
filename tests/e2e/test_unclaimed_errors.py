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
