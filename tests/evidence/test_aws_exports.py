from __future__ import annotations

import json
from textwrap import indent
from typing import TypeVar
from urllib.parse import quote

import pytest
import yaml

from analyzer.evidence.exports.file_names import role_name_hint
from analyzer.evidence.exports.keys import KEYS
from analyzer.evidence.exports.shapes import SHAPES
from analyzer.evidence.loose.sniff import Loose
from analyzer.evidence.records import (
    CallerIdentity,
    FailedCall,
    Listing,
    ManagedPolicy,
    ProviderRecord,
    RoleRecord,
)

from .material import ACCOUNT, ROLE, ROLE_ARN, TRUST, read, role

POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/extra"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/me"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/demo-oidc.s3.us-west-2.amazonaws.com"
ATTACHED = [{"PolicyName": "extra", "PolicyArn": POLICY_ARN}]
BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": POLICY_ARN}


T = TypeVar("T")


def of(kind: type[T], found: Loose) -> list[T]:
    return [record for record in found.records if isinstance(record, kind)]


def one_role(content: object, name: str = "x.json") -> RoleRecord:
    (record,) = of(RoleRecord, read(name, content))
    return record


def test_get_role() -> None:
    tags = [{"Key": "Name", "Value": "demo"}]
    found = one_role({"Role": role(MaxSessionDuration=3600, Tags=tags, PermissionsBoundary=BOUNDARY)})
    assert (found.name, found.arn, found.max_session, found.tags) == (ROLE, ROLE_ARN, 3600, {"Name": "demo"})
    assert (found.boundary_arn, found.boundary_known) == (POLICY_ARN, True)
    assert (found.inline_names, found.attached, found.planned) == (None, None, False)
    assert found.trust is not None
    assert (found.trust.raw, found.trust.where.line) == (TRUST, 6)


def test_get_role_without_a_boundary_proves_that_there_is_none() -> None:
    found = one_role({"Role": role()})
    assert (found.boundary_arn, found.boundary_known) == (None, True)


@pytest.mark.parametrize("raw", [json.dumps(TRUST), quote(json.dumps(TRUST)), None, 7])
def test_policy_documents_stay_as_they_are(raw: object) -> None:
    found = one_role({"Role": {**role(), "AssumeRolePolicyDocument": raw}})
    assert found.trust is not None
    assert found.trust.raw == raw


def test_yaml_output_of_the_cli() -> None:
    text = yaml.safe_dump({"Role": role(CreateDate="2026-01-01T00:00:00+00:00")}, sort_keys=False)
    found = read("role.yaml", text)
    (record,) = of(RoleRecord, found)
    assert (record.name, record.created) == (ROLE, "2026-01-01T00:00:00+00:00")
    assert record.where.line == 1


class TestListings:
    def test_list_roles_is_complete_and_says_nothing_of_boundaries(self) -> None:
        found = read("x", {"Roles": [role(), role(RoleName="b", Arn=ROLE_ARN + "2")]})
        assert [record.name for record in of(RoleRecord, found)] == [ROLE, "b"]
        assert not any(record.boundary_known for record in of(RoleRecord, found))
        (listing,) = of(Listing, found)
        assert (listing.what, listing.account, listing.complete) == ("roles", ACCOUNT, True)
        assert listing.names == (ROLE, "b")

    @pytest.mark.parametrize(
        "more", [{"IsTruncated": True}, {"IsTruncated": "true"}, {"Marker": "m"}, {"NextToken": "t"}]
    )
    def test_a_cut_listing_is_incomplete(self, more: dict[str, object]) -> None:
        (listing,) = of(Listing, read("x", {"Roles": [role()], **more}))
        assert not listing.complete

    def test_pages_in_one_file_are_one_listing(self) -> None:
        pages = [
            {"Roles": [role()], "IsTruncated": True},
            {"Roles": [role(RoleName="b")], "IsTruncated": False},
        ]
        (listing,) = of(Listing, read("x", "\n".join(json.dumps(page) for page in pages)))
        assert (listing.names, listing.complete) == ((ROLE, "b"), False)

    @pytest.mark.parametrize("roles", [[], [role(Path="/rosa/")], [role(Path="/a/b/"), role(Path="/a/")]])
    def test_a_filtered_listing_is_incomplete(self, roles: list[object]) -> None:
        (listing,) = of(Listing, read("x", {"Roles": roles}))
        assert not listing.complete

    def test_service_linked_roles_beside_others_are_no_filter(self) -> None:
        paths = ["/aws-service-role/support.amazonaws.com/", "/rosa/"]
        (listing,) = of(Listing, read("x", {"Roles": [role(Path=path) for path in paths]}))
        assert listing.complete

    def test_providers(self) -> None:
        found = read("x", {"OpenIDConnectProviderList": [{"Arn": PROVIDER_ARN}]})
        (listing,) = of(Listing, found)
        assert (listing.what, listing.account, listing.complete) == ("providers", ACCOUNT, True)
        assert listing.names == (PROVIDER_ARN,)
        assert [record.arn for record in of(ProviderRecord, found)] == [PROVIDER_ARN]

    def test_no_provider_at_all_is_a_complete_listing(self) -> None:
        (listing,) = of(Listing, read("x", {"OpenIDConnectProviderList": []}))
        assert (listing.complete, listing.account) == (True, None)

    def test_account_details(self) -> None:
        inline = [{"PolicyName": "p", "PolicyDocument": TRUST}]
        versions = [
            {"Document": TRUST, "VersionId": "v2", "IsDefaultVersion": False},
            {"Document": quote(json.dumps(TRUST)), "VersionId": "v1", "IsDefaultVersion": True},
        ]
        detail = role(RolePolicyList=inline, AttachedManagedPolicies=ATTACHED, Tags=[])
        managed = {
            "PolicyName": "extra",
            "Arn": POLICY_ARN,
            "DefaultVersionId": "v1",
            "PolicyVersionList": versions,
        }
        found = read("gaad", {"RoleDetailList": [detail], "Policies": [managed], "IsTruncated": False})
        (record,) = of(RoleRecord, found)
        assert (record.inline_names, record.attached) == (("p",), (("extra", POLICY_ARN),))
        assert (record.boundary_known, record.inline[0].raw) == (True, TRUST)
        (policy,) = of(ManagedPolicy, found)
        assert [(d.version, d.is_default, d.arn) for d in policy.documents] == [
            ("v2", False, POLICY_ARN),
            ("v1", True, POLICY_ARN),
        ]
        assert of(Listing, found)[0].complete

    def test_account_details_filtered_for_policies_list_no_role(self) -> None:
        assert of(Listing, read("gaad", {"RoleDetailList": [], "Policies": []})) == []


class TestAnswersWithoutTheRole:
    def test_get_role_policy_names_it(self) -> None:
        found = one_role({"RoleName": ROLE, "PolicyName": "p", "PolicyDocument": TRUST})
        assert (found.name, found.planned, found.inline_names, found.trust) == (ROLE, False, None, None)
        assert (found.inline[0].name, found.inline[0].where.line) == ("p", 4)

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            (f"list-attached-role-policies-{ROLE}.json", ROLE),
            (f"iam/{ROLE}.attached.json", ROLE),
            (f"iam/{ROLE}/list-attached-role-policies.json", ROLE),
            (f"{ROLE}-attached-policies.json", ROLE),
            (f"attached_{ROLE}.txt", ROLE),
            ("list-attached-role-policies.json", ""),
            ("iam-exports/attached.json", ""),
            ("case-0123/aws/list-role-policies.json", ""),
        ],
    )
    def test_else_the_path_may(self, path: str, name: str) -> None:
        assert one_role({"AttachedPolicies": ATTACHED}, path).name == name
        assert role_name_hint(path) == name

    def test_or_a_wrapper(self) -> None:
        assert one_role({"RoleName": "w", "PolicyNames": ["p"]}).name == "w"
        whole = read("x", {"Role": role(), "AttachedPolicies": ATTACHED, "PolicyNames": []})
        assert {record.name for record in of(RoleRecord, whole)} == {ROLE}

    def test_or_the_role_before_it_in_the_file(self) -> None:
        answers = [
            {"Role": role(RoleName="a")},
            {"AttachedPolicies": ATTACHED},
            {"Role": role(RoleName="b")},
            {"AttachedPolicies": []},
            {"PolicyNames": ["p"]},
            {"AttachedPolicies": ATTACHED},
        ]
        found = of(RoleRecord, read("x", "\n".join(json.dumps(answer, indent=2) for answer in answers)))
        attached = [(record.name, record.attached) for record in found if record.attached is not None]
        # The third list belongs to a role whose own call failed: better nobody's than b's.
        assert attached == [("a", (("extra", POLICY_ARN),)), ("b", ()), ("", (("extra", POLICY_ARN),))]
        assert [record.name for record in found if record.inline_names] == ["b"]

    def test_a_page_of_a_list_is_no_list(self) -> None:
        found = one_role({"RoleName": "r", "AttachedPolicies": ATTACHED, "IsTruncated": True})
        assert found.attached is None

    @pytest.mark.parametrize("mask", [["MASKED"], None, {}, 7])
    def test_a_list_with_a_mask_in_it_is_no_list(self, mask: object) -> None:
        """In YAML a mask in brackets is a list of one."""
        assert not of(RoleRecord, read("x", {"RoleName": "r", "PolicyNames": ["p", mask]}))
        entries = [*ATTACHED, {"PolicyName": "q", "PolicyArn": mask}]
        assert not of(RoleRecord, read("x", {"RoleName": "r", "AttachedPolicies": entries}))
        policies = [{"PolicyName": name, "PolicyDocument": {}} for name in ("p", mask)]
        assert one_role({"RoleDetailList": [role(RolePolicyList=policies)]}).inline_names is None
        provider = {"Url": "demo-oidc.s3.us-west-2.amazonaws.com", "ClientIDList": ["openshift", mask]}
        (found,) = of(ProviderRecord, read("x", provider))
        assert found.client_ids is None

    def test_a_bare_list(self) -> None:
        assert one_role(ATTACHED, f"{ROLE}.attached.json").attached == (("extra", POLICY_ARN),)


class TestManagedPolicies:
    def test_get_policy(self) -> None:
        (policy,) = of(ManagedPolicy, read("x", {"Policy": {"Arn": POLICY_ARN, "DefaultVersionId": "v3"}}))
        assert (policy.arn, policy.name, policy.default_version) == (POLICY_ARN, "extra", "v3")

    def test_get_policy_version_has_no_arn(self) -> None:
        version = {"Document": TRUST, "VersionId": "v3", "IsDefaultVersion": True}
        (policy,) = of(ManagedPolicy, read("x", {"PolicyVersion": version}))
        assert (policy.arn, policy.default_version, policy.documents[0].version) == (None, "v3", "v3")

    def test_but_the_get_policy_before_it_has(self) -> None:
        texts = [
            {"Policy": {"Arn": POLICY_ARN, "DefaultVersionId": "v3"}},
            {"PolicyVersion": {"Document": TRUST, "VersionId": "v3"}},
            {"PolicyVersion": {"Document": TRUST, "VersionId": "v1"}},
        ]
        _, version, stray = of(ManagedPolicy, read("x", "".join(map(json.dumps, texts))))
        assert (version.arn, version.documents[0].is_default) == (POLICY_ARN, True)
        assert stray.arn is None

    def test_list_policies_and_versions_without_documents(self) -> None:
        assert len(of(ManagedPolicy, read("x", {"Policies": [{"Arn": POLICY_ARN}, {"Arn": "x"}]}))) == 1
        assert read("x", {"Versions": [{"VersionId": "v1", "IsDefaultVersion": True}]}).records == ()


class TestProviders:
    def test_get(self) -> None:
        value = {
            "Url": "h/x",
            "ClientIDList": ["openshift"],
            "ThumbprintList": [],
            "CreateDate": "…",
            "New": {},
        }
        (found,) = of(ProviderRecord, read("x", value))
        assert (found.url, found.arn, found.client_ids, found.planned) == ("h/x", None, ("openshift",), False)

    def test_create_output(self) -> None:
        (found,) = of(ProviderRecord, read("x", {"OpenIDConnectProviderArn": PROVIDER_ARN}))
        assert (found.arn, found.url) == (PROVIDER_ARN, None)

    def test_create_input_is_planned(self) -> None:
        (found,) = of(ProviderRecord, read("x", {"Url": "https://h", "ClientIDList": []}))
        assert found.planned


class TestPlans:
    def test_create_role_input(self) -> None:
        found = one_role({"RoleName": ROLE, "AssumeRolePolicyDocument": json.dumps(TRUST), "Tags": []})
        assert (found.planned, found.arn) == (True, None)

    def test_a_trimmed_export_is_no_plan(self) -> None:
        found = one_role([{"RoleName": ROLE, "AssumeRolePolicyDocument": TRUST}])
        assert not found.planned

    def test_put_role_policy_input(self) -> None:
        value = {"RoleName": ROLE, "PolicyName": "p", "PolicyDocument": json.dumps(TRUST)}
        assert one_role(value).planned
        assert not one_role({**value, "PolicyDocument": quote(json.dumps(TRUST))}).planned


@pytest.mark.parametrize(
    ("inline", "names"),
    [
        ([{"PolicyName": "a", "PolicyDocument": TRUST}], ("a",)),
        ([{"PolicyName": "a"}], ("a",)),
        ([{"PolicyDocument": TRUST}], None),
        ([{"PolicyName": None, "PolicyDocument": TRUST}], None),
    ],
)
def test_a_policy_whose_name_or_text_was_taken_out_is_there(
    inline: list[object], names: tuple[str, ...] | None
) -> None:
    """Left out of the list, what the role may do was called missing."""
    found = one_role({"RoleDetailList": [role(RolePolicyList=inline, AttachedManagedPolicies=ATTACHED)]})
    assert found.inline_names == names
    attached = [{"PolicyName": "extra"}, *ATTACHED]
    found = one_role({"RoleDetailList": [role(RolePolicyList=[], AttachedManagedPolicies=attached)]})
    assert found.attached is None


def test_caller_identity() -> None:
    value = {"UserId": "AIDA", "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/x"}
    (found,) = of(CallerIdentity, read("x", value))
    assert found.account == ACCOUNT


@pytest.mark.parametrize("form", ["array", "lines", "joined", "map"])
def test_many_answers_in_one_file(form: str) -> None:
    answers = [{"Role": role(RoleName=name)} for name in "abc"]
    text = {
        "array": json.dumps(answers),
        "lines": "\n".join(map(json.dumps, answers)),
        "joined": "".join(json.dumps(answer, indent=4) for answer in answers),
        "map": json.dumps(dict(zip("xyz", answers, strict=True))),
    }[form]
    assert [record.name for record in of(RoleRecord, read("x", text))] == ["a", "b", "c"]


class TestFailures:
    @pytest.mark.parametrize(
        ("message", "operation", "subject"),
        [
            (f"The role with name {ROLE} cannot be found.", "GetRole", ROLE),
            (
                f"User: {CALLER} is not authorized to perform: iam:GetRole on resource: "
                f"role {ROLE} because no identity-based policy allows the iam:GetRole action",
                "GetRole",
                ROLE,
            ),
            (
                f"User: {CALLER} is not authorized to perform: iam:GetRole on resource: "
                f"{ROLE_ARN} because no identity-based policy allows the iam:GetRole action",
                "GetRole",
                ROLE_ARN,
            ),
            (
                f"OpenIDConnect Provider not found for arn {PROVIDER_ARN}",
                "GetOpenIDConnectProvider",
                PROVIDER_ARN,
            ),
            ("Rate exceeded", "ListRoles", None),
        ],
    )
    @pytest.mark.parametrize("lead", ["\n", "aws: [ERROR]: ", "botocore.exceptions.ClientError: "])
    def test_the_sentence_of_the_cli(
        self, lead: str, message: str, operation: str, subject: str | None
    ) -> None:
        text = f"{lead}An error occurred (NoSuchEntity) when calling the {operation} operation: {message}\n"
        (call,) = of(FailedCall, read("x.err", text))
        assert (call.operation, call.code, call.message, call.subject) == (
            operation,
            "NoSuchEntity",
            message,
            subject,
        )
        assert call.where.line == (2 if lead == "\n" else 1)

    def test_a_saved_loop_of_answers_headings_and_errors(self) -> None:
        text = (
            f"== a\n{json.dumps({'Role': role(RoleName='a')}, indent=4)}\n== b\n\n"
            "An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name b cannot"
            f" be found.\n== c\n{json.dumps({'Role': role(RoleName='c')}, indent=4)}\n"
        )
        found = read("all.txt", text)
        assert [record.name for record in of(RoleRecord, found)] == ["a", "c"]
        assert [call.subject for call in of(FailedCall, found)] == ["b"]
        lines = text.splitlines()
        assert all("Role" in lines[record.where.line - 1] for record in of(RoleRecord, found))
        assert found.problem is None

    def test_an_answer_that_was_set_off_among_others(self) -> None:
        first, second = (json.dumps({"Role": role(RoleName=name)}, indent=4) for name in "ac")
        found = read("all.txt", f"Role a:\n{first}\nRole c:\n{indent(second, '  ')}\n")
        assert [record.name for record in of(RoleRecord, found)] == ["a", "c"]

    def test_an_error_after_the_answers(self) -> None:
        text = (
            json.dumps({"Role": role()}, indent=4) + "\n\nAn error occurred (AccessDenied) when calling the "
        )
        found = read("x", text + "GetRole operation: no\n")
        assert len(of(RoleRecord, found)) == len(of(FailedCall, found)) == 1

    def test_the_response_of_boto3(self) -> None:
        value = {
            "OperationName": "GetRole",
            "Error": {"Code": "AccessDenied", "Message": "no"},
            "RoleName": "r",
        }
        (call,) = of(FailedCall, read("x.json", value))
        assert (call.operation, call.code, call.subject) == ("GetRole", "AccessDenied", "r")

    def test_a_line_of_a_pod_log_is_none(self) -> None:
        line = (
            "2026-01-01T00:00:00Z E An error occurred (AccessDenied) when calling the GetRole operation: x\n"
        )
        assert read("pod.log", line * 10).what == "not relevant"


class TestBroken:
    def test_a_cut_export_is_a_problem_with_its_line(self) -> None:
        found = read("x.json", json.dumps({"Role": role()}, indent=4)[:-30])
        assert found.records == ()
        assert found.problem is not None
        assert found.problem.startswith("line ")

    def test_what_stands_before_the_cut_is_kept(self) -> None:
        text = json.dumps({"Role": role()}, indent=4)
        found = read("x.json", f"{text}\n{text[:-30]}")
        assert len(of(RoleRecord, found)) == 1
        assert found.problem is not None

    @pytest.mark.parametrize(
        "value",
        [
            {"Role": None},
            {"Role": "x"},
            {"Roles": {}},
            {"Roles": [None, 1, "x"]},
            {"RoleDetailList": [{"RoleName": 7}]},
            {"RoleName": ["x"], "PolicyDocument": 1, "PolicyName": {}},
            {"AttachedPolicies": [1, {"PolicyArn": None}], "RoleName": 3},
            {"PolicyNames": None},
            {"Url": 1, "ClientIDList": {}},
            {"Account": 1, "Arn": 2, "UserId": 3},
            {"OpenIDConnectProviderList": [{"Arn": 1}, None]},
            {"PolicyVersion": [], "Policy": []},
            {
                "Role": role(
                    PermissionsBoundary=[], Tags={"a": 1}, RolePolicyList=[1], MaxSessionDuration=True
                )
            },
        ],
    )
    def test_values_of_the_wrong_type_are_not_there(self, value: object) -> None:
        assert read("x.json", value).problem is None

    @pytest.mark.parametrize(
        "value",
        [
            {"Account": "x"},
            {"InstanceProfiles": [{"InstanceProfileName": "x", "Arn": "arn:aws:iam::1:instance-profile/x"}]},
            {"Policies": [{"Arn": "arn:aws:organizations::1:policy/o-1/service_control_policy/p-1"}]},
            {"EvaluationResults": []},
        ],
    )
    def test_other_answers_of_aws_are_not_relevant(self, value: object) -> None:
        assert read("x.json", value).what == "not relevant"


def test_providers_listed_by_a_query_are_there_and_others_may_be() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/demo-oidc.s3.us-west-2.amazonaws.com"
    (record,) = read("x.json", [{"Arn": arn}]).records
    assert isinstance(record, ProviderRecord)
    assert record.arn == arn


def test_the_keys_by_which_exports_are_told_are_those_of_their_shapes() -> None:
    assert sorted({key for shape in SHAPES for key in shape.keys}) == sorted(KEYS)
