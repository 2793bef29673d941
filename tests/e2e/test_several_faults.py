"""Several faults at once: each is told for what it is, and none is hidden, doubled or blamed for another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.reports.formats import Options, render
from samples import Cluster, edits, faults, logs
from samples.aws import HttpError, ManagedPolicy, static_credentials
from samples.cluster import EXAMPLE_KEY
from samples.exports import export_files
from samples.keys import jwks, rsa_key

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

INGRESS_SPACE = "openshift-ingress-operator"


def _keys_replaced_after(cluster: Cluster, hours: int) -> None:
    cluster.jwks = dict(jwks([rsa_key("another")]))
    since = cluster.gathered - timedelta(hours=hours)
    faults.authentication_fails(cluster, logs.VERIFICATION_KEY, since=since)


def _organization_denied(cluster: Cluster, until: timedelta) -> None:
    """An SCP denies all calls of the ingress operator until they stop getting that far."""
    faults.call_denied(
        cluster, "route53:ListHostedZones", namespace=INGRESS_SPACE,
        since=cluster.gathered - timedelta(hours=20), until=cluster.gathered - until,
        because="with an explicit deny in a service control policy",
    )  # fmt: skip


def test_a_denial_that_later_calls_do_not_reach_is_not_over(bench: Bench) -> None:
    cluster = Cluster()
    _organization_denied(cluster, timedelta(hours=4, minutes=5))
    _keys_replaced_after(cluster, 4)
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
        until=cluster.gathered - timedelta(hours=4, minutes=5), namespaces=[INGRESS_SPACE],
    )  # fmt: skip
    _keys_replaced_after(cluster, 4)
    report = bench.report(bundle(cluster))
    assert the_chain(report, INGRESS).verdict.rule == "log-verification-key", told(report)
    assert {"log-assume-role-denied", "log-verification-key"} <= named(report, "fail")


def test_of_two_errors_of_now_the_one_is_suspected_with_which_calls_get_least_far(bench: Bench) -> None:
    cluster = Cluster()
    for failure in (logs.NOT_AUTHORIZED, logs.VERIFICATION_KEY):
        since = cluster.gathered - timedelta(hours=9)
        faults.authentication_fails(cluster, failure, since=since, namespaces=[INGRESS_SPACE])
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
        faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[INGRESS_SPACE])
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
    token = (INGRESS_SPACE, "ingress-operator")
    report = bench.report(everything(cluster, token=token))
    assert named(report, "fail", kind="cause") == {"provider-audience-missing"}, told(report)


def test_a_request_that_names_nobody_does_not_refuse_a_token(bench: Bench) -> None:
    cluster = Cluster()
    cluster.requests["openshift-ingress"]["spec"]["serviceAccountNames"] = []
    report = bench.report(everything(cluster, token=(INGRESS_SPACE, "ingress-operator")))
    assert named(report, "fail", kind="cause") == {"request-no-service-accounts"}, told(report)


def test_a_bundle_without_its_timestamp_is_judged_as_of_its_newest_log_line(bench: Bench) -> None:
    cluster = Cluster()
    since = cluster.gathered - timedelta(hours=3)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[INGRESS_SPACE])
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
    files = everything(cluster, token=(INGRESS_SPACE, "ingress-operator"))
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


def test_a_chain_with_a_warning_is_told_before_those_without(bench: Bench) -> None:
    cluster = Cluster()
    faults.authentication_fails(
        cluster, logs.NOT_AUTHORIZED, since=cluster.gathered - timedelta(hours=30),
        until=cluster.gathered - timedelta(hours=20), namespaces=[INGRESS_SPACE],
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
    edits.trust_subjects(cluster.role(INGRESS_SPACE), ["system:serviceaccount:other:one"])
    _keys_replaced_after(cluster, 3)
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
    edits.trust_subjects(cluster.role(INGRESS_SPACE), ["system:serviceaccount:other:one"])
    since = cluster.gathered - timedelta(hours=9)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[INGRESS_SPACE])
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
    cluster.set_role_arn(*REGISTRY.split("/"), cluster.role(INGRESS_SPACE).arn)
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
    edits.trust_subjects(cluster.role(INGRESS_SPACE), ["system:serviceaccount:other:one"])
    since = cluster.gathered - timedelta(hours=9)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[INGRESS_SPACE])
    report = bench.report(everything(cluster))
    for shape in ("text", "case"):
        text = " ".join(render(report, shape, Options()).split())
        told_so = text.partition("warning, log-no-provider")[2].partition("UNKNOWN")[0]
        assert "stopped before the gather" in told_so, text
