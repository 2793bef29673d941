"""Where the containers of a pod find their projected token, and as whom the pod runs."""

from __future__ import annotations

import json

import pytest

from analyzer.bundle import parse_json
from analyzer.evidence.kubernetes import workload
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject, Workload
from analyzer.model.joining.consumers import readers, signing_in
from analyzer.model.joining.mounted_tokens import is_mounted, token_paths

FOLDER = "/var/run/secrets/openshift/serviceaccount"


def pod(mount: dict[str, Json], path: str = "token", spec: dict[str, Json] | None = None) -> Workload:
    projected: Json = {"serviceAccountToken": {"audience": "openshift", "path": path}}
    content: dict[str, Json] = {
        "containers": [{"name": "app", "volumeMounts": [{"name": "bound", **mount}]}],
        "volumes": [{"name": "bound", "projected": {"sources": [projected]}}],
    }
    whole: dict[str, Json] = {"spec": content | (spec or {})}
    place = Where("i1", parse_json(json.dumps(whole).encode(), "pod.json")[0].at())
    return workload(K8sObject("Pod", "", "n", "p", whole, place, "i1"))


@pytest.mark.parametrize(
    ("mount", "path", "place"),
    [
        ({"mountPath": FOLDER}, "token", f"{FOLDER}/token"),
        ({"mountPath": f"{FOLDER}/"}, "token", f"{FOLDER}/token"),
        ({"mountPath": f"{FOLDER}/token", "subPath": "token"}, "token", f"{FOLDER}/token"),
        ({"mountPath": FOLDER, "subPath": "aws"}, "aws/token", f"{FOLDER}/token"),
        ({"mountPath": FOLDER, "subPath": "other"}, "token", None),
        ({"mountPath": FOLDER, "subPath": "tok"}, "token", None),
    ],
)
def test_where_a_token_is_found(mount: dict[str, Json], path: str, place: str | None) -> None:
    assert token_paths([pod(mount, path)]) == ([place] if place else [])


def test_var_run_is_run() -> None:
    pods = [pod({"mountPath": FOLDER.removeprefix("/var")})]
    assert is_mounted(f"{FOLDER}/token", pods)
    assert is_mounted(f"{FOLDER}/.//token", pods)
    assert is_mounted(f"/{FOLDER}/token", pods)
    assert not is_mounted(f"{FOLDER}/jwt", pods)
    assert not is_mounted(None, pods)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({}, "default"),
        ({"serviceAccount": "a"}, "a"),
        ({"serviceAccountName": "b", "serviceAccount": "a"}, "b"),
    ],
)
def test_the_service_account_has_two_spellings(spec: dict[str, Json], name: str) -> None:
    assert pod({"mountPath": FOLDER}, spec=spec).service_account == name


def test_what_takes_its_keys_from_the_secret_signs_in_beside_what_has_the_token() -> None:
    """A container with neither may call another service than AWS."""
    reference: Json = {"secretKeyRef": {"name": "cloud-credentials", "key": "aws_access_key_id"}}
    spec: dict[str, Json] = {
        "containers": [
            {"name": "sidecar", "volumeMounts": [{"name": "bound", "mountPath": FOLDER}]},
            {"name": "app", "env": [{"name": "AWS_ACCESS_KEY_ID", "valueFrom": reference}]},
            {"name": "proxy"},
        ]
    }
    found = pod({}, spec=spec)
    assert [c.name for c in readers(found, "cloud-credentials")] == ["app"]
    assert [c.name for c in signing_in(found, "cloud-credentials")] == ["sidecar", "app"]
    bare = pod({}, spec={"containers": [{"name": "app"}, {"name": "proxy"}]})
    assert [c.name for c in signing_in(bare, "cloud-credentials")] == ["app", "proxy"]
