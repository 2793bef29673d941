"""What is restarted so that pods begin anew: what made them, where the gather shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.evidence.kubernetes import workload
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject
from analyzer.model.workloads.restart import owners, to_restart, without_owner

WHERE = Where("i1", "pods.yaml")


def pod(owner: Json, **labels: str) -> K8sObject:
    value = {"metadata": {"name": "p", "labels": {**labels}, "ownerReferences": [owner]}, "spec": {}}
    return K8sObject("Pod", "", "n", "p", value, WHERE, "i1")


def made_by(kind: str, name: str = "web-5d4f7c", **more: Json) -> dict[str, Json]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "controller": True} | more


@pytest.mark.parametrize(
    ("owner", "labels", "shown"),
    [
        (made_by("ReplicaSet"), {"pod-template-hash": "5d4f7c"}, "deployment/web"),
        (made_by("ReplicaSet"), {"pod-template-hash": "other"}, None),
        (made_by("ReplicaSet"), {}, None),
        (made_by("ReplicaSet", "5d4f7c"), {"pod-template-hash": "5d4f7c"}, None),
        (made_by("DaemonSet", "node"), {}, "daemonset/node"),
        (made_by("StatefulSet", "db"), {}, "statefulset/db"),
        (made_by("StatefulSet", "db", apiVersion="apps.kruise.io/v1"), {}, None),
        (made_by("DaemonSet", "node", controller=False), {}, None),
        (made_by("Job", "once", apiVersion="batch/v1"), {}, None),
        (made_by("Node", "master-0", apiVersion="v1"), {}, None),
        (made_by("ReplicaSet", "REDACTED-5d4f7c"), {"pod-template-hash": "5d4f7c"}, None),
        (made_by("DaemonSet", "REDACTED"), {}, None),
        ("no object", {}, None),
    ],
)
def test_what_made_a_pod(owner: Json, labels: dict[str, str], shown: str | None) -> None:
    found = workload(pod(owner, **labels))
    assert owners([found, found]) == [shown] * (shown is not None)
    assert without_owner([found]) == ["p"] * (shown is None)
    assert to_restart([found]) == [shown or "deployment"]


def test_a_deployment_without_pods_is_restarted_by_its_name() -> None:
    found = workload(replace(pod(None), kind="Deployment", name="web"))
    assert (owners([found]), without_owner([found])) == (["deployment/web"], [])


def test_one_whose_name_is_masked_is_not_named() -> None:
    assert to_restart([workload(replace(pod(None), kind="Deployment", name="REDACTED"))]) == ["deployment"]


def test_where_not_all_is_known_all_of_the_kinds_are_restarted() -> None:
    known, other = workload(pod(made_by("DaemonSet", "node"))), workload(pod(None))
    assert to_restart([known]) == ["daemonset/node"]
    assert to_restart([other]) == to_restart([]) == ["deployment"]
    assert to_restart([known, other]) == ["daemonset,deployment"]
