"""Calls as the node: a fault of a program with a role of its own, and the design of others beside it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from samples import Cluster
from samples.logs import klog
from samples.workloads import Container, Workload

from .faults_in_logs import BY_NODE, logged
from .runs import (
    DRIVERS,
    MACHINES,
    Bench,
    bundle,
    edited,
    everything,
    findings,
    flips,
    said,
    states_of,
    the_chain,
    told,
    without,
)

NAMESPACE = DRIVERS.split("/")[0]
PODS = rf"namespaces/{NAMESPACE}/(?:pods/[^/]+/[^/]+\.yaml|core/pods|apps/)"


def _node_plugin(cluster: Cluster) -> None:
    """Run the driver's part on the nodes, which has neither Secret nor token, and let it be denied a call."""
    container = Container("csi-driver", uses_token=False)
    name = "aws-ebs-csi-driver-node"
    plugin = Workload(
        NAMESPACE, name, f"{name}-sa", {"csi-driver": container}, operator="storage", token=None
    )
    plugin.started = cluster.gathered - timedelta(days=3)
    caller = f"arn:aws:sts::{cluster.account}:assumed-role/demo-worker-role/i-0abcdef0123456789"
    text = (
        f"UnauthorizedOperation: You are not authorized to perform this operation. User: {caller} is "
        "not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the "
        "ec2:DescribeInstances action"
    )
    container.log = [
        klog(cluster.gathered - timedelta(minutes=10 * n + 1), "E", "node.go:1", text) for n in range(9)
    ]
    cluster.workloads[f"{NAMESPACE}/{name}"] = plugin


def test_what_signs_in_as_its_node_by_design_is_no_fault_of_the_drivers(bench: Bench) -> None:
    report = bench.report(everything(edited(_node_plugin), secrets="full"))
    assert not findings(report, "fail", "warn"), told(report)
    chain = the_chain(report, DRIVERS)
    assert (chain.mechanism, chain.verdict.state) == ("sts-secret", "pass"), told(report)


def test_without_the_pods_nothing_tells_whose_calls_they_are(bench: Bench) -> None:
    files = without(everything(edited(_node_plugin), secrets="full"), PODS)
    report = bench.report(files)
    assert not findings(report, "fail"), told(report)
    assert any("ns/openshift-cluster-csi-drivers" in item.command for item in report.missing)


@pytest.mark.parametrize("hidden", [PODS, f"{PODS}|credentialsrequests/"])
def test_a_pod_with_the_name_of_a_daemon_set_is_no_deployment_of_the_driver(
    bench: Bench, hidden: str
) -> None:
    """Its name is that of the DaemonSet and five letters, which reads like a Deployment of a shorter name."""
    made = everything(edited(_node_plugin), secrets="full")
    name = re.search(r"/pods/(aws-ebs-csi-driver-node-[^/]+)/", "\n".join(made))
    assert name is not None
    old, new = name[1], "aws-ebs-csi-driver-node-x8z7q"
    files = {p.replace(old, new): d.replace(old.encode(), new.encode()) for p, d in made.items()}
    whole, report = bench.report(files), bench.report(without(files, hidden))
    assert not flips(whole, report)
    assert not findings(report, "fail"), told(report)
    assert states_of(report)[DRIVERS, "operator", "log-node-role"] == "unknown"


@pytest.mark.parametrize("hidden", ["", r"namespaces/openshift-machine-api/core/secrets"])
def test_a_program_with_a_role_of_its_own_is_still_told(bench: Bench, hidden: str) -> None:
    files = bundle(edited(logged(BY_NODE)))
    report = bench.report(without(files, hidden) if hidden else files)
    assert said(the_chain(report, MACHINES))[::2] == ("suspected", "log-node-role"), told(report)
