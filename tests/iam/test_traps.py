"""The twenty traps of policy evaluation, each with the case that a careless evaluator gets wrong."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest

from analyzer.iam.api import (
    ABSENT,
    Context,
    Layers,
    Malformed,
    MissingDocument,
    Policy,
    Request,
    decide,
    parse_policy,
)
from analyzer.iam.document import decode
from analyzer.iam.match import arn_matches, role_of_session
from analyzer.iam.resource_policy import resource_grant
from tests.iam.support import condition_outcome, decided, outcome, policy, statement, trust, trust_statement

ALLOWED, IMPLICIT, EXPLICIT, UNKNOWN = "Allowed", "ImplicitlyDenied", "ExplicitlyDenied", "Unknown"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("S3:getobject", ALLOWED),
        ("s3:Get*", ALLOWED),
        ("s3:?etObject", ALLOWED),
        ("*", ALLOWED),
        ("s3:Get", IMPLICIT),
        ("3:GetObject", IMPLICIT),
        ("s3:GetObject ", IMPLICIT),
        (" s3:GetObject", IMPLICIT),
        ("s3.GetObject", IMPLICIT),
        ("s3*", IMPLICIT),
        ("*:Get*", UNKNOWN),
    ],
)
def test_01_action_is_a_whole_string_without_case(pattern: str, expected: str) -> None:
    assert outcome(statement(Action=pattern)) == expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b/c", ALLOWED),
        ("arn:aws:s3:::bucket", "arn:aws:s3:::Bucket", IMPLICIT),
        ("arn:aws:sqs:*:123456789012:q", "arn:aws:sqs:us-west-2:123456789012:q", ALLOWED),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:us-west-2:123456789012:q", UNKNOWN),
        ("arn:aws:logs:us-west-2:1:group:*", "arn:aws:logs:us-west-2:1:group:a:stream:b", ALLOWED),
        ("arn:aws:sqs", "arn:aws:sqs:us-west-2:123456789012:q", ALLOWED),
        ("arn:aws:sqs:us-west-2", "arn:aws:sqs:us-east-1:123456789012:q", IMPLICIT),
        ("arn:aws:*:::bucket", "arn:aws:s3:::bucket", IMPLICIT),
        ("arn:aws:s3:::b[u]cket", "arn:aws:s3:::bucket", IMPLICIT),
        ("arn:aws:s3:::b.cket", "arn:aws:s3:::bucket", IMPLICIT),
        ("bucket", "bucket", IMPLICIT),
    ],
)
def test_02_resource_is_compared_part_by_part(pattern: str, resource: str, expected: str) -> None:
    assert outcome(statement(Resource=pattern), resource=resource) == expected


def test_02_short_arns_count_only_in_policies_of_the_principal() -> None:
    request = Request("sqs:SendMessage", "arn:aws:sqs:us-west-2:123456789012:q")
    short = policy(statement(Resource="arn:aws:sqs"))
    everything = policy(statement())
    assert decided(request, everything, boundary=(short,)).outcome == ALLOWED
    assert decided(request, everything, organization=((short,),)).outcome == IMPLICIT


def test_03_an_action_without_resource_types_needs_the_star() -> None:
    arn_only = statement(Action="route53:ListHostedZones", Resource="arn:aws:route53:::hostedzone/Z1")
    assert outcome(arn_only, action="route53:ListHostedZones", resource="*") == IMPLICIT


def test_04_clauses_are_anded_and_values_ored() -> None:
    both = {"StringEquals": {"a:x": ["1", "2"]}, "StringLike": {"a:y": "z*"}}
    assert outcome(statement(Condition=both), context={"a:x": "2", "a:y": "zz"}) == ALLOWED
    assert outcome(statement(Condition=both), context={"a:x": "2", "a:y": "y"}) == IMPLICIT
    assert condition_outcome("StringNotEquals", "a:x", ["1", "2"], {"a:x": "2"}) == IMPLICIT
    assert condition_outcome("StringEquals", "a:x", ["1", "2"], {"a:x": ["1", "2"]}) == IMPLICIT


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", IMPLICIT),
        ("StringNotEquals", ALLOWED),
        ("StringEqualsIfExists", ALLOWED),
        ("ForAllValues:StringEquals", ALLOWED),
        ("ForAnyValue:StringEquals", IMPLICIT),
        ("ForAnyValue:StringNotEquals", IMPLICIT),
        ("ForAnyValue:StringEqualsIfExists", ALLOWED),
        ("ForAllValues:StringEqualsIfExists", ALLOWED),
    ],
)
def test_04_a_missing_key(operator: str, expected: str) -> None:
    assert condition_outcome(operator, "a:x", "1", {}) == expected


def test_05_key_names_have_no_case() -> None:
    assert (
        condition_outcome("StringEquals", "AWS:resourceTAG/foo", "1", {"aws:ResourceTag/Foo": "1"}) == ALLOWED
    )
    key = "OIDC.example.COM/cluster:SUB"
    assert trust(trust_statement(Condition={"StringLike": {key: "system:*"}})).allowed is True


def test_06_json_types_and_single_values() -> None:
    context = {"kms:GrantIsForAWSResource": "true", "s3:max-keys": 10}
    condition = {"Bool": {"kms:GrantIsForAWSResource": True}, "NumericEquals": {"s3:max-keys": 10}}
    assert outcome(statement(Condition=condition), context=context) == ALLOWED
    one = parse_policy({"Version": "2012-10-17", "Statement": statement()})
    assert isinstance(one, Policy)
    assert decided(Request("a:b"), one).outcome == ALLOWED
    for principal in ("*", {"AWS": "*"}, {"AWS": ["*"]}):
        resource = policy(statement(Principal=principal))
        grant = resource_grant(
            Request("s3:GetObject", principal="arn:aws:iam::123456789012:user/u"), resource
        )
        assert grant.direct is True


VARIABLE = statement(Resource="arn:aws:s3:::bucket/${aws:username}/*")


def test_07_variables_need_the_new_version() -> None:
    context = {"aws:username": "key"}
    assert outcome(VARIABLE, resource="arn:aws:s3:::bucket/key/1", context=context) == ALLOWED
    for version in ("2008-10-17", None):
        assert (
            outcome(VARIABLE, resource="arn:aws:s3:::bucket/key/1", context=context, version=version)
            == IMPLICIT
        )
    literal = "arn:aws:s3:::bucket/${aws:username}/1"
    assert outcome(VARIABLE, resource=literal, version="2008-10-17") == ALLOWED


def test_07_unset_variables_match_nothing_and_negations_hold() -> None:
    assert outcome(VARIABLE, resource="arn:aws:s3:::bucket//1") == IMPLICIT
    deny = statement("Deny", Condition={"StringNotEquals": {"a:owner": "${aws:username}"}})
    assert outcome(statement(), deny, context={"a:owner": "me"}) == EXPLICIT
    default = {"StringEquals": {"a:team": "${aws:PrincipalTag/team, 'all'}"}}
    assert outcome(statement(Condition=default), context={"a:team": "all"}) == ALLOWED
    assert (
        outcome(statement(Condition=default), context={"a:team": "x", "aws:PrincipalTag/team": "x"})
        == ALLOWED
    )


def test_07_several_values_are_no_variable_and_other_operators_take_none() -> None:
    many = {"StringEquals": {"a:x": "${a:list}"}}
    assert outcome(statement(Condition=many), context={"a:x": "1", "a:list": ["1"]}) == IMPLICIT
    number = {"NumericEquals": {"a:x": "${a:y}"}}
    assert outcome(statement(Condition=number), context={"a:x": "1", "a:y": "1"}) == IMPLICIT


def test_08_substituted_values_are_literal() -> None:
    context = {"aws:username": "*"}
    assert outcome(VARIABLE, resource="arn:aws:s3:::bucket/other/1", context=context) == IMPLICIT
    assert outcome(VARIABLE, resource="arn:aws:s3:::bucket/*/1", context=context) == ALLOWED
    like = {"StringLike": {"a:x": "${aws:username}?"}}
    assert outcome(statement(Condition=like), context={"a:x": "ab", "aws:username": "?"}) == IMPLICIT
    assert outcome(statement(Condition=like), context={"a:x": "?b", "aws:username": "?"}) == ALLOWED


def test_09_string_equals_takes_a_star_literally() -> None:
    assert condition_outcome("StringEquals", "a:x", "ns:*", {"a:x": "ns:sa"}) == IMPLICIT
    assert condition_outcome("StringLike", "a:x", "ns:*", {"a:x": "ns:sa"}) == ALLOWED


def test_10_arn_equals_is_arn_like() -> None:
    context = {"aws:SourceArn": "arn:aws:sns:us-west-2:1:topic/a"}
    for operator in ("ArnEquals", "ArnLike"):
        assert condition_outcome(operator, "aws:SourceArn", "arn:aws:sns:*:1:topic/*", context) == ALLOWED
        assert condition_outcome(operator, "aws:SourceArn", "arn:aws:sns:*:topic/*", context) == IMPLICIT
        assert condition_outcome(operator, "aws:SourceArn", "*", {"aws:SourceArn": "no arn"}) == IMPLICIT
    assert not arn_matches("arn:aws:s3:::x", "x")


@pytest.mark.parametrize(
    ("operator", "value", "found", "expected"),
    [
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "1767225601", ALLOWED),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "1767225600", IMPLICIT),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00+00:00", ALLOWED),
        ("DateLessThan", "1767225600", "2025-12-31T23:59:59.999Z", ALLOWED),
        ("NumericLessThan", "1767225600", "1767225599", ALLOWED),
    ],
)
def test_11_epoch_is_seconds_and_a_day_is_its_midnight(
    operator: str, value: str, found: str, expected: str
) -> None:
    assert condition_outcome(operator, "aws:EpochTime", value, {"aws:EpochTime": found}) == expected


@pytest.mark.parametrize(
    ("operator", "value", "found", "expected"),
    [
        ("IpAddress", "10.0.0.1", "10.0.0.1", ALLOWED),
        ("IpAddress", "10.0.0.1", "10.0.0.2", IMPLICIT),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", ALLOWED),
        ("IpAddress", "2001:db8::/32", "10.0.0.1", IMPLICIT),
        ("NotIpAddress", "2001:db8::/32", "10.0.0.1", ALLOWED),
        ("IpAddress", "10.0.0.77/24", "10.0.0.1", ALLOWED),
    ],
)
def test_12_addresses(operator: str, value: str, found: str, expected: str) -> None:
    assert condition_outcome(operator, "aws:SourceIp", value, {"aws:SourceIp": found}) == expected


def test_13_an_unknown_operator_is_neither_true_nor_skipped() -> None:
    for effect, rest in (("Allow", ()), ("Deny", (statement(),))):
        corrupt = statement(effect, Condition={"StringMatches": {"a:x": "1"}})
        assert outcome(*rest, corrupt, context={"a:x": "1"}) == UNKNOWN
    assert outcome(statement("Deny"), statement(Condition={"x": {"y": "z"}})) == EXPLICIT
    assert condition_outcome("NullIfExists", "a:x", "true", {}) == UNKNOWN


def test_14_a_boundary_limits_and_never_grants() -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::bucket/key")
    everything, nothing = policy(statement()), policy(statement(Action="ec2:*"))
    assert decided(request, everything, boundary=(nothing,)).outcome == IMPLICIT
    assert decided(request, nothing, boundary=(everything,)).outcome == IMPLICIT
    assert decided(request, everything, boundary=(MissingDocument("b"),)).outcome == UNKNOWN
    assert decided(request, nothing, boundary=(MissingDocument("b"),)).outcome == IMPLICIT


def test_14_only_a_named_session_passes_the_boundary() -> None:
    session = "arn:aws:sts::123456789012:assumed-role/role/session"
    request = Request("s3:GetObject", "arn:aws:s3:::bucket/key", principal=session)
    nothing = policy(statement(Action="ec2:*"))
    for name, expected in ((session, ALLOWED), ("arn:aws:iam::123456789012:role/role", IMPLICIT)):
        resource = policy(statement(Principal={"AWS": name}))
        assert decided(request, boundary=(nothing,), resource=resource).outcome == expected
        assert decided(request, resource=resource).outcome == ALLOWED


def test_15_every_level_of_the_organization_must_allow() -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::bucket/key")
    everything, nothing = policy(statement()), policy(statement(Action="ec2:*"))
    assert decided(request, everything, organization=((everything,), (everything,))).outcome == ALLOWED
    assert decided(request, everything, organization=((everything,), (nothing,))).outcome == IMPLICIT
    assert decided(request, everything, organization=((everything,), ())).outcome == IMPLICIT
    deny = policy(statement("Deny"))
    assert decided(request, everything, organization=((everything, deny),)).outcome == EXPLICIT
    linked = Request("s3:GetObject", principal="arn:aws:iam::123456789012:role/aws-service-role/a/b")
    assert decided(linked, everything, organization=((deny,),)).outcome == ALLOWED


def test_16_a_trust_policy_must_name_the_provider() -> None:
    assert trust(trust_statement(Principal={"AWS": "arn:aws:iam::123456789012:root"})).allowed is False
    assert trust(trust_statement(Principal="*")).allowed is None
    assert trust(trust_statement(NotPrincipal={"AWS": "x"}, Principal={"Federated": []})).allowed is None
    lints = {lint.code for lint in trust(trust_statement(Resource="*")).lints}
    assert "unsupported-element" in lints


def test_17_a_session_drops_the_path_of_its_role() -> None:
    session = "arn:aws:sts::123456789012:assumed-role/name/session"
    assert role_of_session(session) == "name"
    resource = policy(statement(Principal={"AWS": "arn:aws:iam::123456789012:role/some/path/name"}))
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", principal=session)
    assert decided(request, resource=resource).outcome == IMPLICIT
    known = Request(
        "s3:GetObject",
        "arn:aws:s3:::b/k",
        principal=session,
        role_arn="arn:aws:iam::123456789012:role/some/path/name",
    )
    assert decided(known, resource=resource).outcome == ALLOWED


def test_18_a_key_known_to_be_absent_differs_from_one_that_is_not_known() -> None:
    absent = Context.of({"aws:username": ABSENT})
    assert outcome(VARIABLE, resource="arn:aws:s3:::bucket/key/1", context=absent) == IMPLICIT
    hidden = Context.of(unknown=["aws:username"])
    assert outcome(VARIABLE, resource="arn:aws:s3:::bucket/key/1", context=hidden) == UNKNOWN


def test_19_a_pattern_matches_to_the_very_end_and_over_line_ends() -> None:
    assert condition_outcome("StringLike", "a:x", "a*c", {"a:x": "a\nc"}) == ALLOWED
    assert condition_outcome("StringLike", "a:x", "abc", {"a:x": "abc\n"}) == IMPLICIT
    assert outcome(statement(Resource="arn:aws:s3:::b/(k]"), resource="arn:aws:s3:::b/(k]") == ALLOWED


def test_20_an_explicit_deny_wins_and_a_missing_allow_is_said_too() -> None:
    assert outcome(statement(), statement("Deny", Action="s3:*")) == EXPLICIT
    decision = trust(trust_statement(Action="sts:AssumeRole"), trust_statement(Effect="Deny"))
    assert decision.problem == "explicit-deny"
    assert any("no other statement" in reason for reason in decision.because)


def test_what_is_no_policy_makes_decisions_unknown() -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::bucket/key")
    broken = parse_policy("[1, 2]")
    assert isinstance(broken, Malformed)
    assert decide(request, Layers(identity=(policy(statement()), broken))).outcome == UNKNOWN
    assert decide(request, Layers(identity=(policy(statement("Deny")), broken))).outcome == EXPLICIT
    assert decide(request, Layers(identity=(policy(statement()),), complete=False)).outcome == UNKNOWN


def test_get_caller_identity_needs_no_permission() -> None:
    assert outcome(statement("Deny"), action="sts:GetCallerIdentity", resource="*") == ALLOWED


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess", IMPLICIT),
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", ALLOWED),
        ("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/mine", ALLOWED),
        ("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/y", IMPLICIT),
        ("iam:GetRole", "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/y", ALLOWED),
        ("kms:UpdateAlias", "arn:aws:kms:us-west-2:123456789012:alias/aws/s3", IMPLICIT),
    ],
)
def test_what_aws_keeps_nobody_changes(action: str, resource: str, expected: str) -> None:
    assert outcome(statement(), action=action, resource=resource) == expected


def test_another_account_needs_the_resource_to_allow_too() -> None:
    request = Request(
        "s3:GetObject",
        "arn:aws:s3:::bucket/key",
        principal="arn:aws:iam::123456789012:role/r",
        resource_account="999999999999",
    )
    everything = policy(statement())
    assert decided(request, everything).outcome == IMPLICIT
    root = policy(statement(Principal={"AWS": "123456789012"}))
    assert decided(request, everything, resource=root).outcome == ALLOWED
    assert decided(request, resource=root).outcome == IMPLICIT


def test_a_form_writes_blanks_as_plus_signs() -> None:
    """Only between the parts of JSON: a plus sign in a value is one."""
    body = {"Statement": [{"Sid": "a+b", "Effect": "Allow"}], "Version": "2012-10-17"}
    for text in (quote_plus(json.dumps(body)), quote(json.dumps(body)), quote(json.dumps(body), safe="+")):
        assert decode(text) == (body, (), None)


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        # the account is left out: the * before it may be Region and account
        ("arn:aws:ec2:*:volume/*", "arn:aws:ec2:us-west-2:123456789012:volume/v", UNKNOWN),
        ("arn:aws:ec2:us-*:volume/*", "arn:aws:ec2:us-west-2:123456789012:volume/v", UNKNOWN),
        ("arn:aws:ec2:eu-*:volume/*", "arn:aws:ec2:us-west-2:123456789012:volume/v", IMPLICIT),
        ("arn:aws:ec2:*:volume/*", "arn:aws:ec2:us-west-2:123456789012:instance/v", IMPLICIT),
        ("arn:aws:ec2:us-*-2:volume/*", "arn:aws:ec2:us-west-2:123456789012:volume/v", IMPLICIT),
        ("arn:aws:lambda:*:function:f", "arn:aws:lambda:us-west-2:123456789012:function:f", UNKNOWN),
        ("arn:aws:lambda:*:1234*:function:g", "arn:aws:lambda:us-west-2:123456789012:function:f", IMPLICIT),
    ],
)
def test_02_a_star_may_go_beyond_the_colon_where_a_part_is_lacking(
    pattern: str, resource: str, expected: str
) -> None:
    service = resource.split(":")[2]
    assert outcome(statement(Resource=pattern), action=f"{service}:Do", resource=resource) == expected
    denied = outcome(statement(), statement("Deny", Resource=pattern), action="a:b", resource=resource)
    assert denied == (UNKNOWN if expected == UNKNOWN else ALLOWED)
    others = {"Effect": "Allow", "Action": "*", "NotResource": pattern}
    assert outcome(others, action="a:b", resource=resource) == (UNKNOWN if expected == UNKNOWN else ALLOWED)


@pytest.mark.parametrize("pattern", ["arn:aws:*::*:role/a", "arn:*:i?m:*:*:role/*", "arn:*:*:*:*:*"])
def test_10_each_part_of_an_arn_in_a_condition_may_have_wildcards(pattern: str) -> None:
    role = {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/a"}
    for operator in ("ArnLike", "ArnEquals"):
        assert condition_outcome(operator, "aws:PrincipalArn", pattern, role) == ALLOWED
    for operator in ("ArnNotLike", "ArnNotEquals"):
        assert condition_outcome(operator, "aws:PrincipalArn", pattern, role) == IMPLICIT
    assert condition_outcome("ArnLike", "aws:PrincipalArn", "arn:aws:*::*:user/*", role) == IMPLICIT


def test_a_document_that_names_a_key_twice_says_two_things() -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k")
    text = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": %s, "Resource": "*"}}'
    twice = parse_policy(text % '"s3:*", "Action": "ec2:*"')
    assert decided(request, twice).outcome == UNKNOWN
    assert decided(request, twice, policy(statement())).outcome == UNKNOWN
    assert decided(request, parse_policy(text % '"s3:*", "Action": "s3:*"')).outcome == ALLOWED
    named = '"s3:*", "Sid": "a", "Sid": "b"'
    assert decided(request, parse_policy(text % named)).outcome == ALLOWED
