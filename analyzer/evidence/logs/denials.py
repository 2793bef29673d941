"""Denials by an AWS service after the role was assumed: who, what, on what, and which policy said no.

The sentences are those of the IAM user guide's page on access denied messages.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzer.patterns import later

EXPLICIT_DENY = "explicit deny"
NO_ALLOW = "no allow"

_LAYERS = {
    "identity-based policy": "identity policy",
    "permissions boundary": "permissions boundary",
    "service control policy": "service control policy",
    "resource control policy": "resource control policy",
    "vpc endpoint policy": "VPC endpoint policy",
    "session policy": "session policy",
    "sessions policy": "session policy",
    "resource-based policy": "resource-based policy",
    "role trust policy": "trust policy",
    "trust policy": "trust policy",
}
_LAYER = later(
    r"(?:because\s+no\s+(?P<none>[\w -]{3,60}?)\s+allows?\b(?:\s+the\s+[\w:*-]+\s+action)?)"
    r"|(?:with\s+an\s+explicit\s+deny(?:\s+in\s+an?\s+(?P<deny>"
    + "|".join(name.replace(" ", r"\s+") for name in _LAYERS)
    + r")(?::\s*arn:[^\s\x1f\"'<>,;]+)?)?)",
    re.IGNORECASE,
)


def _layer(found: re.Match[str]) -> str:
    """Name the policy that denied, as ``<layer>: explicit deny`` or ``<layer>: no allow``."""
    named = " ".join((found["none"] or found["deny"] or "").lower().split())
    effect = NO_ALLOW if found["none"] else EXPLICIT_DENY
    return f"{_LAYERS[named]}: {effect}" if named in _LAYERS else effect


class Denial(NamedTuple):
    """What a denial names, any of which may be missing, and where its sentence ends in the text."""

    end: int
    caller: str | None = None
    action: str | None = None
    resource: str | None = None
    layer: str | None = None


_SENTENCE = later(
    r"(?:(?P<caller>arn:aws[\w-]*:\S+|anonymous)\s+is\s+)?[Nn]ot\s+authorized\s+to\s+perform:?\s+"
    r"(?P<action>[A-Za-z][\w-]*:[A-Za-z*]\w*\*?)"
    r"(?:\s+on\s+resource:[\s\x1f]*(?:(?:user|role|group|policy|instance profile)\s+)?"
    r"[\"'\x1f]*(?P<resource>[^\s\x1f\"'<>]+))?"  # S3 puts it in quotes
)


def denial(text: str, position: int) -> Denial | None:
    """Read the sentence whose "not authorized to perform" stands at ``position``."""
    for found in _SENTENCE.finditer(text, max(0, position - 400), position + 1200):
        if found.start() <= position < found.end():
            resource = found["resource"]
            following = text.find("authorized to perform", found.end(), found.end() + 240)
            stop = found.end() + 240 if following < 0 else following
            layer = _LAYER.search(text, found.end(), stop)
            return Denial(
                end=(layer or found).end(),
                caller=found["caller"],
                action=found["action"],
                resource=resource.rstrip(".,;:)]}") or None if resource else None,
                layer=_layer(layer) if layer else None,
            )
    return None


_ENCODED = later(r"\.\s+Encoded\s+authorization\s+failure\s+message:")


def is_encoded(text: str, end: int) -> bool:
    """Whether EC2's "not authorized to perform this operation" ends at ``end``, without its code.

    machine-api writes the sentence alone; what follows it is encoded as only AWS does.
    """
    return _ENCODED.match(text, end) is not None


_NODE_SESSION = later(r":assumed-role/[^/]+/i-[0-9a-f]{8,17}$")
# The SDKs name a session that a token gave by the time, or by themselves: of a program, whatever its role.
_NODE_ROLE = later(
    r":assumed-role/[^/]*(?:worker|master|control-?plane)-role"
    r"(?:/(?!\d{15,}$|botocore-session-|aws-(?:go-)?sdk-|token-file-web-identity)|$)",
    re.IGNORECASE,
)


def is_node(caller: str | None) -> bool:
    """Whether a caller's ARN is of an instance: its session is the instance id, or the role a node's."""
    return caller is not None and (
        _NODE_SESSION.search(caller) is not None or _NODE_ROLE.search(caller) is not None
    )


# --- the operation, where the sentence names no action ----------------------------------------

_V2 = later(r"operation error (?P<service>[A-Za-z][\w ]*?): (?P<call>[A-Z]\w+)")
_BOTO = later(r"when\s+calling\s+the\s+(?P<call>[A-Z]\w+)\s+operation")
_FLUENT_BIT = later(r"\b(?P<call>[A-Z]\w+)\s+API\s+responded\s+with\s+error='$")
_SLOWED = later(r"\bthrottled\s+on\s+(?P<action>[a-z][\w-]*:[A-Z]\w+)")

_SERVICES = {
    "elastic load balancing": "elasticloadbalancing",
    "elastic load balancing v2": "elasticloadbalancing",
    "resource groups tagging api": "tag",
    "efs": "elasticfilesystem",
    "auto scaling": "autoscaling",
    "cloudwatch logs": "logs",
    "application auto scaling": "application-autoscaling",
    "acm pca": "acm-pca",
    "opensearch": "es",
    "eventbridge": "events",
    "sfn": "states",
}
_S3_CALL = later(r"Bucket|MultipartUpload|^(?:Get|Put|Delete)Object(?:Acl|Tagging)?$")
_S3_ACTIONS = {
    "HeadBucket": "s3:ListBucket",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListParts": "s3:ListMultipartUploadParts",
    "DeleteObjects": "s3:DeleteObject",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListBuckets": "s3:ListAllMyBuckets",
}


def operation_action(text: str, position: int, service: str | None = None) -> str | None:
    """Name the action of the call that failed at ``position``; None where its SDK does not tell it."""
    calls = list(_V2.finditer(text, max(0, position - 800), position))
    if calls:
        name = calls[-1]["service"].lower()
        return _action(_SERVICES.get(name, name.replace(" ", "")), calls[-1]["call"])
    found = _FLUENT_BIT.search(text[max(0, position - 100) : position]) or _BOTO.search(
        text, max(0, position - 40), position + 160
    )
    if found is None:
        return None
    call = found["call"]
    if service is None:
        s3 = call in _S3_ACTIONS or _S3_CALL.search(call)
        service = "s3" if s3 else "sts" if "AssumeRole" in call else None
    return _action(service, call) if service else None


def slowed_action(sentence: str) -> str | None:
    """Name the action that EC2 says it slows down; None where it names none."""
    found = _SLOWED.search(sentence)
    return found["action"] if found else None


def _action(service: str, call: str) -> str:
    if service == "s3" and call in _S3_ACTIONS:
        return _S3_ACTIONS[call]
    return f"{service}:{call}"
