"""A warning of what would cause the error that was met is where the cause is looked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from samples import Cluster, aws, faults, logs
from samples.logs import klog
from samples.manifests import elided, listing, metadata

from .layered import OPERATOR, OPERATOR_SECRET, albo, put
from .runs import INGRESS, MACHINES, Bench, bundle, everything, said, the_chain, told

NAMESPACE = "openshift-ingress-operator"
PATH = "/var/run/secrets/openshift/serviceaccount/token"


def _denied(cluster: Cluster) -> None:
    since = cluster.gathered - timedelta(hours=3)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[NAMESPACE])


def _by_address() -> Cluster:
    """Let the role admit one address alone, which the inputs cannot show to be the cluster's."""
    cluster = Cluster()
    condition = cluster.role(NAMESPACE).trust["Statement"][0]["Condition"]
    condition["IpAddress"] = {"aws:SourceIp": ["203.0.113.7/32"]}
    return cluster


@pytest.mark.parametrize("secrets", ["full", "elided"])
def test_a_condition_that_nobody_can_judge_may_be_what_refuses(bench: Bench, secrets: str) -> None:
    cluster = _by_address()
    _denied(cluster)
    report = bench.report(everything(cluster, secrets=secrets))
    chain = the_chain(report, INGRESS)
    assert said(chain) == ("suspected", "trust", "log-assume-role-denied"), told(report)
    assert "A warning may explain it, trust-extra-condition:" in chain.verdict.sentence
    assert chain.verdict.hint == "trust-extra-condition"
    assert "No fault shows at trust" not in chain.verdict.sentence
    assert ("Else the cause lies at secret" in chain.verdict.sentence) == (secrets == "elided")


def test_without_an_error_it_is_no_more_than_a_warning(bench: Bench) -> None:
    report = bench.report(everything(_by_address(), secrets="full"))
    assert said(the_chain(report, INGRESS)) == ("warn", "trust", "trust-extra-condition"), told(report)


def test_thumbprints_that_are_none_are_what_no_certificate_matches(bench: Bench) -> None:
    cluster = Cluster(issuer="https://oidc.corp.example.com")
    cluster.provider.thumbprints = ["0" * 40]
    faults.authentication_fails(cluster, logs.THUMBPRINT, since=cluster.gathered - timedelta(hours=3))
    report = bench.report(everything(cluster, secrets="full"))
    chain = the_chain(report, INGRESS)
    assert said(chain) == ("suspected", "provider", "log-thumbprint"), told(report)
    assert chain.verdict.sentence.endswith(
        "provider-thumbprint-malformed: A thumbprint of the provider cannot be right."
    )


def test_a_secret_that_does_not_fit_its_request_comes_before_what_is_not_known(bench: Bench) -> None:
    cluster = Cluster()
    albo(cluster, token_path=PATH)
    body = {
        "apiVersion": "v1",
        "data": {"credentials": elided(160)},
        "kind": "Secret",
        "metadata": metadata(cluster, "Secret", OPERATOR, OPERATOR),
        "type": "Opaque",
    }
    put(cluster, f"namespaces/{OPERATOR}/core/secrets.yaml", listing(cluster, [body], "Secret", "v1"))
    line = klog(
        cluster.gathered - timedelta(minutes=2), "E", "x.go:1", logs.sdk1(logs.NOT_AUTHORIZED, "32dc")
    )
    log = f"namespaces/{OPERATOR}/pods/manager-5d9c7b8f6d-x2x4q/manager/manager/logs/current.log"
    cluster.extra_files[log] = logs.render([line] * 3)
    chain = the_chain(bench.report(bundle(cluster)), OPERATOR_SECRET)
    assert said(chain)[::2] == ("suspected", "log-assume-role-denied")
    assert "A warning may explain it, secret-length-mismatch:" in chain.verdict.sentence
    assert "Else the cause lies at trust or secret" in chain.verdict.sentence


def test_an_endpoint_that_is_not_asked_explains_no_failure_of_another(bench: Bench) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-machine-api")
    cluster.set_credentials(*MACHINES.split("/"), aws.sts_credentials(role.arn, regional=False))
    host = "sts.us-west-2.amazonaws.com"
    text = f'Post "https://{host}/": dial tcp: lookup {host}: no such host'
    container = cluster.workload("machine-api-controllers").main
    container.log += [klog(cluster.gathered - timedelta(minutes=n), "E", "x.go:1", text) for n in range(1, 9)]
    chain = the_chain(bench.report(everything(cluster, secrets="full")), MACHINES)
    assert said(chain)[::2] == ("suspected", "log-sts-unreachable")
    assert chain.verdict.hint is None
