"""What stands behind the issuer's host: its S3 bucket, who may read that, and its CloudFront distribution."""

from __future__ import annotations

import re

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.aws_records import BucketPolicy, Distribution
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import BucketAccess
from analyzer.iam.policy import Policy
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import bucket_of
from analyzer.model.joining.cluster import ClusterView, Facts
from analyzer.model.joining.objects import known
from analyzer.model.joining.roles import policy_of
from analyzer.model.joining.urls import split_url
from analyzer.patterns import later

_REGISTRY = later(r"(?<![a-z])registry(?![a-z])")


def bucket_facts(view: ClusterView, evidence: Evidence, asks: Asks) -> Facts:
    """Name the issuer's S3 bucket, and say what exports say of the public's access to it."""
    names = ("issuer.public_bucket", "issuer.bucket_blocked")
    issuer = view.facts["cluster.issuer"]
    if view.issuer is None or not isinstance(issuer, Fact):
        return dict.fromkeys(names, issuer)
    bucket = bucket_of(view.issuer)
    own = known(bucket, *issuer.cites)
    if bucket is None:
        return dict(zip(names, (own, Unknown()), strict=True))
    exports = [*evidence.of(BucketAccess), *map(_policy_access, evidence.of(BucketPolicy))]
    exports = [export for export in exports if _is_of(export, bucket)]
    if not exports:
        return dict(zip(names, (own, asks.bucket(bucket)), strict=True))
    closed = [export for export in exports if export.blocked]
    blocked = known(closed[0].blocked if closed else None, *(export.where for export in closed or exports))
    return dict(zip(names, (own, blocked), strict=True))


def _is_of(export: BucketAccess, bucket: str) -> bool:
    """Tell an export of the issuer's bucket, also where nothing names one.

    One whose file or folder is named after the registry is of the registry's bucket, which is always closed.
    """
    file = "/".join(export.where.file.lower().split("/")[-2:])
    return export.bucket == bucket or (
        export.bucket is None and (bucket in file or not _REGISTRY.search(file))
    )


def _policy_access(found: BucketPolicy) -> BucketAccess:
    """Tell whether a bucket's policy keeps the public from reading the issuer's documents.

    A policy that grants the public nothing does not: an access control list may. STS comes from no
    VPC, over TLS, from an address that is not known.
    """
    from analyzer.iam.context import Context  # most runs hold no policy of a bucket
    from analyzer.iam.evaluate import Request
    from analyzer.iam.resource_policy import resource_grant

    policy = policy_of(found.document)
    context = Context.of({"aws:SecureTransport": "true"}, unknown=("aws:SourceIp",))
    partition = "aws" if not isinstance(found.document.raw, str) else _partition(found.document.raw)
    blocked = False
    for name in (".well-known/openid-configuration", "keys.json"):
        resource = f"arn:{partition}:s3:::{found.bucket}/{name}"
        request = Request("s3:GetObject", resource, context, principal="anonymous")
        if isinstance(policy, Policy) and resource_grant(request, policy).deny is True:
            blocked = True
    return BucketAccess(
        "its bucket policy denies the public to read" if blocked else None, found.where, found.bucket
    )


def _partition(raw: str) -> str:
    found = re.search(r"arn:(aws[a-z-]*):s3:::", raw)
    return found[1] if found else "aws"


def distribution(view: ClusterView, evidence: Evidence) -> Fact | Unknown:
    """The CloudFront distribution that answers for the issuer's host, where one was exported."""
    host = split_url(view.issuer or "").hostname
    for one in evidence.of(Distribution):
        if host and host in one.hosts:
            state = {True: "enabled", False: "disabled", None: "not known whether enabled"}[one.enabled]
            origins = ", ".join(one.origins) or "an origin that is not told"
            return known(f"{one.id or 'a distribution'}: {state}, fetches from {origins}", one.where)
    return Unknown()
