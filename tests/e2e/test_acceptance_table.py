"""The procedure's table of 42 checks: each passes, fails, and is unknown where its proof is gone.

`ROWS` maps every row to the rules that cover it, with an edit that breaks it; `LATER` says why a row, or a
part of one, is not judged by this command yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analyzer.findings.report import Report
from samples import Cluster, Condition, HttpError, faults, logs

from . import faults_in_aws as aws
from . import faults_in_cluster as cluster_side
from . import faults_in_logs as log_side
from . import faults_in_requests as requests
from . import faults_in_roles as roles
from . import faults_in_workloads as workloads
from .fault import (
    AWS_WORDS,
    DISCOVERY,
    ISSUERS,
    KEY_SET,
    LOGS,
    MODE,
    PROVIDERS,
    ROLES,
    SIGNING_KEYS,
    TOKEN,
    pods_in,
    secrets_in,
)
from .runs import (
    DRIVERS,
    INGRESS,
    MACHINES,
    NETWORK,
    Bench,
    Edit,
    edited,
    everything,
    findings,
    ids,
    named,
    states_of,
    the_chain,
    told,
    used,
    without,
)

ACCOUNT = ("openshift-ingress-operator", "ingress-operator")


@dataclass(frozen=True)
class Row:
    """A row: an edit that breaks it, the rules of which one must say so, and where the proof lies.

    `chain` is one that is broken; `arguments` and `options` shape the inputs of the good case too.
    """

    id: str
    rules: tuple[str, ...]
    edit: Edit
    hide: str
    chain: str = INGRESS
    secrets: str = "elided"
    token: Callable[[Cluster], str] | None = None
    state: str = "fail"

    def files(self, edit: Edit, token: Callable[[Cluster], str] | None) -> dict[str, bytes]:
        """Give the inputs after an edit."""
        cluster = edited(edit)
        options: dict[str, Any] = {}
        if token is not None:
            options = {"token": token(cluster), "signature": True}
        return everything(cluster, secrets=self.secrets, **options)

    def good(self) -> dict[str, bytes]:
        """Give the inputs of the healthy case."""
        return self.files(lambda _: None, _good_token if self.token else None)

    def bad(self) -> dict[str, bytes]:
        """Give the inputs of the broken case."""
        return self.files(self.edit, self.token)


def _good_token(cluster: Cluster) -> str:
    return cluster.token(*ACCOUNT)


def _nothing(cluster: Cluster) -> None:
    pass


def _ingress_degraded(cluster: Cluster) -> None:
    since = cluster.gathered - timedelta(hours=5)
    faults.ingress_never_published(cluster, since)


def _ingress_fails(cluster: Cluster) -> None:
    since = cluster.gathered - timedelta(hours=5)
    faults.authentication_fails(cluster, logs.VERIFICATION_KEY, since=since)


def _denied(cluster: Cluster) -> None:
    since = cluster.gathered - timedelta(hours=5)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[ACCOUNT[0]])


_ISSUER_HTTP = aws.discovery(issuer="http://demo-oidc.s3.us-west-2.amazonaws.com")

ROWS = [
    Row("S01", ("operator-degraded",), _ingress_degraded, r"clusteroperators", state="warn"),
    Row("S04", ("log-verification-key",), _ingress_fails, AWS_WORDS),
    Row("S05", ("log-assume-role-denied",), _denied, AWS_WORDS),
    Row("S06", ("log-node-role",), log_side.logged(log_side.BY_NODE), LOGS, chain=MACHINES),
    Row("S06b", ("secret-static-keys", "mode-mixed-credentials"), cluster_side.keys_in(MACHINES),
        secrets_in(MACHINES), chain=MACHINES),
    Row("S07", ("secret-missing",), cluster_side.drop_secret(MACHINES), secrets_in(MACHINES), chain=MACHINES),
    Row("S07b", ("secret-no-credentials-key",), cluster_side.credentials({"config": b"[default]"}),
        secrets_in(MACHINES), chain=MACHINES),
    Row("S08", ("secret-length-mismatch",), cluster_side.foreign_role, secrets_in(MACHINES), chain=MACHINES),
    Row("S08b", ("secret-role-arn-malformed",), cluster_side.role_arn("arn:aws:iam::1234567890:role/demo"),
        secrets_in(MACHINES), chain=MACHINES, secrets="full"),
    Row("S09", ("secret-token-path-unmounted",),
        cluster_side.role_arn(cluster_side.ARN, token_file="/tmp/token"),
        secrets_in(MACHINES), chain=MACHINES, secrets="full"),
    Row("S10", ("workload-token-volume-missing",), workloads.no_token_volume("machine-api-controllers"),
        pods_in(MACHINES), chain=MACHINES),
    Row("S10b", ("workload-token-audience",),
        workloads.audience("cloud-network-config-controller", "vault"), pods_in(NETWORK), chain=NETWORK),
    Row("S11", ("request-missing",), requests.drop_request(NETWORK), r"exports/credrequests/",
        chain=NETWORK),
    Row("S13", ("permission-missing",), roles.take_away("ec2:RunInstances"), ROLES, chain=MACHINES),
    Row("S14", ("secret-role-foreign",), cluster_side.foreign_role, ROLES, chain=MACHINES, secrets="full"),
    Row("S15", ("token-malformed",), _nothing, TOKEN, token=cluster_side.cut),
    Row("S16", ("token-algorithm",), _nothing, TOKEN, token=cluster_side.signed({"alg": "HS256"})),
    Row("S16b", ("token-key-id-missing",), _nothing, TOKEN, token=cluster_side.signed({"no-kid": True})),
    Row("S17", ("token-audience-mismatch",), _nothing, TOKEN, token=cluster_side.signed(audience="vault")),
    Row("S18", ("token-issuer-mismatch",), _nothing, TOKEN,
        token=cluster_side.signed(iss="https://kubernetes.default.svc")),
    Row("S18b", ("mode-issuer-unset",), cluster_side.issuer_unset, ISSUERS),
    Row("S18c", ("mode-issuer-not-rolled-out",),
        cluster_side.assign("kas_issuers", ["https://kubernetes.default.svc"]), ISSUERS),
    Row("S19", ("token-subject-mismatch",), _nothing, TOKEN,
        token=lambda cluster: cluster.token(ACCOUNT[0], "default")),
    Row("S20", ("token-expired",), _nothing, TOKEN, token=cluster_side.later(iat=-6, nbf=-6, exp=-5)),
    Row("S20b", ("token-not-yet-valid",), _nothing, TOKEN, token=cluster_side.later(iat=2, nbf=2, exp=3)),
    Row("S21", ("token-signature-invalid",), _nothing, TOKEN, token=cluster_side.forged),
    Row("S22", ("jwks-key-missing",), aws.rotated(published=False), KEY_SET),
    Row("S22b", ("jwks-key-mismatch",), aws.same_kid, KEY_SET),
    Row("S23", ("provider-missing",), aws.only_another, PROVIDERS),
    Row("S23b", ("provider-url-mismatch",), aws.provider_url(lambda url: url + "/"), PROVIDERS),
    Row("S24", ("discovery-unreachable",), cluster_side.assign("discovery", aws.NOT_FOUND), DISCOVERY),
    Row("S25", ("discovery-issuer-mismatch",), _ISSUER_HTTP, DISCOVERY),
    Row("S25b", ("discovery-jwks-uri",), aws.discovery(jwks_uri="/keys.json"), DISCOVERY),
    Row("S26", ("jwks-unreachable",), cluster_side.assign("jwks", HttpError()), KEY_SET),
    Row("S26b", ("jwks-empty",), cluster_side.assign("jwks", {"keys": []}), KEY_SET),
    Row("S26c", ("jwks-key-unusable",), aws.first_key(kty="oct"), KEY_SET),
    Row("S27", ("discovery-jwks-uri",), aws.discovery(jwks_uri=None), DISCOVERY),
    Row("S28", ("secret-account-mismatch",),
        cluster_side.role_arn(cluster_side.ARN.replace("123456789012", "999999999999")),
        secrets_in(MACHINES), chain=MACHINES, secrets="full"),
    Row("S33", ("jwks-foreign",), aws.foreign, KEY_SET),
    Row("S34", ("discovery-jwks-uri",), aws.discovery(jwks_uri=f"https://{aws.OTHER_HOST}/keys.json"),
        DISCOVERY),
    Row("S35", ("provider-audience-missing",), aws.audiences("sts.amazonaws.com"), PROVIDERS),
    Row("S35b", ("provider-audience-incomplete",), aws.audiences("openshift"), PROVIDERS, state="warn"),
    Row("S36", ("mode-not-manual",), cluster_side.assign("mode", ""), MODE),
    Row("S36b", ("mode-root-credentials-present",), Cluster.add_root_secret, r"kube-system/core/secrets",
        state="warn"),
    Row("S37", ("trust-provider-mismatch",), roles.trust(roles.former_provider), ROLES),
    Row("S37b", ("trust-condition-key-mismatch",), roles.condition_key(lambda host: f"https://{host}"),
        ROLES),
    Row("S38", ("trust-subject-mismatch",), roles.subjects("system:serviceaccount:openshift-ingress:router"),
        ROLES),
    Row("S38b", ("trust-subject-partial",), roles.subjects(
        "system:serviceaccount:openshift-cluster-csi-drivers:aws-ebs-csi-driver-operator",
        namespace="openshift-cluster-csi-drivers"), ROLES, chain=DRIVERS),
    Row("S39", ("log-thumbprint",), log_side.refuses(logs.THUMBPRINT), LOGS, chain=MACHINES),
    Row("S39b", ("provider-thumbprint-malformed",), aws.thumbprints("9e99a48a"), PROVIDERS, state="warn"),
    Row("S40", ("jwks-key-missing",), aws.rotated(published=False), SIGNING_KEYS),
    Row("S40b", ("jwks-old-key-removed",), aws.old_key_removed, KEY_SET, state="warn"),
]  # fmt: skip

LATER = {
    "S12": "request-release-mismatch: the version of the release's requests is judged by later work",
    "S24": "probes from inside and outside the VPC are told apart by later work; one answer is judged now",
    "S30": "pasted output of a successful assume-role-with-web-identity is later work",
    "S31": "a pasted error of the AWS CLI is classified by later work",
    "S32": "issuer-private-bucket has a fault in test_faults; CloudFront and custom hosts are healthy shapes",
}

# Rows that are judged by a test of their own below.
OWN = {"S02", "S03", "S29", "S41", "S42"}


def test_no_row_is_forgotten() -> None:
    rows = {row.id.rstrip("bcd") for row in ROWS} | set(LATER) | OWN
    assert rows == {f"S{number:02d}" for number in range(1, 43)}


@pytest.mark.parametrize("row", ROWS, ids=ids(ROWS))
def test_pass_fail_absent(bench: Bench, row: Row) -> None:
    good = bench.report(row.good())
    bad_files = row.bad()
    bad = bench.report(bad_files)
    absent = bench.report(without(bad_files, row.hide))

    assert not set(row.rules) & named(good, "fail", "warn"), told(good)
    checks = states_of(good)
    assert any((row.chain, link, rule) in checks for link in _LINKS for rule in row.rules), (
        f"{row.rules} are not asked of {row.chain}"
    )
    found = set(row.rules) & named(bad, row.state)
    assert found, told(bad)
    if row.id != "S15":  # whose token that is, cannot be read
        for rule in found:
            chains = {chain for f in bad.findings if f.rule == rule for chain in f.chains}
            assert row.chain in chains, told(bad)
        if row.state == "fail" and findings(bad, "fail", kind="cause"):
            assert the_chain(bad, row.chain).verdict.state == "fail", told(bad)
    assert not set(row.rules) & named(absent, "fail", "warn"), told(absent)
    asked = {rule for item in absent.missing for rule in item.decides}
    unknown = {rule for (_, _, rule), state in states_of(absent).items() if state == "unknown"}
    assert unknown <= asked
    if row.hide not in (TOKEN, LOGS) and "credrequests" not in row.hide:
        assert set(row.rules) & unknown, f"{row.rules} are not unknown without {row.hide}"


_LINKS = ("mode", "operator", "request", "secret", "workload", "token", "provider", "issuer", "keys", "trust",
          "permissions")  # fmt: skip


def test_s02_ingress_and_dns_conditions(bench: Bench) -> None:
    """DNSReady=False (NoZones) reaches the report with its words, also where the operator says it."""
    report = bench.report(everything(edited(_ingress_degraded)))
    (finding,) = [f for f in report.findings if f.rule == "operator-degraded"]
    assert "NoZones" in finding.message or any("NoZones" in proof.excerpt for proof in finding.evidence)
    assert finding.chains == (INGRESS,)


def test_s03_related_objects_name_the_operator_of_a_chain(bench: Bench) -> None:
    report = bench.report(everything(Cluster()))
    assert {chain.id: chain.operator for chain in used(report)} == {
        NETWORK: "network",
        DRIVERS: "storage",
        "openshift-image-registry/installer-cloud-credentials": "image-registry",
        INGRESS: "ingress",
        MACHINES: "machine-api",
    }


_SIMULATED = [
    ("provider", aws.only_another, "No OpenIDConnect provider found in your account for"),
    ("audience", aws.audiences("sts.amazonaws.com"), "Incorrect token audience"),
    ("keys", cluster_side.assign("jwks", HttpError()), "Couldn't retrieve verification key"),
    ("keys", aws.rotated(published=False), "Couldn't retrieve verification key"),
    ("trust", roles.subjects("system:serviceaccount:openshift-ingress:router"),
     "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
    ("trust", roles.deny, "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "edit", "text"), _SIMULATED)
def test_s29_the_error_of_sts_is_simulated(bench: Bench, stage: str, edit: Edit, text: str) -> None:
    report = bench.report(everything(edited(edit)))
    error = the_chain(report, INGRESS).verdict.simulated_error
    assert error is not None
    assert text in error.text, error
    assert stage in error.stage or error.stage in ("provider", "keys", "audience", "trust", "issuer"), error


def test_s29_of_two_causes_the_one_is_simulated_that_sts_gets_to_first(bench: Bench) -> None:
    """The pods' ServiceAccount is refused by the trust policy, after the key set was fetched."""
    cluster = Cluster()
    workloads.runs_as("ingress-operator", "default")(cluster)
    cluster.jwks = HttpError()
    verdict = the_chain(bench.report(everything(cluster)), INGRESS).verdict
    assert verdict.rule == "workload-service-account-mismatch"
    assert verdict.simulated_error is not None
    assert verdict.simulated_error.stage == "keys"


def test_s29_nothing_is_simulated_where_nothing_asks(bench: Bench) -> None:
    """Without a Secret no program comes to be denied an action."""
    cluster = edited(roles.take_away("ec2:RunInstances"))
    error = the_chain(bench.report(everything(cluster)), MACHINES).verdict.simulated_error
    assert error is not None
    cluster_side.drop_secret(MACHINES)(cluster)
    verdict = the_chain(bench.report(everything(cluster)), MACHINES).verdict
    assert (verdict.rule, verdict.simulated_error) == ("secret-missing", None)


def test_s29_nothing_is_simulated_where_all_holds(bench: Bench) -> None:
    report = bench.report(everything(Cluster()))
    assert {chain.verdict.simulated_error for chain in report.chains} == {None}


@pytest.mark.parametrize(
    ("until", "recency", "state"), [(None, "ongoing", "fail"), (timedelta(hours=6), "stopped", "warn")]
)
def test_s41_recency(bench: Bench, until: timedelta | None, recency: str, state: str) -> None:
    def edit(cluster: Cluster) -> None:
        faults.authentication_fails(
            cluster,
            logs.no_provider(cluster.issuer or ""),
            since=cluster.gathered - timedelta(hours=20),
            until=None if until is None else cluster.gathered - until,
            namespaces=["openshift-machine-api"],
        )

    report = bench.report(everything(edited(edit)))
    chain = the_chain(report, MACHINES)
    assert chain.verdict.recency == recency
    assert named(report, state) >= {"log-no-provider"}, told(report)
    message = next(f.message for f in report.findings if f.rule == "log-no-provider")
    assert recency in message
    assert "2024-03-11T14:3" in message  # the first of them


def test_s41_recency_is_judged_at_the_time_that_is_given(bench: Bench) -> None:
    """`--as-of` a day later: the same errors have stopped."""
    cluster = edited(log_side.refused_by_issuer)
    report = bench.report(everything(cluster), as_of=cluster.gathered + timedelta(days=1))
    assert the_chain(report, MACHINES).verdict.recency == "stopped"
    assert report.run.as_of_from == "--as-of"


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_times_like_others(bench: Bench, year: int) -> None:
    report = bench.report(
        everything(edited(log_side.refused_by_issuer)), as_of=datetime(year, 1, 1, tzinfo=UTC)
    )
    assert report.counts.error == 0


def test_s42_a_shared_cause_and_a_single_one(bench: Bench) -> None:
    """The shared cause is said once, for all; the single one stays with its chain."""

    def edit(cluster: Cluster) -> None:
        cluster.jwks = HttpError()
        cluster_side.drop_secret(MACHINES)(cluster)

    report = bench.report(everything(edited(edit)))
    assert report.common_cause is not None
    assert report.common_cause.rule == "jwks-unreachable"
    assert len([f for f in report.findings if f.rule == "jwks-unreachable"]) == 1
    assert the_chain(report, MACHINES).verdict.rule == "secret-missing", told(report)
    assert the_chain(report, INGRESS).verdict.rule == "jwks-unreachable", told(report)


def test_s42_a_single_cause_is_no_common_one(bench: Bench) -> None:
    report = bench.report(everything(edited(cluster_side.drop_secret(MACHINES))))
    assert report.common_cause is None
    failed = [chain.id for chain in report.chains if chain.verdict.state == "fail"]
    assert failed == [MACHINES]


def test_an_unhealthy_operator_whose_logs_are_silent_is_not_convicted(bench: Bench) -> None:
    """Degraded for a reason that has nothing to do with AWS: no chain fails."""

    def edit(cluster: Cluster) -> None:
        since = cluster.gathered - timedelta(hours=3)
        cluster.operators["storage"].conditions["Available"] = Condition(
            "False", since, "AWSEBSCSIDriverOperatorCR_Deploying", "waiting for a node to be schedulable"
        )

    report: Report = bench.report(everything(edited(edit)))
    assert not findings(report, "fail", kind="cause"), told(report)
    assert the_chain(report, DRIVERS).verdict.state != "fail"
