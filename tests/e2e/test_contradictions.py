"""Inputs that contradict each other, or that tell of another time: what they leave open stays open."""

from __future__ import annotations

import json
from collections.abc import Mapping

from samples import Cluster
from samples.faults import call_denied

from .runs import INGRESS, Bench, everything, findings, states_of, the_chain, told, without


def _listing(files: Mapping[str, bytes], *urls: str) -> dict[str, bytes]:
    """Give the files with a listing of the account's providers that holds these alone."""
    path = "exports/oidc/list-open-id-connect-providers.json"
    arns = [{"Arn": f"arn:aws:iam::123456789012:oidc-provider/{url}"} for url in urls]
    return {**files, path: json.dumps({"OpenIDConnectProviderList": arns}).encode()}


def test_a_provider_that_the_accounts_listing_does_not_have(bench: Bench) -> None:
    """An answer to get-open-id-connect-provider bears no account: it may be that of another one."""
    files = _listing(everything(Cluster()), "staging-oidc.s3.us-west-2.amazonaws.com")
    report = bench.report(files)
    states = states_of(report)
    assert states[INGRESS, "provider", "provider-missing"] == "unknown", told(report)
    assert states[INGRESS, "provider", "provider-account-mismatch"] == "unknown"
    assert not findings(report, "fail"), told(report)
    assert any("does not have it" in item.why for item in report.missing)


def test_a_log_from_before_the_restart_says_nothing_about_now(bench: Bench) -> None:
    """One container's log of now is gone, the one from before its restart and a neighbour's are there."""
    cluster = Cluster()
    call_denied(cluster, "route53:ListHostedZones", namespace="openshift-ingress-operator",
                since=cluster.gathered.replace(hour=2))  # fmt: skip
    files = everything(cluster)
    assert states_of(bench.report(files))[INGRESS, "operator", "log-action-denied"] == "fail"
    report = bench.report(without(files, "/ingress-operator/ingress-operator/logs/current"))
    assert states_of(report)[INGRESS, "operator", "log-action-denied"] == "unknown", told(report)
    operator = next(link for link in the_chain(report, INGRESS).links if link.link == "operator")
    assert operator.state != "pass"
