"""Evaluate AWS IAM policies offline: trust policies, permissions, coverage of what is asked for.

>>> from analyzer.iam.api import evaluate_trust, parse_policy
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

Everything is three-valued: what is not known gives None or ``Unknown``, never a guess.
"""

from __future__ import annotations

from analyzer.iam.catalogue import Catalogue, load_catalogue
from analyzer.iam.context import ABSENT, PRESENT, UNKNOWN, Context
from analyzer.iam.coverage import ActionVerdict, Coverage, Scope, cover
from analyzer.iam.decision import Decision, decide
from analyzer.iam.document import Path, PolicyProblem, dotted
from analyzer.iam.entries import Entry, read_entries
from analyzer.iam.evaluate import Request
from analyzer.iam.explanation import Near, explain, nearest_allow
from analyzer.iam.layers import Layers
from analyzer.iam.lines import evaluate_policy_line, evaluate_trust_line
from analyzer.iam.lint import Lint
from analyzer.iam.policy import (
    ConditionClause,
    Document,
    Malformed,
    MissingDocument,
    Policy,
    Principal,
    Statement,
    parse_policy,
)
from analyzer.iam.text_difference import Difference, difference
from analyzer.iam.trust import TrustDecision, evaluate_trust, judge_trust
from analyzer.iam.webidentity import WebIdentity, identity_from_claims

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
