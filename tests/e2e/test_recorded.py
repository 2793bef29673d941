"""What AWS and tools record beside the exports counts: CloudTrail, simulations, rosa, curl."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.findings.report import Finding, Report, to_json
from analyzer.reports.mask import Pseudonyms
from samples import Cluster, recorded

from .faults import FAULTS
from .runs import INGRESS, Bench, bundle, everything, states_of, told, without

SUBJECT = "system:serviceaccount:openshift-ingress-operator:ingress-operator"
ACTION = "route53:ChangeResourceRecordSets"
REGIONS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "NotAction": ["iam:*", "route53:*", "sts:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
        }
    ],
}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def run(bench: Bench, files: dict[str, bytes], more: dict[str, bytes]) -> Report:
    return bench.report(files | {f"case/{name}": content for name, content in more.items()})


def rule(report: Report, name: str) -> Finding | None:
    return next((f for f in report.findings if f.rule == name and INGRESS in f.chains), None)


def verdict(report: Report) -> tuple[str, str, str | None, str]:
    chain = next(c for c in report.chains if c.id == INGRESS)
    return chain.verdict.state, chain.verdict.recency, chain.role_arn.value, chain.role_arn.how


class TestCloudTrail:
    @pytest.mark.parametrize("packed", [False, True])
    def test_a_failed_sign_in_is_a_symptom_and_tells_the_role(
        self, bench: Bench, cluster: Cluster, packed: bool
    ) -> None:
        role = cluster.role("openshift-ingress-operator").arn
        late = cluster.gathered - timedelta(minutes=5)
        body = recorded.log_file(recorded.sign_in(cluster, SUBJECT, role, late, "AccessDenied"))
        report = run(bench, bundle(cluster), {"a": gzip.compress(body, mtime=0) if packed else body})
        assert verdict(report) == ("suspected", "ongoing", role, "CloudTrail"), told(report)
        assert rule(report, "log-assume-role-denied")

    def test_a_sign_in_that_works_later_ends_it(self, bench: Bench, cluster: Cluster) -> None:
        role = cluster.role("openshift-ingress-operator").arn
        failed, worked = cluster.gathered - timedelta(minutes=15), cluster.gathered - timedelta(minutes=5)
        events = recorded.lookup_events(
            recorded.sign_in(cluster, SUBJECT, role, failed, "AccessDenied"),
            recorded.sign_in(cluster, SUBJECT, role, worked),
        )
        report = run(bench, bundle(cluster), {"a": events})
        found = rule(report, "log-assume-role-denied")
        assert (report.exit_code, found and found.state) == (0, "warn"), told(report)
        assert verdict(report)[1] == "stopped"

    def test_one_that_worked_lately_is_told_in_the_verdict(self, bench: Bench, cluster: Cluster) -> None:
        role, told_so = cluster.role("openshift-ingress-operator").arn, "AWS let it sign in within a day"
        for hours, said in ((3, True), (30, False), (-72, False)):  # the trail may be of a later day
            event = recorded.sign_in(cluster, SUBJECT, role, cluster.gathered - timedelta(hours=hours))
            report = run(bench, bundle(cluster), {"a": recorded.log_file(event)})
            sentences = {c.id: c.verdict.sentence for c in report.chains}
            assert (told_so in sentences.pop(INGRESS)) == said, told(report)
            assert not any(told_so in one for one in sentences.values())

    def test_another_subject_is_no_evidence(self, bench: Bench, cluster: Cluster) -> None:
        other = "system:serviceaccount:my-app:my-app"
        role = f"arn:aws:iam::{cluster.account}:role/my-app"
        event = recorded.sign_in(cluster, other, role, cluster.gathered, "AccessDenied")
        report = run(bench, bundle(cluster), {"a": recorded.log_file(event)})
        assert report.exit_code == 0, told(report)

    def test_another_cluster_s_token_tells_nothing_of_this_one(self, bench: Bench, cluster: Cluster) -> None:
        """The trail is the account's, and operators' ServiceAccounts have one name in all clusters."""
        other = Cluster(name="other", infra_name="other-4mq9z")
        late, role = cluster.gathered - timedelta(minutes=5), other.role("openshift-ingress-operator").arn
        event = recorded.sign_in(other, SUBJECT, role, late, "AccessDenied")
        report = run(bench, everything(cluster), {"a": recorded.log_file(event)})
        assert report.exit_code == 0, told(report)
        told_of = "tokens of other issuers were left out: https://other-oidc."
        assert any(told_of in warning for warning in report.inputs[0].warnings)
        assert "other-oidc" not in str(to_json(Pseudonyms(["domains"]).mask(report)))
        alone = run(bench, bundle(cluster), {"a": recorded.log_file(event)})
        assert alone.exit_code == 0, told(alone)
        assert verdict(alone)[2] != role

    def test_of_many_other_clusters_some_are_named(self, bench: Bench, cluster: Cluster) -> None:
        others = [Cluster(name=f"other{number}", infra_name=f"other{number}-x") for number in range(12)]
        role, late = "arn:aws:iam::123456789012:role/other", cluster.gathered - timedelta(minutes=5)
        events = [recorded.sign_in(other, SUBJECT, role, late) for other in others]
        report = run(bench, bundle(cluster), {"a": recorded.log_file(*events)})
        (warning,) = (one for one in report.inputs[0].warnings if "of other issuers" in one)
        assert warning.endswith(" and 7 more")

    def test_a_role_that_was_asked_for_and_is_not_the_chain_s_is_named(
        self, bench: Bench, cluster: Cluster
    ) -> None:
        role = f"arn:aws:iam::{cluster.account}:role/other-ingress"
        late = cluster.gathered - timedelta(minutes=5)
        event = recorded.sign_in(cluster, SUBJECT, role, late, "AccessDenied")
        found = rule(
            run(bench, everything(cluster), {"a": recorded.log_file(event)}), "log-assume-role-denied"
        )
        assert found
        assert f"One of them, which asked for {role}: AccessDenied" in found.message
        assert "get secret cloud-credentials" in (found.fix[0].command or "")
        own = cluster.role("openshift-ingress-operator").arn
        event = recorded.sign_in(cluster, SUBJECT, own, late, "AccessDenied")
        found = rule(
            run(bench, everything(cluster), {"a": recorded.log_file(event)}), "log-assume-role-denied"
        )
        assert found
        assert "get-role" in (found.fix[0].command or "")

    def test_another_cluster_s_sign_in_ends_nothing(self, bench: Bench, cluster: Cluster) -> None:
        other = Cluster(name="other", infra_name="other-4mq9z")
        role = cluster.role("openshift-ingress-operator").arn
        failed, worked = cluster.gathered - timedelta(minutes=15), cluster.gathered - timedelta(minutes=5)
        events = recorded.lookup_events(
            recorded.sign_in(cluster, SUBJECT, role, failed, "AccessDenied"),
            recorded.sign_in(other, SUBJECT, role, worked),
        )
        report = run(bench, bundle(cluster), {"a": events})
        assert verdict(report)[:2] == ("suspected", "ongoing"), told(report)

    def test_a_token_of_an_issuer_that_is_still_trusted_counts(self, bench: Bench, cluster: Cluster) -> None:
        before = Cluster(name="before", infra_name=cluster.infra_name)
        assert before.issuer
        cluster.kas_issuers.append(before.issuer)
        late, role = cluster.gathered - timedelta(minutes=5), cluster.role("openshift-ingress-operator").arn
        event = recorded.sign_in(before, SUBJECT, role, late, "AccessDenied")
        report = run(bench, bundle(cluster), {"a": recorded.log_file(event)})
        assert verdict(report)[0] == "suspected", told(report)

    def test_a_denied_call_names_action_and_layer(self, bench: Bench, cluster: Cluster) -> None:
        role = cluster.role("openshift-ingress-operator")
        message = (
            f"User: arn:aws:sts::{cluster.account}:assumed-role/{role.name}/1 is not authorized to perform: "
            f"{ACTION} on resource: arn:aws:route53:::hostedzone/Z1 with an explicit deny in a service "
            "control policy"
        )
        when = cluster.gathered - timedelta(minutes=2)
        event = recorded.denied_call(cluster, role, "route53", "ChangeResourceRecordSets", message, when)
        report = run(bench, everything(cluster), {"a": recorded.log_file(event)})
        found = rule(report, "permission-organization-deny")
        assert found, told(report)
        assert found.state == "fail"
        assert found.evidence[0].file == "case/a"


class TestSimulation:
    def name(self, cluster: Cluster) -> str:
        return f"simulate-principal-policy-{cluster.role('openshift-ingress-operator').name}.json"

    def test_a_denial_wins_and_the_disagreement_is_said(self, bench: Bench, cluster: Cluster) -> None:
        answer = recorded.simulation({ACTION: "implicitDeny"})
        found = rule(run(bench, everything(cluster), {self.name(cluster): answer}), "permission-missing")
        assert found
        assert found.state == "fail"
        assert "AWS's own verdict counts where it differs" in found.message
        assert f"{ACTION}: AWS's simulation says implicitDeny, the policies say granted" in found.message

    def test_an_allowance_wins_too(self, bench: Bench, cluster: Cluster) -> None:
        role = cluster.role("openshift-ingress-operator")
        for statement in role.inline[role.name]["Statement"]:
            statement["Action"] = [action for action in statement["Action"] if action != ACTION]
        files = everything(cluster)
        assert rule(run(bench, files, {}), "permission-missing")
        answer = recorded.simulation({ACTION: "allowed"})
        assert not rule(run(bench, files, {self.name(cluster): answer}), "permission-missing")

    @pytest.mark.parametrize(
        "more",
        [{"MissingContextValues": ["route53:Keys"]}, {"EvalResourceName": "arn:aws:route53:::hostedzone/Z"}],
    )
    def test_what_aws_did_not_know_or_asked_of_one_resource_changes_nothing(
        self, bench: Bench, cluster: Cluster, more: dict[str, object]
    ) -> None:
        answer = recorded.simulation({ACTION: "implicitDeny"}, **more)
        assert not rule(run(bench, everything(cluster), {self.name(cluster): answer}), "permission-missing")

    def test_the_organization_is_named(self, bench: Bench, cluster: Cluster) -> None:
        answer = recorded.simulation(
            {ACTION: "implicitDeny"}, OrganizationsDecisionDetail={"AllowedByOrganizations": False}
        )
        report = run(bench, everything(cluster), {self.name(cluster): answer})
        assert rule(report, "permission-organization-deny"), told(report)
        assert not rule(report, "permission-missing")

    def test_without_the_role_it_is_named_as_not_used(self, bench: Bench, cluster: Cluster) -> None:
        report = run(bench, everything(cluster), {"sim": recorded.simulation({ACTION: "implicitDeny"})})
        assert report.exit_code == 0, told(report)
        assert any("does not say of which role" in warning for warning in report.inputs[0].warnings)


class TestOrganization:
    def test_a_policy_that_bears_on_the_account_fails(self, bench: Bench, cluster: Cluster) -> None:
        policy = recorded.organization_policy(REGIONS)
        listed = recorded.policies_for_target("p-abc12345", "p-FullAWSAccess")
        report = run(bench, everything(cluster), {"p": policy, "l": listed})
        found = rule(report, "permission-organization-deny")
        assert found, told(report)
        assert (found.state, found.evidence[0].file) == ("fail", "case/p")
        assert "elasticloadbalancing:DescribeLoadBalancers" in found.message
        assert "route53" not in found.message

    def test_one_that_is_handed_in_alone_fails(self, bench: Bench, cluster: Cluster) -> None:
        report = run(bench, everything(cluster), {"p": recorded.organization_policy(REGIONS)})
        found = rule(report, "permission-organization-deny")
        assert found, told(report)
        assert (found.state, report.exit_code) == ("fail", 1)
        assert "no listing shows whether it bears on this account" in found.message

    def test_one_of_several_warns(self, bench: Bench, cluster: Cluster) -> None:
        """An organization has policies for accounts of other uses, such as one that denies all."""
        files = {
            "p": recorded.organization_policy(REGIONS),
            "q": recorded.organization_policy(REGIONS).replace(b"p-abc12345", b"p-sandbox1"),
        }
        report = run(bench, everything(cluster), files)
        found = rule(report, "permission-organization-deny")
        assert found, told(report)
        assert (found.state, report.exit_code) == ("warn", 0)

    def test_one_that_the_accounts_listing_lacks_is_a_remark(self, bench: Bench, cluster: Cluster) -> None:
        listed = recorded.policies_for_target("p-FullAWSAccess")
        files = {"p": recorded.organization_policy(REGIONS), "l": listed}
        report = run(bench, everything(cluster), files)
        found = rule(report, "permission-organization-deny")
        assert found, told(report)
        assert (found.state, report.exit_code) == ("info", 0)
        assert "listing of the account's own policies lacks it" in found.message

    def test_one_that_denies_other_regions_only_passes(self, bench: Bench, cluster: Cluster) -> None:
        document = {**REGIONS, "Statement": [{**REGIONS["Statement"][0]}]}  # type: ignore[dict-item]
        document["Statement"][0]["Condition"] = {"StringNotEquals": {"aws:RequestedRegion": [cluster.region]}}  # type: ignore[index]
        policy = recorded.organization_policy(document)
        report = run(
            bench, everything(cluster), {"p": policy, "l": recorded.policies_for_target("p-abc12345")}
        )
        assert not rule(report, "permission-organization-deny"), told(report)

    @pytest.mark.parametrize(
        ("statement", "denied"),
        [
            ({"Action": "sts:AssumeRoleWithWebIdentity"}, True),
            ({"Action": "sts:*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
            ({"Action": ["ec2:*", "route53:*", "elasticloadbalancing:*"]}, False),
        ],
    )
    def test_a_resource_control_policy_bears_on_the_sign_in_and_on_few_services(
        self, bench: Bench, cluster: Cluster, statement: dict[str, object], denied: bool
    ) -> None:
        document = {"Statement": [{"Effect": "Deny", "Principal": "*", "Resource": "*", **statement}]}
        policy = recorded.organization_policy(document, kind="RESOURCE_CONTROL_POLICY")
        listed = recorded.policies_for_target("p-abc12345", kind="RESOURCE_CONTROL_POLICY")
        report = run(bench, everything(cluster), {"p": policy, "l": listed})
        found = rule(report, "permission-organization-deny")
        assert (found is not None) == denied, told(report)
        if found:
            assert "resource control policy" in found.message
            assert "--filter RESOURCE_CONTROL_POLICY" in (found.fix[0].command or "")
            assert "aws:PrincipalArn excepts nobody" in found.fix[1].text


def test_a_pasted_sign_in_is_evidence_and_a_live_secret(bench: Bench, cluster: Cluster) -> None:
    role = cluster.role("openshift-ingress-operator")
    report = run(bench, bundle(cluster), {"p": recorded.assumed(cluster, role, SUBJECT)})
    assert verdict(report)[2:] == (role.arn, "CloudTrail")
    (found,) = [f for f in report.findings if f.rule == "input-live-secret"]
    assert "temporary AWS keys in case/p" in found.message
    text = repr(report)
    assert "wJalrXUtnFEMI" not in text
    assert "AQoDYXdzEE0a8" not in text


def test_a_denied_call_is_named_with_what_lacks_for_it(bench: Bench, cluster: Cluster) -> None:
    call = "ListOpenIDConnectProviders"
    error = (
        f"\nAn error occurred (AccessDenied) when calling the {call} operation: User: x is not authorized\n"
    )
    files = without(everything(cluster), r"exports/oidc/") | {"exports/oidc.err": error.encode()}
    (asked,) = (item for item in bench.report(files).missing if item.evidence == "oidc-providers")
    assert asked.why.endswith(f"AWS denied the call, whoever makes it needs iam:{call}")


def test_a_denied_call_is_named_with_what_it_was_denied_for_alone(bench: Bench, cluster: Cluster) -> None:
    """A policy may let ``GetRole`` through for other roles, and ``ListRoles`` is not what is asked for."""
    name = cluster.role("openshift-ingress-operator").name
    error = (
        "\nAn error occurred (AccessDenied) when calling the {call} operation: User: x is not authorized"
        " to perform: iam:{call} on resource: {of}\n"
    )
    files = without(everything(cluster, secrets="full"), r"openshift-(?:ingress-op|machine)")
    files |= bundle(cluster, secrets="full")
    denied = error.format(call="GetRole", of=f"role {name}").encode()
    why = {m.evidence: m.why for m in bench.report(files | {"exports/role.err": denied}).missing}
    assert why.pop(f"role:{name}").endswith("whoever makes it needs iam:GetRole")
    assert any(evidence.startswith("role:") for evidence in why)
    assert "denied" not in " ".join(why.values())
    files = without(everything(cluster), r"exports/iam/")
    denied = error.format(call="ListRoles", of="*").encode()
    why = {m.evidence: m.why for m in bench.report(files | {"exports/list.err": denied}).missing}
    assert why["roles"] == "no export of the account's IAM roles was handed in"


def test_a_pasted_failure_counts_for_the_role_of_its_command(bench: Bench, cluster: Cluster) -> None:
    role = cluster.role("openshift-ingress-operator")
    call = f"$ aws sts assume-role-with-web-identity \\\n    --role-arn {role.arn} --web-identity-token file://t\n\n"
    error = "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: "
    text = f"{call}{error}Not authorized to perform sts:AssumeRoleWithWebIdentity\n".encode()
    report = run(bench, bundle(cluster), {"p": text})
    found = rule(report, "log-assume-role-denied")
    assert found, told(report)
    assert (found.evidence[0].file, found.evidence[0].line) == ("case/p", 4)
    assert not [f for f in report.findings if f.rule == "log-assume-role-denied" and INGRESS not in f.chains]


@pytest.mark.parametrize("shape", [recorded.operator_roles, recorded.described_cluster])
def test_rosa_tells_the_roles(bench: Bench, cluster: Cluster, shape: object) -> None:
    report = run(bench, bundle(cluster), {"r": shape(cluster)})  # type: ignore[operator]
    assert verdict(report)[2:] == (cluster.role("openshift-ingress-operator").arn, "rosa")


@pytest.mark.parametrize("known_by", ["id", "infrastructure", "issuer"])
def test_another_clusters_description_is_set_aside(bench: Bench, cluster: Cluster, known_by: str) -> None:
    other = Cluster(name="other", infra_name="other-1", cluster_id="11111111-52a4-4f0e-9d38-6a1f7c25e9b4")
    text = recorded.described_cluster(other).decode()
    if known_by != "id":
        text = text.replace(f"External ID:                {other.cluster_id}\n", "")
    if known_by == "infrastructure":
        text += f"Infra ID:                   {other.infra_name}\n"
    report = run(bench, bundle(cluster), {"r": text.encode()})
    assert verdict(report)[3] != "rosa"
    assert any("another cluster was left out" in warning for warning in report.inputs[0].warnings)


def test_beside_another_clusters_description_the_own_one_counts(bench: Bench, cluster: Cluster) -> None:
    other = Cluster(name="other", infra_name="other-1", cluster_id="11111111-52a4-4f0e-9d38-6a1f7c25e9b4")
    both = recorded.described_cluster(other) + b"$ rosa describe cluster -c mine\n"
    both = b"$ rosa describe cluster -c other\n" + both + recorded.described_cluster(cluster)
    report = run(bench, bundle(cluster), {"r": both})
    assert verdict(report)[2:] == (cluster.role("openshift-ingress-operator").arn, "rosa")


@pytest.mark.parametrize(("peer", "code"), [("10.0.3.4", 0), ("52.218.1.1", 1)])
def test_curl_from_inside_the_vpc_is_no_evidence(
    bench: Bench, cluster: Cluster, peer: str, code: int
) -> None:
    report = run(bench, bundle(cluster), {"c": recorded.verbose_curl(cluster, peer)})
    assert report.exit_code == code, told(report)
    assert any("private network" in warning for warning in report.inputs[0].warnings) == (code == 0)


def test_no_such_provider_by_its_arn(bench: Bench, cluster: Cluster) -> None:
    files = {path: body for path, body in everything(cluster).items() if "/oidc/" not in path}
    arn = cluster.provider.arn
    error = "An error occurred (NoSuchEntity) when calling the GetOpenIDConnectProvider operation: "
    text = f"\n{error}OpenIDConnect Provider not found for arn {arn}\n".encode()
    report = run(bench, files, {"e": text})
    assert "provider-missing" in {f.rule for f in report.findings if f.state == "fail"}, told(report)


@pytest.mark.parametrize(
    ("name", "issuers"),
    [
        ("get-public-access-block.json", True),
        ("get-public-access-block-registry.json", False),
        ("pab-demo-8x2p1-image-registry-us-west-2-abcdef.json", False),
        ("image-registry/get-public-access-block.json", False),
        ("registry-pab-of-demo-oidc.json", True),
    ],
)
def test_the_registrys_bucket_is_not_the_issuers(
    bench: Bench, cluster: Cluster, name: str, *, issuers: bool
) -> None:
    """The answer names no bucket, and the registry's is always closed to the public."""
    block = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    answer = json.dumps({"PublicAccessBlockConfiguration": block}).encode()
    report = run(bench, bundle(cluster), {name: answer})
    assert (rule(report, "issuer-private-bucket") is not None) == issuers, told(report)


class TestBucketPolicy:
    def access(self, bench: Bench, cluster: Cluster, **statement: object) -> Report:
        bucket = f"arn:aws:s3:::{cluster.name}-oidc/*"
        policy = {"Version": "2012-10-17", "Statement": [{"Principal": "*", "Resource": bucket, **statement}]}
        answer = json.dumps({"Policy": json.dumps(policy)}).encode()
        return run(bench, bundle(cluster), {"p": answer})

    def test_a_deny_outside_a_vpc_endpoint_keeps_aws_out(self, bench: Bench, cluster: Cluster) -> None:
        condition = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
        report = self.access(bench, cluster, Effect="Deny", Action="s3:*", Condition=condition)
        found = rule(report, "issuer-private-bucket")
        assert found, told(report)
        assert "denies the public" in found.message

    @pytest.mark.parametrize(
        "statement",
        [
            {"Effect": "Allow", "Action": "s3:GetObject"},
            {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {
                "Effect": "Deny",
                "Action": "s3:*",
                "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
            },
            {"Effect": "Deny", "Action": "s3:PutObject"},
            {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::another/*"},
        ],
    )
    def test_anything_else_does_not(
        self, bench: Bench, cluster: Cluster, statement: dict[str, object]
    ) -> None:
        assert self.access(bench, cluster, **statement).exit_code == 0


def test_a_dry_run_under_other_names_proves_nothing(bench: Bench, cluster: Cluster) -> None:
    """ccoctl's discovery document and key set beside its input for the provider were never served."""
    other = Cluster(seed="another")
    files = {
        "000": json.dumps(
            {"Url": cluster.issuer, "ClientIDList": ["openshift"], "ThumbprintList": ["x"]}
        ).encode(),
        "001": json.dumps(cluster.discovery).encode(),
        "002": json.dumps(other.jwks).encode(),
    }
    report = run(bench, bundle(cluster), files)
    assert report.exit_code == 0, told(report)
    chain = next(c for c in report.chains if c.id == INGRESS)
    assert {link.link: link.state for link in chain.links}["keys"] == "unknown"


@pytest.mark.parametrize("details", [False, True])
def test_how_long_a_session_may_be_stands_in_get_role_alone(bench: Bench, details: bool) -> None:
    """A list of all roles leaves it out, as does an export of the role's policies."""
    fault = next(one for one in FAULTS if one.rule == "role-session-too-short")
    files = replace(fault, details=details).files()
    role = Cluster().role("openshift-ingress-operator").name
    hidden = {path: data for path, data in files.items() if not path.endswith(f"/get-role-{role}.json")}
    report = bench.report(hidden)
    assert rule(report, "role-session-too-short") is None
    assert states_of(report)[INGRESS, "trust", "role-session-too-short"] == "unknown", told(report)
    commands = [item.command for item in report.missing if "role-session-too-short" in item.decides]
    assert commands == [f"aws iam get-role --role-name {role} --output json > get-role-{role}.json 2>&1"]
