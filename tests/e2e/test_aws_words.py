"""AWS's own words in a log point at what was not handed in, and never stand in its place."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from samples import Cluster, faults, logs
from samples.yamlout import aws_json
from tests.properties.hiding import judged, subjects_of, turned

from .faults_in_permissions import (
    BOUNDARY,
    EVERYTHING,
    SCP,
    both,
    denied,
    limited,
    own_policy,
)
from .runs import MACHINES, Bench, Edit, Files, edited, everything, findings, named, the_chain, told, without

ACTION = "ec2:RunInstances"
NO_ALLOW = "because no identity-based policy allows the {action} action"
OWN_DENY = "with an explicit deny in an identity-based policy"
HARMLESS = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "braket:*", "Resource": "*"}]}'
)


def _refused(words: str, *edits: Edit) -> Files:
    """The log denies what the policies allow: they were mended since, or are another account's."""
    return everything(edited(both(*edits, denied(MACHINES, ACTION, words))))


def _no_provider_said() -> Files:
    """The provider is in two accounts, and was made in this one after the last line of the log."""
    cluster = Cluster()
    other = copy.deepcopy(cluster.provider)
    other.account = "999999999999"
    since = cluster.gathered - timedelta(hours=9)
    faults.authentication_fails(cluster, logs.no_provider(cluster.issuer or ""), since=since)
    listed = aws_json({"OpenIDConnectProviderList": [{"Arn": other.arn}]})
    return everything(cluster) | {"exports/oidc/other-account.json": listed}


def _harmless_policy() -> Files:
    kind = "SERVICE_CONTROL_POLICY"
    summary = {"Id": "p-0a1b2c3d", "Name": "no-quantum", "Type": kind, "AwsManaged": False}
    policy = {"Policy": {"PolicySummary": summary, "Content": HARMLESS}}
    return _refused(SCP) | {"exports/organization/describe-policy.json": aws_json(policy)}


CONTRADICTED = {
    "missing": (_refused(NO_ALLOW), r"(?:list-role-policies|get-role-policy-).*machine-api", "permissions"),
    "denied": (_refused(OWN_DENY), r"get-role-policy-.*machine-api", "permissions"),
    "boundary": (_refused(BOUNDARY, limited(MACHINES, EVERYTHING)), r"iam/get-policy-version", "permissions"),
    "provider": (_no_provider_said(), r"exports/oidc/(?!other)", "provider"),
}


@pytest.mark.parametrize(("files", "hidden", "link"), CONTRADICTED.values(), ids=CONTRADICTED)
def test_what_a_document_disproves_no_log_proves_without_it(
    bench: Bench, files: Files, hidden: str, link: str
) -> None:
    left = without(files, hidden)
    other = turned(judged(bench, subjects_of(bench, files)), judged(bench, subjects_of(bench, left)))
    # that another account has the provider is a warning while nobody listed the roles' own
    assert not [o for o in other if not (o.startswith("provider-account-") and o.endswith("became warn"))]
    report = bench.report(left)
    assert not findings(report, "fail", kind="cause"), told(report)
    verdict = the_chain(report, MACHINES).verdict
    assert (verdict.state, verdict.link) == ("suspected", link), told(report)


def test_a_policy_of_the_organization_that_denies_nothing_clears_nothing(bench: Bench) -> None:
    """Others stand beside it: what a log said of one of them is not passed where the log is hidden."""
    files = _harmless_policy()
    assert "permission-organization-deny" in named(bench.report(files), "fail")
    left = without(files, r"/logs/")
    assert not turned(judged(bench, subjects_of(bench, files)), judged(bench, subjects_of(bench, left)))


def test_no_policy_allows_it_is_suspected_until_they_are_here(bench: Bench) -> None:
    cluster = edited(denied(MACHINES, ACTION, NO_ALLOW))
    for entry in own_policy(cluster, MACHINES)["Statement"]:
        entry["Action"] = [action for action in entry["Action"] if action != ACTION]
    files = everything(cluster)
    assert the_chain(bench.report(files), MACHINES).verdict.rule == "permission-missing"
    report = bench.report(without(files, r"list-attached-role-policies-.*machine-api"))
    verdict = the_chain(report, MACHINES).verdict
    assert (verdict.state, verdict.rule) == ("suspected", "log-action-denied"), told(report)
    (symptom,) = [f for f in report.findings if f.rule == "log-action-denied"]
    assert "permission-missing" in {rule for c in symptom.candidates for rule in c.rules}, told(report)
    assert any("permission-missing" in item.decides for item in report.missing)


def test_a_list_of_another_account_alone_proves_nothing(bench: Bench) -> None:
    """A cluster whose programs use a second account has a provider in both."""
    cluster = Cluster()
    cluster.provider.account = "999999999999"
    listed = aws_json({"OpenIDConnectProviderList": [{"Arn": cluster.provider.arn}]})
    files = without(everything(cluster), "exports/oidc/") | {"exports/oidc/other-account.json": listed}
    report = bench.report(files)
    assert not named(report, "fail"), told(report)
    assert named(report, "warn") == {"provider-account-mismatch"}, told(report)
    assert any("provider-missing" in item.decides for item in report.missing)
