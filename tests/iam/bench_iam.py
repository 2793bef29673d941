"""Measure the evaluator: run as a script, prints CPU seconds for 10,000 (role, action) decisions.

Eleven roles of the size that operators have (41 statements, some 150 actions), every action asked of
every role. Nothing outside the repository is read.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from analyzer.iam.api import Context, Layers, Policy, Request, decide, parse_policy

DECISIONS = 10_000
TARGET_SECONDS = 0.15
SERVICES = ("ec2", "s3", "route53", "elasticloadbalancing", "kms", "iam", "tag", "sts", "elasticfilesystem")
VERBS = ("Describe", "Create", "Delete", "Modify")
NOUNS = ("Instances", "Volume", "Snapshot", "Tags")


def actions_of(role: int) -> list[str]:
    service = SERVICES[role % len(SERVICES)]
    return [f"{service}:{verb}{noun}" for verb in VERBS for noun in NOUNS][: 14 + role % 3]


def policy_of(role: int) -> Policy:
    actions = actions_of(role)
    service = SERVICES[role % len(SERVICES)]
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": "*"},
        {"Effect": "Allow", "Action": [f"{service}:Get*"], "Resource": f"arn:aws:{service}:*:*:thing/*"},
        {
            "Effect": "Allow",
            "Action": ["kms:CreateGrant", "kms:ListGrants"],
            "Resource": "*",
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": True}},
        },
        {
            "Effect": "Allow",
            "Action": ["ec2:RunInstances", "iam:PassRole"],
            "Resource": [f"arn:aws:iam::*:role/r{role}-*", "arn:aws:ec2:*:*:instance/*"],
            "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}},
        },
    ]
    parsed = parse_policy({"Version": "2012-10-17", "Statement": statements[: 3 + role % 2]})
    assert isinstance(parsed, Policy)
    return parsed


def requests() -> list[tuple[Layers, Request]]:
    roles = [Layers(identity=(policy_of(role),)) for role in range(11)]
    actions = [action for role in range(11) for action in actions_of(role)]
    context = Context.of({"aws:RequestedRegion": "us-west-2"})
    asked = [
        Request(action, "arn:aws:ec2:us-west-2:123456789012:instance/i-1", context) for action in actions
    ]
    pairs = [(layers, request) for layers in roles for request in asked]
    return (pairs * (DECISIONS // len(pairs) + 1))[:DECISIONS]


def measure(repeats: int = 5) -> tuple[float, int]:
    """CPU seconds of the best of some runs, and how many requests were allowed."""
    pairs = requests()
    best, allowed = float("inf"), 0
    for _ in range(repeats):
        start = time.process_time()
        allowed = sum(decide(request, layers).outcome == "Allowed" for layers, request in pairs)
        best = min(best, time.process_time() - start)
    return best, allowed


def measure_moto() -> str:
    """The same questions asked of moto, where it is installed: CPU seconds, and how it answers."""
    try:
        from moto.iam.access_control import IAMPolicy, PermissionResult
    except Exception as error:  # any way in which a peer cannot be imported is worth a line
        return f"not measured ({type(error).__name__})"
    asked = requests()
    policies = {}
    for layers, _ in asked:
        document = layers.identity[0]
        assert isinstance(document, Policy)
        policies[id(layers)] = IAMPolicy({"policy_document": json.dumps(document.document)})
    start = time.process_time()
    allowed = 0
    for layers, request in asked:
        result = policies[id(layers)].is_action_permitted(request.action, request.resource)
        allowed += result == PermissionResult.PERMITTED
    return f"{time.process_time() - start:.3f} s CPU for {len(asked)} decisions, {allowed} allowed"


def main() -> None:
    seconds, allowed = measure()
    print(f"sts-doctor: {seconds:.3f} s CPU for {DECISIONS} decisions, {allowed} allowed")
    print(f"target:     {TARGET_SECONDS} s")
    print(f"moto:       {measure_moto()}")


if __name__ == "__main__":
    main()
