"""A cluster without a fault agrees with itself, in every release."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bundle_reading import below_image, items, load

from samples import Cluster
from samples.aws import role_name
from samples.exports import export_files
from samples.requests import is_gated, release_requests


@pytest.mark.parametrize("minor", range(8, 22))
def test_a_healthy_cluster_is_consistent(minor: int) -> None:
    cluster = Cluster(version=f"4.{minor}.5")
    files, exports = below_image(cluster), export_files(cluster)
    authentication = load(files["cluster-scoped-resources/config.openshift.io/authentications/cluster.yaml"])
    issuer = authentication["spec"]["serviceAccountIssuer"]
    maps = items(files, "namespaces/openshift-kube-apiserver/core/configmaps.yaml")
    arguments = json.loads(maps["config"]["data"]["config.yaml"])["apiServerArguments"]
    discovery = json.loads(exports["issuer/openid-configuration"])
    assert issuer == arguments["service-account-issuer"][0] == discovery["issuer"]
    host = issuer.removeprefix("https://")
    provider = json.loads(exports[f"oidc/get-open-id-connect-provider-{host}.json"])
    assert provider["Url"] == host
    assert provider["ClientIDList"] == ["openshift", "sts.amazonaws.com"]
    base = "namespaces/openshift-cloud-credential-operator/cloudcredential.openshift.io/credentialsrequests"
    for request in release_requests(cluster.version).values():
        path = f"{base}/{request['metadata']['name']}.yaml"
        if is_gated(request):
            assert path not in files
            continue
        found = load(files[path])
        assert found["spec"] == request["spec"]
        check_role(cluster, found["spec"], exports, host)
        check_pods(found["spec"], files)


def check_role(cluster: Cluster, spec: dict[str, Any], exports: dict[str, bytes], host: str) -> None:
    target = spec["secretRef"]
    name = role_name(cluster.name, target["namespace"], target["name"])
    role = json.loads(exports[f"iam/get-role-{name}.json"])["Role"]
    assert role["Description"] == f"OpenShift role for {target['namespace']}/{target['name']}"
    assert {tag["Key"] for tag in role["Tags"]} == {
        f"openshift.io/cloud-credential-operator/{cluster.name}",
        "Name",
    }
    statement = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"]["Federated"].endswith(f":oidc-provider/{host}")
    assert statement["Condition"]["StringEquals"][f"{host}:sub"] == [
        f"system:serviceaccount:{target['namespace']}:{account}" for account in spec["serviceAccountNames"]
    ]
    policy = json.loads(exports[f"iam/get-role-policy-{name}.json"])["PolicyDocument"]
    for granted, asked in zip(policy["Statement"], spec["providerSpec"]["statementEntries"], strict=True):
        assert (granted["Action"], granted["Resource"]) == (asked["action"], asked["resource"])
        assert granted.get("Condition") == asked.get("policyCondition")


def check_pods(spec: dict[str, Any], files: dict[str, bytes]) -> None:
    namespace = spec["secretRef"]["namespace"]
    running = items(files, f"namespaces/{namespace}/core/pods.yaml")
    using = [
        pod for pod in running.values() if any(v["name"] == "bound-sa-token" for v in pod["spec"]["volumes"])
    ]
    assert using or namespace == "openshift-cloud-credential-operator"
    assert {pod["spec"]["serviceAccountName"] for pod in using} <= set(spec["serviceAccountNames"])
    for name, pod in running.items():
        assert load(files[f"namespaces/{namespace}/pods/{name}/{name}.yaml"]) == pod
