"""Evaluate AWS IAM policies offline: trust policies, permissions, coverage of what is asked for.

>>> from analyzer.iam import evaluate_trust, parse_policy
>>> policy = parse_policy('''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
...   "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/id.example.com"},
...   "Action": "sts:AssumeRoleWithWebIdentity",
...   "Condition": {"StringEquals": {"id.example.com:sub": "app"}}}}''')
>>> decision = evaluate_trust(policy, provider_arn=None, issuer="https://id.example.com",
...     role_account="123456789012", subject="app2", audiences=["openshift"])
>>> decision.allowed, decision.problem
(False, 'subject-mismatch')
>>> decision.difference.marked()
('app[2]', 'app')

Everything is three-valued: what is not known gives None or ``Unknown``, never a guess. A name is loaded when
it is first asked for: most runs hold no policy.
"""

# ruff: noqa: F403, F405 - all that api has
from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.iam.api import *

__all__ = [
    # documents
    "parse_policy",
    "Policy",
    "Statement",
    "Principal",
    "ConditionClause",
    "Malformed",
    "MissingDocument",
    "Document",
    "PolicyProblem",
    "Path",
    "dotted",
    # what is known of a request
    "Context",
    "ABSENT",
    "PRESENT",
    "UNKNOWN",
    "Request",
    "Layers",
    # decisions
    "decide",
    "Decision",
    "explain",
    "nearest_allow",
    "Near",
    # trust
    "evaluate_trust",
    "judge_trust",
    "TrustDecision",
    "WebIdentity",
    "identity_from_claims",
    "Lint",
    # coverage
    "cover",
    "read_entries",
    "Entry",
    "Scope",
    "Coverage",
    "ActionVerdict",
    "Catalogue",
    "load_catalogue",
    # texts and lines
    "difference",
    "Difference",
    "evaluate_policy_line",
    "evaluate_trust_line",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("analyzer.iam.api"), name)
