"""What the API server serves of the issuer's documents is its own copy, and not what AWS reads."""

from __future__ import annotations

import json

import pytest

from samples import Cluster

from .runs import Bench, assert_healthy, everything, findings, told


def test_the_clusters_own_discovery_document_beside_the_hosted_one(bench: Bench) -> None:
    """`oc get --raw /.well-known/openid-configuration` names the API server's own jwks_uri."""
    cluster = Cluster()
    assert isinstance(cluster.discovery, dict)
    own = cluster.discovery | {"jwks_uri": f"https://api-int.{cluster.domain}:6443/openid/v1/jwks"}
    files = everything(cluster) | {
        "exports/cluster/openid-configuration.json": json.dumps(own).encode(),
        "exports/cluster/jwks.json": json.dumps(cluster.jwks).encode(),
    }
    assert_healthy(bench.report(files))


@pytest.mark.parametrize("ask", ["oc get --raw ", "oc get --raw \\\n  ", "kubectl --context demo get --raw="])
def test_what_the_api_server_serves_is_not_what_aws_reads(bench: Bench, ask: str) -> None:
    """Its key set holds the cluster's keys whatever the issuer publishes."""
    cluster = Cluster()
    assert isinstance(cluster.discovery, dict)
    own = cluster.discovery | {"jwks_uri": f"{cluster.issuer}/openid/v1/jwks"}
    pasted = f"$ {ask}/.well-known/openid-configuration\n{json.dumps(own)}\n"
    pasted += f"$ {ask}/openid/v1/jwks\n{json.dumps(cluster.jwks)}\n"
    files = {path: data for path, data in everything(cluster).items() if "issuer/" not in path}
    report = bench.report(files | {"exports/pasted.txt": pasted.encode()})
    assert {"discovery", "jwks"} <= {m.evidence for m in report.missing}, told(report)
    assert not findings(report, "fail", "warn"), told(report)
    assert "is not what AWS reads" in " ".join(w for one in report.inputs for w in one.warnings)


def test_the_clusters_own_document_served_by_the_issuer_is_a_fault(bench: Bench) -> None:
    """Where curl got it from the issuer's host, someone published the API server's copy there."""
    cluster = Cluster()
    assert isinstance(cluster.discovery, dict)
    own = cluster.discovery | {"jwks_uri": f"https://api-int.{cluster.domain}:6443/openid/v1/jwks"}
    headers = b"HTTP/1.1 200 OK\r\nServer: AmazonS3\r\nContent-Type: application/json\r\n\r\n"
    saved = {"exports/x/openid-configuration": json.dumps(own).encode()}
    asked = f"$ curl -s {cluster.issuer}/.well-known/openid-configuration\n{json.dumps(own)}\n"
    files = {path: data for path, data in everything(cluster).items() if "openid-configuration" not in path}
    for more in (
        {"exports/pasted.txt": asked.encode()},
        saved | {"exports/x/openid-configuration.headers": headers},
        {"exports/x/answer.txt": headers + json.dumps(own).encode()},
    ):
        report = bench.report(files | more)
        assert [f.rule for f in findings(report, "fail")] == ["discovery-jwks-uri"], told(report)
    report = bench.report(files | saved)
    assert not findings(report, "fail"), told(report)
