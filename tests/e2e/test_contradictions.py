"""Inputs that contradict each other, tell of another time, or lack a piece: what is open stays open."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest

from samples import Cluster
from samples.aws import ManagedPolicy
from samples.faults import call_denied
from samples.operators import stamp

from .faults import FAULTS
from .runs import (
    INGRESS,
    REGISTRY,
    Bench,
    Edit,
    edited,
    everything,
    findings,
    flips,
    named,
    states_of,
    the_chain,
    told,
    without,
)

BY_ID = {fault.id: fault for fault in FAULTS}


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
    # nor do the conditions tell, which say it too
    silent = without(files, "/ingress-operator/ingress-operator/logs/current|dnsrecords")
    report = bench.report(silent)
    assert states_of(report)[INGRESS, "operator", "log-action-denied"] == "unknown", told(report)
    operator = next(link for link in the_chain(report, INGRESS).links if link.link == "operator")
    assert operator.state != "pass"


def test_nothing_of_a_left_over_request_fails(bench: Bench) -> None:
    """Its operator is gone, and its role too, as the account's whole listing shows."""
    cluster = BY_ID["request-stale-operator-gone"].cluster()
    report = bench.report(everything(cluster, details=True))
    assert not findings(report, "fail", "warn"), told(report)
    assert "request-stale" in named(report, "info")


def test_a_role_that_was_never_given_is_not_missing_from_the_account(bench: Bench) -> None:
    report = bench.report(everything(BY_ID["olm-role-arn-missing"].cluster(), details=True))
    assert named(report, "fail") == {"olm-role-arn-missing"}, told(report)


def test_the_accounts_details_name_no_length_of_sessions(bench: Bench) -> None:
    fault = BY_ID["role-session-too-short"]
    cluster = fault.cluster()
    files = everything(cluster, details=True) | (fault.more(cluster) if fault.more else {})
    report = bench.report(files)
    assert states_of(report)[INGRESS, "trust", "role-session-too-short"] == "unknown", told(report)
    assert any("role-session-too-short" in item.decides for item in report.missing)


@pytest.mark.parametrize("name", ["olm-token-path-default", "workload-static-env-from-a-secret"])
def test_a_secret_that_was_not_gathered_proves_nothing(bench: Bench, name: str) -> None:
    fault = BY_ID[name]
    (chain,) = fault.chains
    files = without(fault.files(), rf"namespaces/{chain.split('/')[0]}/core/secrets")
    assert states_of(bench.report(files))[chain, fault.link, fault.rule] == "unknown"


def test_what_pods_use_is_not_left_over_whatever_a_condition_says(bench: Bench) -> None:
    missing = BY_ID["permission-missing"]
    report = bench.report(everything(missing.cluster(BY_ID["request-stale-condition"].edit)))
    assert {"permission-missing"} <= named(report, "fail"), told(report)
    assert "request-stale" in named(report, "info")


def test_no_role_is_missing_where_none_is_made(bench: Bench) -> None:
    report = bench.report(everything(BY_ID["request-no-service-accounts"].cluster(), details=True))
    assert named(report, "fail") == {"request-no-service-accounts"}, told(report)


def _narrowed(cluster: Cluster) -> None:
    """Take an action out of the registry's policy."""
    (policy,) = cluster.role("openshift-image-registry").inline.values()
    statement = policy["Statement"][0]
    statement["Action"] = [action for action in statement["Action"] if action != "s3:PutObject"]


def _attached(cluster: Cluster) -> None:
    """Put a policy beside the registry's own."""
    limit = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    cluster.role("openshift-image-registry").attached = [ManagedPolicy("limit", [limit], cluster.account)]


def _other_audience(cluster: Cluster) -> None:
    cluster.provider.client_ids = ["sts.amazonaws.com"]


@pytest.mark.parametrize(
    ("edit", "file", "link", "words"),
    [
        (_narrowed, r"get-role-policy-.*registry", "permissions", "of inline policy"),
        (_attached, r"list-attached-role-policies-.*registry", "permissions", "about its attached policies"),
        (_other_audience, r"get-open-id-connect-provider", "provider", "about its audiences"),
    ],
)
@pytest.mark.parametrize("folder", ["a", "z"])
def test_of_two_exports_that_disagree_neither_is_taken(
    bench: Bench, edit: Edit, file: str, link: str, words: str, folder: str
) -> None:
    """One from before a change and one from after it: the names of folders do not tell which is which."""
    other = everything(edited(edit))
    old = {f"{folder}/{path}": content for path, content in other.items() if re.search(file, path)}
    assert old
    report = bench.report(everything(Cluster()) | old)
    assert not findings(report, "fail"), told(report)
    states = {one.link: one.state for one in the_chain(report, REGISTRY).links}
    assert states[link] == "unknown"
    assert any("disagree" in item.why and words in item.why for item in report.missing), told(report)


@pytest.mark.parametrize(
    ("hours", "expected"), [(timedelta(hours=100), "fail"), (timedelta(hours=-100), "pass")]
)
def test_a_namespace_that_the_operator_misses_though_it_is_there(
    bench: Bench, hours: timedelta, expected: str
) -> None:
    """A condition from before the namespace was made is over; a newer one is held against the bundle."""
    cluster = Cluster()
    entry = {"type": "MissingTargetNamespace", "status": "True", "message": "target namespace not found"}
    entry["lastTransitionTime"] = stamp(cluster.installed + hours)
    request = next(r for r in cluster.requests.values() if r["metadata"]["name"] == "openshift-ingress")
    request["status"] = {"conditions": [entry], "provisioned": False}
    key = (INGRESS, "request", "request-target-namespace-missing")
    assert states_of(bench.report(everything(cluster)))[key] == expected
    # without the namespace's own time it is not known whether the condition is over
    hidden = without(everything(cluster), r"openshift-ingress-operator/openshift-ingress-operator\.yaml")
    assert states_of(bench.report(hidden))[key] == "unknown"
    unasked = bench.report(without(everything(cluster), r"credentialsrequests|credrequests"))
    assert not flips(bench.report(everything(cluster)), unasked)
