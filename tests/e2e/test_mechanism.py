"""What credentials each chain works with, as the report says it."""

from __future__ import annotations

from samples import Cluster

from .faults import FAULTS
from .runs import MACHINES, Bench, Files, bundle, the_chain, told, without

SECRET = r"namespaces/openshift-machine-api/core/secrets"


def _files(rule: str) -> Files:
    return next(fault for fault in FAULTS if fault.rule == rule).files()


def _mechanism(bench: Bench, files: Files) -> str:
    return the_chain(bench.report(files), MACHINES).mechanism


def test_of_a_chain(bench: Bench) -> None:
    healthy = bundle(Cluster())
    assert _mechanism(bench, healthy) == "sts-secret"
    assert _mechanism(bench, without(healthy, SECRET)) == "unknown"
    assert _mechanism(bench, _files("secret-missing")) == "none"


def test_the_node_answers_where_there_is_no_secret(bench: Bench) -> None:
    cluster = next(fault for fault in FAULTS if fault.rule == "log-node-role").cluster()
    del cluster.secrets["openshift-machine-api", "aws-cloud-credentials"]
    report = bench.report(bundle(cluster))
    chain = the_chain(report, MACHINES)
    assert chain.mechanism == "node-role"
    assert (chain.verdict.state, chain.verdict.rule) == ("fail", "secret-missing"), told(report)
