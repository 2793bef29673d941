"""What serves the issuer's documents: the S3 bucket's settings and policy, CloudFront distributions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.aws_records import BucketPolicy, Distribution
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import BucketAccess, Json, PolicyDocument
from analyzer.evidence.values import dig, items, mapping, text
from analyzer.patterns import later

_BUCKET = later(r"arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/|\"|\\|$)")


def public_access(flags: Mapping[str, Json], bucket: str | None, where: Where) -> BucketAccess:
    """Read the four flags of a public access block.

    BlockPublicPolicy by itself only refuses new policies: one that was there before still lets the
    public read. RestrictPublicBuckets ends that.
    """
    bars = [name for name in ("BlockPublicPolicy", "RestrictPublicBuckets") if flags.get(name) is True]
    phrase = f"its public access block sets {' and '.join(bars)}" if "RestrictPublicBuckets" in bars else None
    return BucketAccess(phrase, where, bucket)


def bucket_policy(raw: Json, where: Where) -> Iterator[object]:
    """Read a bucket's policy, which names the bucket in its resources; other policies are passed over."""
    told = raw if isinstance(raw, str) else ""
    found = _BUCKET.search(told)
    if found:
        yield BucketPolicy(found[1], PolicyDocument("bucket policy", raw, where), where)


def _named(value: Mapping[str, Json], reading: Reading) -> str | None:
    return text(value.get("Bucket")) or (reading.command.options.get("bucket") if reading.command else None)


def _access_block(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read get-public-access-block, whose answer does not name the bucket; ccoctl's input does."""
    block = mapping(value.get("PublicAccessBlockConfiguration"))
    if block and "Bucket" in value:
        reading.notes.append("the input of a call that was never made: it proves nothing about the bucket")
    elif block:
        place = where.at("PublicAccessBlockConfiguration")
        yield public_access(block, _named(value, reading), place)


def _policy_status(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    status = mapping(value.get("PolicyStatus"))
    if isinstance(status.get("IsPublic"), bool):
        phrase = None if status["IsPublic"] else "its bucket policy does not make it public"
        yield BucketAccess(phrase, where.at("PolicyStatus"), _named(value, reading))


def _bucket_policy(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    if "Bucket" in value:
        reading.notes.append("the input of a call that was never made: it proves nothing about the bucket")
    elif isinstance(value.get("Policy"), str):
        yield from bucket_policy(value["Policy"], where.at("Policy"))


def _create_bucket(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    if "ACL" in value and "Bucket" in value:
        reading.notes.append("ccoctl's input for creating the bucket: a call that was never made")
    yield from ()


def _distributions(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read get-distribution, get-distribution-config and list-distributions."""
    one = value.get("Distribution")
    if isinstance(one, Mapping):
        yield from _distribution(one, mapping(one.get("DistributionConfig")), where.at("Distribution"))
    elif isinstance(value.get("DistributionConfig"), Mapping):
        config = mapping(value["DistributionConfig"])
        yield from _distribution(value, config, where.at("DistributionConfig"))
    for at, entry in enumerate(items(dig(value, "DistributionList", "Items"))):
        yield from _distribution(mapping(entry), mapping(entry), where.at("DistributionList", "Items", at))


def _distribution(
    value: Mapping[str, Json], config: Mapping[str, Json], where: Where
) -> Iterator[Distribution]:
    aliases = [host for host in map(text, items(dig(config, "Aliases", "Items"))) if host]
    own = text(value.get("DomainName"))
    origins = [text(dig(origin, "DomainName")) for origin in items(dig(config, "Origins", "Items"))]
    enabled = config.get("Enabled")
    yield Distribution(
        id=text(value.get("Id")),
        hosts=tuple(dict.fromkeys([*([own] if own else []), *aliases])),
        origins=tuple(origin for origin in origins if origin),
        enabled=enabled if isinstance(enabled, bool) else None,
        status=text(value.get("Status")),
        where=where,
    )


SHAPES = (
    Shape("S3 bucket", ("PublicAccessBlockConfiguration",), _access_block),
    Shape("S3 bucket", ("PolicyStatus",), _policy_status),
    Shape("S3 bucket", ("Policy",), _bucket_policy),
    Shape("S3 bucket", ("ACL",), _create_bucket),
    Shape("CloudFront", ("Distribution", "DistributionConfig", "DistributionList"), _distributions),
)
