"""Names of AWS: partitions, ARNs, issuer hosts."""

from __future__ import annotations

from analyzer.aws_domains import SERVICE
from analyzer.evidence.masks.shapes import is_stand_in
from analyzer.frozen import frozen
from analyzer.model.joining.urls import split_url
from analyzer.patterns import later

_ROLE = later(r"arn:(aws[a-z-]*):iam::(\d{12}):role/((?:[\x21-\x7e]+/)*)([\w+=,.@-]+)")
_PROVIDER = later(r"arn:(aws[a-z-]*):iam::(\d{12}):oidc-provider/(.+)")
_ACCOUNT = later(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12}):")
_BUCKET_HOST = later(rf"(?P<bucket>.+?)\.s3[.-](?:dualstack\.)?(?P<region>[a-z0-9-]+)?\.?(?:{SERVICE})")
_PATH_HOST = later(rf"s3[.-](?:dualstack\.)?(?:[a-z0-9-]+\.)?(?:{SERVICE})")
PLACEHOLDER = later(r"(?<![\w.-])fake-oidc\b|<enter_[a-z_]+>|%\{[a-z_]+\}")
"""What dry runs and templates write where an issuer shall stand."""

ROLE_NAME_LIMIT = 64
"""Characters of a role name (IAM quota); ccoctl cuts there without a hash."""

PARTITIONS = (
    ("us-gov-", "aws-us-gov"),
    ("cn-", "aws-cn"),
    ("eusc-", "aws-eusc"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
)

# aws/aws-sdk-go aws/endpoints/legacy_regions.go; the AWS SDKs reference guide lists the same ones.
GLOBAL_STS = frozenset(
    {
        "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
        "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2",
        "us-west-1", "us-west-2",
    }
)  # fmt: skip
"""Regions from which an SDK that is not told to use the regional STS endpoint calls the global one."""


@frozen
class RoleArn:
    """The parts of a role's ARN; ``name`` is without the path."""

    arn: str
    partition: str
    account: str
    path: str
    name: str


def parse_role_arn(arn: str) -> RoleArn | None:
    """Take a role ARN apart; None where it has not that form."""
    match = _ROLE.fullmatch(arn)
    return RoleArn(arn, match[1], match[2], "/" + match[3], match[4]) if match else None


def provider_arn(partition: str, account: str, issuer: str) -> str:
    """Build the ARN that IAM gives the provider of an issuer: the URL without its scheme."""
    return f"arn:{partition}:iam::{account}:oidc-provider/{without_scheme(issuer)}"


def provider_of(arn: str) -> tuple[str, str] | None:
    """Give account and Url (without scheme) of an OIDC provider's ARN."""
    match = _PROVIDER.fullmatch(arn)
    return (match[2], match[3]) if match else None


def account_of(arn: str) -> str | None:
    """Give the account of any ARN that names one."""
    match = _ACCOUNT.match(arn)
    return match[1] if match else None


def without_scheme(url: str) -> str:
    """Strip ``https://`` and nothing else: a trailing slash is part of a provider's identity."""
    return url.removeprefix("https://")


def partition_of(region: str) -> str:
    """Give the partition that a region is in."""
    return next((name for prefix, name in PARTITIONS if region.startswith(prefix)), "aws")


def bucket_of(issuer: str) -> str | None:
    """Give the S3 bucket of an issuer hosted on S3's virtual-hosted style, else None."""
    match = _BUCKET_HOST.fullmatch(without_scheme(issuer).split("/", 1)[0])
    return match["bucket"] if match else None


def bucket_and_key(url: str) -> tuple[str | None, str]:
    """Give the bucket that an address of S3 names, also in its path, and the key of the object there.

    Of another host the bucket is not known, and the key is what CloudFront asks a bucket for.
    """
    parts = split_url(url)
    path = parts.path.lstrip("/")
    if not _PATH_HOST.fullmatch(parts.hostname or ""):
        return bucket_of(url), path
    bucket, _, key = path.partition("/")
    return bucket or None, key


def bucket_region_of(issuer: str) -> str | None:
    """Give the Region in the address of the S3 bucket that serves an issuer."""
    match = _BUCKET_HOST.fullmatch(without_scheme(issuer).partition("/")[0])
    return match["region"] if match else None


def ccoctl_name_of(issuer: str) -> str | None:
    """Give the ``--name`` that ccoctl was called with, as its bucket's name shows it."""
    bucket = bucket_of(issuer)
    return bucket.removesuffix("-oidc") if bucket and bucket.endswith("-oidc") else None


def is_https(url: str) -> bool:
    """Tell an absolute https URL with a host, without query or fragment."""
    parts = split_url(url)
    return parts.scheme == "https" and bool(parts.hostname) and not parts.query and not parts.fragment


def is_hidden_issuer(issuer: str) -> bool:
    """Tell a mask in the place of an issuer; what dry runs leave there is none."""
    return is_stand_in(issuer) and not PLACEHOLDER.search(issuer)


def issuer_fault(issuer: str) -> str | None:
    """Name the rule that says why no provider, document or trust policy can be held against an issuer."""
    if PLACEHOLDER.search(issuer):
        return "issuer-placeholder"
    return None if is_https(issuer) else "issuer-not-https"
