"""What AWS answers to those alone whom it lets in shows trouble, but none of credentials."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from analyzer.evidence.logs.answers import let_in
from samples import Cluster
from samples.operators import Condition

from .runs import INGRESS, REGISTRY, Bench, bundle, edited, everything, findings, the_chain, told

ID = "\n\tstatus code: 404, request id: 7C2NF7J1Q9RT4K8M"
NO_BUCKET = f"NoSuchBucket: The specified bucket does not exist{ID}, host id: xJ0vXK5mT0hQk3Zr8sN2pWq6="
QUOTA = f"failed to ensure load balancer: TooManyLoadBalancers: Exceeded quota of account 123456789012{ID}"
NO_ZONE = f"failed to update DNS record: NoSuchHostedZone: No hosted zone found with ID: Z0123456789{ID}"
DENIED = f"AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity{ID}"


def _since(cluster: Cluster, reason: str, message: str, status: str = "False") -> Condition:
    return Condition(status, cluster.gathered - timedelta(hours=9), reason, message)


def _bucket(message: str, reason: str = "NoSuchBucket") -> Callable[[Cluster], None]:
    def edit(cluster: Cluster) -> None:
        cluster.registry_conditions["StorageExists"] = _since(cluster, reason, message)
        said = f"Progressing: unable to sync storage configuration: {message}"
        cluster.operators["image-registry"].conditions["Degraded"] = _since(cluster, "Error", said, "True")

    return edit


def _balancer(message: str) -> Callable[[Cluster], None]:
    def edit(cluster: Cluster) -> None:
        said = f'The "default" ingress controller reports Degraded=True: LoadBalancerReady=False ({message})'
        cluster.operators["ingress"].conditions["Degraded"] = _since(cluster, "IngressDegraded", said, "True")

    return edit


def _zone(message: str) -> Callable[[Cluster], None]:
    def edit(cluster: Cluster) -> None:
        cluster.dns_zones = [{"Published": _since(cluster, "ProviderError", message)} for _ in range(2)]
        words = "The record failed to provision in some zones."
        cluster.ingress_conditions["DNSReady"] = _since(cluster, "FailedZones", words)
        said = f"DegradedConditions: DNSReady=False (FailedZones: {words})"
        cluster.operators["ingress"].conditions["Degraded"] = _since(cluster, "IngressDegraded", said, "True")

    return edit


@pytest.mark.parametrize(
    ("edit", "chain", "rule"),
    [
        (_bucket(NO_BUCKET), REGISTRY, "operator-storage-error"),
        (_balancer(QUOTA), INGRESS, "operator-degraded"),
        (_zone(NO_ZONE), INGRESS, "operator-dns-not-ready"),
    ],
)
def test_it_is_told_and_nothing_is_suspected(
    bench: Bench, edit: Callable[[Cluster], None], chain: str, rule: str
) -> None:
    for files in (bundle(edited(edit)), everything(edited(edit), secrets="full")):
        report = bench.report(files)
        assert not findings(report, "fail", "warn"), told(report)
        assert rule in {f.rule for f in findings(report, "info") if chain in f.chains}, told(report)
        assert the_chain(report, chain).verdict.state in ("unknown", "pass"), told(report)


@pytest.mark.parametrize(
    ("edit", "chain"),
    [
        (_bucket(f"BadRequest: Bad Request{ID}", "BadRequest"), REGISTRY),
        (_bucket(f"{NO_BUCKET}, then {DENIED}"), REGISTRY),
        (_balancer("timed out"), INGRESS),
        (_balancer(f"{QUOTA}, DNSReady=False ({DENIED})"), INGRESS),
        (_zone(DENIED), INGRESS),
    ],
)
def test_what_may_be_of_credentials_is_suspected(
    bench: Bench, edit: Callable[[Cluster], None], chain: str
) -> None:
    report = bench.report(bundle(edited(edit)))
    assert the_chain(report, chain).verdict.state == "suspected", told(report)


@pytest.mark.parametrize(
    "text",
    [
        "NoSuchBucket: nobody answered this",
        f"RequestLimitExceeded: Request limit exceeded.{ID}",
        f"TooManyRequestsException: Rate exceeded{ID}",
        f"InsufficientPermissions: no{ID}",
    ],
)
def test_not_every_code_is_such_an_answer(text: str) -> None:
    assert not let_in(text)


@pytest.mark.parametrize(
    "code", ["VpcLimitExceeded", "InsufficientInstanceCapacity", "InvalidVolume.NotFound"]
)
def test_codes_of_quota_and_absence_are(code: str) -> None:
    assert let_in(
        f"operation error EC2: Run, https response error StatusCode: 400, RequestID: 1, api error {code}: x"
    )
