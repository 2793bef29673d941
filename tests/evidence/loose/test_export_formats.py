"""Every format of export, broken and hostile: nothing raises, nothing costs much, nothing is made up."""

from __future__ import annotations

import copy
import gzip
import json
import random
from datetime import timedelta

import pytest

from analyzer.evidence.aws_records import (
    BucketPolicy,
    CloudTrailEvent,
    Distribution,
    OrganizationPolicy,
    RoleAssignment,
    SimulatedAction,
)
from analyzer.evidence.loose.sniff import Loose, read_loose
from analyzer.evidence.records import (
    BucketAccess,
    FailedCall,
    HttpAnswer,
    Listing,
    ProviderRecord,
    RoleRecord,
)
from samples import Cluster, recorded
from samples.export_shapes import SHAPES, cloudformation, terraform_plan
from tests.evidence.material import ACCOUNT, ISSUER, ROLE, ROLE_ARN, SUBJECT, TRUST, read, role


def _small() -> Cluster:
    cluster = Cluster()
    cluster.roles = dict(list(cluster.roles.items())[:1])
    return cluster


def _documents() -> dict[str, bytes]:
    cluster = _small()
    (one,) = cluster.roles.values()
    failed = recorded.sign_in(cluster, SUBJECT, one.arn, cluster.gathered, "AccessDenied")
    found = {
        f"{shape}/{path}": content
        for shape, make in SHAPES.items()
        for path, content in make(cluster).items()
    }
    plans = terraform_plan(cluster) | {"cfn-json": cloudformation(cluster, short_tags=False)["template"]}
    return (
        found
        | plans
        | {
            "cfn-yaml": cloudformation(cluster)["template"],
            "cloudtrail": recorded.log_file(failed),
            "lookup": recorded.lookup_events(failed),
            "simulation": recorded.simulation({"s3:GetObject": "allowed"}),
            "scp": recorded.organization_policy({"Version": "2012-10-17", "Statement": []}),
            "targets": recorded.policies_for_target("p-1"),
            "assumed": recorded.assumed(cluster, one, SUBJECT),
            "rosa": recorded.operator_roles(cluster),
            "rosa-text": recorded.described_cluster(cluster),
            "curl": recorded.verbose_curl(cluster, "52.218.1.1"),
        }
    )


DOCUMENTS = _documents()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_is_read_and_cut_off_anywhere_it_never_raises(name: str) -> None:
    data = DOCUMENTS[name]
    whole = read_loose("i", "x", data)
    assert whole.records or whole.note, name
    assert whole.problem is None
    for part in range(1, 8):
        cut = read_loose("i", "x", data[: len(data) * part // 8])
        assert len(cut.records) <= len(whole.records) + 2


def is_one_object(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except ValueError:
        return False


JUNK: tuple[object, ...] = (None, 7, True, "", "x", [], {}, [[]], [{}], {"a": None}, "%7B", "{", 10**30)


@pytest.mark.parametrize("name", [name for name, data in DOCUMENTS.items() if is_one_object(data)])
def test_values_of_any_type_never_raise(name: str) -> None:
    value = json.loads(DOCUMENTS[name])
    chance = random.Random(name)
    for _ in range(60):
        changed = copy.deepcopy(value)
        _spoil(changed, chance)
        found = read_loose("i", "x", json.dumps(changed).encode())
        assert isinstance(found, Loose)
        for record in found.records:
            repr(record)


def _spoil(value: object, chance: random.Random) -> None:
    """Put junk in the place of one value somewhere below."""
    while True:
        keys: list = list(value) if isinstance(value, dict) else list(range(len(value)))  # type: ignore[arg-type,call-overload]
        if not keys:
            return
        key = chance.choice(keys)
        child = value[key]  # type: ignore[index]
        if isinstance(child, dict | list) and child and chance.random() < 0.75:
            value = child
            continue
        value[key] = chance.choice(JUNK)  # type: ignore[index]
        return


@pytest.mark.parametrize(
    "data",
    [
        b'{"Records":['
        + b'{"eventSource":"sts.amazonaws.com","eventName":"AssumeRoleWithWebIdentity"},' * 15_000
        + b"{}]}",
        b'{"Events":[' + b'{"CloudTrailEvent":"{"},' * 15_000 + b"{}]}",
        b'{"Results":[' + b'"[[[[",' * 15_000 + b'""],"QueryInfo":{}}',
        b'{"terraform_version":"1","resources":['
        + b'{"type":"aws_iam_role","instances":[{}]},' * 5_000
        + b"{}]}",
        b'{"format_version":"1","values":{"root_module":' + b'{"child_modules":[' * 30 + b"]}" * 30 + b"}}",
        b'{"Resources":{"R":' * 40 + b"{}" + b"}}" * 40,
        b"arn,assume_role_policy\n" + b'"arn:aws:iam::123456789012:role/x","{\n' * 20_000,
        b"arn,assume_role_policy\n" + b"x" * 3_000_000,
        b"$ aws iam get-role \\\n" * 20_000,
        b"$ aws iam get-role\n{\n" * 5_000,
        b"+ " * 500_000 + b"aws x",
        b"ROLE NAME  ROLE ARN\n" + b"arn:aws:iam::123456789012:role/x\n" * 50_000,
        b"Operator IAM Roles:\n" + b" - arn:\n" * 10_000,
        b"ROLE\tx\n" * 200_000,
        gzip.compress(b"\0" * (80 << 20), 9, mtime=0),
        gzip.compress(b'{"Records":[]}', mtime=0)[:-6],
    ],
    ids=range(16),
)  # fmt: skip
@pytest.mark.timeout(60)  # what takes quadratic time does not end in it
def test_hostile_files_cost_little(data: bytes) -> None:
    found = read_loose("i", "x", data)
    assert len(found.records) <= 60_001


def test_a_gzipped_log_that_is_broken_is_named() -> None:
    assert "broken or too large" in (
        read("log.json.gz", gzip.compress(b'{"Records":[]}' * 9)[:-6]).problem or ""
    )


class TestAPastedTerminal:
    def test_commands_name_the_role_and_lines_stay(self) -> None:
        listed = json.dumps({"PolicyNames": ["p"]}, indent=4)
        text = f"$ aws iam list-role-policies --role-name {ROLE}\n{listed}\n"
        answer = json.dumps({"Role": role()}, indent=4)
        text += f"PS C:\\Users\\x> aws iam get-role --role-name={ROLE}\n{answer}\n"
        names, whole = read("screen", text).records
        assert isinstance(names, RoleRecord)
        assert isinstance(whole, RoleRecord)
        assert (names.name, names.inline_names, names.where.line) == (ROLE, ("p",), 2)
        assert whole.trust is not None
        assert "AssumeRolePolicyDocument" in text.split("\n")[whole.trust.where.line - 1]

    def test_answers_and_failures_and_curl_in_one(self) -> None:
        text = (
            "+ aws iam get-role --role-name nope\n\n"
            "An error occurred (AccessDenied) when calling the GetRole "
            f"operation: User: arn:aws:iam::{ACCOUNT}:user/me is not authorized to perform: iam:GetRole\n"
            f"[me@host ~]$ curl -sS -i {ISSUER}/keys.json\nHTTP/2 403\r\nserver: x\r\n\r\n"
            "<Error><Code>AccessDenied</Code></Error>\n"
            '# aws iam list-open-id-connect-providers\n{"OpenIDConnectProviderList": []}\n'
        )
        found = read("screen", text).records
        kinds = {type(record) for record in found}
        assert kinds == {FailedCall, HttpAnswer, Listing}
        failed = next(r for r in found if isinstance(r, FailedCall))
        assert (failed.operation, failed.subject, failed.where.line) == ("GetRole", "nope", 3)
        answer = next(r for r in found if isinstance(r, HttpAnswer))
        assert (answer.target, answer.status, answer.where.line) == ("jwks", 403, 5)

    def test_query_output_of_a_trust_policy(self) -> None:
        text = f"$ aws iam get-role --role-name {ROLE} --query Role.AssumeRolePolicyDocument\n" + json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "x"}}]},
            indent=4,
        )
        (found,) = read("screen", text).records
        assert isinstance(found, RoleRecord)
        assert found.trust is not None

    @pytest.mark.parametrize(
        "text", ["Total $ aws costs\n", "see # oc docs", '{"a": "$ aws iam x"}', "cat file\n"]
    )
    def test_prose_is_none(self, text: str) -> None:
        assert read("x", text).what == "not relevant"


@pytest.mark.parametrize(
    "text",
    [
        f"ROLE\t{ROLE_ARN}\t2026-01-01T00:00:00+00:00\t/\tAROA\t{ROLE}\nASSUMEROLEPOLICYDOCUMENT\t2012-10-17\n",
        "-------------------------\n|        GetRole        |\n+-----------------------+\n||  Role  ||\n",
    ],
)
def test_text_and_tables_are_named_as_not_usable(text: str) -> None:
    found = read("role.txt", text)
    assert (found.records, found.problem) == ((), None)
    assert "--output json" in (found.note or "")


@pytest.mark.parametrize(
    "value",
    [
        {"Content": "dXNlcixhcm4=", "ReportFormat": "text/csv", "GeneratedTime": "x"},
        {"JobStatus": "COMPLETED", "ServicesLastAccessed": [], "JobCreationDate": "x"},
        {"SummaryMap": {"Users": 3}},
        {"StackResources": [{"ResourceType": "AWS::IAM::Role"}]},
        {"ACL": "private", "Bucket": "demo-oidc"},
        {"Bucket": "demo-oidc", "PublicAccessBlockConfiguration": {"BlockPublicPolicy": True}},
        {"EvaluationResults": [{"EvalActionName": "s3:GetObject", "EvalDecision": "allowed",
          "MatchedStatements": [{"SourcePolicyId": "PolicyInputList.1"}]}]},
    ],
)  # fmt: skip
def test_known_and_of_no_use_is_said(value: object) -> None:
    found = read("x.json", value)
    assert (found.records, found.problem) == ((), None)
    assert found.note


class TestIssuerHosts:
    def test_a_bucket_policy(self) -> None:
        policy = {
            "Statement": [
                {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b-oidc/*"}
            ]
        }
        (found,) = read("x", {"Policy": json.dumps(policy)}).records
        assert isinstance(found, BucketPolicy)
        assert found.bucket == "b-oidc"

    def test_the_command_names_the_bucket(self) -> None:
        answer = json.dumps({"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}})
        (found,) = read("x", f"$ aws s3api get-public-access-block --bucket other\n{answer}\n").records
        assert isinstance(found, BucketAccess)
        assert (found.bucket, found.blocked is not None) == ("other", True)

    @pytest.mark.parametrize("wrap", ["Distribution", "DistributionList"])
    def test_distributions(self, wrap: str) -> None:
        config = {"Aliases": {"Items": ["oidc.example.com"]}, "Enabled": False,
                  "Origins": {"Items": [{"DomainName": "b.s3.amazonaws.com"}]}}  # fmt: skip
        one = {"Id": "E1", "DomainName": "d1.cloudfront.net", "Status": "Deployed"}
        value = {
            wrap: {**one, "DistributionConfig": config}
            if wrap == "Distribution"
            else {"Items": [one | config]}
        }
        (found,) = read("x", value).records
        assert isinstance(found, Distribution)
        assert found.hosts == ("d1.cloudfront.net", "oidc.example.com")
        assert (found.origins, found.enabled) == (("b.s3.amazonaws.com",), False)


class TestDetails:
    def test_cloudtrail_splits_the_principal(self) -> None:
        cluster = _small()
        (one,) = cluster.roles.values()
        event = recorded.sign_in(cluster, SUBJECT, one.arn, cluster.gathered, "AccessDenied")
        (found,) = read("x", recorded.log_file(event)).records
        assert isinstance(found, CloudTrailEvent)
        assert (found.audience, found.subject, found.provider) == ("openshift", SUBJECT, cluster.provider.arn)
        assert (found.role_arn, found.code, found.time) == (one.arn, "AccessDenied", cluster.gathered)

    def test_cloudtrail_of_others_is_named(self) -> None:
        event = {
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "userIdentity": {"type": "Root"},
        }
        assert "without a sign-in" in (read("x", {"Records": [event]}).note or "")

    def test_the_newest_configuration_item_counts(self) -> None:
        def item(time: str, name: str) -> dict[str, object]:
            body = {"roleName": ROLE, "arn": ROLE_ARN, "description": name, "path": "/"}
            return {"resourceType": "AWS::IAM::Role", "ARN": ROLE_ARN, "configurationItemCaptureTime": time,
                    "configuration": json.dumps(body)}  # fmt: skip

        items = [
            item("2024-01-01T00:00:00Z", "old"),
            item("2024-03-01T00:00:00Z", "new"),
            item("2023", "oldest"),
        ]
        (found,) = read("x", {"configurationItems": items}).records
        assert isinstance(found, RoleRecord)
        assert (found.description, found.boundary_known) == ("new", True)

    def test_a_deleted_resource_is_none(self) -> None:
        item = {"resourceType": "AWS::IAM::Role", "configurationItemStatus": "ResourceDeleted",
                "configuration": {"roleName": ROLE}}  # fmt: skip
        assert read("x", {"configurationItems": [item]}).records == ()

    def test_a_state_without_policies_says_nothing_of_them(self) -> None:
        attributes = {
            "name": ROLE,
            "arn": ROLE_ARN,
            "assume_role_policy": json.dumps(TRUST),
            "inline_policy": [],
        }
        resource = {"type": "aws_iam_role", "instances": [{"attributes": attributes}]}
        (found,) = read("x", {"terraform_version": "1.9.0", "resources": [resource]}).records
        assert isinstance(found, RoleRecord)
        assert (found.inline_names, found.attached, found.last_seen) == (None, None, True)

    def test_steampipe_null_columns_say_that_there_are_none(self) -> None:
        row = {"arn": ROLE_ARN, "name": ROLE, "assume_role_policy": TRUST, "inline_policies": None}
        (found,) = read("x", {"rows": [row]}).records
        assert isinstance(found, RoleRecord)
        assert (found.inline_names, found.attached) == ((), None)

    def test_a_simulation_per_resource(self) -> None:
        specific = [{"EvalResourceName": "arn:aws:s3:::a", "EvalResourceDecision": "explicitDeny"}]
        result = {
            "EvalActionName": "s3:GetObject",
            "EvalDecision": "allowed",
            "ResourceSpecificResults": specific,
        }
        (found,) = read(f"simulate-{ROLE}.json", {"EvaluationResults": [result]}).records
        assert isinstance(found, SimulatedAction)
        assert (found.resource, found.decision, found.role) == ("arn:aws:s3:::a", "explicitDeny", ROLE)

    def test_an_organizations_policy(self) -> None:
        (found,) = read("x", recorded.organization_policy({"Statement": []})).records
        assert isinstance(found, OrganizationPolicy)
        assert (found.kind, found.id) == ("service control policy", "p-abc12345")

    def test_ccoctl_messages(self) -> None:
        text = (
            f"2024/01/01 10:00:00 Role {ROLE_ARN} created\n"
            "2024/01/01 10:00:01 Saved credentials configuration to: x\n"
            f"2024/01/01 10:00:02 Existing role {ROLE_ARN}2 found\n"
        )
        found = read("out", text).records
        assert [(r.arn, r.teller, r.where.line) for r in found if isinstance(r, RoleAssignment)] == [
            (ROLE_ARN, "ccoctl", 1),
            (f"{ROLE_ARN}2", "ccoctl", 3),
        ]

    def test_planned_records_are_marked(self) -> None:
        for files in (terraform_plan(_small()), cloudformation(_small())):
            (data,) = files.values()
            records = read_loose("i", "x", data).records
            assert records
            assert all(r.planned for r in records if isinstance(r, RoleRecord | ProviderRecord))

    def test_times_are_read(self) -> None:
        cluster = _small()
        event = recorded.sign_in(cluster, SUBJECT, ROLE_ARN, cluster.gathered - timedelta(hours=3))
        (found,) = read("x", recorded.lookup_events(event)).records
        assert isinstance(found, CloudTrailEvent)
        assert (found.code, found.audience) == (None, "openshift")


def test_rows_of_cloudtrail_as_athena_saves_them() -> None:
    provider = "arn:aws-us-gov:iam::123456789012:oidc-provider/d111.cloudfront.net"
    subject = "system:serviceaccount:openshift-ingress-operator:ingress-operator"
    who = (
        f"{{type=WebIdentityUser, principalid={provider}:openshift:{subject}, arn=null, username={subject}, "
        "sessioncontext=null}"
    )
    asked = json.dumps({"roleArn": "arn:aws-us-gov:iam::123456789012:role/x"}).replace('"', '""')
    text = (
        '"eventtime","eventsource","eventname","errorcode","useridentity","requestparameters"\n'
        f'"2024-03-12T10:00:00Z","sts.amazonaws.com","AssumeRoleWithWebIdentity","AccessDenied","{who}","{asked}"\n'
        f'"2024-03-12T10:05:00Z","sts.amazonaws.com","AssumeRoleWithWebIdentity","","{who}","{asked}"\n'
    )
    denied, signed_in = read("athena.csv", text).records
    assert isinstance(denied, CloudTrailEvent)
    assert isinstance(signed_in, CloudTrailEvent)
    assert (denied.code, denied.provider, denied.subject, denied.audience) == (
        "AccessDenied", provider, subject, "openshift",
    )  # fmt: skip
    assert (denied.role_arn, denied.where.line) == ("arn:aws-us-gov:iam::123456789012:role/x", 2)
    assert (signed_in.code, signed_in.where.line) == (None, 3)
