"""Whether AWS would accept a document as a policy, with the words in which it refuses.

Stricter than ``parse_policy``, which reads whatever can be evaluated: this is for documents that
somebody is about to write. Source: IAM User Guide, "Grammar of the IAM JSON policy language"; the
error texts are those of CreatePolicy and UpdateAssumeRolePolicy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from analyzer.aws_domains import DNS_SUFFIXES
from analyzer.iam import glob
from analyzer.iam.document import Path, PolicyProblem, decode
from analyzer.iam.operators import operator_named
from analyzer.iam.policy import ConditionClause, Malformed, Policy, Statement, parse_policy
from analyzer.patterns import later

DocumentKind = Literal["managed", "inline", "trust"]

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
OLD_VERSION = "Policy document must be version 2012-10-17 or greater."
NO_ACTIONS = "Policy statement must contain actions."
NO_RESOURCES = "Policy statement must contain resources."
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
ONE_COLON = "Actions/Condition can contain only one colon."
SAME_SID = "Statement IDs (SID) in a single policy must be unique."
HAS_RESOURCE = "Has prohibited field Resource"
HAS_PRINCIPAL = "Policy document should not specify a principal."
NO_PRINCIPAL = "Missing required field Principal"

IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_VENDOR = later(r"[A-Za-z0-9.-]+")
_DATE = later(
    r"(?P<year>[+-]?\d+)?(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?"
    r"(?:[Tt](?:\d{1,2}(?::\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?)?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)?)?"
)
_MAX_LONG = 2**63 - 1


def validate_document(source: object, kind: DocumentKind = "managed") -> tuple[PolicyProblem, ...]:
    """Return why AWS would refuse a document, each reason with its place; empty when it would not."""
    value, _, problem = decode(source)
    if problem or not isinstance(value, Mapping):
        return (PolicyProblem((), SYNTAX),)
    version = value.get("Version")
    if version is None or version == "2008-10-17":
        if kind == "managed":
            return (PolicyProblem(("Version",), OLD_VERSION),)
    elif version != "2012-10-17":
        return (PolicyProblem(("Version",), SYNTAX),)
    if not isinstance(value.get("Id", ""), str):
        return (PolicyProblem(("Id",), SYNTAX),)
    policy = parse_policy(value)
    if isinstance(policy, Malformed):
        return tuple(_refusal(one, value) for one in policy.problems)
    if not policy.statements:
        return (PolicyProblem(("Statement",), SYNTAX),)
    return tuple(_problems(policy, kind))


def _refusal(problem: PolicyProblem, value: Mapping[str, object]) -> PolicyProblem:
    """Put a problem of reading into AWS's words."""
    path = problem.path
    if problem.reason == "it has neither Action nor NotAction":
        return PolicyProblem(path, NO_ACTIONS)
    if problem.reason == "Action is an empty list":
        return PolicyProblem(path, NO_ACTIONS)
    if problem.reason == "Resource is an empty list":
        return PolicyProblem(path, NO_RESOURCES)
    if path and path[-1] == "Effect" and _effect(value, path).lower() in ("allow", "deny"):
        return PolicyProblem(path, LEGACY)
    return PolicyProblem(path, SYNTAX)


def _effect(value: object, path: Path) -> str:
    for step in path:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
    return value if isinstance(value, str) else ""


def _problems(policy: Policy, kind: DocumentKind) -> Iterator[PolicyProblem]:
    sids: set[str] = set()
    for statement in policy.statements:
        if statement.sid:
            if statement.sid in sids:
                yield PolicyProblem((*statement.path, "Sid"), SAME_SID)
            sids.add(statement.sid)
        yield from _action_problems(statement)
        if kind == "trust":
            yield from _trust_problems(statement)
        else:
            yield from _resource_problems(statement)
        for clause in statement.conditions:
            yield from _clause_problems(clause)


def _action_problems(statement: Statement) -> Iterator[PolicyProblem]:
    element = "Action" if statement.actions is not None else "NotAction"
    for action in statement.actions if statement.actions is not None else statement.not_actions or ():
        path = (*statement.path, element)
        vendor, colon, rest = action.partition(":")
        if action == "*":
            continue
        if not colon:
            yield PolicyProblem(path, NO_VENDOR)
        elif ":" in rest:
            yield PolicyProblem(path, ONE_COLON)
        elif not _VENDOR.fullmatch(vendor):
            yield PolicyProblem(path, f"Vendor {vendor} is not valid")


def _trust_problems(statement: Statement) -> Iterator[PolicyProblem]:
    if statement.resources is not None or statement.not_resources is not None:
        yield PolicyProblem(statement.path, HAS_RESOURCE)
    if statement.principals is None and statement.not_principals is None:
        yield PolicyProblem(statement.path, NO_PRINCIPAL)


def _resource_problems(statement: Statement) -> Iterator[PolicyProblem]:
    if statement.principals is not None or statement.not_principals is not None:
        yield PolicyProblem(statement.path, HAS_PRINCIPAL)
    listed = statement.resources if statement.resources is not None else statement.not_resources
    if not listed:
        yield PolicyProblem(statement.path, NO_RESOURCES)
        return
    element = "Resource" if statement.resources is not None else "NotResource"
    for resource in listed:
        reason = _resource_reason(resource)
        if reason:
            yield PolicyProblem((*statement.path, element), reason)


def _resource_reason(resource: str) -> str | None:
    """Return why AWS refuses a resource; the service's own rules are those of S3 and IAM only."""
    if resource == "*":
        return None
    parts = resource.split(":", 5)
    if len(parts) < 2:
        return f'Resource {resource} must be in ARN format or "*".'
    if parts[0] != "arn" or parts[1] not in DNS_SUFFIXES:
        if parts[1] != "*":
            filled = ":".join(["arn", *parts[1:], *["*"] * (6 - len(parts))])
            return f'Partition "{parts[1]}" is not valid for resource "{filled}".'
        return None if parts[0] == "arn" else SYNTAX
    if len(parts) == 2 or "*" in parts[2] or "?" in parts[2]:
        return "Resource vendor must be fully qualified and cannot contain regexes."
    if not parts[2]:
        return LEGACY
    if len(parts) == 5 and parts[4] not in ("", "*") and not re.fullmatch(r"\d{12}", parts[4]):
        return LEGACY
    return _service_reason(resource, parts) if len(parts) == 6 else None


def _service_reason(resource: str, parts: list[str]) -> str | None:
    service, region, last = parts[2], parts[3], parts[5]
    if service == "iam":
        if region:
            return f"IAM resource {resource} cannot contain region information."
        if last != "*" and not last.startswith(IAM_PATHS) and not glob.has_wildcard(last.split("/")[0]):
            starts = ", ".join(IAM_PATHS)
            return f'IAM resource path must either be "*" or start with {starts}.'
    if service == "s3" and region and not parts[4]:
        return f"Resource {resource} can not contain region information."
    return None


def _clause_problems(clause: ConditionClause) -> Iterator[PolicyProblem]:
    operator = operator_named(clause.operator)
    if operator is None:
        yield PolicyProblem(clause.path, SYNTAX)
    elif operator.name.startswith("Date"):
        for index, value in enumerate(clause.values):
            if not _is_date(value):
                yield PolicyProblem(clause.value_path(index), LEGACY)


def _is_date(value: str) -> bool:
    found = _DATE.fullmatch(value)
    if not value or found is None:
        return False
    if found["year"] and abs(int(found["year"][:20])) > _MAX_LONG:
        return False
    month, day = int(found["month"] or 1), int(found["day"] or 1)
    return 1 <= month <= 12 and 1 <= day <= 31
