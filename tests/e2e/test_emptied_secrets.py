"""Secrets of which a gather or a cleaning tool took all data are there, and were not read."""

import base64
import json
import re
from typing import Any

import pytest
import yaml

from samples import Cluster
from samples.yamlout import document

from .faults import FAULTS
from .runs import INGRESS, Bench, everything, named, states_of, told

SECRETS = re.compile(r"/core/secrets(?:\.yaml|/.*)$")


def _without_data(files: dict[str, bytes], left: Any) -> dict[str, bytes]:
    """Give the files with the data of all Secrets replaced, or taken out."""
    out = dict(files)
    for path in filter(SECRETS.search, files):
        body = yaml.safe_load(files[path])
        for secret in body.get("items", [body]):
            del secret["data"]
            secret |= left
        out[path] = json.dumps(body, default=lambda time: time.isoformat()).encode()
    assert out != files
    return out


@pytest.mark.parametrize("left", [{}, {"data": {}}, {"data": None}], ids=str)
def test_a_secret_without_any_key_was_not_read(bench: Bench, left: dict[str, Any]) -> None:
    report = bench.report(_without_data(everything(Cluster()), left))
    assert not named(report, "fail"), told(report)
    states = states_of(report)
    assert states[INGRESS, "secret", "secret-no-credentials-key"] == "unknown"
    assert states[INGRESS, "secret", "secret-missing"] == "pass"


@pytest.mark.parametrize("mask", ["########", "# REDACTED", "#####\n#####\n", "[default]\n#######\n#####\n"])
def test_a_mask_that_looks_like_a_comment_hides_the_value(bench: Bench, mask: str) -> None:
    value = {"data": {"credentials": base64.b64encode(mask.encode()).decode()}}
    report = bench.report(_without_data(everything(Cluster()), value))
    assert not named(report, "fail"), told(report)
    assert states_of(report)[INGRESS, "secret", "secret-role-arn-missing"] == "unknown"


def test_static_keys_are_not_gone_where_the_secrets_are_emptied(bench: Bench) -> None:
    fault = next(one for one in FAULTS if one.rule == "secret-static-keys")
    hidden = bench.report(_without_data(fault.files(), {}))
    chain = fault.chains[0]
    assert states_of(bench.report(fault.files()))[chain, "secret", "secret-static-keys"] == "fail"
    assert states_of(hidden)[chain, "secret", "secret-static-keys"] == "unknown"


def test_a_secret_without_any_key_among_others_with_theirs_is_a_fault(bench: Bench) -> None:
    cluster = Cluster()
    cluster.secrets["openshift-ingress-operator", "cloud-credentials"].data.clear()
    report = bench.report(everything(cluster))
    assert states_of(report)[INGRESS, "secret", "secret-no-credentials-key"] == "fail"


def _without_members(files: dict[str, bytes], *spaces: str) -> dict[str, bytes]:
    """Give the files with the lists of Secrets of these namespaces empty, of all where none is named."""
    out = dict(files)
    for path in filter(SECRETS.search, files):
        if not spaces or any(f"namespaces/{space}/" in path for space in spaces):
            out[path] = document(yaml.safe_load(files[path]) | {"items": []})
    assert out != files
    return out


def test_no_secret_is_missing_where_every_list_of_them_was_emptied(bench: Bench) -> None:
    """An API server has Secrets of its own, always."""
    report = bench.report(_without_members(everything(Cluster())))
    assert not named(report, "fail", "warn"), told(report)
    assert states_of(report)[INGRESS, "secret", "secret-missing"] == "unknown"
    assert any("secret-missing" in item.decides and item.command for item in report.missing)
    (finding,) = [one for one in report.findings if one.rule == "input-cleaned"]
    assert "the Secrets of 11 namespaces" in finding.message


def test_a_secret_is_missing_where_its_namespace_alone_has_none(bench: Bench) -> None:
    report = bench.report(_without_members(everything(Cluster()), INGRESS.split("/")[0]))
    assert states_of(report)[INGRESS, "secret", "secret-missing"] == "fail"


@pytest.mark.parametrize(("more", "state"), [("", "fail"), ("eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", "unknown")])
def test_a_page_of_a_list_proves_no_absence(bench: Bench, more: str, state: str) -> None:
    files = everything(Cluster())
    path = next(p for p in files if p.endswith("/openshift-ingress-operator/core/secrets.yaml"))
    body = yaml.safe_load(files[path])
    body["items"] = [one for one in body["items"] if one["metadata"]["name"] != INGRESS.split("/")[1]]
    body["metadata"] = {"continue": more, "resourceVersion": "1"}
    report = bench.report(files | {path: b"---\n" + yaml.safe_dump(body).encode()})
    assert states_of(report)[INGRESS, "secret", "secret-missing"] == state, told(report)
