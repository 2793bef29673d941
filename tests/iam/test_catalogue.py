"""The shipped catalogue of actions, the remarks that use it, and the speed of decisions."""

from __future__ import annotations

import json

import pytest

from analyzer.iam.api import load_catalogue
from analyzer.iam.lint import lint_policy, policy_size
from tests.iam.bench_iam import measure
from tests.iam.support import policy, statement


def test_what_it_holds() -> None:
    book = load_catalogue()
    assert book.date
    found = book.find("S3:getobject")
    assert found is not None
    assert (found.name, found.level, found.has_resources) == ("s3:GetObject", "Read", True)
    zones = book.find("route53:ListHostedZones")
    assert zones is not None
    assert not zones.has_resources
    assert [action.name for action in book.expand("KMS:reencrypt*")] == [
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ]
    assert len(book.expand("*")) > 20_000
    assert book.expand("nothing") == ()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("ec2:DescribeInstance", "ec2:DescribeInstances"),
        ("ecs2:RunInstances", "ec2:RunInstances"),
        ("s4:GetObject", "s3:GetObject"),
        ("iam:Frobnicate", None),
    ],
)
def test_the_nearest_name(name: str, nearest: str | None) -> None:
    assert load_catalogue().nearest(name) == nearest


def test_remarks_on_permissions() -> None:
    found = lint_policy(
        policy(
            statement(Action=["s3:GetObjekt", "*:Get*", "s3", "s3:Get Object"]),
            statement(Action="route53:ListHostedZones", Resource="arn:aws:route53:::hostedzone/Z"),
            statement(Condition={"StringEquals": {"a:b": "x*"}, "StringIs": {"a:b": "x"}}),
            statement(Resource=[f"arn:aws:s3:::bucket-{number:05}" for number in range(300)]),
        )
    )
    assert [lint.code for lint in found] == [
        "unknown-action",
        "service-wildcard",
        "action-without-service",
        "action-blank",
        "needs-all-resources",
        "wildcard-without-like",
        "unknown-operator",
        "too-long",
    ]
    assert "s3:GetObject" in found[0].text


def test_size_leaves_white_space_out() -> None:
    one = policy(statement(Sid="a b"))
    assert policy_size(one) == len(json.dumps(dict(one.document), separators=(",", ":"))) - 1


def test_ten_thousand_decisions() -> None:
    _, allowed = measure(repeats=1)
    assert allowed > 1000
