"""A list that is cut, or one page of a longer list, proves nothing missing that it does not name."""

from __future__ import annotations

import json

import pytest
import yaml

from samples import Cluster
from samples.yamlout import Json, document

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
