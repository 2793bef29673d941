"""AWS's words in conditions count as the symptom that they are, on the chain whose trouble it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from samples import Cluster, Condition, faults, logs

from .runs import (
    DRIVERS,
    INGRESS,
    MACHINES,
    NETWORK,
    REGISTRY,
    Bench,
    bundle,
    edited,
    everything,
    the_chain,
    without,
)  # fmt: skip

DENIED = (
    "error: WebIdentityErr: failed to retrieve credentials\ncaused by: AccessDenied: Not authorized to "
    "perform sts:AssumeRoleWithWebIdentity\n\tstatus code: 403, request id: 0a1b2c3d"
)
NO_PROVIDER = (
    "operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 400, RequestID: 1, api "
    "error InvalidIdentityToken: No OpenIDConnect provider found in your account for https://x.example.com"
)
NODE = (
    "LoadBalancerReady=False (SyncLoadBalancerFailed: The service-controller component is reporting "
    "SyncLoadBalancerFailed events like: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/demo-"
    "master-role/i-0abcdef0123456789 is not authorized to perform: ec2:DescribeVpcs)"
)


def _says(operator: str, kind: str, status: str, message: str) -> Callable[[Cluster], None]:
    def edit(cluster: Cluster) -> None:
        since = cluster.gathered - timedelta(hours=5)
        cluster.operators[operator].conditions[kind] = Condition(status, since, "Error", message)

    return edit


def _found(bench: Bench, cluster: Cluster) -> set[tuple[str, str]]:
    report = bench.report(without(bundle(cluster), r"\.log$"))
    return {(f.rule, c) for f in report.findings if f.rule.startswith("log-") for c in f.chains}


@pytest.mark.parametrize(
    ("operator", "kind", "status", "message", "chain", "rule"),
    [
        ("machine-api", "Degraded", "True", DENIED, MACHINES, "log-assume-role-denied"),
        ("storage", "Degraded", "True", f"AWSEBSCSIDriverOperatorCRDegraded: {DENIED}", DRIVERS,
         "log-assume-role-denied"),
        ("image-registry", "Progressing", "True", DENIED, REGISTRY, "log-assume-role-denied"),
        ("network", "Degraded", "True", NO_PROVIDER, NETWORK, "log-no-provider"),
        ("ingress", "Available", "False", NO_PROVIDER, INGRESS, "log-no-provider"),
    ],
)  # fmt: skip
def test_a_condition_counts_as_the_error_that_it_quotes(
    bench: Bench, operator: str, kind: str, status: str, message: str, chain: str, rule: str
) -> None:
    """The chain is suspected by AWS's own words, with the condition's line and time as proof."""
    cluster = edited(_says(operator, kind, status, message))
    report = bench.report(without(bundle(cluster), r"\.log$"))
    found = [f for f in report.findings if f.rule.startswith("log-")]
    assert [(f.rule, f.chains) for f in found] == [(rule, (chain,))]
    assert f"clusteroperators/{operator}" in found[0].evidence[0].file
    assert "Conditions: 1, from " in found[0].message
    assert "at gather time ongoing" in found[0].message
    verdict = next(c.verdict for c in report.chains if c.id == chain)
    assert (verdict.state, verdict.rule) == ("suspected", rule)
    assert verdict.since == (cluster.gathered - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("operator", "kind", "status", "message"),
    [
        ("machine-api", "Degraded", "False", DENIED),  # what it was before it was well again
        ("ingress", "Degraded", "True", NODE),  # the cloud's controllers, with the node's role
        ("machine-api", "Degraded", "True", f"waiting for clusteroperator/ingress: {DENIED}"),
        ("network", "Degraded", "True", f"pod in openshift-image-registry: {DENIED}"),
        ("authentication", "Degraded", "True", DENIED),  # serves no chain
    ],
)
def test_a_condition_accuses_nobody_else(
    bench: Bench, operator: str, kind: str, status: str, message: str
) -> None:
    """What an operator passes on of another, or what is over, is no symptom of its own chain."""
    assert _found(bench, edited(_says(operator, kind, status, message))) == set()


def test_the_role_of_another_chain_is_not_this_ones(bench: Bench) -> None:
    """A caller that AWS names tells whose trouble it is."""

    def edit(cluster: Cluster) -> None:
        role = cluster.role("openshift-image-registry")
        caller = f"arn:aws:sts::{role.account}:assumed-role/{role.name}/1710200000000000000"
        words = f"AccessDenied: User: {caller} is not authorized to perform: s3:ListBucket on resource: *"
        _says("machine-api", "Degraded", "True", words)(cluster)

    cluster = edited(edit)
    files = without(bundle(cluster, secrets="full"), r"\.log$")
    report = bench.report(files)
    assert not [f for f in report.findings if f.rule == "log-action-denied"]


OTHER_REASONS = [
    ("ingress", "could not find any suitable subnets for creating the ELB"),
    (
        "image-registry",
        "RequestError: send request failed\ncaused by: Head https://x.s3.amazonaws.com/: x509: x",
    ),
    ("storage", "Deployment/aws-ebs-csi-driver-controller is CrashLooping"),
    ("machine-api", "Unauthorized"),
]
OPERATORS = {"ingress": INGRESS, "image-registry": REGISTRY, "storage": DRIVERS, "machine-api": MACHINES}


@pytest.mark.parametrize(("operator", "message"), OTHER_REASONS)
def test_a_condition_of_another_kind_convicts_nobody(bench: Bench, operator: str, message: str) -> None:
    """It is a symptom like any other: the chain is suspected, and the words say that AWS need not be it."""
    cluster, chain = edited(_says(operator, "Degraded", "True", message)), OPERATORS[operator]
    for files in (everything(cluster), without(bundle(cluster), r"\.log$")):
        verdict = the_chain(bench.report(files), chain).verdict
        assert (verdict.state, verdict.rule) == ("suspected", "operator-degraded")
        assert "A cause in AWS would lie at" in verdict.sentence


@pytest.mark.parametrize("layer", ["because no resource-based policy allows the {action} action", ""])
def test_a_denial_that_the_roles_policies_do_not_explain_points_nowhere_else(
    bench: Bench, layer: str
) -> None:
    cluster = Cluster()
    since = cluster.gathered - timedelta(hours=9)
    call, key = "kms:GenerateDataKeyWithoutPlaintext", "arn:aws:kms:us-west-2:123456789012:key/1"
    faults.call_denied(
        cluster, call, namespace="openshift-cluster-csi-drivers", since=since, resource=key, because=layer
    )
    report = bench.report(everything(cluster))
    verdict = the_chain(report, DRIVERS).verdict
    assert (verdict.state, verdict.link, verdict.rule) == ("suspected", None, "log-action-denied")
    assert "No fault shows at permissions in these inputs; secret cannot be judged." in verdict.sentence
    (found,) = [f for f in report.findings if f.rule == "log-action-denied"]
    assert any(f"({key}) must let the role in" in step.text for step in found.fix) is bool(layer)


def test_a_denied_sign_in_for_which_aws_names_the_organization_is_advised_on_so(bench: Bench) -> None:
    plain, words = logs.NOT_AUTHORIZED, "with an explicit deny in a resource control policy"
    for failure in (plain, replace(plain, message=f"{plain.message} {words}")):
        cluster = Cluster()
        faults.authentication_fails(cluster, failure, since=cluster.gathered - timedelta(hours=9))
        report = bench.report(everything(cluster))
        found = next(f for f in report.findings if f.rule == "log-assume-role-denied")
        assert ("RESOURCE_CONTROL_POLICY" in (found.fix[0].command or "")) is (failure is not plain)


def test_a_role_is_not_asked_for_where_its_trust_policy_is_here_and_admits(bench: Bench) -> None:
    cluster = Cluster()
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=cluster.gathered - timedelta(hours=9))
    for files, admitted in ((everything(cluster), True), (bundle(cluster), False)):
        found = next(f for f in bench.report(files).findings if f.rule == "log-assume-role-denied")
        texts = " ".join(step.text for step in found.fix)
        assert ("that was handed in admits" in texts) is admitted
        assert ("Export the role and compare" in texts) is not admitted
