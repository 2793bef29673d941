"""What no policy can allow or forbid: calls that need no permission, resources that AWS keeps.

Sources: STS API reference, "GetCallerIdentity" ("No permissions are required to perform this
operation"); IAM User Guide, "AWS managed policies" ("You cannot change the permissions defined in AWS
managed policies") and "Using service-linked roles"; KMS Developer Guide, "Using aliases" (names that
begin with ``aws/`` are reserved).
"""

from __future__ import annotations

from analyzer.iam.evaluate import Request
from analyzer.iam.match import split_arn

_ALWAYS_ALLOWED = frozenset({"sts:getcalleridentity"})

_CHANGES_A_POLICY = frozenset(
    {
        "iam:createpolicy",
        "iam:createpolicyversion",
        "iam:deletepolicy",
        "iam:deletepolicyversion",
        "iam:setdefaultpolicyversion",
        "iam:tagpolicy",
        "iam:untagpolicy",
    }
)
_CHANGES_A_ROLE = frozenset(
    {
        "iam:attachrolepolicy",
        "iam:deleterole",
        "iam:deleterolepermissionsboundary",
        "iam:deleterolepolicy",
        "iam:detachrolepolicy",
        "iam:putrolepermissionsboundary",
        "iam:putrolepolicy",
        "iam:updateassumerolepolicy",
    }
)
_CHANGES_AN_ALIAS = frozenset({"kms:createalias", "kms:deletealias", "kms:updatealias"})
_GUARDED = _CHANGES_A_POLICY | _CHANGES_A_ROLE | _CHANGES_AN_ALIAS


def needs_no_permission(action: str) -> bool:
    """Whether every principal may make this call, whatever its policies say."""
    return action.lower() in _ALWAYS_ALLOWED


def kept_by_aws(request: Request) -> str | None:
    """Return why nobody may make this call on this resource, or None when policies decide."""
    action = request.action.lower()
    if action not in _GUARDED:
        return None
    arn = split_arn(request.resource)
    if arn is None:
        return None
    if action in _CHANGES_A_POLICY and arn.account == "aws" and arn.resource.startswith("policy/"):
        return f"{request.resource} is managed by AWS: nobody can change it"
    if action in _CHANGES_A_ROLE and arn.resource.startswith(
        ("role/aws-service-role/", "role/aws-reserved/")
    ):
        return f"{request.resource} belongs to an AWS service: only that service changes it"
    if action in _CHANGES_AN_ALIAS and arn.resource.startswith("alias/aws/"):
        return f"{request.resource} is reserved for AWS"
    return None
