"""Each call of aws in a command names the Region of a partition that aws does not ask by itself."""

from __future__ import annotations

import re

import pytest

from analyzer.findings.regional import in_region, region_apart
from analyzer.session import built_in_rules

CHINA = "cn-north-1"


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("aws iam get-role --role-name x > f", "aws iam get-role --region cn-north-1 --role-name x > f"),
        ("aws sts get-caller-identity", "aws sts get-caller-identity --region cn-north-1"),
        ("aws s3api x-y --region us-east-1 --bucket b", "aws s3api x-y --region us-east-1 --bucket b"),
        ("ccoctl aws create-all --name n", "ccoctl aws create-all --name n"),
        ("ccoctl aws delete now --name n", "ccoctl aws delete now --name n"),
        ("oc adm release extract --cloud=aws --to=x", "oc adm release extract --cloud=aws --to=x"),
        (
            "for a in $(aws iam list-x --query 'L[].Arn'); do aws iam get-x --arn \"$a\"; done",
            "for a in $(aws iam list-x --region cn-north-1 --query 'L[].Arn');"
            ' do aws iam get-x --region cn-north-1 --arn "$a"; done',
        ),
    ],
)
def test_calls_name_it_once(command: str, wanted: str) -> None:
    assert in_region(command, CHINA) == wanted
    assert in_region(in_region(command, CHINA), CHINA) == wanted
    assert in_region(command, None) == command


def test_no_call_of_a_rule_is_left_out() -> None:
    commands = [step.command.text for rule in built_in_rules().rules for step in rule.fix if step.command]
    calls = [c for c in commands if re.search(r"\baws (?:iam|sts|s3|s3api|organizations|account) ", c)]
    assert len(calls) > 40
    for command in calls:
        told = in_region(command, CHINA)
        assert len(re.findall(r"(?<!ccoctl )\baws [a-z0-9-]+ [a-z]", told)) <= told.count("--region"), told


@pytest.mark.parametrize(
    ("partition", "region", "apart"),
    [
        ("aws", "eu-west-1", None),
        (None, "us-gov-west-1", None),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1"),
        ("aws-cn", CHINA, CHINA),
        ("aws-iso-b", "us-isob-east-1", "us-isob-east-1"),
        ("aws-cn", "cn-north-1; rm -rf /", None),
        ("aws-cn", None, None),
    ],
)
def test_only_other_partitions_are_apart(
    partition: str | None, region: str | None, apart: str | None
) -> None:
    assert region_apart(partition, region) == apart
