"""Healthy clusters of every release, region and shape: nothing fails, nothing warns."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from analyzer.session import analyze
from samples import Cluster, edits, rosa
from samples.aws import AUDIENCES, ManagedPolicy, Role, role_name
from samples.keys import jwks

from .runs import (
    INGRESS,
    NETWORK,
    Bench,
    Edit,
    assert_healthy,
    bundle,
    edited,
    everything,
    exports,
    findings,
    states_of,
    the_chain,
    told,
    used,
    without,
)

REGIONS = ("us-west-2", "us-gov-west-1", "cn-north-1")
PARTITIONS = {"us-west-2": "aws", "us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn"}
LONG_NAME = "production-eu-central-cluster-number-one"


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("minor", range(10, 22))
def test_every_release_in_every_partition(bench: Bench, minor: int, region: str) -> None:
    cluster = Cluster(version=f"4.{minor}.7", region=region, partition=PARTITIONS[region])
    report = bench.report(everything(cluster))
    assert_healthy(report)
    known = report.cluster
    assert (known.version, known.region, known.partition) == (f"4.{minor}.7", region, PARTITIONS[region])
    assert (known.credentials_mode, known.issuer, known.infra_name) == (
        "Manual",
        cluster.issuer,
        cluster.infra_name,
    )
    assert report.common_cause is None
    wanted = {f"{r['spec']['secretRef']['namespace']}/{r['spec']['secretRef']['name']}"
              for r in cluster.requests.values()}  # fmt: skip
    assert {chain.id for chain in report.chains} == wanted
    assert {chain.mechanism for chain in report.chains} == {"sts-secret"}
    for chain in used(report):
        namespace, secret = chain.id.split("/")
        name = role_name(cluster.name, namespace, secret)
        arn = f"arn:{PARTITIONS[region]}:iam::{cluster.account}:role/{name}"
        assert chain.role_arn.value == arn


# --- shapes of a healthy cluster ------------------------------------------------------------------


def _cloudfront(cluster: Cluster) -> None:
    """As ccoctl makes it with a private bucket: the documents are served by CloudFront alone."""
    assert isinstance(cluster.discovery, dict)
    cluster.discovery["jwks_uri"] = f"{cluster.issuer}/keys.json"


def _two_issuers(cluster: Cluster) -> None:
    """The issuer was changed two days ago, the old one is still taken, all was made anew for the new one."""
    former = "https://demo-old-oidc.s3.us-west-2.amazonaws.com"
    cluster.previous_kas_issuers = [former]
    cluster.kas_issuers = [cluster.issuer or "", former]
    when = cluster.gathered - timedelta(days=2)
    cluster.kas_revision += 1
    cluster.node_revisions = [cluster.kas_revision] * 3
    cluster.kas_rolled_out = when
    edits.restart_pods(cluster, when + timedelta(hours=2))


def _key_rotated(cluster: Cluster) -> None:
    when = cluster.gathered - timedelta(days=3)
    edits.rotate_key(cluster, when, publish=True)
    edits.restart_pods(cluster, when + timedelta(hours=5))


def _more_audiences(cluster: Cluster) -> None:
    cluster.provider.client_ids = ["vault", *reversed(AUDIENCES), "https://example.com"]


def _statements(cluster: Cluster) -> list[dict[str, Any]]:
    return [role.trust["Statement"][0] for role in cluster.roles.values()]


def _with_audience(cluster: Cluster) -> None:
    for statement in _statements(cluster):
        statement["Condition"]["StringEquals"][f"{cluster.issuer_host}:aud"] = "openshift"


def _with_audiences(cluster: Cluster) -> None:
    for statement in _statements(cluster):
        key = f"{cluster.issuer_host}:aud"
        statement["Condition"]["StringEquals"][key] = ["sts.amazonaws.com", "openshift"]


def _subject_as_text(cluster: Cluster) -> None:
    for statement in _statements(cluster):
        keys = statement["Condition"]["StringEquals"]
        for key, subjects in keys.items():
            keys[key] = subjects[0] if len(subjects) == 1 else subjects


def _lists_everywhere(cluster: Cluster) -> None:
    for statement in _statements(cluster):
        statement["Action"] = ["sts:TagSession", "sts:AssumeRoleWithWebIdentity"]
        other = f"arn:aws:iam::{cluster.account}:oidc-provider/other-oidc.s3.us-west-2.amazonaws.com"
        statement["Principal"]["Federated"] = [other, cluster.provider.arn]


def _statement_as_object(cluster: Cluster) -> None:
    for role in cluster.roles.values():
        role.trust["Statement"] = role.trust["Statement"][0]


def _subjects_like(cluster: Cluster) -> None:
    for statement in _statements(cluster):
        statement["Condition"] = {"StringLike": statement["Condition"]["StringEquals"]}


def _split_statements(cluster: Cluster) -> None:
    """One statement for each ServiceAccount, as an administrator writes who does not know of lists."""
    for role in cluster.roles.values():
        (statement,) = role.trust["Statement"]
        (key,) = statement["Condition"]["StringEquals"]
        role.trust["Statement"] = [
            statement | {"Sid": f"Account{n}", "Condition": {"StringEquals": {key: subject}}}
            for n, subject in enumerate(statement["Condition"]["StringEquals"][key], 1)
        ]


def _url_encoded(cluster: Cluster) -> None:
    for role in cluster.roles.values():
        role.trust = quote(json.dumps(role.trust), safe="")  # type: ignore[assignment]


def _json_text(cluster: Cluster) -> None:
    for role in cluster.roles.values():
        role.trust = json.dumps(role.trust)  # type: ignore[assignment]


def _managed_policies(cluster: Cluster) -> None:
    """ROSA's way: the permissions are in a managed policy, none are inline."""
    for role in cluster.roles.values():
        (document,) = role.inline.values()
        name = f"{role.name[:50]}-policy"
        role.inline, role.attached = {}, [ManagedPolicy(name, [document], role.account, role.partition)]


def _boundary_that_allows(cluster: Cluster) -> None:
    everything_allowed = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    for role in cluster.roles.values():
        role.boundary = ManagedPolicy("ceiling", [everything_allowed], role.account, role.partition)


def _role_paths(cluster: Cluster) -> None:
    for request in cluster.requests.values():
        target = request["spec"]["secretRef"]
        role = cluster.role(target["namespace"])
        role.path = "/openshift/sts/"
        cluster.set_role_arn(target["namespace"], target["name"], role.arn)


def _other_clusters_roles(cluster: Cluster) -> None:
    """The same account holds another cluster: its roles and provider are in the exports too."""
    other = Cluster(name="staging", infra_name="staging-9x2lm")
    cluster.roles |= other.roles
    cluster.providers += other.providers


def _other_platforms_requests_gone(cluster: Cluster) -> None:
    cluster.operators["cloud-credential"].related = [
        entry for entry in cluster.operators["cloud-credential"].related if "gcs" not in entry["name"]
    ]


def _legacy_template(cluster: Cluster) -> None:
    """The credential operator's own template has a newline at its end."""
    for namespace, name in list(cluster.secrets):
        secret = cluster.secrets[namespace, name]
        secret.data["credentials"] = secret.data["credentials"] + b"\n"


SHAPES: dict[str, tuple[Edit, dict[str, object]]] = {
    "names-cut-at-64": (lambda _: None, {"name": LONG_NAME}),
    "cloudfront": (_cloudfront, {"issuer": "https://d2abc1example9z.cloudfront.net"}),
    "issuer-with-a-path": (lambda _: None, {"issuer": "https://oidc.op1.openshiftapps.com/2c9k1example7m4"}),
    "issuer-of-ones-own": (lambda _: None, {"issuer": "https://oidc.example.com:8443/clusters/demo"}),
    "issuer-in-us-east-1": (lambda _: None, {"region": "us-east-1"}),
    "european-sovereign-cloud": (
        lambda _: None,
        {"region": "eusc-de-east-1", "partition": "aws-eusc", "version": "4.20.3"},
    ),
    "two-issuers": (_two_issuers, {}),
    "key-rotated": (_key_rotated, {}),
    "more-audiences": (_more_audiences, {}),
    "trust-with-audience": (_with_audience, {}),
    "trust-with-audiences": (_with_audiences, {}),
    "subject-as-text": (_subject_as_text, {}),
    "lists-everywhere": (_lists_everywhere, {}),
    "statement-as-object": (_statement_as_object, {}),
    "subjects-like": (_subjects_like, {}),
    "split-statements": (_split_statements, {}),
    "url-encoded": (_url_encoded, {}),
    "json-text": (_json_text, {}),
    "managed-policies": (_managed_policies, {}),
    "boundary-that-allows": (_boundary_that_allows, {}),
    "role-paths": (_role_paths, {}),
    "other-cluster-in-the-account": (_other_clusters_roles, {}),
    "foreign-requests-not-listed": (_other_platforms_requests_gone, {}),
    "newline-at-the-end": (_legacy_template, {}),
}


# --- Red Hat's service ----------------------------------------------------------------------------

ROSA: dict[str, tuple[Edit, dict[str, object]]] = {
    "classic-on-s3": (rosa.classic, rosa.arguments(rosa.ISSUERS[0])),
    "classic": (rosa.classic, rosa.arguments()),
    "classic-4.12": (lambda c: rosa.classic(c, version="4.12"), rosa.arguments(version="4.12.44")),
    "classic-with-a-path": (lambda c: rosa.classic(c, path="/rosa/team/"), rosa.arguments(version="4.14.3")),
    "classic-long": (lambda c: rosa.classic(c, prefix=LONG_NAME), rosa.arguments(name=LONG_NAME)),
    "classic-in-us-gov": (
        rosa.classic,
        rosa.arguments(
            "https://oidc.int.openshiftusgov.com/2c9k1example7m4q8",
            region="us-gov-west-1",
            partition="aws-us-gov",
        ),
    ),
}
HOSTED: dict[str, tuple[Edit, dict[str, object]]] = {
    "hosted": (rosa.hosted, rosa.arguments()),
    "hosted-on-s3": (rosa.hosted, rosa.arguments(rosa.ISSUERS[0], version="4.14.30")),
    "hosted-long": (lambda c: rosa.hosted(c, prefix=LONG_NAME), rosa.arguments(version="4.18.2")),
    "hosted-with-a-path": (lambda c: rosa.hosted(c, path="/a/b/"), rosa.arguments(version="4.20.1")),
}


@pytest.mark.parametrize("name", sorted(ROSA))
def test_rosa_classic(bench: Bench, name: str) -> None:
    edit, arguments = ROSA[name]
    cluster = edited(edit, **arguments)
    report = bench.report(everything(cluster, details="s3" in name))
    assert_healthy(report)
    assert {chain.role_arn.value for chain in report.chains} == {role.arn for role in cluster.roles.values()}


def test_rosas_roles_are_told_by_its_issuer_where_their_tags_were_not_exported(bench: Bench) -> None:
    """Their policies narrow what the requests ask for; the tags stand in get-role alone."""
    edit, arguments = ROSA["classic"]
    report = bench.report(without(everything(edited(edit, **arguments), secrets="full"), "/get-role-demo"))
    assert not findings(report, "fail", "warn"), told(report)


@pytest.mark.parametrize("secrets", ["elided", "full"])
@pytest.mark.parametrize("name", sorted(HOSTED))
def test_a_guest_of_a_hosted_control_plane(bench: Bench, name: str, secrets: str) -> None:
    """It has no kube-apiserver and no signing keys: these are unknown. All else holds."""
    edit, arguments = HOSTED[name]
    cluster = edited(edit, **arguments)
    report = bench.report(everything(cluster, secrets=secrets, details=secrets == "full"))
    assert not findings(report, "fail", "warn"), told(report)
    assert report.exit_code == 0
    assert report.cluster.sts is True
    assert report.cluster.issuer == cluster.issuer
    assert {chain.id for chain in report.chains} == {
        f"{namespace}/{secret}" for namespace, secret in cluster.secrets if "private" not in secret
    }
    logs = next(item for item in report.missing if item.evidence.endswith("logs:openshift-ingress-operator"))
    assert "management cluster" in logs.where_to_run
    assert logs.command.endswith("> openshift-ingress-operator.log")
    arns = {role.arn for role in cluster.roles.values()}
    states = states_of(report)
    for chain in report.chains:
        assert chain.role_arn.value in arns
        assert {link.state for link in chain.links if link.link in ("provider", "issuer", "trust")} == {
            "pass"
        }
        if secrets == "elided":
            assert states[chain.id, "secret", "secret-length-mismatch"] == "pass"


@pytest.mark.parametrize(
    ("account", "rules"),
    [
        ("openshift-cluster-csi-drivers:aws-ebs-csi-driver-operator", []),
        ("openshift-cluster-csi-drivers:aws-ebs-csi-driver-controller-sa", ["trust-subject-partial"]),
        ("openshift-image-registry:registry", ["trust-subject-partial"]),
    ],
)
def test_a_guest_needs_all_service_accounts_but_that_of_the_driver_operator(
    bench: Bench, account: str, rules: list[str]
) -> None:
    """HyperShift's own role for the driver admits its controller alone; the others are needed."""
    edit, arguments = HOSTED["hosted"]
    cluster = edited(edit, **arguments)
    subject = f"system:serviceaccount:{account}"
    role = next(r for r in cluster.roles.values() if subject in json.dumps(r.trust))
    subjects = role.trust["Statement"][0]["Condition"]["StringEquals"][f"{cluster.issuer_host}:sub"]
    edits.trust_subjects(role, [s for s in subjects if s != subject])
    report = bench.report(everything(cluster))
    assert [finding.rule for finding in findings(report, "fail")] == rules, told(report)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("oidc-provider/", "oidc-provider/former.", "trust-provider-mismatch"),
        ('"sts:AssumeRoleWithWebIdentity"', '"sts:AssumeRole"', "trust-action-wrong"),
        (":ingress-operator", ":another", "trust-subject-mismatch"),
    ],
)
def test_without_requests_a_trust_policy_that_keeps_all_out_is_told(
    bench: Bench, old: str, new: str, rule: str
) -> None:
    """HyperShift says itself who signs in to a guest's roles; what these must allow, the requests say."""
    edit, arguments = HOSTED["hosted"]
    cluster = edited(edit, **arguments)
    role = next(r for r in cluster.roles.values() if ":ingress-operator" in json.dumps(r.trust))
    role.trust = json.loads(json.dumps(role.trust).replace(old, new))
    report = bench.report(without(everything(cluster), r"/credentialsrequests/|/credrequests/"))
    assert [finding.rule for finding in findings(report, "fail")] == [rule], told(report)
    asked = next(item for item in report.missing if item.evidence == "credentialsrequests")
    assert "permission-missing" in asked.decides


@pytest.mark.parametrize("name", ["classic", "hosted"])
def test_a_managed_policy_that_was_not_exported_is_asked_for(bench: Bench, name: str) -> None:
    edit, arguments = (ROSA | HOSTED)[name]
    files = without(everything(edited(edit, **arguments)), r"get-policy-version-")
    report = bench.report(files)
    assert not findings(report, "fail", "warn"), told(report)
    assert states_of(report)[INGRESS, "permissions", "permission-missing"] == "unknown"
    assert any("permission-missing" in item.decides for item in report.missing)


# --- the same cluster, exported in other ways -----------------------------------------------------


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_single_calls(bench: Bench, name: str) -> None:
    edit, arguments = SHAPES[name]
    assert_healthy(bench.report(everything(edited(edit, **arguments))))


_IN_IAM = ("boundary-that-allows", "json-text", "managed-policies", "names-cut-at-64", "role-paths",
           "other-cluster-in-the-account", "statement-as-object", "url-encoded")  # fmt: skip


@pytest.mark.parametrize("name", _IN_IAM)
def test_account_details(bench: Bench, name: str) -> None:
    edit, arguments = SHAPES[name]
    assert_healthy(bench.report(everything(edited(edit, **arguments), details=True)))


@pytest.mark.parametrize("name", ["names-cut-at-64", "cloudfront", "issuer-with-a-path", "role-paths",
                                  "key-rotated", "newline-at-the-end"])  # fmt: skip
def test_readable_secrets(bench: Bench, name: str) -> None:
    edit, arguments = SHAPES[name]
    cluster = edited(edit, **arguments)
    report = bench.report(everything(cluster, secrets="full"))
    assert_healthy(report, elided=False)
    assert {chain.role_arn.how for chain in report.chains} == {"secret"}


def test_ccoctl_manifests_beside_an_elided_bundle(bench: Bench) -> None:
    cluster = Cluster()
    report = bench.report(everything(cluster, ccoctl=True))
    assert_healthy(report, elided=False)
    assert {chain.role_arn.how for chain in report.chains} == {"secret"}


def test_a_token_without_signature(bench: Bench) -> None:
    cluster = Cluster()
    report = bench.report(everything(cluster, token=("openshift-ingress-operator", "ingress-operator")))
    assert_healthy(report)
    token = next(link for link in the_chain(report, INGRESS).links if link.link == "token")
    assert token.state == "pass", token


def test_a_token_with_its_signature_is_verified_and_asked_not_to_be_sent(bench: Bench) -> None:
    cluster = Cluster()
    account = ("openshift-ingress-operator", "ingress-operator")
    report = bench.report(everything(cluster, token=account, signature=True))
    live = [f for f in report.findings if f.rule == "input-live-secret"]
    assert [f.state for f in live] == ["warn"], told(report)
    assert [f.rule for f in report.findings if f.state in ("fail", "warn")] == ["input-live-secret"]
    assert states_of(report)[INGRESS, "token", "token-signature-invalid"] == "pass"
    assert report.exit_code == 0


def test_inputs_named_one_by_one(bench: Bench) -> None:
    cluster = Cluster()
    roots = [bench.tree(bundle(cluster)), bench.tree(exports(cluster))]
    report = analyze(roots)
    bench.check(report)
    assert_healthy(report)
    assert len(report.inputs) == 2


def test_exports_of_a_role_are_found_by_its_name_alone(bench: Bench) -> None:
    """Roles without description and tags, as an administrator makes them by hand."""
    cluster = Cluster()
    for role in cluster.roles.values():
        role.description, role.tags = "", {}
    report = bench.report(everything(cluster))
    assert_healthy(report)
    assert the_chain(report, NETWORK).role_arn.value == cluster.roles[
        role_name("demo", *NETWORK.split("/"))
    ].arn  # fmt: skip


def test_extra_role_policies_do_not_matter(bench: Bench) -> None:
    cluster = Cluster()
    role: Role = cluster.role("openshift-ingress-operator")
    role.inline["more"] = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    }
    assert_healthy(bench.report(everything(cluster)))


def test_jwks_in_another_order_and_with_a_key_more(bench: Bench) -> None:
    cluster = Cluster()
    cluster.jwks = jwks([cluster.key(9), *cluster.signing_keys])
    assert_healthy(bench.report(everything(cluster)))
