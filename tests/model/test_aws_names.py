"""Names of AWS, and how a provider's Url may differ from the issuer."""

import pytest

from analyzer.model.joining.aws import (
    bucket_and_key,
    bucket_of,
    ccoctl_name_of,
    parse_role_arn,
    partition_of,
    provider_of,
)
from analyzer.model.joining.urls import url_difference


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_partitions(region: str, partition: str) -> None:
    assert partition_of(region) == partition


def test_a_role_arn_with_a_path() -> None:
    arn = parse_role_arn("arn:aws-us-gov:iam::123456789012:role/team/x/name")
    assert arn is not None
    assert (arn.partition, arn.account, arn.path, arn.name) == (
        "aws-us-gov",
        "123456789012",
        "/team/x/",
        "name",
    )


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "arn:aws:iam::1234567890:role/x",
        "arn:aws:sts::123456789012:assumed-role/x",
        "arn:aws:iam::123456789012:role/",
    ],
)
def test_what_is_no_role_arn(arn: str) -> None:
    assert parse_role_arn(arn) is None


def test_issuer_hosts() -> None:
    assert ccoctl_name_of("https://demo-oidc.s3.us-west-2.amazonaws.com") == "demo"
    assert ccoctl_name_of("https://demo-oidc.s3.cn-north-1.amazonaws.com.cn") == "demo"
    assert ccoctl_name_of("https://d1.cloudfront.net") is None
    assert bucket_of("https://rh-oidc.s3.us-east-1.amazonaws.com/2abc") == "rh-oidc"
    assert provider_of("arn:aws:iam::123456789012:oidc-provider/rh-oidc.s3.us-east-1.amazonaws.com/2abc") == (
        "123456789012",
        "rh-oidc.s3.us-east-1.amazonaws.com/2abc",
    )


@pytest.mark.parametrize(
    ("found", "difference"),
    [
        ("a.example.com/", "a trailing slash"),
        ("A.example.com", "capital letters"),
        ("a.example.com:443", "the port"),
        ("a.example.com/x", "the path"),
        ("http://a.example.com", "it carries the scheme http://"),
        ("a.example.com", None),
        ("b.example.com", None),
    ],
)
def test_near_misses_of_a_provider(found: str, difference: str | None) -> None:
    assert url_difference("a.example.com", found) == difference


def test_neighbours_on_a_shared_host_are_no_near_miss() -> None:
    assert url_difference("oidc.op1.openshiftapps.com/one", "oidc.op1.openshiftapps.com/two") is None
    assert url_difference("oidc.op1.openshiftapps.com/one", "oidc.op1.openshiftapps.com/one-more") is None
    assert url_difference("oidc.op1.openshiftapps.com/one", "oidc.op1.openshiftapps.com/one/x") == "the path"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://b-oidc.s3.eu-west-1.amazonaws.com/a/keys.json", ("b-oidc", "a/keys.json")),
        ("https://b-oidc.s3.eu-west-1.amazonaws.com//keys.json", ("b-oidc", "keys.json")),
        ("https://b-oidc.s3.eu-west-1.amazonaws.com/keys.json?versionId=1", ("b-oidc", "keys.json")),
        ("https://s3.eu-west-1.amazonaws.com/b-oidc/a/keys.json", ("b-oidc", "a/keys.json")),
        ("https://s3.eu-west-1.amazonaws.com/", (None, "")),
        ("https://[x/keys.json", (None, "")),
        ("https://d111111abcdef8.cloudfront.net/keys.json", (None, "keys.json")),
    ],
)
def test_where_s3_keeps_what_an_address_names(url: str, place: tuple[str | None, str]) -> None:
    """An issuer that ends with a slash is one without where its documents are looked for."""
    assert bucket_and_key(url) == place
