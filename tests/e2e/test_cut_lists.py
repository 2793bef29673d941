"""A list that is cut, or one page of a longer list, proves nothing missing that it does not name."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import yaml

from samples import Cluster
from samples.yamlout import Json, document

from .layered import albo, shop
from .runs import MACHINES, NETWORK, Bench, bundle, everything, findings, named, told, without

GONE = NETWORK.partition("/")[0]
PAGE = {"continue": "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", "remainingItemCount": 1, "resourceVersion": "71"}


def _namespaces(*, all_of_them: bool) -> Json:
    places = {request["spec"]["secretRef"]["namespace"] for request in Cluster().requests.values()}
    names = [
        "default",
        "kube-system",
        "openshift",
        *sorted(places - {GONE}),
        *([GONE] if all_of_them else []),
    ]
    items = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def _cut(text: str) -> bytes:
    return text[: text.rindex(GONE) - 20].encode()


LISTS = {
    "whole": document(_namespaces(all_of_them=False)),
    "cut": _cut(document(_namespaces(all_of_them=True)).decode()),
    "cut JSON": _cut(json.dumps(_namespaces(all_of_them=True), indent=4)),
    "page": document(_namespaces(all_of_them=False) | {"metadata": PAGE}),
    "page in JSON": json.dumps(_namespaces(all_of_them=False) | {"metadata": PAGE}).encode(),
}


@pytest.mark.parametrize("name", LISTS)
def test_only_a_whole_list_of_namespaces_proves_that_one_is_missing(bench: Bench, name: str) -> None:
    files = without(everything(Cluster()), rf"/namespaces/{GONE}/")
    report = bench.report(files | {"namespaces.yaml": LISTS[name]})
    rule = "request-target-namespace-missing"
    assert (rule in named(report, "fail")) == (name == "whole"), told(report)
    assert ("input-incomplete" in named(report, "warn")) == (name != "whole"), told(report)


def test_a_page_of_a_namespaces_secrets_proves_no_absence(bench: Bench) -> None:
    files = bundle(Cluster())
    (path,) = [p for p in files if p.endswith(f"namespaces/{MACHINES.partition('/')[0]}/core/secrets.yaml")]
    held = yaml.safe_load(files[path])
    held["items"] = [item for item in held["items"] if item["metadata"]["name"] != MACHINES.partition("/")[2]]
    assert "secret-missing" in named(bench.report(files | {path: document(held)}), "fail")
    report = bench.report(files | {path: document(held | {"metadata": PAGE})})
    assert not findings(report, "fail"), told(report)


SERVICE = "/aws-service-role/support.amazonaws.com/"


@pytest.mark.parametrize(
    ("kept", "linked", "rule"),
    [
        (["cluster-csi", "image", "cloud-cred", "cloud-net", "ingress"], False, "trust-role-missing"),
        (["ingress"], False, None),
        (["ingress"], True, "trust-role-missing"),
        (["image", "ingress", "machine"], False, None),
        (["image", "ingress", "machine"], True, "trust-role-missing"),
    ],
    ids=["one is missing", "filtered", "one is left", "last page", "half is missing"],
)
def test_a_list_of_roles_proves_absence_where_it_is_plainly_whole(
    bench: Bench, kept: list[str], *, linked: bool, rule: str | None
) -> None:
    """Every account has roles that AWS's services made; what cut a list may have cut the marks of it too."""
    files = everything(Cluster(), details=True)
    path = "exports/iam/get-account-authorization-details.json"
    details = json.loads(files[path])
    starts = tuple(f"demo-openshift-{name}" for name in kept)
    roles = [role for role in details["RoleDetailList"] if role["RoleName"].startswith(starts)]
    name = "AWSServiceRoleForSupport"
    own = {"RoleName": name, "Path": SERVICE, "Arn": f"arn:aws:iam::123456789012:role{SERVICE}{name}"}
    roles = sorted([*roles, *([own] if linked else [])], key=lambda role: role["RoleName"].lower())
    details["RoleDetailList"] = roles
    report = bench.report(files | {path: json.dumps(details).encode()})
    assert named(report, "fail") == ({rule} if rule else set()), told(report)


@pytest.mark.parametrize("make", [albo, shop], ids=["of OLM", "of the webhook"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_list_that_holds_one_clusters_names_alone_lacks_no_users_role(
    bench: Bench, make: Callable[[Cluster], object], *, linked: bool
) -> None:
    """It was filtered by what the names of the cluster's roles begin with."""
    cluster = Cluster()
    make(cluster)
    files = everything(cluster, details=True)
    path = "exports/iam/get-account-authorization-details.json"
    details = json.loads(files[path])
    name = "AWSServiceRoleForSupport"
    own = {"RoleName": name, "Path": SERVICE, "Arn": f"arn:aws:iam::123456789012:role{SERVICE}{name}"}
    details["RoleDetailList"] += [own] if linked else []
    report = bench.report(files | {path: json.dumps(details).encode()})
    assert named(report, "fail") == ({"trust-role-missing"} if linked else set()), told(report)
