"""Requests that a cluster need not have: of feature sets, of capabilities, of no release."""

from __future__ import annotations

import json

import pytest

from samples import Cluster
from samples.requests import CCO_NAMESPACE, is_gated, release_requests
from samples.yamlout import Json, document

from .runs import Bench, assert_healthy, edited, everything, findings, named, told
from .test_looks_wrong_is_right import LOOKS, hook

_GATED = next(body for body in release_requests("4.16.9").values() if is_gated(body))
_GATED_CHAIN = "{namespace}/{name}".format(**_GATED["spec"]["secretRef"])


def _with_gated() -> dict[str, bytes]:
    """Put the request of a feature set beside those of a healthy cluster."""
    files = dict(everything(Cluster(version="4.16.9")))
    beside = next(path for path in files if path.endswith("/credentialsrequests/openshift-ingress.yaml"))
    files[beside.replace("openshift-ingress", _GATED["metadata"]["name"])] = document(_GATED)
    return files


def test_a_request_of_a_feature_set_that_is_off_asks_for_nothing(bench: Bench) -> None:
    """Someone applied all requests of the release by hand: the gated one's namespace is not there."""
    assert_healthy(bench.report(_with_gated()))


def _features(cluster: Cluster, name: str) -> None:
    hook(
        cluster,
        "/featuregates",
        lambda body: [i["spec"].update(featureSet=name) for i in body.get("items", [body])],
    )


def test_a_feature_set_that_is_on_asks_for_its_request(bench: Bench) -> None:
    """The release brings the gated request to a cluster with this feature set: it was deleted here."""
    cluster = Cluster(version="4.16.9")
    _features(cluster, "TechPreviewNoUpgrade")
    report = bench.report(everything(cluster))
    missing = [f for f in findings(report, "fail") if f.rule == "request-missing"]
    assert [f.chains for f in missing] == [(_GATED_CHAIN,)], told(report)


def test_a_request_of_a_feature_set_that_is_not_told_is_unknown(bench: Bench) -> None:
    """It was applied, and nothing of its namespace was gathered: on or off is not known."""
    report = bench.report({path: data for path, data in _with_gated().items() if "featuregates" not in path})
    assert not findings(report, "fail"), told(report)
    chain = next(c for c in report.chains if c.id == _GATED_CHAIN)
    assert chain.verdict.state == "unknown"
    assert any("featuregates" in m.command for m in report.missing if chain.id in m.chains)


@pytest.mark.parametrize("name", ["registry-disabled", "storage-disabled"])
def test_a_request_of_a_capability_that_is_not_told_is_not_missed(bench: Bench, name: str) -> None:
    edit, arguments = LOOKS[name]
    files = everything(edited(edit, **arguments))
    untold = {
        path: content
        for path, content in files.items()
        if "clusterversion" not in path and "/cloudcredential.openshift.io" not in path
    }
    report = bench.report(untold)
    assert len(untold) < len(files)
    assert not findings(report, "fail", "warn"), told(report)
    assert "config:clusterversions.config.openshift.io" in {item.evidence for item in report.missing}


@pytest.mark.parametrize(
    ("namespace", "said"),
    [
        ("openshift-cluster-csi-drivers", True),  # gathered, without the Secret
        ("${NAMESPACE}", True),
        ("aws-load-balancer-operator", False),  # not gathered: it may be there
    ],
)
def test_a_request_of_an_operator_that_users_install_is_none_of_the_release(
    bench: Bench, namespace: str, said: bool
) -> None:
    """What ccoctl is fed for such an operator is never applied to the cluster, and may be for none."""
    request = {
        "apiVersion": "cloudcredential.openshift.io/v1",
        "kind": "CredentialsRequest",
        "metadata": {"name": "users-operator", "namespace": "openshift-cloud-credential-operator"},
        "spec": {
            "providerSpec": {
                "apiVersion": "cloudcredential.openshift.io/v1",
                "kind": "AWSProviderSpec",
                "statementEntries": [{"effect": "Allow", "action": ["ec2:DescribeSubnets"], "resource": "*"}],
            },
            "secretRef": {"name": "users-credentials", "namespace": namespace},
            "serviceAccountNames": ["users-operator"],
        },
    }
    files = everything(Cluster()) | {"handed-in/request.json": json.dumps(request).encode()}
    report = bench.report(files)
    assert not findings(report, "fail", "warn"), told(report)
    assert any("is of no release" in text for text in report.inputs[0].warnings) is said


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, None),
        (
            {"providerSpec": {"stsIAMRoleARN": "arn:aws:iam::123456789012:role/demo-efs-node"}},
            "secret-missing",
        ),
        ({"serviceAccountNames": ["aws-efs-csi-driver-node-sa"]}, "secret-missing"),
    ],
    ids=["of another mode", "its role was given", "for ccoctl"],
)
def test_a_request_whose_role_was_not_given_asks_for_nothing(
    bench: Bench, change: Json, rule: str | None
) -> None:
    """The EFS driver's nodes need a role for volumes of One Zone alone: Secret and request are optional."""
    entry = {"action": ["ec2:DescribeAvailabilityZones"], "effect": "Allow", "resource": "*"}
    provider = {"kind": "AWSProviderSpec", "statementEntries": [entry]} | change.get("providerSpec", {})
    target = {"name": "node-aws-efs-cloud-credentials", "namespace": "openshift-cluster-csi-drivers"}
    name = "openshift-aws-efs-csi-driver-node"
    notes = {"credentials.openshift.io/role-arns-vars": "NODE_ROLEARN"}
    cluster = Cluster()
    cluster.requests[name] = {
        "apiVersion": "cloudcredential.openshift.io/v1",
        "kind": "CredentialsRequest",
        "metadata": {"name": name, "namespace": CCO_NAMESPACE, "annotations": notes},
        "spec": {"secretRef": target} | change | {"providerSpec": provider},
    }
    report = bench.report(everything(cluster))
    assert named(report, "fail") == ({rule} if rule else set()), told(report)
