"""Secrets that an operator's own request brings: its pod is older, and has read none before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from samples import Cluster
from samples.manifests import elided, listing, metadata
from samples.operators import stamp
from samples.yamlout import Json

from .layered import CCO, OPERATOR, OPERATOR_ROLE, OPERATOR_SECRET, albo, operator_request, put
from .runs import Bench, bundle, findings, said, the_chain, told

_PATH = "/var/run/secrets/openshift/serviceaccount/token"
_ACCOUNT = f"{OPERATOR}-controller-manager"


def _cluster(
    *, request: int = -1, written: int | None = None, mounts: bool = False, seen: bool = True
) -> Cluster:
    """Install an operator whose pod began three days ago.

    ``request`` is so many hours before that (less than none: after it), its Secret a minute later;
    ``written`` so many hours after the pod began the Secret was written again.
    """
    cluster = Cluster()
    albo(cluster, token_path=_PATH)
    began = cluster.gathered - timedelta(days=3)
    asked = began - timedelta(hours=request)
    body = operator_request(cluster, OPERATOR_ROLE, _PATH)
    body["metadata"]["creationTimestamp"] = stamp(asked)
    if not seen:
        del body["metadata"]["creationTimestamp"]
    put(cluster, f"namespaces/{CCO}/cloudcredential.openshift.io/credentialsrequests/{OPERATOR}.yaml", body)
    base = f"namespaces/{OPERATOR}/core"
    changed = began + timedelta(hours=written) if written else asked + timedelta(minutes=1)
    secret = _secret(cluster, asked + timedelta(minutes=1), changed)
    put(cluster, f"{base}/secrets.yaml", listing(cluster, [secret], "Secret", "v1"))
    put(cluster, f"{base}/pods.yaml", listing(cluster, [_pod(cluster, began, mounts=mounts)], "Pod", "v1"))
    return cluster


def _secret(cluster: Cluster, made: datetime, changed: datetime) -> Json:
    fields = {"f:data": {"f:credentials": {}}}
    write = {"manager": "cloud-credential-operator", "operation": "Update", "apiVersion": "v1",
             "time": stamp(changed), "fieldsType": "FieldsV1", "fieldsV1": fields}  # fmt: skip
    meta = metadata(cluster, "Secret", OPERATOR, OPERATOR, created=made) | {"managedFields": [write]}
    data = {"credentials": elided(129 + len(OPERATOR_ROLE))}
    return {"apiVersion": "v1", "data": data, "kind": "Secret", "metadata": meta, "type": "Opaque"}


def _pod(cluster: Cluster, began: datetime, *, mounts: bool) -> Json:
    token = {"audience": "openshift", "expirationSeconds": 3600, "path": "token"}
    volumes: list[Json] = [
        {"name": "bound-sa-token", "projected": {"sources": [{"serviceAccountToken": token}]}}
    ]
    mounted: list[Json] = [{"name": "bound-sa-token", "mountPath": _PATH.rpartition("/")[0]}]
    if mounts:
        volumes.append({"name": "cloud", "secret": {"secretName": OPERATOR, "optional": True}})
        mounted.append({"name": "cloud", "mountPath": "/cloud"})
    manager = {"name": "manager", "image": "example.com/manager", "volumeMounts": mounted}
    spec: dict[str, Any] = {"containers": [manager], "serviceAccountName": _ACCOUNT, "volumes": volumes}
    meta = metadata(cluster, "Pod", f"{_ACCOUNT}-7d9f8c6b5-x2x4q", OPERATOR, created=began)
    status = {"phase": "Running", "startTime": stamp(began)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}


def test_a_pod_that_asked_for_its_secret_is_older_than_that(bench: Bench) -> None:
    report = bench.report(bundle(_cluster()))
    assert not findings(report, "fail", "warn"), told(report)
    assert said(the_chain(report, OPERATOR_SECRET))[0] == "unknown"


@pytest.mark.parametrize("more", [{"written": 20}, {"request": 5, "written": 20}, {"mounts": True}])
def test_what_may_have_held_another_value_is_still_told(bench: Bench, more: dict[str, Any]) -> None:
    report = bench.report(bundle(_cluster(**more)))
    assert [f.rule for f in findings(report, "fail", "warn")] == ["secret-newer-than-pods"], told(report)


def test_whether_it_asked_for_it_is_not_known_without_the_time_of_the_request(bench: Bench) -> None:
    report = bench.report(bundle(_cluster(seen=False)))
    assert not findings(report, "fail", "warn"), told(report)
