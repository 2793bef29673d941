"""What a container logged last before it ended counts as a line of its log, which may be gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from samples import Cluster
from samples.logs import LogLine
from samples.workloads import Ended

from .runs import DRIVERS, INGRESS, Bench, bundle, states_of, the_chain, without

BEFORE = Cluster().gathered - timedelta(minutes=4, seconds=12)
REFUSED = (
    f"I{BEFORE:%m%d %H:%M:%S}.108254       1 leaderelection.go:258] successfully acquired lease\n"
    f'E{BEFORE:%m%d %H:%M:%S}.515120       1 dns.go:71] "msg"="failed" "error"="failed to list hosted zones: '
    "WebIdentityErr: failed to retrieve credentials\\ncaused by: AccessDenied: Not authorized to perform "
    'sts:AssumeRoleWithWebIdentity\\n\\tstatus code: 403, request id: 8e7c0c4e-1d5c-4b5f-9d37-2d2f6a0a3c11"\n'
    "F main.go:42] giving up\n"
)
RULE = "log-assume-role-denied"


def _files(
    message: str = REFUSED, *, minutes: float = 4, waits: bool = True, logs: bool = False
) -> dict[str, bytes]:
    cluster = Cluster()
    cluster.workload("ingress-operator").containers["ingress-operator"].ended = Ended(message, minutes, waits)
    files = bundle(cluster)
    return files if logs else without(files, r"\.log$")


def _found(bench: Bench, files: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(f.rule, f.state) for f in bench.report(files).findings if f.rule.startswith("log-")]


@pytest.mark.parametrize("logs", [False, True])
def test_a_crash_loop_tells_why(bench: Bench, logs: bool) -> None:
    files = _files(logs=logs)
    report = bench.report(files)
    (found,) = [f for f in report.findings if f.rule.startswith("log-")]
    assert (found.rule, found.state, found.chains) == (RULE, "fail", (INGRESS,))
    assert "Termination messages: 1, from " in found.message
    proof = found.evidence[0]
    assert "/pods" in proof.file
    assert "Not authorized to perform" in files[proof.file].decode().splitlines()[proof.line - 1]
    assert f"{BEFORE:%Y-%m-%dT%H:%M:%SZ}" in found.message
    verdict = the_chain(report, INGRESS).verdict
    assert (verdict.state, verdict.rule, verdict.recency) == ("suspected", RULE, "ongoing")
    assert not [c for c in report.chains if c.id != INGRESS and c.verdict.state == "suspected"]


@pytest.mark.parametrize(
    ("minutes", "waits", "logs", "recency"),
    [
        (4, False, False, "ongoing"),
        (50, False, False, "unknown"),  # the run since then may have come further
        (50, False, True, "stopped"),  # it did: its log is there, and says nothing
        (50, True, False, "ongoing"),
        (300, True, False, "stopped"),
        (300, False, True, "stopped"),
    ],
)
def test_how_far_a_message_tells_of_now(
    bench: Bench, minutes: float, waits: bool, logs: bool, recency: str
) -> None:
    message = "E main.go:1] AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    report = bench.report(_files(message, minutes=minutes, waits=waits, logs=logs))
    state = "warn" if recency == "stopped" else "fail"
    assert [(f.rule, f.state) for f in report.findings if f.rule.startswith("log-")] == [(RULE, state)]
    assert the_chain(report, INGRESS).verdict.recency == recency


@pytest.mark.parametrize(
    "message",
    [
        "",
        "leader election lost",
        "F0306 09:14:12.9 1 main.go:42] failed to load credentials request: context deadline exceeded",
        "no AWS credentials are needed, AccessDenied is not said here of any role",
    ],
)
def test_another_end_is_no_error_of_aws(bench: Bench, message: str) -> None:
    assert _found(bench, _files(message)) == []


def test_who_ended_well_said_nothing(bench: Bench) -> None:
    files = {path: body.replace(b"exitCode: 1", b"exitCode: 0") for path, body in _files().items()}
    assert _found(bench, files) == []


def test_a_log_of_the_same_counts_first(bench: Bench) -> None:
    cluster = Cluster()
    operator = cluster.workload("ingress-operator").containers["ingress-operator"]
    operator.ended = Ended(REFUSED)
    operator.log.append(LogLine(BEFORE, REFUSED.splitlines()[1]))
    (found,) = [f for f in bench.report(bundle(cluster)).findings if f.rule.startswith("log-")]
    assert "Log lines: 1" in found.message


def test_where_the_list_of_pods_is_gone_another_pod_may_have_said_it(bench: Bench) -> None:
    files = bundle(Cluster())
    log = states_of(bench.report(files))[DRIVERS, "operator", RULE]
    hidden = without(
        files, r"openshift-cluster-csi-drivers/(?:core/pods|pods/[^/]*controller[^/]*/[^/]*)\.yaml"
    )
    assert (log, states_of(bench.report(hidden))[DRIVERS, "operator", RULE]) == ("pass", "unknown")
