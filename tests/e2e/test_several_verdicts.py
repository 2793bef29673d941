"""Several verdicts in one report: what stands first, whose errors are told where, and what is behind."""

from __future__ import annotations

from datetime import timedelta

from analyzer.findings.report import Fix
from analyzer.reports.formats import Options, render
from analyzer.reports.story import one_by_one
from samples import Cluster, edits, faults, logs
from samples.aws import HttpError, ManagedPolicy, static_credentials
from samples.cluster import EXAMPLE_KEY

from .faults import FAULTS
from .faults_in_aws import keys_replaced_after
from .faults_in_roles import INGRESS_NAMESPACE
from .runs import (
    MACHINES,
    NETWORK,
    REGISTRY,
    Bench,
    bundle,
    everything,
    said,
    the_chain,
    told,
)


def test_a_chain_with_a_warning_is_told_before_those_without(bench: Bench) -> None:
    cluster = Cluster()
    faults.authentication_fails(
        cluster, logs.NOT_AUTHORIZED, since=cluster.gathered - timedelta(hours=30),
        until=cluster.gathered - timedelta(hours=20), namespaces=[INGRESS_NAMESPACE],
    )  # fmt: skip
    report = bench.report(everything(cluster))
    assert [f.state for f in report.findings if f.rule == "log-assume-role-denied"] == ["warn"]
    text = render(report, "text", Options())
    assert text.index("1 of 6 operators: ingress") < text.index("(cloud-credential, network"), text
    assert "chain    ingress" in text
    flat = " ".join(text.split())
    assert "at gather time stopped. One of them: AccessDenied" in flat, "there is room for all of it"
    assert "aws iam get-role --role-name" in flat


def test_a_drawn_break_of_one_operator_is_not_said_of_all_that_share_its_verdict(bench: Bench) -> None:
    cluster = Cluster()
    cluster.provider.client_ids = ["sts.amazonaws.com"]
    edits.trust_subjects(cluster.role(INGRESS_NAMESPACE), ["system:serviceaccount:other:one"])
    keys_replaced_after(cluster, 3)
    text = render(bench.report(everything(cluster)), "text", Options())
    lines = text.splitlines()
    chain = next(line for line in lines if line.startswith("chain "))
    drawn = "\n".join(lines[lines.index(chain) :][:6])
    assert "✘ fail  ✘ fail" in drawn, "keys and trust"
    assert chain == "chain    ingress; others of this verdict differ (-v for all)" or "  ingress" in drawn, (
        text
    )


def _bounded(cluster: Cluster, space: str) -> None:
    nothing = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [nothing]}
    cluster.role(space).boundary = ManagedPolicy("limit", [document], cluster.account)


def test_a_fault_of_one_operator_does_not_hide_what_stops_them_all(bench: Bench) -> None:
    """Proven is what no call gets to; what calls end with now is in sight, and not blamed on it."""
    cluster = Cluster()
    _bounded(cluster, NETWORK.split("/")[0])
    since = cluster.gathered - timedelta(hours=9)
    faults.authentication_fails(cluster, logs.no_provider(cluster.issuer or ""), since=since)
    report = bench.report({p: d for p, d in everything(cluster).items() if "/oidc/" not in p})
    assert said(the_chain(report, NETWORK)) == ("fail", "permissions", "permission-boundary"), told(report)
    assert the_chain(report, NETWORK).verdict.simulated_error is None
    text = " ".join(render(report, "text", Options()).split())
    assert "still going on, of a cause that is not proven: log-no-provider" in text, text
    assert "? SUSPECTED — STS finds no OIDC provider" in text, text
    assert "(storage, image-registry, ingress, machine-api; errors since" in text, text


def test_a_proven_cause_of_the_errors_is_not_called_unproven(bench: Bench) -> None:
    cluster = Cluster()
    _bounded(cluster, NETWORK.split("/")[0])
    cluster.providers.clear()
    since = cluster.gathered - timedelta(hours=9)
    faults.authentication_fails(cluster, logs.no_provider(cluster.issuer or ""), since=since)
    report = bench.report(everything(cluster))
    assert said(the_chain(report, NETWORK)) == ("fail", "provider", "provider-missing"), told(report)
    error = the_chain(report, NETWORK).verdict.simulated_error
    assert error is not None
    assert error.stage == "provider"
    assert "not proven" not in render(report, "text", Options())


def test_of_faults_of_one_operator_each_the_one_that_fails_now_is_told_first(bench: Bench) -> None:
    cluster = Cluster()
    static = static_credentials(*EXAMPLE_KEY)
    cluster.set_credentials(*MACHINES.split("/"), static)
    edits.trust_subjects(cluster.role(INGRESS_NAMESPACE), ["system:serviceaccount:other:one"])
    since = cluster.gathered - timedelta(hours=9)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[INGRESS_NAMESPACE])
    report = bench.report(everything(cluster))
    text = render(report, "text", Options())
    assert "VERDICT  ✘ FAIL at trust" in text, text
    assert "✘ FAIL at secret — The Secret holds long-lived keys. (machine-api)" in text, text
    case = " ".join(render(report, "case", Options()).split())
    assert "1 of 6 operators cannot use AWS (ingress)" in case
    assert "1 of 6 operators uses long-lived keys in the place of STS (machine-api)" in case, "it can use AWS"


def test_errors_of_one_operator_are_not_said_of_all_that_share_a_fault(bench: Bench) -> None:
    """Tokens of the former issuer serve still: what the registry is answered is about its Secret."""
    cluster = Cluster()
    cluster.authentication_issuer = "https://new-oidc.s3.us-west-2.amazonaws.com"
    cluster.set_role_arn(*REGISTRY.split("/"), cluster.role(INGRESS_NAMESPACE).arn)
    faults.authentication_fails(
        cluster, logs.NOT_AUTHORIZED, since=cluster.gathered - timedelta(hours=30),
        namespaces=["openshift-image-registry"],
    )  # fmt: skip
    report = bench.report(everything(cluster, secrets="full"))
    (shared,) = [f for f in report.findings if f.rule == "mode-issuer-not-rolled-out"]
    assert shared.remarks == ()
    text = " ".join(render(report, "text", Options()).split())
    assert "6 of 6 operators · errors of image-registry since" in text, text
    case = " ".join(render(report, "case", Options()).split())
    assert "6 of 6 operators are not set up for STS as meant" in case, "five of them can use AWS"
    (condition,) = [f for f in report.findings if f.rule == "operator-storage-error"]
    assert condition.explained_by == ("secret-role-foreign",), "what STS answers is not about the issuer"


def test_the_same_fault_of_two_operators_is_mended_on_both(bench: Bench) -> None:
    cluster = Cluster()
    spaces = [INGRESS_NAMESPACE, "openshift-machine-api"]
    for space in spaces:
        edits.trust_subjects(cluster.role(space), ["system:serviceaccount:other:one"])
    report = bench.report(everything(cluster))
    for shape in ("case", "markdown"):
        text = render(report, shape, Options())
        for role in (cluster.role(space).name for space in spaces):
            assert f"The trust policy of role {role} admits none" in " ".join(text.split()), text
            assert f"aws iam update-assume-role-policy --role-name {role} " in text, text


def test_what_is_said_of_one_operator_stands_with_it(bench: Bench) -> None:
    cluster = Cluster()
    for space in (INGRESS_NAMESPACE, "openshift-machine-api"):
        edits.trust_subjects(cluster.role(space), ["system:serviceaccount:other:one"])
    short = " ".join(render(bench.report(everything(cluster)), "text", Options()).split())
    assert "= also: 1 like this: machine-api; -v has its steps" in short
    text = render(bench.report(everything(cluster)), "text", Options(verbose=True))
    first, _, second = text.partition("= also: ")
    assert "but: No such error in 98 h of logs of ingress-operator" in first
    assert f"update-assume-role-policy --role-name {cluster.role(INGRESS_NAMESPACE).name} " in first
    assert "but: No such error in 98 h of logs of machine-api-controllers" in second
    assert f"update-assume-role-policy --role-name {cluster.role('openshift-machine-api').name} " in second


def test_what_repairs_end_with_is_done_after_each_of_them() -> None:
    first, second, last = Fix("One.", "a"), Fix("Two.", "b"), Fix("Restart.", "c")
    begin = Fix("Extract.", "x")
    steps = one_by_one([(begin, first, last), (begin, second, last), (begin, first, last)])
    assert steps == [begin, first, last, second, last]


def test_an_answer_is_told_of_the_cause_that_it_comes_of(bench: Bench) -> None:
    """STS looks for the keys before it looks at the role: what it says of them is not about the ARN."""
    cluster = Cluster()
    cluster.discovery = HttpError()
    cluster.set_role_arn(*MACHINES.split("/"), f"arn:aws:iam::{cluster.account}:user/somebody")
    report = bench.report(everything(cluster, secrets="full"))
    verdict = the_chain(report, MACHINES).verdict
    assert (verdict.rule, verdict.also) == ("secret-role-arn-malformed", ("discovery-unreachable",))
    assert verdict.simulated_error is not None
    assert verdict.simulated_error.cause == "discovery-unreachable"
    found = " ".join(render(report, "case", Options()).split()).partition("What we found:")[2]
    assert found.count("STS answers: InvalidIdentityToken: Couldn't retrieve") == 1, found
    assert found.index("STS answers:") < found.index("has role_arn"), found


def test_what_fails_beside_the_chains_is_said_first_in_every_format(bench: Bench) -> None:
    files = everything(Cluster()) | bundle(Cluster(name="b", infra_name="b-1", cluster_id="b" * 8))
    report = bench.report(files)
    assert report.exit_code == 1
    title = "The inputs are of different clusters."
    assert f"VERDICT ✘ FAIL at inputs — {title}" in " ".join(render(report, "text", Options()).split())
    case = " ".join(render(report, "case", Options()).split())
    assert f"~~~ Summary: {title}" in case
    assert "sts-doctor" not in case, "who runs it is not the customer"
    assert render(report, "markdown", Options()).startswith(f"## sts-doctor: ✘ FAIL at inputs — {title}")


def test_a_case_says_cannot_use_aws_only_where_that_is_proven(bench: Bench) -> None:
    """What the environment overrides may work; what lacks the Secret cannot; one pod may get through."""
    for fault, words in (
        ("workload-static-env-profile", "1 of 6 operators is not set up for STS as meant (storage)"),
        ("issuer-inconsistent", "6 of 6 operators are not set up for STS as meant ("),
        ("secret-missing", "1 of 6 operators has no credentials for AWS (machine-api)"),
        ("workload-predates-issuer", "1 of 6 operators has pods that cannot use AWS (machine-api)"),
        ("trust-subject-partial", "1 of 6 operators has ServiceAccounts that cannot use AWS (storage)"),
        ("token-algorithm", "1 of 6 operators has a token that AWS does not accept (ingress)"),
        ("trust-malformed", "1 of 6 operators is not set up for STS as meant (ingress)"),
        ("trust-role-missing", "1 of 6 operators cannot use AWS (ingress)"),
    ):
        made = next(f for f in FAULTS if f.id == fault)
        case = " ".join(render(bench.report(made.files()), "case", Options()).split())
        assert f"Summary: {words}" in case, case[:300]


def test_errors_of_another_proven_cause_are_told_as_that_ones(bench: Bench) -> None:
    cluster = Cluster()
    cluster.providers.clear()
    role = cluster.role("openshift-image-registry")
    role.inline[role.name]["Statement"][0]["Action"].remove("s3:PutObject")
    since = cluster.gathered - timedelta(hours=9)
    faults.call_denied(cluster, "s3:PutObject", namespace="openshift-image-registry", since=since)
    report = bench.report(everything(cluster))
    assert the_chain(report, REGISTRY).verdict.rule == "provider-missing", told(report)
    for shape in ("text", "case"):
        text = " ".join(render(report, shape, Options()).split())
        assert "rrors of image-registry since" in text, text
        assert "still going on, of permission-missing" in text, text
    case = " ".join(render(report, "case", Options()).split())
    assert "Note: The log of image-registry says otherwise: log-action-denied" in case, case


def test_a_condition_comes_of_what_the_error_in_it_comes_of(bench: Bench) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-image-registry")
    role.inline[role.name]["Statement"][0]["Action"].remove("s3:PutObject")
    since = cluster.gathered - timedelta(hours=9)
    faults.call_denied(cluster, "s3:PutObject", namespace="openshift-image-registry", since=since)
    report = bench.report(everything(cluster))
    (condition,) = [f for f in report.findings if f.rule == "operator-storage-error"]
    assert condition.explained_by == ("permission-missing",), told(report)
    (cause,) = [f for f in report.findings if f.rule == "permission-missing" and f.state == "fail"]
    assert cause.explains == ("log-action-denied", "operator-storage-error")
    case = " ".join(render(report, "case", Options()).split())
    assert "1 of 6 operators cannot do in AWS all that is asked for (image-registry)" in case


def test_a_fault_of_its_own_does_not_hide_that_the_shared_one_is_behind_it(bench: Bench) -> None:
    cluster = Cluster()
    cluster.providers.clear()
    del cluster.secrets[tuple(NETWORK.split("/"))]  # type: ignore[arg-type]
    report = bench.report(everything(cluster))
    assert report.common_cause is not None
    assert report.common_cause.sentence.endswith(
        "It breaks 5 of 6 chains. 1 more has it behind another fault."
    )
    text = " ".join(render(report, "text", Options()).split())
    assert "The Secret that the request names does not exist. (network; also provider-missing)" in text


def test_a_warning_that_is_over_is_told_as_over(bench: Bench) -> None:
    cluster = Cluster()
    gone = {"since": cluster.gathered - timedelta(hours=90), "until": cluster.gathered - timedelta(hours=48)}
    faults.authentication_fails(cluster, logs.no_provider(cluster.issuer or ""), **gone)
    edits.trust_subjects(cluster.role(INGRESS_NAMESPACE), ["system:serviceaccount:other:one"])
    since = cluster.gathered - timedelta(hours=9)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[INGRESS_NAMESPACE])
    report = bench.report(everything(cluster))
    for shape in ("text", "case"):
        text = " ".join(render(report, shape, Options()).split())
        said = "warning of errors that have stopped, log-no-provider"
        told_so = text.partition(said)[2].partition("UNKNOWN")[0]
        assert "stopped before the gather" in told_so, text
