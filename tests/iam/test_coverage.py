"""Coverage of what is asked for: the worked examples, the layers, excess."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.iam.api import (
    UNKNOWN,
    Context,
    Coverage,
    Layers,
    MissingDocument,
    Policy,
    Scope,
    cover,
    load_catalogue,
    parse_policy,
    read_entries,
)
from analyzer.iam.excess import excess
from tests.iam.support import policy, statement


def entry(action: str | list[str], resource: str = "*", condition: Any = None) -> dict[str, Any]:
    actions = [action] if isinstance(action, str) else action
    return {"effect": "Allow", "action": actions, "resource": resource, "policyCondition": condition}


def covered(asked: dict[str, Any], *granted: dict[str, Any], **options: Any) -> Coverage:
    keys = ("boundary", "organization", "resource", "complete")
    layers = {key: options.pop(key) for key in keys if key in options}
    extra = options.pop("extra", ())
    return cover(read_entries([asked]), Layers(identity=(policy(*granted), *extra), **layers), **options)


def verdict(asked: dict[str, Any], *granted: dict[str, Any], **options: Any) -> str:
    found = covered(asked, *granted, **options).actions
    assert len(found) == 1
    return found[0].verdict if found[0].verdict != "denied" else f"denied({found[0].denial})"


def allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return statement(Action=action, Resource=resource, **more)


GRANT = {"Bool": {"kms:GrantIsForAWSResource": True}}
EXAMPLES: list[tuple[str, dict[str, Any], list[dict[str, Any]], str]] = [
    ("service star", entry("route53:ListHostedZones"), [allow("route53:*")], "granted"),
    (
        "no resource types",
        entry("route53:ListHostedZones"),
        [allow("route53:ListHostedZones", "arn:aws:route53:::hostedzone/Z1")],
        "denied(implicit)",
    ),
    (
        "as the request has it",
        entry("logs:DescribeLogGroups", "arn:aws:logs:*:*:*"),
        [allow("logs:DescribeLogGroups", "arn:aws:logs:*:*:*")],
        "denied(implicit)",
    ),
    ("narrower", entry("s3:PutObject"), [allow("s3:PutObject", "arn:aws:s3:::reg-*/*")], "partial"),
    (
        "one region",
        entry("ec2:CreateTags", "arn:aws:ec2:*:*:security-group/*"),
        [allow("ec2:CreateTags", "arn:aws:ec2:us-west-2:*:*")],
        "partial",
    ),
    ("case", entry("S3:getobject"), [allow("s3:Get*")], "granted"),
    ("condition dropped", entry("kms:CreateGrant", condition=GRANT), [allow("kms:CreateGrant")], "granted"),
    ("condition added", entry("kms:CreateGrant"), [allow("kms:CreateGrant", Condition=GRANT)], "conditional"),
    (
        "fewer values",
        entry("s3:GetObject", condition={"StringEquals": {"k:k": "a"}}),
        [allow("s3:GetObject", Condition={"StringEquals": {"k:k": ["a", "b"]}})],
        "granted",
    ),
    (
        "other values",
        entry("s3:GetObject", condition={"StringEquals": {"k:k": ["a", "c"]}}),
        [allow("s3:GetObject", Condition={"StringEquals": {"k:k": ["a", "b"]}})],
        "conditional",
    ),
    (
        "a deny beside",
        entry("s3:ListBucket"),
        [allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::reg-*"}],
        "conditional",
    ),
    (
        "record names",
        entry("route53:ChangeResourceRecordSets"),
        [
            allow(
                "route53:ChangeResourceRecordSets",
                Condition={"ForAllValues:StringLike": {"route53:Names": "*.example.com"}},
            )
        ],
        "conditional",
    ),
    ("nothing", entry("s3:GetObject"), [allow("ec2:*")], "denied(implicit)"),
    ("a deny", entry("s3:GetObject"), [allow("*"), statement("Deny", Action="s3:*")], "denied(explicit)"),
]


@pytest.mark.parametrize(
    ("asked", "granted", "expected"), [case[1:] for case in EXAMPLES], ids=[case[0] for case in EXAMPLES]
)
def test_worked_examples(asked: dict[str, Any], granted: list[dict[str, Any]], expected: str) -> None:
    assert verdict(asked, *granted) == expected


def test_the_narrower_pattern_is_reported() -> None:
    row = covered(entry("s3:PutObject"), allow("s3:PutObject", "arn:aws:s3:::reg-*/*")).actions[0]
    assert row.patterns == ("arn:aws:s3:::reg-*/*",)
    assert row.settled is None


def test_a_scope_accepts_what_is_narrowed_to_it() -> None:
    asked = entry("ec2:CreateTags", "arn:aws:ec2:*:*:security-group/*")
    granted = allow("ec2:CreateTags", "arn:aws:ec2:us-west-2:*:*")
    assert verdict(asked, granted, scope=Scope("aws", "us-west-2", "123456789012")) == "granted"
    assert verdict(asked, granted, scope=Scope("aws", "us-east-1")) == "denied(implicit)"


def test_a_scope_fills_in_no_region_and_account_where_the_arns_of_a_service_have_none() -> None:
    """The requests of OADP and Loki ask for ``arn:aws:s3:*:*:*``; their roles name a bucket."""
    asked, scope = entry("s3:PutObject", "arn:aws:s3:*:*:*"), Scope("aws", "us-west-2", "123456789012")
    assert verdict(asked, allow("s3:PutObject", "arn:aws:s3:::loki/*"), scope=scope) == "partial"
    assert verdict(asked, allow("s3:PutObject", "arn:aws:s3:::*"), scope=scope) == "granted"
    assert verdict(asked, allow("s3:PutObject", "arn:aws:s3:*:*:*"), scope=scope) == "granted"
    assert verdict(asked, allow("s3:GetObject", "arn:aws:s3:::loki/*"), scope=scope) == "denied(implicit)"
    point = "arn:aws:s3:us-west-2:123456789012:accesspoint/loki/*"
    assert verdict(asked, allow("s3:PutObject", point), scope=scope) == "partial"
    guard = statement("Deny", Action="s3:*", Resource="arn:aws:s3:::loki/*")
    assert verdict(asked, allow("*"), guard, scope=scope) == "conditional"
    role, theirs = "arn:aws:iam::123456789012:role/worker", "arn:aws:iam::210987654321:role/worker"
    asked = entry("iam:PassRole", "arn:aws:iam:*:*:role/*")
    assert verdict(asked, allow("iam:PassRole", role), scope=scope) == "partial"
    assert verdict(asked, allow("iam:PassRole", theirs), scope=scope) == "denied(implicit)"


def test_a_wildcard_asks_for_nothing_that_its_resource_does_not_have() -> None:
    asked = entry("s3:*Job*", "arn:aws:s3:::backup/*")
    found = {row.action: row.verdict for row in covered(asked, allow("s3:UpdateJobStatus")).actions}
    assert "s3:CreateJob" not in found
    assert found["s3:UpdateJobStatus"] == "granted"


def test_a_wildcard_of_which_nothing_has_resources_is_judged_all_the_same() -> None:
    resource = "arn:aws:autoscaling:*:*:autoScalingGroup:*"
    asked = entry("autoscaling:Describe*", resource)
    assert {row.verdict for row in covered(asked, allow("ec2:RunInstances")).actions} == {"denied"}
    same = allow("autoscaling:Describe*", resource)
    assert {(row.verdict, row.in_vain) for row in covered(asked, same).actions} == {("denied", True)}


@pytest.mark.parametrize(
    ("granted", "in_vain"),
    [
        ([allow("logs:DescribeLogGroups", "arn:aws:logs:*:*:*")], True),
        ([allow("logs:DescribeLogGroups", "arn:aws:logs:us-east-1:*:*")], False),
        ([allow("logs:DescribeLogStreams", "arn:aws:logs:*:*:*")], False),
    ],
)
def test_what_a_policy_grants_in_vain_is_told_from_what_it_lacks(
    granted: list[dict[str, Any]], *, in_vain: bool
) -> None:
    (row,) = covered(entry("logs:DescribeLogGroups", "arn:aws:logs:*:*:*"), *granted).actions
    assert (row.verdict, row.denial, row.in_vain) == ("denied", "implicit", in_vain)


def test_a_wildcard_is_judged_action_by_action() -> None:
    found = covered(entry("kms:ReEncrypt*"), allow("kms:ReEncryptFrom"))
    assert [(row.action, row.verdict) for row in found.actions] == [
        ("kms:ReEncryptFrom", "granted"),
        ("kms:ReEncryptTo", "denied"),
    ]
    assert found.entry(0) == "denied"
    assert found.counts["granted"] == 1
    today = [action.name for action in load_catalogue().expand("elasticfilesystem:*")]
    assert len(today) > 30
    assert covered(entry("elasticfilesystem:*"), allow(today)).counts["granted"] == len(today)


def test_a_region_lock_denies_a_global_service() -> None:
    condition = {"StringNotEquals": {"aws:RequestedRegion": "us-west-2"}}
    lock = policy(statement(), statement("Deny", Condition=condition))
    asked, granted = entry("route53:ListHostedZones"), allow("route53:*")
    assert verdict(asked, granted, organization=((lock,),)) == "denied(organization)"
    known = Context.of({"aws:RequestedRegion": "us-west-2"})
    assert verdict(entry("ec2:RunInstances"), allow("*"), organization=((lock,),), context=known) == "granted"


@pytest.mark.parametrize(
    "partition, region, action, expected",
    [
        ("aws-cn", "cn-north-1", "iam:CreateServiceLinkedRole", "granted"),
        ("aws-cn", "cn-north-1", "route53:ListHostedZones", "denied(organization)"),
        ("aws-cn", "cn-northwest-1", "iam:CreateServiceLinkedRole", "denied(organization)"),
        ("aws-us-gov", "us-gov-east-1", "iam:CreateServiceLinkedRole", "denied(organization)"),
        # the call that passes a role is one to EC2, and what Region is asked of IAM for it is not told
        ("aws", "us-west-2", "iam:PassRole", "conditional"),
        # nothing is known of that partition's endpoints
        ("aws-eusc", "eusc-de-east-1", "route53:ListHostedZones", "conditional"),
    ],
)
def test_a_region_lock_and_where_the_one_endpoint_of_a_service_is(
    partition: str, region: str, action: str, expected: str
) -> None:
    condition = {"StringNotEquals": {"aws:RequestedRegion": region}}
    lock = policy(statement(), statement("Deny", Condition=condition))
    scope = Scope(partition, region, "123456789012")
    known = Context.of({"aws:RequestedRegion": region})
    found = verdict(entry(action), allow("*"), organization=((lock,),), context=known, scope=scope)
    assert found == expected


def test_what_is_of_another_partition_is_neither_granted_nor_denied_here() -> None:
    """Policies copied from the commercial partition: no call of a role in GovCloud is about its resources."""
    asked, scope = entry("s3:GetObject"), Scope("aws-us-gov", "us-gov-west-1", "123456789012")
    theirs, both = "arn:aws:s3:::*", ["arn:aws:s3:::*", "arn:aws-us-gov:s3:::*"]
    assert verdict(asked, allow("s3:*", theirs), scope=scope) == "denied(implicit)"
    assert verdict(asked, allow("s3:*", theirs)) == "partial"
    assert verdict(asked, allow("s3:*", "arn:*:s3:::*"), scope=scope) == "partial"
    assert verdict(asked, statement(Action="s3:*", Resource=both), scope=scope) == "partial"
    spared = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::secret/*"}
    assert verdict(asked, spared, scope=scope) == "partial"
    guard = statement("Deny", Action="s3:*", Resource=theirs)
    assert verdict(asked, allow("*"), guard, scope=scope) == "granted"


def test_missing_documents() -> None:
    asked = entry("s3:GetObject")
    missing = MissingDocument("arn:aws:iam::aws:policy/P")
    assert verdict(asked, allow("*"), boundary=(missing,)) == "unknown"
    assert verdict(asked, allow("ec2:*"), boundary=(missing,)) == "denied(implicit)"
    assert verdict(asked, allow("ec2:*"), extra=(missing,)) == "unknown"
    row = covered(asked, allow("*"), extra=(missing,)).actions[0]
    assert (row.verdict, row.settled) == ("granted", None)
    assert row.assumes == ("no Deny in arn:aws:iam::aws:policy/P",)
    assert verdict(asked, allow("ec2:*"), complete=False) == "unknown"
    assert verdict(asked, allow("*"), boundary=(policy(allow("ec2:*")),)) == "denied(boundary)"
    broken = parse_policy("{")
    assert not isinstance(broken, Policy)
    assert verdict(asked, allow("ec2:*"), extra=(broken,)) == "unknown"


def test_what_was_not_supplied_is_assumed() -> None:
    found = covered(entry("kms:Decrypt"), allow("*"))
    assert found.assumes == ("no SCP", "no RCP", "no VPC endpoint policy")
    assert found.actions[0].assumes == ("the key policy allows it",)
    assert found.actions[0].settled is True


def test_one_shard_need_not_hold_all() -> None:
    """A Deny of something else does not take a grant apart."""
    deny = statement("Deny", Action="s3:DeleteObject", Resource="arn:aws:s3:::b/*")
    assert verdict(entry("s3:GetObject"), allow("s3:*"), deny) == "granted"


def test_resources_cover_together() -> None:
    asked = entry("s3:GetObject", "arn:aws:s3:::b/?*")
    one, more = allow("s3:GetObject", "arn:aws:s3:::b/?"), allow("s3:Get*", "arn:aws:s3:::b/??*")
    assert verdict(asked, one) == "partial"
    assert verdict(asked, one, more) == "granted"
    assert verdict(asked, one, {**more, "Condition": GRANT}) == "partial"


def test_a_variable_in_a_resource() -> None:
    granted = allow("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*")
    asked = entry("s3:GetObject", "arn:aws:s3:::b/*")
    assert verdict(asked, granted) == "partial"
    assert verdict(asked, granted, context=Context.of({"aws:PrincipalTag/bucket": "b"})) == "granted"
    assert verdict(asked, granted, context=Context.of({})) == "denied(implicit)"


def test_an_unknown_action_has_a_nearest() -> None:
    row = covered(entry("ec2:DescribeInstance"), allow("ec2:Describe*")).actions[0]
    assert (row.verdict, row.known, row.nearest) == ("granted", False, "ec2:DescribeInstances")
    none = covered(entry("ec2:Frobnicate*"), allow("ec2:*")).actions[0]
    assert (none.verdict, none.known) == ("unknown", False)


def test_entries_that_are_none_are_named() -> None:
    with pytest.raises(ValueError, match="entry 0"):
        read_entries([{"effect": "Allow", "action": [1]}])
    skipped = cover(read_entries([{"effect": "Deny", "action": ["s3:*"]}]), Layers())
    assert (skipped.actions, skipped.skipped) == ((), (0,))


def test_not_action_grants_the_rest_and_is_excess() -> None:
    granted = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert verdict(entry("s3:GetObject"), granted) == "granted"
    assert verdict(entry("iam:GetRole"), granted) == "denied(implicit)"
    found = excess(read_entries([entry("s3:GetObject")]), Layers(identity=(policy(granted),)))
    assert [risk.code for risk in found.risks] == ["not-action"]
    assert found.total > 10_000


def test_excess_names_what_gives_away_the_account() -> None:
    granted = [allow("*"), allow(["iam:*", "s3:GetObject"]), allow("iam:PassRole"), allow("sts:AssumeRole")]
    codes = [[risk.code for risk in excess([], Layers(identity=(policy(one),))).risks] for one in granted]
    assert codes == [
        ["all-actions", "iam-passrole", "sts-assumerole"],
        ["all-iam", "iam-passrole"],
        ["iam-passrole"],
        ["sts-assumerole"],
    ]


def test_excess_counts_what_nobody_asked_for() -> None:
    asked = read_entries([entry("s3:GetObject"), entry("kms:CreateGrant", condition=GRANT)])
    granted = policy(allow(["s3:getobject", "s3:PutObject", "s3:ListBucket"]), allow("kms:CreateGrant"))
    found = excess(asked, Layers(identity=(granted,)))
    assert found.actions == ("s3:ListBucket", "s3:PutObject")
    assert found.levels == {"List": 1, "Write": 1}
    assert found.complete


def test_a_resource_that_lacks_a_part_is_granted_in_part() -> None:
    asked = entry("ec2:AttachVolume", "arn:aws:ec2:us-west-2:123456789012:volume/*")
    assert verdict(asked, allow("ec2:*", "arn:aws:ec2:*:volume/*")) == "partial"
    assert verdict(asked, allow("ec2:*", "arn:aws:ec2:*:instance/*")) == "denied(implicit)"
    assert verdict(asked, allow("*"), statement("Deny", Resource="arn:aws:ec2:*:volume/*")) == "conditional"


def test_a_wildcard_for_the_service_leaves_open_what_it_could_turn() -> None:
    asked = entry("s3:GetObject")
    unclear = allow("*:Get*")
    assert verdict(asked, unclear) == "unknown"
    assert verdict(asked, unclear, allow("s3:*")) == "granted"
    assert verdict(asked, unclear, allow("s3:*"), statement("Deny", Action="s3:Get*")) == "denied(explicit)"
    deny = statement("Deny", Action="s?:Get*")
    assert verdict(asked, deny) == "denied(implicit)"
    assert verdict(asked, deny, allow("s3:*")) == "unknown"
    lost = MissingDocument("lost")
    assert verdict(asked, unclear, extra=(lost,)) == "unknown"


def test_a_variable_that_is_not_known_counts_where_its_pattern_could() -> None:
    home = "arn:aws:s3:::home-${aws:PrincipalTag/team}/*"
    unknown = Context(default=UNKNOWN)
    assert (
        verdict(entry("s3:GetObject", "arn:aws:s3:::home-a/*"), allow("s3:*", home), context=unknown)
        == "partial"
    )
    elsewhere = verdict(entry("s3:GetObject", "arn:aws:s3:::else/*"), allow("s3:*", home), context=unknown)
    assert elsewhere == "denied(implicit)"
    assert verdict(entry("s3:GetObject"), allow("s3:*", ["*", home]), context=unknown) == "granted"  # type: ignore[arg-type]
    assert verdict(entry("s3:ListAllMyBuckets"), allow("s3:*", home), context=unknown) == "denied(implicit)"
    found = covered(entry("s3:GetObject"), allow("s3:*", home), context=unknown).actions[0]
    assert found.patterns == (home,)


def test_a_document_that_names_a_key_twice_leaves_all_open() -> None:
    text = '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Action": "ec2:*", "Resource": "*"}}'
    twice = parse_policy(text)
    asked = read_entries([entry("s3:GetObject")])
    row = cover(asked, Layers(identity=(twice,))).actions[0]
    assert (row.verdict, row.reasons) == (
        "unknown",
        ("the identity-based policy: Statement.Action is named twice: only one of its values counts",),
    )
