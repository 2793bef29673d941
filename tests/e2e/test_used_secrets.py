"""Secrets with a use of their own, and pods that wait for theirs: neither is why a chain has none."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from samples import Cluster
from samples.cluster import Secret
from samples.manifests import listing, metadata, secret_manifest

from .faults_in_cluster import drop_secret, move_secret
from .layered import OPERATOR, OPERATOR_SECRET, albo, put
from .runs import (
    INGRESS,
    MACHINES,
    REGISTRY,
    Bench,
    bundle,
    edited,
    everything,
    findings,
    named,
    states_of,
    told,
    without,
)

DRIVERS = "openshift-cluster-csi-drivers"


def _beside(cluster: Cluster, **meta: Any) -> None:
    """Put the ingress operator's Secret into another operator's namespace."""
    own = cluster.secrets.pop(("openshift-ingress-operator", "cloud-credentials"))
    cluster.secrets[DRIVERS, "cloud-credentials"] = Secret(own.data, own.created, **meta)


def _brokered(cluster: Cluster) -> None:
    _beside(cluster, annotations={"cloudcredential.openshift.io/credentials-request": f"{DRIVERS}/another"})


def _mounted(cluster: Cluster) -> None:
    _beside(cluster)
    volume = {"name": "own", "secret": {"defaultMode": 420, "secretName": "cloud-credentials"}}
    cluster.workload("aws-ebs-csi-driver-operator").volumes.append(volume)


@pytest.mark.parametrize(
    ("edit", "chain"),
    [(drop_secret(REGISTRY), REGISTRY), (_brokered, INGRESS), (_mounted, INGRESS)],
    ids=["the-registrys-copy", "made-for-another-request", "mounted-by-pods"],
)
def test_a_secret_in_use_is_none_in_a_wrong_place(
    bench: Bench, edit: Callable[[Cluster], object], chain: str
) -> None:
    """To delete it, as is advised of a stray one, would break what uses it."""
    report = bench.report(bundle(edited(edit)))
    assert named(report, "fail") == {"secret-missing"}, told(report)
    assert findings(report, "fail")[0].chains == (chain,)


@pytest.mark.parametrize("edit", [_beside, move_secret("openshift-machine-api", "aws-credentials")])
def test_one_that_nothing_uses_is_still_named(bench: Bench, edit: Callable[[Cluster], object]) -> None:
    report = bench.report(bundle(edited(edit)))
    assert named(report, "fail") == {"secret-wrong-location"}, told(report)
    assert findings(report, "fail")[0].chains in ((INGRESS,), (MACHINES,))


def _waiting(cluster: Cluster, **operator: Any) -> None:
    """Run an operator's own pod, which mounts nothing, as the ServiceAccount that its request names."""
    albo(cluster, **operator)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(cluster, "Pod", f"{OPERATOR}-controller-manager-7d9f8", OPERATOR),
        "spec": {
            "containers": [{"name": "manager", "image": "example.com/manager"}],
            "serviceAccountName": _ACCOUNT,
        },
        "status": {"phase": "Running"},
    }
    put(cluster, f"namespaces/{OPERATOR}/core/pods.yaml", listing(cluster, [pod], "Pod", "v1"))


_ACCOUNT = f"{OPERATOR}-controller-manager"
_VOLUME = (OPERATOR_SECRET, "workload", "workload-token-volume-missing")


def test_without_its_secret_an_operators_pod_shows_nothing_by_having_no_token(bench: Bench) -> None:
    """It waits for a role, and its operands, which would sign in, are not made yet."""

    def edit(cluster: Cluster) -> None:
        _waiting(cluster, role=None)
        put(cluster, f"namespaces/{OPERATOR}/core/secrets.yaml", listing(cluster, [], "Secret", "v1"))

    report = bench.report(bundle(edited(edit)))
    assert named(report, "fail") == {"olm-role-arn-missing"}, told(report)


def test_nor_is_anothers_secret_meant_for_it_where_its_subscription_is_hidden(bench: Bench) -> None:
    def edit(cluster: Cluster) -> None:
        albo(cluster, role=None)
        other = secret_manifest(
            cluster, OPERATOR, "other", Secret({"credentials": b"x" * 209}, cluster.installed), full=False
        )
        put(cluster, f"namespaces/{OPERATOR}/core/secrets.yaml", listing(cluster, [other], "Secret", "v1"))

    files = bundle(edited(edit))
    assert named(bench.report(files), "fail") == {"olm-role-arn-missing"}
    for hidden in ("/subscriptions/", "/clusterserviceversions/", r"operators\.coreos\.com"):
        report = bench.report(without(files, hidden))
        assert named(report, "fail") == {"secret-missing"}, told(report)


def test_whether_the_secret_is_there_decides_it(bench: Bench) -> None:
    files = bundle(edited(_waiting))
    whole = bench.report(files)
    assert states_of(whole)[_VOLUME] == "fail", told(whole)
    hidden = bench.report(without(files, rf"namespaces/{OPERATOR}/core/secrets\.yaml"))
    assert states_of(hidden)[_VOLUME] == "unknown", told(hidden)
    assert any(_VOLUME[2] in item.decides for item in hidden.missing)


def test_a_users_operator_may_leave_aws_to_its_operands(bench: Bench) -> None:
    """ExternalDNS hands a copy of its Secret to operands with a token and a ServiceAccount of their own."""

    def edit(cluster: Cluster) -> None:
        _with_operand(cluster)
        path = f"namespaces/{OPERATOR}/core/pods.yaml"
        pods = yaml.safe_load(cluster.extra_files[path] or b"")
        operator, operand = (pod["spec"] for pod in pods["items"])
        operator["volumes"], operator["containers"][0]["volumeMounts"] = [], []
        operand["volumes"][1]["secret"]["secretName"] = "operand-credentials"
        put(cluster, path, pods)

    report = bench.report(bundle(edited(edit)))
    assert not findings(report, "fail", "warn"), told(report)
    assert states_of(report)[_VOLUME] == "pass"


def _with_operand(cluster: Cluster, *admitted: str) -> None:
    """Let an operand, as which the request names nobody, use the Secret of an operator of OLM."""
    albo(cluster)
    role = copy.deepcopy(cluster.role("openshift-ingress-operator"))
    role.name, role.description, role.inline = "demo-albo", "", {}
    subjects = [f"system:serviceaccount:{OPERATOR}:{name}" for name in admitted]
    role.trust["Statement"][0]["Condition"] = {"StringEquals": {f"{cluster.issuer_host}:sub": subjects}}
    cluster.roles[role.name] = role
    token = {"audience": "openshift", "expirationSeconds": 3600, "path": "token"}
    mounts = [
        {"name": "bound-sa-token", "mountPath": "/var/run/secrets/openshift/serviceaccount"},
        {"name": "cloud", "mountPath": "/etc/aws"},
    ]
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata(cluster, "Pod", f"{name}-7d9f8", OPERATOR),
            "spec": {
                "containers": [{"name": "main", "image": "main", "volumeMounts": mounts}],
                "serviceAccountName": name,
                "volumes": [
                    {"name": "bound-sa-token", "projected": {"sources": [{"serviceAccountToken": token}]}},
                    {"name": "cloud", "secret": {"secretName": OPERATOR}},
                ],
            },
            "status": {"phase": "Running"},
        }
        for name in (_ACCOUNT, "operand")
    ]
    put(cluster, f"namespaces/{OPERATOR}/core/pods.yaml", listing(cluster, pods, "Pod", "v1"))


_ACCOUNTS = (OPERATOR_SECRET, "workload", "workload-service-account-mismatch")


def test_the_role_that_a_user_made_decides_on_operands(bench: Bench) -> None:
    """OADP's request names the operator alone, and velero signs in: its role's trust policy names both."""
    states = []
    for admitted in ((_ACCOUNT, "operand"), (_ACCOUNT,)):
        files = everything(edited(lambda cluster, names=admitted: _with_operand(cluster, *names)))
        states.append(states_of(bench.report(files))[_ACCOUNTS])
        hidden = bench.report(without(files, r"exports/iam/"))
        states.append(states_of(hidden)[_ACCOUNTS])
        assert any(_ACCOUNTS[2] in item.decides for item in hidden.missing)
    assert states == ["pass", "unknown", "fail", "unknown"]


@pytest.mark.parametrize("malformed", [False, True])
def test_a_role_that_was_exported_is_not_said_to_lack(bench: Bench, *, malformed: bool) -> None:
    """Whether it admits the operand hangs on a condition, or its trust policy is none."""

    def edit(cluster: Cluster) -> None:
        _with_operand(cluster, _ACCOUNT, "operand")
        trust = cluster.roles["demo-albo"].trust
        trust["Statement"][0]["Condition"]["IpAddress"] = {"aws:SourceIp": "10.0.0.0/8"}
        trust["Statement"] = "none" if malformed else trust["Statement"]

    report = bench.report(everything(edited(edit)))
    assert states_of(report)[_ACCOUNTS] == "unknown", told(report)
    asked = [item.why for item in report.missing if _ACCOUNTS[2] in item.decides]
    why = "role demo-albo admits operand only under a condition that cannot be known offline"
    assert asked == ([] if malformed else [why])


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("more", ["operand", "other"])
def test_that_the_role_admits_a_hidden_operand_is_open(bench: Bench, more: str, *, cut: bool) -> None:
    """Its ServiceAccount is masked, or its pod is cut off: it may be one that the role does not admit."""

    def edit(cluster: Cluster, *, hide: bool) -> None:
        _with_operand(cluster, _ACCOUNT, "other")
        path = f"namespaces/{OPERATOR}/core/pods.yaml"
        pods = yaml.safe_load(cluster.extra_files[path] or b"")
        pods["items"].append(copy.deepcopy(pods["items"][1]))
        pods["items"][2]["metadata"]["name"] = "other-7d9f8"
        pods["items"][2]["spec"]["serviceAccountName"] = more
        hidden = pods["items"][1]["spec"]
        if hide and cut:
            pods["items"][1]["spec"] = {key: hidden[key] for key in ("containers",)}
        elif hide:
            hidden["serviceAccountName"] = "XXXXXXXX"
        put(cluster, path, pods)

    seen, hidden = (
        states_of(bench.report(everything(edited(lambda cluster, hide=hide: edit(cluster, hide=hide)))))
        for hide in (False, True)
    )
    assert seen[_ACCOUNTS] == "fail"
    assert hidden[_ACCOUNTS] == ("fail" if more == "operand" else "unknown")
