"""One JSON object in, one out: never an exception, always a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.iam.api import Malformed, Policy, evaluate_policy_line, evaluate_trust_line, parse_policy
from tests.iam.support import PROVIDER, SUBJECT, statement, trust_statement

EVERYTHING = {"Version": "2012-10-17", "Statement": [statement()]}
LINE: dict[str, Any] = {
    "id": "1",
    "request": {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "context": {}},
    "identityPolicies": [EVERYTHING],
}
TRUST: dict[str, Any] = {
    "id": "t",
    "trustPolicy": {"Version": "2012-10-17", "Statement": [trust_statement()]},
    "providerArn": PROVIDER,
    "claims": {"iss": "https://oidc.example.com/cluster", "sub": SUBJECT, "aud": ["openshift"]},
}


def test_a_line_is_decided() -> None:
    found = evaluate_policy_line(LINE)
    assert (found["id"], found["decision"]) == ("1", "Allowed")
    assert found["because"] == ["identityPolicies[0], statement 0 allows s3:GetObject on arn:aws:s3:::b/k"]


@pytest.mark.parametrize(
    ("more", "decision"),
    [
        ({"serviceControlPolicies": [[EVERYTHING], [EVERYTHING]]}, "Allowed"),
        (
            {
                "serviceControlPolicies": [
                    {"orgIdentifier": "o", "policies": [{"name": "x", "policy": EVERYTHING}]}
                ]
            },
            "Allowed",
        ),
        ({"serviceControlPolicies": [[]]}, "ImplicitlyDenied"),
        ({"permissionBoundaries": [], "sessionPolicies": [], "vpcEndpointPolicies": []}, "Allowed"),
        ({"permissionBoundaries": [None]}, "Unknown"),
        ({"identityPolicies": []}, "ImplicitlyDenied"),
        ({"identityPolicies": [json.dumps(EVERYTHING)]}, "Allowed"),
        ({"identityPolicies": [EVERYTHING, 7]}, "Unknown"),
        ({"identityPolicies": 7}, "Unknown"),
        ({"request": {"action": 7}}, "Unknown"),
        ({"request": None}, "Unknown"),
        ({"request": {**LINE["request"], "context": []}}, "Allowed"),
        ({"request": {**LINE["request"], "context": [1]}}, "Unknown"),
        ({"request": {**LINE["request"], "context": {"a:b": {"c": 1}}}}, "Unknown"),
        (
            {
                "request": {
                    **LINE["request"],
                    "resource": {"resource": "arn:aws:s3:::b/k", "accountId": "1" * 12},
                }
            },
            "Allowed",
        ),
    ],
)
def test_shapes(more: dict[str, Any], decision: str) -> None:
    found = evaluate_policy_line({**LINE, **more})
    assert found["decision"] == decision
    assert found["because"]


ROLE = "arn:aws:iam::111122223333:role/team/r"
SESSION = "arn:aws:sts::111122223333:assumed-role/r/s"


@pytest.mark.parametrize(
    ("key", "value", "more", "decision"),
    [
        ("aws:PrincipalArn", ROLE, {"principal": ROLE}, "Allowed"),
        ("aws:PrincipalArn", ROLE + "x", {"principal": ROLE}, "ImplicitlyDenied"),
        ("aws:PrincipalArn", ROLE, {"principal": SESSION}, "Unknown"),
        ("aws:PrincipalArn", ROLE, {"principal": SESSION, "context": {"aws:principalarn": ROLE}}, "Allowed"),
        ("aws:PrincipalArn", ROLE, {"principal": "ec2.amazonaws.com"}, "ImplicitlyDenied"),
        ("aws:PrincipalAccount", "111122223333", {"principal": SESSION}, "Allowed"),
        ("aws:PrincipalAccount", "111122223333", {}, "ImplicitlyDenied"),
        ("aws:ResourceAccount", "1" * 12, {"resource": {"resource": "*", "accountId": "1" * 12}}, "Allowed"),
        ("aws:ResourceAccount", "1" * 12, {}, "ImplicitlyDenied"),
    ],
)
def test_keys_that_follow_from_the_request(key: str, value: str, more: dict[str, Any], decision: str) -> None:
    allowed = statement(Condition={"StringEquals": {key: value}})
    line = {**LINE, "identityPolicies": [{"Version": "2012-10-17", "Statement": allowed}]}
    line["request"] = {**line["request"], **more}
    assert evaluate_policy_line(line)["decision"] == decision


def test_null_means_not_known() -> None:
    condition = {"StringEquals": {"a:b": "1"}}
    policies = [{"Version": "2012-10-17", "Statement": statement(Condition=condition)}]
    request = LINE["request"]
    for context, decision in (
        ({"a:b": None}, "Unknown"),
        ({}, "ImplicitlyDenied"),
        ({"a:b": "1"}, "Allowed"),
    ):
        line = {**LINE, "identityPolicies": policies, "request": {**request, "context": context}}
        assert evaluate_policy_line(line)["decision"] == decision
    line = {**LINE, "identityPolicies": policies, "request": {**request, "unknownContext": ["a:*"]}}
    assert evaluate_policy_line(line)["decision"] == "Unknown"


def test_a_denial_names_the_nearest_statement() -> None:
    policies = [{"Version": "2012-10-17", "Statement": statement(Resource="arn:aws:s3:::c/*", Sid="Reg")}]
    found = evaluate_policy_line({**LINE, "identityPolicies": policies})
    assert found["because"][-1].startswith(
        "nearest: identityPolicies[0], statement 'Reg' allows it on arn:aws:s3:::c/*"
    )


def test_reasons_name_the_path_of_what_is_wrong() -> None:
    broken = {"Version": "2012-10-17", "Statement": [{"Effect": "Permit", "Action": "*"}]}
    found = evaluate_policy_line({**LINE, "identityPolicies": [EVERYTHING, broken]})
    assert found["decision"] == "Unknown"
    assert any(
        "identityPolicies[1]" in reason and "Statement[0].Effect" in reason for reason in found["because"]
    )


def test_a_trust_line() -> None:
    assert evaluate_trust_line(TRUST)["allowed"] is True
    wrong = evaluate_trust_line({**TRUST, "claims": {**TRUST["claims"], "sub": SUBJECT + "s"}})
    assert (wrong["allowed"], wrong["problem"]) == (False, "subject-mismatch")
    assert wrong["difference"]["expected"].endswith("[s]")
    for bad in ({"trustPolicy": None}, {"claims": []}, {"providerArn": 7}, {"trustPolicy": "{"}):
        found = evaluate_trust_line({**TRUST, **bad})
        assert found["allowed"] is None
        assert found["because"]


def test_built_in_providers_are_named_by_domain() -> None:
    keys = {"accounts.google.com:aud": "app", "accounts.google.com:sub": "1"}
    trusted = trust_statement(
        Principal={"Federated": "accounts.google.com"}, Condition={"StringEquals": keys}
    )
    line = {
        "trustPolicy": {"Version": "2012-10-17", "Statement": trusted},
        "providerArn": "accounts.google.com",
        "claims": {"iss": "https://accounts.google.com", "sub": "1", "aud": "other", "azp": "app"},
    }
    assert evaluate_trust_line(line)["allowed"] is True
    assert evaluate_trust_line({**line, "claims": {**line["claims"], "azp": "x"}})["allowed"] is False  # type: ignore[dict-item]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Statement", "Effect", "Action", "Condition", "request", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(json_values, json_values, json_values)
def test_no_input_raises(first: object, second: object, third: object) -> None:
    for line in (first, {"request": first, "identityPolicies": second, "serviceControlPolicies": third}):
        assert evaluate_policy_line(line)["decision"] in (
            "Allowed",
            "ImplicitlyDenied",
            "ExplicitlyDenied",
            "Unknown",
        )
    assert evaluate_policy_line({**LINE, "identityPolicies": [first], "resourcePolicy": second})
    for line in (first, {"trustPolicy": first, "claims": second, "providerArn": third}):
        assert evaluate_trust_line(line)["allowed"] in (True, False, None)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"x"',
        "%7B",
        "\ufeff{}",
        '{"a":' * 100_000,
        "[" * 100_000,
        "9" * 10_000,
        '"' + "\\u0000" * 10 + '"',
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": {"Fn::Sub": "x"}}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"NumericEquals": {"a:b": 10**5000}}}},
        {"statement": []},
    ],
    ids=range(15),
)
def test_what_is_no_policy_has_a_reason(source: object) -> None:
    found = parse_policy(source)
    assert isinstance(found, Malformed)
    assert all(problem.reason for problem in found.problems)


def test_lenient_where_aws_is() -> None:
    found = parse_policy({"Version": "2012-10-17", "Statement": statement(Resource=["*", None])})
    assert isinstance(found, Policy)
    assert found.statements[0].resources == ("*",)
    wrong = parse_policy({"Statement": {"effect": "Allow", "Action": "*"}})
    assert isinstance(wrong, Malformed)
    assert "did you mean 'Effect'" in wrong.problems[0].reason


@pytest.mark.timeout(60)  # what takes quadratic time does not end in it
def test_hostile_documents_take_no_time() -> None:
    subjects = [f"system:serviceaccount:ns{number}:sa" for number in range(4000)]
    clause = {"StringEquals": {"oidc.example.com/cluster:sub": subjects}}
    for trusted in (
        trust_statement(Condition=clause),
        trust_statement(Principal={"Federated": "{{" * 30_000}),
        trust_statement(Principal={"Federated": "$(" * 30_000}),
    ):
        found = evaluate_trust_line({**TRUST, "trustPolicy": {"Version": "2012-10-17", "Statement": trusted}})
        assert found["allowed"] is False
    many = {"Version": "2012-10-17", "Statement": [statement()] * 6000}
    assert evaluate_policy_line({**LINE, "identityPolicies": [many]})["decision"] == "Unknown"
    stars = {"Version": "2012-10-17", "Statement": statement(Resource="arn:aws:s3:::" + "*a" * 200 + "b")}
    request = {"action": "s3:GetObject", "resource": "arn:aws:s3:::" + "a" * 5000}
    found = evaluate_policy_line({"request": request, "identityPolicies": [stars]})
    assert found["decision"] == "ImplicitlyDenied"


@pytest.mark.parametrize(
    ("issuer", "allowed"),
    [
        ("https://oidc.example.com/cluster", True),
        ("oidc.example.com/cluster", True),
        ("https://oidc.example.com/cluster/", False),
        ("https://oidc.example.com/other", False),
        (None, True),
    ],
)
def test_a_token_of_another_issuer_is_of_another_provider(issuer: str | None, allowed: bool) -> None:
    claims = {**TRUST["claims"], "iss": issuer}
    found = evaluate_trust_line({**TRUST, "claims": claims})
    assert found["allowed"] is allowed
    assert found.get("problem") == (None if allowed else "provider-mismatch")
