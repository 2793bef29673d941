"""Several faults at once: each is told for what it is, and none is hidden, doubled or blamed for another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.reports.formats import Options, render
from samples import Cluster, edits, faults, logs
from samples.aws import HttpError, ManagedPolicy
from samples.exports import export_files

from .faults_in_aws import keys_replaced_after
from .faults_in_cluster import drop_secret
from .faults_in_roles import INGRESS_NAMESPACE
from .faults_in_workloads import audience, no_token_volume, runs_as
from .runs import (
    INGRESS,
    MACHINES,
    NETWORK,
    REGISTRY,
    Bench,
    bundle,
    everything,
    exports,
    findings,
    flips,
    named,
    said,
    states_of,
    the_chain,
    told,
    without,
)


def _organization_denied(cluster: Cluster, until: timedelta) -> None:
    """An SCP denies all calls of the ingress operator until they stop getting that far."""
    faults.call_denied(
        cluster, "route53:ListHostedZones", namespace=INGRESS_NAMESPACE,
        since=cluster.gathered - timedelta(hours=20), until=cluster.gathered - until,
        because="with an explicit deny in a service control policy",
    )  # fmt: skip


def test_a_denial_that_later_calls_do_not_reach_is_not_over(bench: Bench) -> None:
    cluster = Cluster()
    _organization_denied(cluster, timedelta(hours=4, minutes=5))
    keys_replaced_after(cluster, 4)
    files = everything(cluster)
    report = bench.report(files)
    assert named(report, "fail", kind="cause") == {"jwks-foreign", "permission-organization-deny"}, told(
        report
    )
    assert said(the_chain(report, INGRESS)) == ("fail", "keys", "jwks-foreign")
    assert "some later," in " ".join(render(report, "text", Options()).split()), "ingress broke before"
    (denied,) = [f for f in report.findings if f.rule == "log-action-denied"]
    assert (denied.state, "at gather time unknown" in denied.message) == ("fail", True), denied.message


def test_a_denial_that_ended_before_calls_worked_is_over(bench: Bench) -> None:
    cluster = Cluster()
    _organization_denied(cluster, timedelta(hours=4))
    assert not named(bench.report(everything(cluster)), "fail")


def test_what_is_met_now_is_suspected_before_what_calls_no_longer_reach(bench: Bench) -> None:
    cluster = Cluster()
    faults.authentication_fails(
        cluster, logs.NOT_AUTHORIZED, since=cluster.gathered - timedelta(hours=20),
        until=cluster.gathered - timedelta(hours=4, minutes=5), namespaces=[INGRESS_NAMESPACE],
    )  # fmt: skip
    keys_replaced_after(cluster, 4)
    report = bench.report(bundle(cluster))
    assert the_chain(report, INGRESS).verdict.rule == "log-verification-key", told(report)
    assert {"log-assume-role-denied", "log-verification-key"} <= named(report, "fail")


def test_of_two_errors_of_now_the_one_is_suspected_with_which_calls_get_least_far(bench: Bench) -> None:
    cluster = Cluster()
    for failure in (logs.NOT_AUTHORIZED, logs.VERIFICATION_KEY):
        since = cluster.gathered - timedelta(hours=9)
        faults.authentication_fails(cluster, failure, since=since, namespaces=[INGRESS_NAMESPACE])
    report = bench.report(bundle(cluster))
    assert the_chain(report, INGRESS).verdict.rule == "log-verification-key", told(report)


@pytest.mark.parametrize("refused", [True, False])
@pytest.mark.parametrize("name", ["ingress-operator", "router-operator"])
def test_an_operator_that_reads_its_secret_by_the_api_may_run_as_another_account(
    bench: Bench, name: str, refused: bool
) -> None:
    """The right ServiceAccount's name shows that it uses the Secret; else its namespace does, and STS."""
    cluster = Cluster()
    runs_as("ingress-operator", "default")(cluster)
    runs_as("machine-api-controllers", "default")(cluster)
    audience("machine-api-controllers", "vault")(cluster)
    if refused:
        since = cluster.gathered - timedelta(hours=3)
        faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[INGRESS_NAMESPACE])
    cluster.workload("ingress-operator").name = name
    report = bench.report(everything(cluster))
    rule = "workload-service-account-mismatch"
    state = "fail" if refused or name == "ingress-operator" else "warn"
    assert states_of(report)[INGRESS, "workload", rule] == state, told(report)
    assert [f.chains for f in report.findings if f.rule == rule] == [(INGRESS,)]  # vault is not AWS


def test_an_operator_may_run_as_another_account_beside_its_operand(bench: Bench) -> None:
    cluster = Cluster()
    runs_as("cluster-image-registry-operator", "default")(cluster)
    (found,) = findings(bench.report(everything(cluster)), "fail")
    assert (found.rule, found.chains) == ("workload-service-account-mismatch", (REGISTRY,))


def test_a_program_with_credentials_of_its_own_is_no_operator_of_a_chain(bench: Bench) -> None:
    cluster = Cluster()
    pod = cluster.workload("machine-api-controllers")
    pod.service_account = "another"
    pod.volumes.append({"name": "own", "secret": {"secretName": "another-cloud-credentials"}})
    assert not named(bench.report(everything(cluster)), "fail", "warn")


def test_an_operator_without_a_token_beside_an_operand_with_one(bench: Bench) -> None:
    """That it needs one is known by its own log."""
    cluster = Cluster()
    no_token_volume("cluster-image-registry-operator")(cluster)
    assert not named(bench.report(everything(cluster)), "fail", "warn")
    text = "unable to read file at /var/run/secrets/openshift/serviceaccount/token: no such file or directory"
    log = cluster.workload("cluster-image-registry-operator").main.log
    log += [
        logs.klog(
            cluster.gathered - timedelta(minutes=minutes), "E", "controller.go:378", f"unable to sync: {text}"
        )
        for minutes in (90, 61, 33, 4)
    ]
    report = bench.report(everything(cluster))
    (found,) = findings(report, "fail", kind="cause")
    assert (found.rule, found.chains) == ("workload-token-volume-missing", (REGISTRY,)), told(report)
    assert "cluster-image-registry-operator" in found.message


def test_whether_a_token_is_needed_is_open_while_there_is_no_secret_to_read(bench: Bench) -> None:
    """The pods of no operator that reads its Secret through the API tell that they use AWS."""
    cluster = Cluster()
    drop_secret(MACHINES)(cluster)
    rule = (MACHINES, "workload", "workload-token-volume-missing")
    assert states_of(bench.report(everything(cluster)))[rule] == "pass"
    no_token_volume("machine-api-controllers")(cluster)
    report = bench.report(everything(cluster))
    assert states_of(report)[rule] == "unknown"
    link = next(link for link in the_chain(report, MACHINES).links if link.link == "workload")
    assert (link.state, link.waits_for) == ("unknown", "secret-missing")


def test_without_requests_no_pod_is_known_to_be_a_chains(bench: Bench) -> None:
    """They name the ServiceAccounts; a fault of the pods is not passed over without them."""
    cluster = Cluster()
    audience("machine-api-controllers", "vault")(cluster)
    rule = (MACHINES, "workload", "workload-token-audience")
    files = everything(cluster)
    assert states_of(bench.report(files))[rule] == "fail"
    hidden = bench.report(without(files, r"credentialsrequests|credrequests"))
    assert states_of(hidden)[rule] == "unknown", told(hidden)
    assert any(rule[2] in item.decides for item in hidden.missing)


def test_a_provider_that_lacks_what_pods_use_is_not_the_tokens_fault(bench: Bench) -> None:
    cluster = Cluster()
    cluster.provider.client_ids = ["sts.amazonaws.com"]
    token = (INGRESS_NAMESPACE, "ingress-operator")
    report = bench.report(everything(cluster, token=token))
    assert named(report, "fail", kind="cause") == {"provider-audience-missing"}, told(report)


def test_a_request_that_names_nobody_does_not_refuse_a_token(bench: Bench) -> None:
    cluster = Cluster()
    cluster.requests["openshift-ingress"]["spec"]["serviceAccountNames"] = []
    report = bench.report(everything(cluster, token=(INGRESS_NAMESPACE, "ingress-operator")))
    assert named(report, "fail", kind="cause") == {"request-no-service-accounts"}, told(report)


def test_a_bundle_without_its_timestamp_is_judged_as_of_its_newest_log_line(bench: Bench) -> None:
    cluster = Cluster()
    since = cluster.gathered - timedelta(hours=3)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[INGRESS_NAMESPACE])
    files = without(bundle(cluster), r"/timestamp$")
    report = bench.report(files)
    assert report.run.as_of_from == "newest log line"
    assert str(report.run.as_of)[:14] == f"{cluster.gathered - timedelta(minutes=4):%Y-%m-%dT%H:}"
    assert the_chain(report, INGRESS).verdict.recency == "ongoing", told(report)
    assert bench.report(without(files, "/logs/")).run.as_of is None


@pytest.mark.parametrize(
    "hidden", [None, "exports/oidc/", "/authentications", "kubeapiservers|kube-apiserver/core/configmaps"]
)
def test_what_depends_on_which_of_two_issuers_is_meant_waits(bench: Bench, hidden: str | None) -> None:
    """One is set, with the other kube-apiserver runs and all is set up: that is one fault, hidden or not."""
    cluster = Cluster()
    cluster.authentication_issuer = "https://d1a2b3c4d5e6f7.cloudfront.net"
    files = everything(cluster, token=(INGRESS_NAMESPACE, "ingress-operator"))
    whole = bench.report(files)
    assert named(whole, "fail", "warn") == {"mode-issuer-not-rolled-out"}, told(whole)
    links = {link.link: link.waits_for for link in the_chain(whole, INGRESS).links}
    assert {links[name] for name in ("provider", "issuer", "trust")} == {"mode-issuer-not-rolled-out"}
    report = bench.report(without(files, hidden) if hidden else files)
    assert not flips(whole, report)
    if hidden != "kubeapiservers|kube-apiserver/core/configmaps":
        assert named(report, "fail") <= named(whole, "fail"), told(report)


def test_a_role_that_is_gone_was_not_its_secrets_where_that_was_not_read(bench: Bench) -> None:
    """What ccoctl would have made it is named like may never have been there: the Secret may name another."""
    cluster = Cluster()
    edits.drop_role(cluster, "openshift-image-registry", recorded=False)
    files = everything(cluster, details=True)
    assert named(bench.report(files), "fail") == {"trust-role-missing"}
    report = bench.report(without(files, "openshift-image-registry/core/secrets"))
    assert not named(report, "fail"), told(report)
    (asked,) = [item for item in report.missing if "trust-role-missing" in item.decides]
    assert asked.evidence == "namespace:openshift-image-registry"


@pytest.mark.parametrize("rule", ["secret-role-foreign", "secret-account-mismatch"])
def test_no_secret_is_to_name_a_role_that_is_gone(bench: Bench, rule: str) -> None:
    """The role is made first; that it is not in its account says nothing of the one in the Secret."""
    cluster = Cluster()
    arn = cluster.role("openshift-machine-api").arn
    if rule == "secret-account-mismatch":
        arn = cluster.role("openshift-image-registry").arn.replace(cluster.account, "210987654321")
    cluster.set_role_arn(*REGISTRY.split("/"), arn)
    edits.drop_role(cluster, "openshift-image-registry")
    report = bench.report(bundle(cluster, secrets="full") | exports(cluster))
    (found,) = findings(report, "fail", kind="cause")
    assert (found.rule, found.chains) == (rule, (REGISTRY,)), told(report)
    commands = [str(step.command) for step in found.fix]
    make, write = (
        next(n for n, one in enumerate(commands) if one.startswith(w)) for w in ("ccoctl", "printf")
    )
    assert make < write


def test_a_boundary_that_cuts_what_a_deny_takes_too_is_a_fault_of_its_own(bench: Bench) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-cloud-network-config-controller")
    deny = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
    role.inline["guardrail"] = {"Version": "2012-10-17", "Statement": [deny]}
    fence = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    role.boundary = ManagedPolicy("fence", [fence], cluster.account)
    report = bench.report(everything(cluster))
    expected = {"permission-explicit-deny", "permission-boundary"}
    assert named(report, "fail", kind="cause") == expected, told(report)


@pytest.mark.parametrize("moved", [True, False], ids=["all-is-new", "all-is-old"])
def test_what_is_wrong_whichever_of_two_issuers_is_meant_is_told(bench: Bench, moved: bool) -> None:
    """Provider and roles fit the issuer that is set, or the one in force, and are judged by that."""
    cluster = Cluster()
    if moved:
        cluster.kas_issuers = cluster.previous_kas_issuers = ["https://d1a2b3c4d5e6f7.cloudfront.net"]
    else:
        cluster.authentication_issuer = "https://d1a2b3c4d5e6f7.cloudfront.net"
    own = {"mode-issuer-not-rolled-out"}
    assert named(bench.report(everything(cluster)), "fail", "warn") == own
    role = cluster.role("openshift-machine-api")
    edits.trust_subjects(role, ["system:serviceaccount:openshift-machine-api:default"])
    cluster.provider.client_ids = ["sts.amazonaws.com"]
    network = cluster.role("openshift-cloud-network-config-controller")
    network.trust["Statement"][0]["Principal"] = {"Service": "ec2.amazonaws.com"}
    report = bench.report(everything(cluster))
    expected = own | {"trust-subject-mismatch", "provider-audience-missing", "trust-principal-wrong"}
    assert named(report, "fail", kind="cause") == expected, told(report)
    assert [f.chains for f in report.findings if f.rule == "trust-subject-mismatch"] == [(MACHINES,)]


def test_a_lost_provider_may_have_listed_any_audience(bench: Bench) -> None:
    cluster = Cluster()
    audience("cloud-network-config-controller", "vault")(cluster)
    cluster.providers = []
    report = bench.report(everything(cluster))
    assert named(report, "fail", kind="cause") == {"provider-missing"}, told(report)
    waits = {link.link: link.waits_for for link in the_chain(report, NETWORK).links}
    assert waits["workload"] == "provider-missing"


def test_a_releases_request_does_not_speak_for_the_clusters(bench: Bench) -> None:
    cluster = Cluster()
    cluster.requests["openshift-ingress"]["spec"]["serviceAccountNames"] = []
    files = everything(cluster)
    key = (INGRESS, "request", "request-no-service-accounts")
    assert states_of(bench.report(files))[key] == "fail"
    assert states_of(bench.report(without(files, r"cloudcredential\.openshift\.io")))[key] == "unknown"


def _of_another(cluster: Cluster, *parts: str) -> dict[str, bytes]:
    return {f"other/{path}": data for path, data in export_files(cluster, parts=parts).items()}


@pytest.mark.parametrize(
    "twin",
    [{"region": "cn-north-1", "partition": "aws-cn"}, {"region": "eu-west-1"}],
    ids=["partition", "region"],
)
def test_roles_of_a_twin_in_another_account_are_no_fault_of_this_cluster(
    bench: Bench, twin: dict[str, str]
) -> None:
    """It bears the same name; the own provider was exported, or the twin is in another partition."""
    cluster = Cluster()
    other = _of_another(Cluster(**twin, account="210987654321", seed="other"), "iam")  # type: ignore[arg-type]
    files = without(everything(cluster), "exports/iam/") | other
    report = bench.report(files)
    assert named(report, "fail") <= {"input-mixed-clusters"}, told(report)
    links = {link.link: link.state for link in the_chain(report, INGRESS).links}
    assert (links["trust"], links["permissions"]) == ("unknown", "unknown"), told(report)
    assert links["provider"] != "fail"
    if "partition" in twin:
        report = bench.report(without(files, "exports/"))
        assert named(report, "fail") == {"input-mixed-clusters"}, told(report)


def test_another_issuers_document_speaks_neither_for_nor_against_this_ones(bench: Bench) -> None:
    """Beside an error that was recorded, and beside a document that is almost the issuer's own."""
    other = _of_another(
        Cluster(name="other", region="cn-north-1", partition="aws-cn", seed="other"), "issuer"
    )
    cluster = Cluster()
    cluster.discovery = HttpError(404, "Not Found", "NoSuchKey")
    report = bench.report(everything(cluster) | other)
    assert "discovery-unreachable" in named(report, "fail"), told(report)
    cluster = Cluster()
    assert isinstance(cluster.discovery, dict)
    cluster.discovery["issuer"] = f"{cluster.issuer}/"
    report = bench.report(everything(cluster) | other)
    assert named(report, "fail", kind="cause") == {"discovery-issuer-mismatch"}, told(report)


@pytest.mark.parametrize(
    "hidden", ["clusterversions|clusteroperators", "operator.openshift.io/cloudcredentials"]
)
def test_a_condition_that_manual_mode_may_have_left_is_no_warning(bench: Bench, hidden: str) -> None:
    """Before 4.14 the credential operator writes no status in Manual mode: the condition is of before."""
    cluster = Cluster(version="4.12.30")
    status = {
        "type": "CredentialsProvisionFailure",
        "status": "True",
        "message": "failed to grant creds: mint",
    }
    cluster.requests["openshift-ingress"]["status"] = {"conditions": [status]}
    key = (INGRESS, "request", "request-provision-failure")
    files = everything(cluster)
    assert states_of(bench.report(files))[key] == "pass"
    assert states_of(bench.report(without(files, hidden)))[key] == "unknown"


@pytest.mark.parametrize("alike", [False, True], ids=["another-error", "the-same-error"])
def test_trouble_that_was_over_does_not_date_the_one_of_now(bench: Bench, alike: bool) -> None:
    """What went wrong when the pod started was mended; what fails now began hours ago."""
    cluster = Cluster()
    pod, space = cluster.workload("machine-api-controllers"), "openshift-machine-api"
    before = logs.NOT_AUTHORIZED if alike else logs.no_provider(str(cluster.issuer))
    until = pod.started + timedelta(hours=1)
    faults.authentication_fails(cluster, before, since=pod.started, until=until, namespaces=[space])
    edits.trust_subjects(cluster.role(space), [f"system:serviceaccount:{space}:default"])
    began = cluster.gathered - timedelta(hours=3)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=began, namespaces=[space])
    verdict = the_chain(bench.report(everything(cluster)), MACHINES).verdict
    assert (verdict.rule, verdict.recency) == ("trust-subject-mismatch", "ongoing")
    assert str(verdict.since).startswith(f"{began:%Y-%m-%dT%H:%M}"), verdict.since


def test_an_error_of_a_later_stage_that_no_longer_comes_does_not_date_it_either(bench: Bench) -> None:
    """Whether that was mended is not known: no call gets so far any more."""
    cluster = Cluster()
    pod, space = cluster.workload("machine-api-controllers"), "openshift-machine-api"
    until = pod.started + timedelta(hours=1)
    faults.call_denied(cluster, "ec2:RunInstances", namespace=space, since=pod.started, until=until)
    cluster.provider.client_ids = ["sts.amazonaws.com"]
    began = cluster.gathered - timedelta(hours=3)
    faults.authentication_fails(cluster, logs.INCORRECT_AUDIENCE, since=began)
    verdict = the_chain(bench.report(everything(cluster)), MACHINES).verdict
    assert (verdict.rule, verdict.recency) == ("provider-audience-missing", "ongoing")
    assert str(verdict.since).startswith(f"{began:%Y-%m-%dT%H:%M}"), verdict.since
