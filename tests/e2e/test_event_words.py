"""AWS's words in Events count as the symptom that they are, on the chain whose call failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import yaml

from samples import Cluster

from .runs import DRIVERS, MACHINES, NETWORK, Bench, bundle, the_chain, without
from .told import REFUSED, event, events_file, in_other_api, in_series, with_events

CLUSTER = Cluster()
BUNDLE = bundle(CLUSTER)
QUIET = without(BUNDLE, r"\.log$")
ROLE = CLUSTER.role("openshift-machine-api")
DENIED = (
    "error launching instance: You are not authorized to perform this operation. User: "
    f"arn:aws:sts::{ROLE.account}:assumed-role/{ROLE.name}/1710200000000000000 is not authorized to perform: "
    f"ec2:RunInstances on resource: arn:aws:ec2:us-west-2:{ROLE.account}:instance/* because no "
    "identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: AbCd"
)
NO_WORDS_OF_AWS = (
    'failed to provision volume with StorageClass "shared": rpc error: code = Unauthenticated desc = Access '
    "Denied. Please ensure you have the right AWS permissions: Access denied"
)
SKEWED = (
    "error launching instance: SignatureDoesNotMatch: Signature expired: 20240312T080000Z is now earlier "
    "than 20240312T090000Z (20240312T091500Z - 15 min.)\n\tstatus code: 403, request id: 1"
)
RUN_OUT = "error launching instance: RequestExpired: Request has expired.\n\tstatus code: 400, request id: 1"
NODE = (
    "AccessDenied: User: arn:aws:sts::123456789012:assumed-role/demo-master-role/i-0abcdef0123456789 is not "
    "authorized to perform: ec2:DescribeVpcs because no identity-based policy allows it"
)
ATTACH = REFUSED.replace("failed to provision", "AttachVolume.Attach failed for").replace(
    "pvc-", "vol-0a1b2c3d "
)
ATTACHING = {"about": "Pod/db-0", "reason": "FailedAttachVolume", "reporter": "attachdetach-controller"}
THROTTLED = "rpc error: RequestLimitExceeded: Request limit exceeded. status code: 503, request id: 1"
OTHERS = DENIED.replace(ROLE.name, CLUSTER.role("openshift-image-registry").name)
MACHINE: Mapping[str, Any] = {
    "about": "Machine/demo-worker-a", "namespace": "openshift-machine-api", "reason": "FailedCreate",
    "reporter": "awscontroller",
}  # fmt: skip
POD: Mapping[str, Any] = {
    "about": "Pod/aws-ebs-csi-driver-controller-1", "namespace": "openshift-cluster-csi-drivers",
    "reason": "FailedMount", "reporter": "kubelet",
}  # fmt: skip
NO_SECRET = 'MountVolume.SetUp failed for volume "aws-credentials" : secret "ebs-cloud-credentials" not found'
NO_ACCOUNT = (
    'MountVolume.SetUp failed for volume "bound-sa-token" : failed to fetch token: serviceaccounts '
    '"aws-ebs-csi-driver-controller-sa" not found'
)


def _found(bench: Bench, files: Mapping[str, bytes]) -> list[tuple[str, str, str]]:
    found = bench.report(files).findings
    return [(f.rule, f.state, c) for f in found if f.rule.startswith("log-") for c in f.chains]


@pytest.mark.parametrize(
    ("one", "rule", "chain"),
    [
        (event(CLUSTER), "log-assume-role-denied", DRIVERS),
        (in_series(event(CLUSTER)), "log-assume-role-denied", DRIVERS),
        (event(CLUSTER, ATTACH, **ATTACHING), "log-assume-role-denied", DRIVERS),
        (event(CLUSTER, DENIED, **MACHINE), "log-action-denied", MACHINES),
        (event(CLUSTER, NO_WORDS_OF_AWS), "log-action-denied", DRIVERS),
        (event(CLUSTER, SKEWED, **MACHINE), "log-clock-skew", MACHINES),
        (event(CLUSTER, RUN_OUT, **MACHINE), "log-clock-skew", MACHINES),
        (event(CLUSTER, NO_SECRET, **POD), "log-no-credentials", DRIVERS),
        (event(CLUSTER, NO_ACCOUNT, **POD), "log-token-file", DRIVERS),
    ],
)  # fmt: skip
def test_an_event_counts_as_the_error_that_it_quotes(
    bench: Bench, one: dict[str, Any], rule: str, chain: str
) -> None:
    report = bench.report(with_events(QUIET, one))
    (found,) = [f for f in report.findings if f.rule.startswith("log-")]
    assert (found.rule, found.state, found.chains) == (rule, "fail", (chain,))
    assert "Events: 14, from " in found.message
    assert found.evidence[0].file.endswith("/core/events.yaml")
    verdict = the_chain(report, chain).verdict
    assert (verdict.state, verdict.rule, verdict.recency) == ("suspected", rule, "ongoing")
    assert verdict.since == one["metadata"]["creationTimestamp"]


def test_the_line_is_quoted_on_which_aws_speaks(bench: Bench) -> None:
    files = with_events(QUIET, event(CLUSTER))
    (found,) = [f for f in bench.report(files).findings if f.rule == "log-assume-role-denied"]
    proof = found.evidence[0]
    assert "Not authorized to perform" in files[proof.file].decode().splitlines()[proof.line - 1]


@pytest.mark.parametrize(
    ("one", "states"),
    [
        (event(CLUSTER, last=120), ["warn"]),  # as a log line of then
        (event(CLUSTER, count=1, first=40, last=40), ["warn"]),  # tried again, it would have been counted
        (event(CLUSTER, NO_SECRET, count=5, first=62, last=60, **POD), []),  # a pod that waited at its start
        (event(CLUSTER, THROTTLED), []),
        (event(CLUSTER, reporter="efs.csi.aws.com_x_y"), []),  # no such driver signs in here
        (event(CLUSTER, NODE, namespace="openshift-ingress-operator", reason="SyncLoadBalancerFailed",
               reporter="service-controller"), []),  # as the node, by design
        (event(CLUSTER, NODE.replace("DescribeVpcs", "x"), **{**MACHINE, "reporter": "kubelet"}), []),
        (event(CLUSTER, REFUSED, **{**MACHINE, "reason": "OperatorStatusChanged"}), []),  # said of before too
        (event(CLUSTER, OTHERS, **MACHINE), []),
    ],
)  # fmt: skip
def test_what_is_over_or_of_another_is_no_trouble_of_now(
    bench: Bench, one: dict[str, Any], states: list[str]
) -> None:
    files = with_events(bundle(CLUSTER, secrets="full"), one)
    assert [state for _, state, _ in _found(bench, files)] == states
    assert not [c for c in bench.report(files).chains if c.verdict.state == "suspected"]


@pytest.mark.parametrize(("last", "rules"), [(3, []), (9, ["log-assume-role-denied"])])
def test_a_success_of_the_same_kind_ends_a_failure_before_it(
    bench: Bench, last: int, rules: list[str]
) -> None:
    done = event(
        CLUSTER, "Successfully provisioned volume", reason="ProvisioningSucceeded", count=1, last=last
    )
    assert [rule for rule, *_ in _found(bench, with_events(BUNDLE, event(CLUSTER, last=6), done))] == rules


def test_an_event_is_counted_once_whichever_api_shows_it(bench: Bench) -> None:
    one = event(CLUSTER)
    both = with_events(with_events(QUIET, one), in_other_api(one), group="events.k8s.io")
    for files in (both, with_events(QUIET, in_other_api(one), group="events.k8s.io")):
        (found,) = [f for f in bench.report(files).findings if f.rule == "log-assume-role-denied"]
        assert "Events: 14, from " in found.message


def test_events_that_were_handed_in_by_themselves_are_read(bench: Bench) -> None:
    listed = events_file(event(CLUSTER), kind="List")
    as_json = json.dumps(yaml.safe_load(listed), indent=4).encode()
    for name, content in {"events.yaml": listed, "events.json": as_json}.items():
        assert _found(bench, {**QUIET, name: content}) == [("log-assume-role-denied", "fail", DRIVERS)]


def test_where_its_namespace_lacks_its_events_no_log_rule_of_a_chain_passes(bench: Bench) -> None:
    hidden = bench.report(without(BUNDLE, r"openshift-cluster-csi-drivers/core/events"))
    for chain, state in {DRIVERS: "unknown", MACHINES: "pass"}.items():
        states = {k.rule: k.state for link in the_chain(hidden, chain).links for k in link.checks}
        assert states["log-assume-role-denied"] == state
    asked = [m.evidence for m in hidden.missing if m.evidence.startswith("events:")]
    assert asked == ["events:openshift-cluster-csi-drivers"]


@pytest.mark.parametrize(("phase", "state"), [("Failed", "warn"), ("Provisioning", "fail")])
def test_the_status_of_a_machine_tells_why_it_has_no_instance(bench: Bench, phase: str, state: str) -> None:
    """One that failed for good is not tried again: what it tells is of then."""
    since = (CLUSTER.gathered - timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    failed = {"type": "MachineCreation", "status": "False", "reason": "MachineCreationFailed"}
    body = {
        "apiVersion": "machine.openshift.io/v1beta1", "kind": "Machine",
        "metadata": {"name": "demo-worker-a", "namespace": "openshift-machine-api", "uid": "1"},
        "status": {"phase": phase, "providerStatus": {
            "conditions": [{**failed, "message": DENIED, "lastTransitionTime": since}]}},
    }  # fmt: skip
    path = "namespaces/openshift-machine-api/machine.openshift.io/machines/demo-worker-a.yaml"
    assert _found(bench, _with(path, body)) == [("log-action-denied", state, MACHINES)]


def test_an_egress_address_tells_why_it_was_not_assigned(bench: Bench) -> None:
    words = (
        "Error processing cloud assignment request, err: operation error EC2: AssignPrivateIpAddresses, "
        "https response error StatusCode: 403, RequestID: 1, api error UnauthorizedOperation: You are not"
    )
    assigned = {"type": "Assigned", "status": "False", "reason": "CloudResponseError", "message": words}
    body = {
        "apiVersion": "cloud.network.openshift.io/v1", "kind": "CloudPrivateIPConfig",
        "metadata": {"name": "10.0.1.1"}, "status": {"conditions": [assigned]},
    }  # fmt: skip
    path = "cluster-scoped-resources/cloud.network.openshift.io/cloudprivateipconfigs/10.0.1.1.yaml"
    assert _found(bench, _with(path, body)) == [("log-action-denied", "fail", NETWORK)]


def _with(path: str, body: object) -> dict[str, bytes]:
    root = next(p for p in QUIET if "/namespaces/" in p).partition("/namespaces/")[0]
    return {**QUIET, f"{root}/{path}": b"---\n" + yaml.safe_dump(body).encode()}


@pytest.mark.parametrize(
    ("items", "note"),
    [
        (b"- //sts\n" * 250_001, "it holds more than 250,000 objects: none is read"),
        (b"".join(b"- {metadata: {name: e%d}, message: AccessDenied}\n" % n for n in range(203)),
         "too many Events with errors: 3 of them were not looked at"),
    ],
)  # fmt: skip
def test_a_flood_of_events_is_bounded_and_said(bench: Bench, items: bytes, note: str) -> None:
    files = with_events(QUIET, event(CLUSTER))
    (path,) = [path for path in files if path.endswith("openshift-monitoring/core/events.yaml")]
    report = bench.report({**files, path: b"items:\n" + items + b"kind: EventList\n"})
    assert [error.detail for error in report.errors if error.member == path] == [note]


def test_an_event_of_odd_types_and_times_does_no_harm(bench: Bench) -> None:
    odd = {
        "count": 10**40,
        "firstTimestamp": "0001-01-01T00:00:00+23:59",
        "lastTimestamp": [1],
        "source": [2],
    }
    one = {**event(CLUSTER, f"{REFUSED}\x1b[31m<script>"), **odd, "involvedObject": "s", "reason": 5}
    assert _found(bench, with_events(QUIET, {**one, "reportingComponent": "ebs.csi.aws.com"})) == [
        ("log-assume-role-denied", "warn", DRIVERS)
    ]


def test_no_cause_rests_on_an_event(bench: Bench) -> None:
    """In a log these words prove what denies the call: an Event only tells that it was denied."""
    words = DENIED.replace("because no identity-based policy allows the ec2:RunInstances action", "{}")
    one = event(CLUSTER, words.format("with an explicit deny in a service control policy"), **MACHINE)
    report = bench.report(with_events(BUNDLE, one))
    found = [f for f in report.findings if f.state in ("fail", "warn")]
    assert [(f.rule, f.kind) for f in found] == [("log-action-denied", "symptom")]
    assert "service control policy" in found[0].message


def test_an_event_against_all_logs_is_a_warning(bench: Bench) -> None:
    """Whose call fails writes it into its log: hidden Events then turn no fault to a pass."""
    one = event(CLUSTER, DENIED, **MACHINE)
    assert _found(bench, with_events(BUNDLE, one)) == [("log-action-denied", "warn", MACHINES)]
    assert _found(bench, with_events(QUIET, one)) == [("log-action-denied", "fail", MACHINES)]
    assert not _found(bench, BUNDLE)
