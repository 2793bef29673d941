"""Each fault that a document can mend: the README's commands are carried out, and the rule is silent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer import session
from analyzer.cli.fix import write_tree
from analyzer.findings.report import Report
from analyzer.fix.mend import Mended
from analyzer.fix.planning import OF_CHAINS, OF_CLUSTER
from analyzer.fix.readme import write_readme
from samples import Cluster, edits, rosa
from samples.bundle import write_files

from ..e2e.fault import PROVIDERS, TRUST_FAULT, WORKLOAD_FAULT, Fault
from ..e2e.faults_in_aws import thumbprints
from ..e2e.runs import archive, everything, exports, ids, named, told
from ..e2e.test_faults import FAULTS
from .account import Account, commands

REFUSED = {
    "trust-extra-condition-address": "the condition may hold",
    "discovery-unreachable-403": "a denial, which no document mends",
    "jwks-unreachable-403": "a denial, which no document mends",
    "provider-thumbprint-malformed-placeholder": "cannot be told offline",
    "provider-thumbprint-malformed-short": "cannot be told offline",
    "permission-shared-vpc-not-trusted": "its owner, in the other account",
    "permission-resource-narrow-deny-on-some": "something else takes a part",
    "permission-explicit-deny-another-region": "longer than",
}
"""Faults of rules that documents mend, where none is offered, and why."""

MENDABLE = {*OF_CHAINS, *OF_CLUSTER}
LINKS = ("trust", "permissions", "provider", "issuer", "keys", "secret")


def offered(fault: Fault) -> bool:
    hygiene = fault.state == "info" and fault.rule != "trust-too-broad"
    return fault.rule in MENDABLE and fault.link in LINKS and not hygiene


def refused(fault: Fault) -> str | None:
    return REFUSED.get(fault.id)


ONE_OF_TWO = Fault(
    "provider-thumbprint-malformed", "provider",
    thumbprints("9e99a48a9960b14926bb7f3b02e22da2b0ab7280", "0" * 40),
    PROVIDERS, state="warn", kind="hygiene", variant="one-of-two",
)  # fmt: skip
_GOOD = [fault for fault in (*FAULTS, ONE_OF_TWO) if offered(fault) and not refused(fault)]
ONE_OF_EACH = list({fault.rule: fault for fault in reversed(_GOOD)}.values())
SHORT = [
    fault
    for fault in ONE_OF_EACH
    if fault.link != "secret" or fault.rule in ("secret-missing", "secret-static-keys", "secret-role-foreign")
]
"""All Secrets are mended by one template; `python -m tests.fix.every` carries out every fault there is."""


def mended(fault: Fault, folder: Path) -> tuple[Mended, Path]:
    path = folder / "inputs.tar"
    path.write_bytes(archive(fault.files()))
    found = session.fix([path])
    files = {d.path: d.text for repair in found.repairs for d in repair.documents}
    write_tree(folder / "out", {**files, "README.md": write_readme(found)})
    return found, folder / "out"


def carried_out(fault: Fault, out: Path, *, back: bool = False) -> Report:
    """Judge the cluster after the commands, with new exports."""

    def edit(cluster: Cluster) -> None:
        fault.edit(cluster)
        account = Account(cluster, out)
        readme = (out / "README.md").read_text()
        account.run(commands(readme))
        if back:
            account.run(commands(readme, rollback=True))

    path = out.parent / "after.tar"
    path.write_bytes(archive(replace(fault, edit=edit).files()))
    return session.analyze([path])


@pytest.mark.parametrize("fault", SHORT, ids=ids(SHORT))
def test_the_commands_mend_it(tmp_path: Path, fault: Fault) -> None:
    found, out = mended(fault, tmp_path)
    assert fault.rule in {rule for repair in found.repairs for rule in repair.rules}, found.left
    after = carried_out(fault, out)
    assert fault.rule not in named(after, "fail", "warn", "info"), told(after)
    before = found.before
    assert named(after, "fail", kind="cause") <= named(before, "fail", kind="cause") - {fault.rule}
    assert not [left for left in found.left if left.finding.rule == fault.rule]
    assert not [note for repair in found.repairs for note in repair.notes if "AWS may refuse" in note]


BROAD = [fault for fault in _GOOD if fault.rule == "trust-too-broad"]


@pytest.mark.parametrize("fault", BROAD, ids=ids(BROAD))
def test_no_pattern_for_foreign_namespaces_is_left(tmp_path: Path, fault: Fault) -> None:
    found, out = mended(fault, tmp_path)
    assert [repair.rules for repair in found.repairs] == [("trust-too-broad",)]
    assert "trust-too-broad" not in named(carried_out(fault, out))


def test_every_rule_that_a_document_mends_has_a_fault() -> None:
    assert {fault.rule for fault in ONE_OF_EACH} == MENDABLE


def test_the_reason_is_said_where_no_document_is_offered(tmp_path: Path) -> None:
    faults = [f for f in FAULTS if offered(f) and refused(f)]
    assert {f.id for f in faults} == set(REFUSED)
    chosen = list({refused(f): f for f in faults}.values())[:4]
    for number, fault in enumerate(chosen):
        folder = tmp_path / str(number)
        folder.mkdir()
        found, out = mended(fault, folder)
        assert found.repairs == ()
        reasons = {left.finding.rule: left.reason for left in found.left}
        assert refused(fault) in reasons[fault.rule]
        assert reasons[fault.rule][:40] in (out / "README.md").read_text()


def test_a_provider_that_is_made_anew_is_found_by_a_later_ccoctl(tmp_path: Path) -> None:
    fault = next(f for f in FAULTS if f.id == "provider-missing")
    _, out = mended(fault, tmp_path)
    body = json.loads((out / "provider/create-open-id-connect-provider.json").read_text())
    assert {tag["Key"]: tag["Value"] for tag in body["Tags"]} == {
        "openshift.io/cloud-credential-operator/demo": "owned",
        "Name": "demo",
    }


BACK = (
    "trust-role-missing",
    "trust-subject-mismatch-account",
    "permission-overwritten",
    "provider-audience-missing",
)


@pytest.mark.parametrize("name", BACK)
def test_the_way_back_leads_back(tmp_path: Path, name: str) -> None:
    fault = next(f for f in FAULTS if f.id == name)
    found, out = mended(fault, tmp_path)
    back = carried_out(fault, out, back=True)
    assert fault.rule in named(back, "fail")
    assert named(back, "fail") == named(found.before, "fail")


def test_several_faults_at_once_also_those_that_hide_each_other(tmp_path: Path) -> None:
    by_id = {fault.id: fault for fault in FAULTS}
    parts = [by_id[n] for n in ("provider-audience-missing", "jwks-empty", "secret-placeholder")]

    def edit(cluster: Cluster) -> None:
        for part in parts:
            part.edit(cluster)
        TRUST_FAULT.edit(cluster)
        for statement in cluster.role("openshift-machine-api").trust["Statement"]:  # behind the bad Secret
            statement["Action"] = "sts:AssumeRole"

    fault = replace(parts[0], edit=edit, secrets="full")
    found, out = mended(fault, tmp_path)
    rules = {rule for repair in found.repairs for rule in repair.rules}
    assert {"provider-audience-missing", "jwks-empty", "secret-placeholder", "trust-subject-mismatch",
            "trust-action-wrong"} <= rules  # fmt: skip
    assert not [left for left in found.left if left.finding.state == "fail"]
    after = carried_out(fault, out)
    assert not named(after, "fail"), told(after)


def test_two_faults_of_one_policy_are_mended_by_one_document(tmp_path: Path) -> None:
    """What the second asks for is added to what the first wrote, and neither holds the other back."""
    by_id = {fault.id: fault for fault in FAULTS}
    parts = [
        by_id[n] for n in ("permission-condition-narrow-record-names", "permission-missing-made-by-hand")
    ]

    def edit(cluster: Cluster) -> None:
        for part in parts:
            part.edit(cluster)

    fault = replace(parts[0], edit=edit)
    found, out = mended(fault, tmp_path)
    (repair,) = found.repairs
    assert set(repair.rules) == {part.rule for part in parts}
    assert len(repair.apply) == len(repair.documents) == 1
    after = carried_out(fault, out)
    assert not named(after, "fail", "warn"), told(after)


def _no_keys(cluster: Cluster) -> None:
    cluster.jwks = {"keys": []}


def _under_a_path(cluster: Cluster) -> None:
    for role in cluster.roles.values():
        role.path = "/teams/blue/"
    for (namespace, name), secret in cluster.secrets.items():
        if b"role_arn" in secret.data.get("credentials", b""):
            cluster.set_role_arn(namespace, name, cluster.role(namespace).arn)
    edits.drop_role(cluster, "openshift-ingress-operator")


SHAPED = {
    "behind CloudFront": (
        "jwks-empty", _no_keys, {"issuer": "https://d1a2b3c4d5e6f7.cloudfront.net", "name": "syd"},
    ),
    "a bucket in the path": (
        "jwks-empty", _no_keys, {"issuer": "https://s3.us-west-2.amazonaws.com/my.bucket/demo"},
    ),
    "a path of roles": (
        "trust-role-missing", _under_a_path, {"region": "us-gov-east-1", "partition": "aws-us-gov"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPED)
def test_the_commands_fit_the_shape_of_the_cluster(tmp_path: Path, shape: str) -> None:
    rule, edit, arguments = SHAPED[shape]
    fault = replace(next(f for f in FAULTS if f.rule == rule), edit=edit, arguments=arguments)
    found, out = mended(fault, tmp_path)
    (repair,) = found.repairs
    assert repair.rules == (rule,)
    after = carried_out(fault, out)
    assert not named(after, "fail", "warn"), told(after)


@pytest.mark.parametrize("name", ["discovery-not-json-html", "jwks-empty", "trust-role-missing"])
@pytest.mark.parametrize("issuer", ["issuer-placeholder-set-alone", "mode-issuer-unset"])
def test_no_document_is_made_for_an_issuer_that_must_change(tmp_path: Path, name: str, issuer: str) -> None:
    """The bucket of a placeholder is a stranger's, who could sign in to a role that trusts it."""
    by_id = {fault.id: fault for fault in FAULTS}

    def edit(cluster: Cluster) -> None:
        by_id[name].edit(cluster)
        by_id[issuer].edit(cluster)

    found, _ = mended(replace(by_id[name], edit=edit), tmp_path)
    assert found.repairs == ()
    reasons = {left.finding.rule: left.reason for left in found.left}
    assert by_id[issuer].rule in reasons
    if by_id[name].rule in reasons:
        assert "the issuer" in reasons[by_id[name].rule]


@pytest.mark.parametrize("shape", [rosa.classic, rosa.hosted])
def test_what_rosa_makes_is_left_to_rosa(tmp_path: Path, shape: Callable[[Cluster], None]) -> None:
    """A role with ccoctl's tags and an inline policy is none that rosa would find again."""

    def edit(cluster: Cluster) -> None:
        shape(cluster)
        (gone,) = [name for name in cluster.roles if "image-registry" in name]
        del cluster.roles[gone]
        cluster.missing_roles.append(gone)

    fault = next(f for f in FAULTS if f.id == "trust-role-missing")
    found, out = mended(replace(fault, edit=edit, arguments=rosa.arguments()), tmp_path)
    assert found.repairs == ()
    (left,) = found.left
    assert (left.finding.rule, left.reason[:15]) == ("trust-role-missing", "on ROSA, rosa m")
    assert "rosa create operator-roles --cluster" in (out / "README.md").read_text()


def test_inputs_of_different_clusters_give_no_document(tmp_path: Path) -> None:
    fault = next(f for f in FAULTS if f.id == "trust-subject-mismatch-account")
    other = Cluster(name="other", infra_name="other-1abcd", cluster_id="7d1c1d7e-52a4-4f0e-9d38-6a1f7c25e9b4")
    write_files(tmp_path / "other", exports(other))
    (tmp_path / "inputs.tar").write_bytes(archive(fault.bundle()))
    found = session.fix([tmp_path / "inputs.tar", tmp_path / "other"])
    assert found.repairs == ()
    assert "input-mixed-clusters" in {left.finding.rule for left in found.left}


def test_what_no_document_mends_is_left_and_said(tmp_path: Path) -> None:
    fault = next(f for f in FAULTS if f.id == "trust-subject-mismatch-account")

    def edit(cluster: Cluster) -> None:
        fault.edit(cluster)
        WORKLOAD_FAULT.edit(cluster)

    found, out = mended(replace(fault, edit=edit), tmp_path)
    assert [repair.key.partition(":")[0] for repair in found.repairs] == ["trust"]
    assert [left.finding.rule for left in found.left] == ["workload-token-volume-missing"]
    assert "What is not mended here" in (out / "README.md").read_text()


def test_what_aws_would_refuse_is_noted(tmp_path: Path) -> None:
    """A statement for somebody else is kept as it is, and IAM takes no policy with two equal Sids."""
    fault = next(f for f in FAULTS if f.id == "trust-subject-mismatch-account")

    def edit(cluster: Cluster) -> None:
        fault.edit(cluster)
        person = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/deploy"},
                  "Action": "sts:AssumeRole", "Sid": "Same"}  # fmt: skip
        cluster.role(fault.chains[0].split("/")[0]).trust["Statement"] += [person, person]

    found, out = mended(replace(fault, edit=edit), tmp_path)
    (repair,) = found.repairs
    assert any("Statement IDs (SID) in a single policy must be unique" in note for note in repair.notes)
    assert "AWS may refuse this document" in (out / "README.md").read_text()


def test_nothing_is_moved_after_a_setting_that_may_be_what_is_wrong(tmp_path: Path) -> None:
    """Roles, provider and documents are for CloudFront; only the cluster's own setting names the bucket."""
    cluster = Cluster(issuer="https://d1a2b3c4d5e6f7.cloudfront.net")
    bucket = "https://demo-oidc.s3.us-west-2.amazonaws.com"
    cluster.authentication_issuer = bucket
    cluster.kas_issuers = cluster.previous_kas_issuers = [bucket]
    (tmp_path / "inputs.tar").write_bytes(archive(everything(cluster)))
    found = session.fix([tmp_path / "inputs.tar"])
    assert found.repairs == ()
    (left,) = [left for left in found.left if left.finding.rule == "provider-missing"]
    assert "settle first whether the issuer that the cluster is set to" in left.reason
