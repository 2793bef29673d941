"""What AWS's own words in a log prove where what they speak of was not all handed in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from samples import Cluster, faults, logs
from samples.yamlout import aws_json

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


def _provider_elsewhere(*, logged: bool) -> Files:
    """Only the other account's providers were exported; the roles are of this one."""
    cluster = Cluster()
    provider = cluster.provider
    provider.account = "999999999999"
    if logged:
        since = cluster.gathered - timedelta(hours=9)
        faults.authentication_fails(cluster, logs.no_provider(cluster.issuer or ""), since=since)
    listed = aws_json({"OpenIDConnectProviderList": [{"Arn": provider.arn}]})
    return without(everything(cluster), "exports/oidc/") | {"exports/oidc/other-account.json": listed}


def test_the_provider_is_in_another_account(bench: Bench) -> None:
    report = bench.report(_provider_elsewhere(logged=True))
    assert named(report, "fail", kind="cause") == {"provider-account-mismatch"}, told(report)
    (found,) = [f for f in report.findings if f.rule == "provider-account-mismatch"]
    assert "999999999999" in found.message
    assert "123456789012" in found.message


def test_a_list_of_another_account_alone_proves_nothing(bench: Bench) -> None:
    """A cluster whose programs use a second account has a provider in both."""
    report = bench.report(_provider_elsewhere(logged=False))
    assert not named(report, "fail", "warn"), told(report)
    assert any("provider-account-mismatch" in item.decides for item in report.missing)
