"""What AWS's own words in a log prove where a role's policies were not all handed in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from samples import Cluster, faults

from .faults_in_permissions import BOUNDARY, SCP, own_policy
from .runs import MACHINES, Bench, Files, everything, flips, named, the_chain, told, without

ACTION = "ec2:RunInstances"
_NOT_LISTED = r"list-attached-role-policies-.*machine-api"


def _denied(*, granted: bool = False, until: timedelta | None = None, because: str | None = None) -> Files:
    cluster = Cluster()
    since = cluster.gathered - timedelta(hours=9)
    words = {} if because is None else {"because": because}
    end = None if until is None else cluster.gathered - until
    faults.call_denied(cluster, ACTION, namespace="openshift-machine-api", since=since, until=end, **words)
    if not granted:
        for entry in own_policy(cluster, MACHINES)["Statement"]:
            entry["Action"] = [action for action in entry["Action"] if action != ACTION]
    return everything(cluster)


def test_no_policy_allows_it(bench: Bench) -> None:
    files = _denied()
    whole, hidden = bench.report(files), bench.report(without(files, _NOT_LISTED))
    for report in (whole, hidden):
        assert the_chain(report, MACHINES).verdict.rule == "permission-missing", told(report)
        (found,) = [f for f in report.findings if f.rule == "permission-missing" and f.state == "fail"]
        assert ACTION in found.message
        assert any("/logs/" in proof.file for proof in found.evidence)
    assert not flips(whole, hidden)


@pytest.mark.parametrize(
    "changed",
    [
        {"until": timedelta(hours=5)},
        {"because": SCP},
        {"because": BOUNDARY},
        {"because": ""},
        {"granted": True},
    ],
    ids=["stopped", "organization", "boundary", "no reason told", "a document grants it"],
)
def test_other_words_prove_no_missing_permission(bench: Bench, changed: dict[str, object]) -> None:
    report = bench.report(without(_denied(**changed), _NOT_LISTED))  # type: ignore[arg-type]
    assert "permission-missing" not in named(report, "fail", "warn"), told(report)
