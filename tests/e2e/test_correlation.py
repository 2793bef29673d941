"""Causes and symptoms held against each other, faults that hide one another, and what comes first."""

from datetime import timedelta

import pytest

from analyzer.findings.report import Finding, Report
from samples import Cluster, edits, faults, logs
from samples.cluster import DEFAULT_ISSUER
from samples.logs import Failure
from samples.workloads import LogLine

from .runs import INGRESS, MACHINES, Bench, bundle, everything, findings, named, the_chain, told, without

NAMESPACE = "openshift-ingress-operator"
DENIED = Failure("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
HOURS = timedelta(hours=9)


def wrong_subject(cluster: Cluster) -> None:
    edits.trust_subjects(cluster.role(NAMESPACE), [f"system:serviceaccount:{NAMESPACE}:router"])


def fails(cluster: Cluster, failure: Failure, **span: timedelta) -> None:
    until = cluster.gathered - span["until"] if "until" in span else None
    faults.authentication_fails(
        cluster, failure, since=cluster.gathered - HOURS, until=until, namespaces=[NAMESPACE]
    )


def the(report: Report, rule: str, chain: str = INGRESS) -> Finding:
    return next(f for f in report.findings if f.rule == rule and chain in f.chains)


def test_a_cause_without_its_error_in_the_logs_is_remarked_on(bench: Bench) -> None:
    cluster = Cluster()
    wrong_subject(cluster)
    finding = the(bench.report(everything(cluster)), "trust-subject-mismatch")
    assert finding.state == "fail"
    assert len(finding.remarks) == 1
    assert finding.remarks[0].startswith("No such error in 98 h of logs of ingress-operator-")
    assert "(log-assume-role-denied): check that these logs cover the failure" in finding.remarks[0]


def test_a_cause_with_its_error_needs_no_remark(bench: Bench) -> None:
    cluster = Cluster()
    wrong_subject(cluster)
    fails(cluster, DENIED)
    report = bench.report(everything(cluster))
    assert the(report, "trust-subject-mismatch").remarks == ()
    assert the(report, "log-assume-role-denied").candidates == ()


def test_logs_that_were_not_gathered_say_nothing(bench: Bench) -> None:
    cluster = Cluster()
    wrong_subject(cluster)
    files = {path: data for path, data in everything(cluster).items() if not path.endswith(".log")}
    assert the(bench.report(files), "trust-subject-mismatch").remarks == ()


def test_an_error_of_a_later_stage_contradicts_the_cause(bench: Bench) -> None:
    cluster = Cluster()
    cluster.providers.clear()
    fails(cluster, DENIED)
    report = bench.report(everything(cluster))
    cause = the(report, "provider-missing")
    assert cause.state == "fail"
    assert len(cause.remarks) == 1
    assert "log-assume-role-denied" in cause.remarks[0]
    assert "after the provider is found" in cause.remarks[0]
    symptom = the(report, "log-assume-role-denied")
    assert symptom.explained_by == ()
    assert [c.link for c in symptom.candidates] == ["secret"], symptom.candidates


def test_an_error_of_an_earlier_stage_hides_the_one_of_a_later(bench: Bench) -> None:
    cluster = Cluster()
    wrong_subject(cluster)
    cluster.providers.clear()
    fails(cluster, logs.no_provider(cluster.issuer or ""))
    report = bench.report(everything(cluster))
    assert the(report, "provider-missing").remarks == ()
    assert "with log-no-provider" in the(report, "trust-subject-mismatch").remarks[0]
    verdict = the_chain(report, INGRESS).verdict
    assert (verdict.rule, verdict.also) == ("provider-missing", ("trust-subject-mismatch",))
    assert the_chain(report, MACHINES).verdict.also == ()


def test_a_symptom_keeps_the_causes_that_are_left_and_what_settles_them(bench: Bench) -> None:
    cluster = Cluster()
    fails(cluster, DENIED)
    report = bench.report(bundle(cluster))
    symptom = the(report, "log-assume-role-denied")
    links = [candidate.link for candidate in symptom.candidates]
    assert "trust" in links
    assert links == sorted(links, key=["secret", "workload", "provider", "trust"].index)
    trust = next(c for c in symptom.candidates if c.link == "trust")
    assert {"trust-role-missing", "trust-subject-mismatch"} <= set(trust.rules)
    asked = {item.evidence: item.command for item in report.missing}
    for candidate in symptom.candidates:
        assert candidate.evidence in asked
        assert candidate.command == asked[candidate.evidence]
    # what stands in a condition comes of the same trouble: the log line is nearer to the cause
    assert the(report, "operator-dns-not-ready").candidates == ()


def test_a_stopped_error_is_held_against_what_was_made_since(bench: Bench) -> None:
    cluster = Cluster()
    fails(cluster, logs.no_provider(cluster.issuer or ""), until=timedelta(hours=5))
    made = cluster.gathered - timedelta(hours=4)
    cluster.provider.created = made.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    symptom = the(bench.report(everything(cluster)), "log-no-provider")
    assert symptom.state == "warn"
    assert (
        "is older than the present state: the OIDC provider was made at 2024-03-12T06:30:00Z"
        in (symptom.remarks[0])
    )


def test_errors_that_begin_with_a_change_are_said_to(bench: Bench) -> None:
    cluster = Cluster()
    fails(cluster, DENIED)
    role = cluster.role(NAMESPACE)
    role.created = (cluster.gathered - HOURS - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    symptom = the(bench.report(everything(cluster)), "log-assume-role-denied")
    assert symptom.remarks[0].startswith(f"They begin 5 min after role {role.name} was made")


def test_links_say_what_they_wait_for(bench: Bench) -> None:
    cluster = Cluster()
    cluster.authentication_issuer = ""
    cluster.kas_issuers = cluster.previous_kas_issuers = [DEFAULT_ISSUER]
    edits.drop_role(cluster, "openshift-machine-api")
    report = bench.report(everything(cluster))
    waits = {link.link: link.waits_for for link in the_chain(report, INGRESS).links if link.waits_for}
    assert waits == dict.fromkeys(("provider", "issuer", "keys", "trust"), "mode-issuer-unset")
    machines = {link.link: link.waits_for for link in the_chain(report, MACHINES).links}
    assert machines["permissions"] == "trust-role-missing"
    assert the_chain(report, MACHINES).verdict.also == ("trust-role-missing",)


def test_a_foreign_role_comes_before_its_trust_policy(bench: Bench) -> None:
    cluster = Cluster()
    other = cluster.role("openshift-machine-api").arn
    cluster.set_role_arn(NAMESPACE, "cloud-credentials", other)
    report = bench.report(everything(cluster, secrets="full"))
    assert the_chain(report, INGRESS).verdict.rule == "secret-role-foreign", told(report)
    waits = {link.link: link.waits_for for link in the_chain(report, INGRESS).links if link.waits_for}
    assert waits == {"trust": "secret-role-foreign", "permissions": "secret-role-foreign"}


def test_several_shared_faults_stand_beside_each_other(bench: Bench) -> None:
    cluster = Cluster()
    cluster.provider.client_ids = ["sts.amazonaws.com"]
    cluster.jwks = {"keys": []}
    report = bench.report(everything(cluster))
    assert report.common_cause is not None
    assert report.common_cause.rule == "provider-audience-missing"
    assert report.common_cause.beside == ("jwks-empty",)
    assert {"provider-audience-missing", "jwks-empty"} <= named(report, "fail", kind="cause")
    order = [f.rule for f in report.findings if f.state == "fail" and f.kind == "cause"]
    assert order == ["provider-audience-missing", "jwks-empty"]


def test_a_cluster_without_sts_gets_one_line(bench: Bench) -> None:
    report = bench.report(everything(Cluster(mode="", issuer="")))
    assert [f.rule for f in report.findings] == ["mode-sts-not-used"], told(report)
    assert report.missing == ()
    assert all(not link.checks for chain in report.chains for link in chain.links)
    assert {link.state for chain in report.chains for link in chain.links} == {"not-applicable"}


@pytest.mark.parametrize(
    "since, logs_on, recency",
    [
        (timedelta(minutes=90), True, "stopped"),  # each 7 minutes, then 45 without it
        (timedelta(minutes=90), False, "ongoing"),  # nothing was logged after it: it may go on
        (HOURS, True, "ongoing"),  # each 80 minutes: 45 are no silence
    ],
)
def test_often_and_then_no_more_is_over(bench: Bench, since: timedelta, logs_on: bool, recency: str) -> None:
    cluster = Cluster()
    ended = cluster.gathered - timedelta(minutes=45)
    faults.authentication_fails(
        cluster, DENIED, since=cluster.gathered - since, until=ended, namespaces=[NAMESPACE]
    )
    log = cluster.workload("ingress-operator").main.log
    if logs_on:
        log.append(LogLine(cluster.gathered - timedelta(minutes=1), "reconciling"))
    else:
        log[:] = [line for line in log if line.when <= ended + timedelta(minutes=1)]
    chain = the_chain(bench.report(bundle(cluster)), INGRESS)
    assert chain.verdict.recency == recency


def test_an_issuer_that_is_almost_the_one_of_all_the_rest_is_one_cause(bench: Bench) -> None:
    """Provider, documents and trust policies agree, and Authentication has a slash more."""
    cluster = Cluster()
    cluster.authentication_issuer = f"{cluster.issuer}/"
    cluster.kas_issuers = cluster.previous_kas_issuers = [cluster.authentication_issuer]
    report = bench.report(everything(cluster))
    assert named(report, "fail", "warn") == {"provider-url-mismatch"}, told(report)
    (found,) = findings(report, "fail")
    assert f"issuer={cluster.issuer};" in (found.fix[0].command or "")
    hidden = bench.report(without(everything(cluster), r"exports/oidc/"))
    assert named(hidden, "fail") == {"discovery-issuer-mismatch", "trust-provider-mismatch"}, told(hidden)


def test_an_audience_that_only_one_operator_uses_breaks_only_that(bench: Bench) -> None:
    cluster = Cluster()
    token = cluster.workload("machine-api-controllers").token
    assert token is not None
    token.audience = "sts.amazonaws.com"
    cluster.provider.client_ids = ["openshift"]
    report = bench.report(everything(cluster))
    assert named(report, "fail", "warn") == {"provider-audience-missing"}, told(report)
    assert {c.id for c in report.chains if c.verdict.state == "fail"} == {MACHINES}, told(report)
    assert report.common_cause is None


def test_an_error_that_may_pass_says_more_than_a_condition(bench: Bench) -> None:
    cluster = Cluster()
    fails(cluster, Failure("IDPCommunicationError", "Error communicating with identity provider", 400))
    report = bench.report(bundle(cluster))
    verdict = the_chain(report, INGRESS).verdict
    assert (verdict.state, verdict.link, verdict.rule) == ("suspected", "issuer", "log-idp-communication")
