"""The domains of every partition are known wherever an address of AWS is read."""

from __future__ import annotations

import re

import pytest

from analyzer.aws_domains import DNS_SUFFIXES
from analyzer.evidence.logs.network import STS_HOST
from analyzer.model.joining.aws import PARTITIONS, bucket_of, ccoctl_name_of


def test_every_partition_has_a_domain() -> None:
    assert set(DNS_SUFFIXES) == {"aws", *(name for _, name in PARTITIONS)}


@pytest.mark.parametrize("suffix", sorted(set(DNS_SUFFIXES.values())))
def test_hosts_of_a_partition(suffix: str) -> None:
    issuer = f"https://shop.eu-oidc.s3.eusc-de-east-1.{suffix}"
    assert bucket_of(issuer) == "shop.eu-oidc"
    assert ccoctl_name_of(issuer) == "shop.eu"
    assert bucket_of(f"{issuer}.example.com") is None
    assert re.fullmatch(STS_HOST, f"sts.eusc-de-east-1.{suffix}")


def test_a_longer_domain_is_taken_whole() -> None:
    assert bucket_of("https://a-oidc.s3.cn-north-1.amazonaws.com.cn") == "a-oidc"
    found = re.match(STS_HOST, "sts.cn-north-1.amazonaws.com.cn/")
    assert found is not None
    assert found.group() == "sts.cn-north-1.amazonaws.com.cn"
