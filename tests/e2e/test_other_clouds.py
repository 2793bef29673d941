"""Clusters on other clouds: the requests for AWS lie in them too, and nothing there serves these."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from samples import Cluster, Secret, faults
from samples.yamlout import Json

from .runs import REGISTRY, Bench, bundle, findings, said, the_chain, told, without
from .test_looks_wrong_is_right import hook

AZURE = dict.fromkeys(("azure_client_id", "azure_tenant_id", "azure_subscription_id"), b"x" * 36)
GOOGLE = {
    "service_account.json": b'{"type": "external_account", "audience": "//iam.googleapis.com/projects/1"}'
}
ISSUERS = {
    "Azure": "https://example.blob.core.windows.net/oidc",
    "GCP": "https://storage.googleapis.com/example-oidc",
    "BareMetal": "https://oidc.example.com",
}
OWN_NAMES = {"Azure": "azure-cloud-credentials", "GCP": "gcp-cloud-credentials"}
SAME_NAMES = (
    ("openshift-ingress-operator", "cloud-credentials"),
    ("openshift-image-registry", "installer-cloud-credentials"),
    ("openshift-cloud-network-config-controller", "cloud-credentials"),
)
"""Secrets that requests for several clouds name."""


def on(platform: str, data: Mapping[str, bytes]) -> Cluster:
    """Give a cluster with workload identities of another cloud."""
    cluster = Cluster(version="4.16.9", issuer=ISSUERS[platform])
    cluster.secrets, cluster.roles, cluster.providers = {}, {}, []
    names = [*SAME_NAMES, ("openshift-machine-api", OWN_NAMES.get(platform, ""))] if data else []
    for place in names:
        cluster.secrets[place] = Secret(dict(data), cluster.installed)

    def change(body: Json) -> None:
        for item in body.get("items", [body]):
            item["status"] |= {"platform": platform, "platformStatus": {"type": platform}}

    hook(cluster, "infrastructures", change)
    return cluster


CLOUDS = [("Azure", AZURE), ("GCP", GOOGLE), ("BareMetal", {})]


@pytest.mark.parametrize(("platform", "data"), CLOUDS)
def test_nothing_is_applicable(bench: Bench, platform: str, data: dict[str, bytes]) -> None:
    report = bench.report(bundle(on(platform, data)))
    assert not findings(report, "fail", "warn"), told(report)
    assert report.cluster.sts is False
    assert {chain.verdict.state for chain in report.chains} == {"not-applicable"}


@pytest.mark.parametrize("hidden", ["infrastructures", "cluster-scoped-resources/config", "cluster-scoped-"])
@pytest.mark.parametrize(("platform", "data"), CLOUDS)
def test_where_the_platform_was_not_gathered_no_secret_for_aws_is_missed(
    bench: Bench, platform: str, data: dict[str, bytes], hidden: str
) -> None:
    report = bench.report(without(bundle(on(platform, data)), hidden))
    assert not findings(report, "fail", "warn"), told(report)
    assert report.cluster.sts is None
    assert {chain.verdict.state for chain in report.chains} == {"unknown"}
    asked = {rule for item in report.missing if "infrastructures" in item.command for rule in item.decides}
    assert "secret-missing" in asked


@pytest.mark.parametrize("issuer", [None, "https://oidc.example.com"])
def test_on_aws_a_secret_is_missing_without_the_platform_as_well(bench: Bench, issuer: str | None) -> None:
    """The issuer in S3, or the other Secrets, show that the requests for AWS are in use."""
    cluster = Cluster(version="4.16.9", issuer=issuer)
    del cluster.secrets["openshift-ingress-operator", "cloud-credentials"]
    report = bench.report(without(bundle(cluster), "infrastructures"))
    assert [finding.rule for finding in findings(report, "fail")] == ["secret-missing"], told(report)


def test_what_aws_answered_an_operator_shows_its_cloud_too(bench: Bench) -> None:
    """Neither Secrets nor logs nor the platform were gathered, and the issuer is of no cloud."""
    cluster = Cluster(issuer="https://oidc.example.com")
    faults.call_denied(
        cluster, "s3:ListBucket", namespace="openshift-image-registry", since=cluster.installed
    )
    files = without(bundle(cluster), r"infrastructures|core/secrets|cluster-config-v1|/logs/")
    report = bench.report(files)
    assert report.cluster.sts is True, told(report)
    assert said(the_chain(report, REGISTRY))[::2] == ("suspected", "log-action-denied"), told(report)
