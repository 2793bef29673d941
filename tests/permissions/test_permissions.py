"""What a role is granted, end to end: one finding for one fault, none for what works."""

from __future__ import annotations

import json
import re

import pytest

from samples import Cluster
from samples.aws import ManagedPolicy
from samples.recorded import organization_policy, policies_for_target
from samples.yamlout import Json
from tests.e2e.fault import Fault
from tests.e2e.faults_in_permissions import (
    DENY_HOSTED_ZONES,
    EVERYTHING,
    FAULTS,
    RCP,
    SCP,
    also,
    change,
    denied,
    instead,
    limited,
    own_policy,
    policy,
)
from tests.e2e.runs import (
    INGRESS,
    MACHINES,
    REGISTRY,
    Bench,
    Edit,
    bundle,
    everything,
    flips,
    ids,
    named,
    states_of,
    the_chain,
    told,
    without,
)
from tests.permissions.reading import analysed, of_permissions, state

ENDPOINT = "because no VPC endpoint policy allows the {action} action"
EXPLICIT = "with an explicit deny in an identity-based policy"


# --- one finding for one fault --------------------------------------------------------------------


OTHER_VERSION = [f for f in FAULTS if f.rule == "permission-policy-version"]


@pytest.mark.parametrize("fault", OTHER_VERSION, ids=ids(OTHER_VERSION))
def test_what_only_another_version_grants_is_not_passed_as_granted(bench: Bench, fault: Fault) -> None:
    """Else hiding that version would turn a pass into a fail."""
    states = states_of(bench.report(fault.files()))
    assert states[INGRESS, "permissions", "permission-missing"] == "not-applicable"


@pytest.mark.parametrize("fault", FAULTS, ids=ids(FAULTS))
def test_one_finding_for_one_fault(bench: Bench, fault: Fault) -> None:
    report = bench.report(fault.files())
    found = of_permissions(report)
    extra = {f.rule for f in found} - {fault.rule}
    # A statement that never applies may be named beside what it makes missing, as a remark.
    assert not {f.rule for f in found if f.state in ("fail", "warn")} - {fault.rule}, told(report)
    assert extra <= {"permission-excess"}, told(report)
    for finding in found:
        assert "(not known)" not in finding.message, finding.message
        assert "(none) of" not in finding.message, finding.message
        assert all(fix.command is None or "(not known)" not in fix.command for fix in finding.fix)


@pytest.mark.parametrize(
    ("first", "second", "rules"),
    [
        (
            also(INGRESS, DENY_HOSTED_ZONES),
            change(INGRESS, ("tag:GetResourcez",)),
            {"permission-explicit-deny"},
        ),
        (
            change(REGISTRY, ("s3:GetObject",), Resource="arn:aws:s3:::other/*"),
            also(REGISTRY, {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}),
            {"permission-resource-narrow", "permission-explicit-deny"},
        ),
        (
            limited(MACHINES, {"Effect": "Allow", "NotAction": "ec2:RunInstances", "Resource": "*"}),
            also(MACHINES, {"Effect": "Deny", "Action": "ec2:TerminateInstances", "Resource": "*"}),
            {"permission-boundary", "permission-explicit-deny"},
        ),
        (
            instead(INGRESS, REGISTRY),
            also(INGRESS, {"Effect": "Deny", "Action": "route53:*", "Resource": "*"}),
            {"permission-overwritten", "permission-explicit-deny"},
        ),
    ],
)
def test_two_faults_of_one_role(bench: Bench, first: Edit, second: Edit, rules: set[str]) -> None:
    assert {f.rule for f in of_permissions(analysed(bench, first, second), "fail", "warn")} == rules


def test_what_mends_a_deny_is_for_the_kind_of_policy_that_holds_it(bench: Bench) -> None:
    def attached(cluster: Cluster) -> None:
        body = {"Version": "2012-10-17", "Statement": [DENY_HOSTED_ZONES]}
        role = cluster.role(INGRESS.partition("/")[0])
        role.attached = [ManagedPolicy("guard", [body], role.account)]

    def commands(edit: Edit) -> str:
        (finding,) = of_permissions(analysed(bench, edit), "fail")
        assert finding.rule == "permission-explicit-deny"
        return " ; ".join(step.command or "" for step in finding.fix)

    inline, managed = commands(also(INGRESS, DENY_HOSTED_ZONES)), commands(attached)
    assert "aws iam put-role-policy --role-name demo-openshift-ingress-operator-" in inline
    assert "detach-role-policy" not in inline
    assert "aws iam detach-role-policy --role-name demo-openshift-ingress-operator-" in managed
    assert "--policy-arn arn:aws:iam::123456789012:policy/guard" in managed
    assert "create-policy-version" in managed
    assert "put-role-policy" not in managed


@pytest.mark.parametrize(
    "ceiling, words, step",
    [
        (
            [EVERYTHING, {"Effect": "Deny", "Action": "route53:ListHostedZones", "Resource": "*"}],
            "with an explicit deny in a permissions boundary",
            "take route53:ListHostedZones out of what denies them",
        ),
        (
            [{"Effect": "Allow", "NotAction": "route53:ListHostedZones", "Resource": "*"}],
            "because no permissions boundary allows it",
            "Add the actions in boundary.json",
        ),
    ],
)
def test_a_boundary_that_denies_is_told_from_one_that_does_not_allow(
    bench: Bench, ceiling: list[Json], words: str, step: str
) -> None:
    report = analysed(bench, limited(INGRESS, *ceiling))
    error = the_chain(report, INGRESS).verdict.simulated_error
    assert error is not None, told(report)
    assert error.text.endswith(words)
    (found,) = [f for f in of_permissions(report) if f.state == "fail"]
    assert any(step in one.text for one in found.fix), found.fix


def test_the_statement_that_denies_is_quoted(bench: Bench) -> None:
    report = analysed(bench, also(INGRESS, DENY_HOSTED_ZONES))
    (finding,) = of_permissions(report)
    assert any("get-role-policy" in proof.file and proof.line > 1 for proof in finding.evidence), (
        finding.evidence
    )
    assert "route53:ListHostedZones, route53:ListTagsForResources" in finding.message
    assert the_chain(report, INGRESS).verdict.rule == "permission-explicit-deny"


def test_a_typing_error_is_told_with_the_action_that_it_makes_missing(bench: Bench) -> None:
    def edit(cluster: Cluster) -> None:
        for entry in own_policy(cluster, REGISTRY)["Statement"]:
            entry["Action"] = ["s3:GetObjekt" if one == "s3:GetObject" else one for one in entry["Action"]]

    (finding,) = of_permissions(analysed(bench, edit))
    assert (finding.rule, finding.state) == ("permission-missing", "fail")
    assert "s3:GetObjekt" in finding.message
    assert "nearest is s3:GetObject" in finding.message


# --- layers that AWS names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("because", "words"), [(SCP, "service control policy"), (RCP, "resource control policy")]
)
def test_the_organization_is_believed_without_any_export(bench: Bench, because: str, words: str) -> None:
    cluster = Cluster()
    denied(INGRESS, "route53:ListHostedZones", because)(cluster)
    report = bench.report(bundle(cluster))
    (finding,) = of_permissions(report)
    assert (finding.rule, finding.state) == ("permission-organization-deny", "fail")
    assert f"--target-id {Cluster().account}" in (finding.fix[0].command or "")
    assert words in finding.message
    symptom = next(f for f in report.findings if f.rule == "log-action-denied")
    assert symptom.explained_by == ("permission-organization-deny",)


def test_the_organization_of_yesterday_warns(bench: Bench) -> None:
    from datetime import timedelta

    from samples import faults

    cluster = Cluster()
    faults.call_denied(
        cluster,
        "route53:ListHostedZones",
        namespace="openshift-ingress-operator",
        since=cluster.gathered - timedelta(hours=20),
        until=cluster.gathered - timedelta(hours=10),
        because=SCP,
    )
    report = bench.report(everything(cluster))
    assert [f.state for f in of_permissions(report)] == ["warn"]


@pytest.mark.parametrize("because", [ENDPOINT, None, EXPLICIT])
def test_what_the_documents_grant_stays_a_symptom(bench: Bench, because: str | None) -> None:
    """A log that contradicts complete policies proves nothing of them."""
    report = analysed(bench, denied(INGRESS, "route53:ListHostedZones", because))
    assert not of_permissions(report), told(report)
    assert the_chain(report, INGRESS).verdict.state == "suspected"


def test_an_explicit_deny_waits_for_its_document(bench: Bench) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-ingress-operator")
    deny = {"Effect": "Deny", "Action": "route53:ListHostedZones", "Resource": "*"}
    body = {"Version": "2012-10-17", "Statement": [deny]}
    role.attached = [ManagedPolicy("guard", [body], role.account)]
    files = everything(cluster)
    assert [f.rule for f in of_permissions(bench.report(files), "fail")] == ["permission-explicit-deny"]
    hidden = bench.report(without(files, r"get-policy-version-guard"))
    assert not of_permissions(hidden)
    assert state(hidden, INGRESS, "permission-explicit-deny") == "unknown"
    assert state(hidden, INGRESS, "permission-missing") == "pass"
    denied(INGRESS, "route53:ListHostedZones", EXPLICIT)(cluster)
    said = bench.report(without(everything(cluster), r"get-policy-version-guard"))
    assert not of_permissions(said)  # AWS's words are a symptom: they point at it
    assert the_chain(said, INGRESS).verdict.state == "suspected"
    (symptom,) = [f for f in said.findings if f.rule == "log-action-denied"]
    assert "permission-explicit-deny" in {rule for c in symptom.candidates for rule in c.rules}


def test_another_callers_denial_is_not_this_roles(bench: Bench) -> None:
    """The machines' pods were denied with another role: nothing is said of their own."""

    def edit(cluster: Cluster) -> None:
        role = cluster.role("openshift-machine-api")
        name = role.name
        role.name = "somebody-else"
        denied(MACHINES, "kms:Decrypt")(cluster)
        role.name = name
        for entry in own_policy(cluster, MACHINES)["Statement"]:
            entry["Action"] = [one for one in entry["Action"] if not one.startswith("kms:")]
        body = own_policy(cluster, MACHINES)
        body["Statement"] = [entry for entry in body["Statement"] if entry["Action"]]

    assert {f.state for f in of_permissions(analysed(bench, edit))} == {"info"}


# --- documents that are missing -------------------------------------------------------------------


def test_an_attached_policy_without_document_is_asked_for(bench: Bench) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-ingress-operator")
    managed = ManagedPolicy("ROSAIngressOperatorPolicy", [policy(EVERYTHING)], "aws", path="/service-role/")
    role.inline, role.attached = {}, [managed]
    role.tags, role.description = {"red-hat-managed": "true"}, "role"
    report = bench.report(without(everything(cluster), "get-policy-"))
    rules = [rule for _, link, rule in states_of(report) if link == "permissions"]
    found = {rule: state(report, INGRESS, rule) for rule in rules}
    assert set(found.values()) <= {"unknown", "not-applicable", "pass"}, found
    assert found["permission-missing"] == "unknown"
    asked = [m for m in report.missing if managed.arn in m.command]
    assert len(asked) == 1
    assert "permission-missing" in asked[0].decides
    assert "get-policy-version-ROSAIngressOperatorPolicy.json" in asked[0].command


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.state == "fail"], ids=lambda f: f.id)
def test_hiding_any_one_export_makes_no_failure(bench: Bench, fault: Fault) -> None:
    files = fault.files()
    whole = bench.report(files)
    namespaces = [chain.split("/")[0] for chain in fault.chains]
    mine = [
        p
        for p in files
        if "/iam/" in p and any(name in p for name in [*namespaces, "ceiling", "policy-version", "details"])
    ]
    assert mine
    for path in mine:
        hidden = bench.report({name: content for name, content in files.items() if name != path})
        new = named(hidden, "fail") - named(whole, "fail")
        assert not new, (path, told(hidden))
        assert not flips(whole, hidden), path


def test_what_another_version_has_was_not_overwritten(bench: Bench) -> None:
    """The default version would serve another request; the role's own is a version back."""

    def edit(cluster: Cluster) -> None:
        role = cluster.role("openshift-ingress-operator")
        own = own_policy(cluster, INGRESS)
        buckets = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
        role.inline, role.attached = {}, [ManagedPolicy("m", [buckets, own], role.account, role.partition)]

    cluster = Cluster()
    edit(cluster)
    report = bench.report(everything(cluster, details=True))
    assert named(report, "fail", "warn") == {"permission-policy-version"}, told(report)


def test_a_policy_that_names_a_key_twice_is_not_judged(bench: Bench) -> None:
    def edit(cluster: Cluster) -> None:
        role = cluster.role("openshift-ingress-operator")
        name, body = next(iter(role.inline.items()))
        text = json.dumps(body).replace('"Action"', '"Action": ["s3:*"], "Action"')
        role.inline[name] = text  # type: ignore[assignment]

    report = analysed(bench, edit)
    assert not of_permissions(report, "fail", "warn"), told(report)
    assert state(report, INGRESS, "permission-missing") == "unknown"


_OF_THE_ORGANIZATION = {
    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"},
    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
}


@pytest.mark.parametrize(
    ("action", "condition", "denies"),
    [
        # who signs in has no identity of AWS yet: what such a policy sees of it is not documented
        ("sts:*", _OF_THE_ORGANIZATION, False),
        ("sts:*", {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}, False),
        ("sts:*", {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}, False),
        ("sts:AssumeRole", _OF_THE_ORGANIZATION, False),
        ("sts:*", {"StringNotLike": {"{host}:sub": "system:serviceaccount:kube-*"}}, True),
        ("sts:*", {"StringNotLike": {"{host}:sub": "system:serviceaccount:openshift-*"}}, False),
        ("sts:*", {"Bool": {"aws:SecureTransport": "false"}}, False),
        ("sts:*", {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
    ],
)
def test_a_resource_control_policy_over_the_sign_in(
    bench: Bench, action: str, condition: dict[str, dict[str, str]], denies: bool
) -> None:
    cluster = Cluster()
    own = json.loads(json.dumps(condition).replace("{host}", cluster.issuer_host))
    deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", "Condition": own}
    kind = "RESOURCE_CONTROL_POLICY"
    files = everything(cluster) | {
        "exports/organization/describe-policy.json": organization_policy(policy(deny), kind=kind),
        "exports/organization/list-policies-for-target.json": policies_for_target("p-abc12345", kind=kind),
    }
    report = bench.report(files)
    assert named(report, "fail", "warn") == ({"permission-organization-deny"} if denies else set()), told(
        report
    )


def test_a_resource_control_policy_over_another_role(bench: Bench) -> None:
    other = "arn:aws:iam::123456789012:role/other-*"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": other}
    kind = "RESOURCE_CONTROL_POLICY"
    files = everything(Cluster()) | {
        "exports/organization/describe-policy.json": organization_policy(policy(deny), kind=kind),
        "exports/organization/list-policies-for-target.json": policies_for_target("p-abc12345", kind=kind),
    }
    assert not named(bench.report(files), "fail", "warn")


@pytest.mark.parametrize(
    "broad", [{"NotAction": ["iam:*", "route53:*"]}, {"Action": ["ec2:*", "s3:*", "kms:*"]}], ids=str
)
def test_what_also_serves_other_requests_is_not_the_policy_of_one(bench: Bench, broad: Json) -> None:
    def edit(cluster: Cluster) -> None:
        role = cluster.role("openshift-ingress-operator")
        role.inline = {role.name: policy({"Effect": "Allow", "Resource": "*", **broad})}

    report = analysed(bench, edit)
    assert {f.rule for f in of_permissions(report, "fail", "warn")} == {"permission-missing"}, told(report)


@pytest.mark.parametrize(
    ("tags", "name", "expected"),
    [(None, "", "fail"), ({}, "", "warn"), ({"team": "storage"}, "", "warn"), (None, "dns-policy", "warn")],
)
def test_ccoctl_is_known_by_its_names_where_an_export_leaves_tags_out(
    bench: Bench, tags: dict[str, str] | None, name: str, expected: str
) -> None:
    def edit(cluster: Cluster) -> None:
        role = cluster.role("openshift-ingress-operator")
        body = own_policy(cluster, INGRESS)
        body["Statement"][0]["Action"] = [
            a for a in body["Statement"][0]["Action"] if a != "tag:GetResources"
        ]
        role.tags, role.description, role.inline = tags or {}, "", {name or role.name: body}

    cluster = Cluster()
    edit(cluster)
    files = everything(cluster)
    if tags is None:
        empty = re.compile(rb',\s*"Tags": \[\]')
        files = {path: empty.sub(b"", body) for path, body in files.items()}
    (found,) = of_permissions(bench.report(files), "fail", "warn")
    assert (found.rule, found.state) == ("permission-missing", expected)
