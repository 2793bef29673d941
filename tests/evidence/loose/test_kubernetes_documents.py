from __future__ import annotations

import json

import pytest
import yaml

from analyzer.evidence import kubernetes
from analyzer.evidence.ccoctl import PLACEHOLDER_LINE
from analyzer.evidence.origin import Quote
from analyzer.evidence.records import K8sObject
from tests.evidence.material import read

SECRET = """\
apiVersion: v1
stringData:
  credentials: |-
    [default]
    role_arn = {arn}
kind: Secret
metadata:
  name: cloud-credentials
  namespace: openshift-ingress-operator
"""


def objects(name: str, content: str | object) -> list[K8sObject]:
    found = read(name, content).records
    assert all(isinstance(record, K8sObject) for record in found)
    return [record for record in found if isinstance(record, K8sObject)]


def request(name: str) -> dict[str, object]:
    return {
        "apiVersion": "cloudcredential.openshift.io/v1",
        "kind": "CredentialsRequest",
        "metadata": {"name": name, "namespace": "openshift-cloud-credential-operator"},
    }


def test_a_manifest() -> None:
    (found,) = objects("m.yaml", SECRET.format(arn="x"))
    assert (found.kind, found.group, found.namespace, found.name) == (
        "Secret",
        "",
        "openshift-ingress-operator",
        "cloud-credentials",
    )
    assert found.root == "i1:m.yaml"
    assert found.where.at("stringData", "credentials").line == 3


@pytest.mark.parametrize("before", ["", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n---\n"])
def test_a_setting_is_proven_at_its_own_line(before: str) -> None:
    text = before + SECRET.format(arn="arn:aws:iam::123456789012:role/a")
    found = kubernetes.secret(next(o for o in objects("m.yaml", text) if o.kind == "Secret"))
    place = found.at("credentials").line_of("role_arn")
    assert isinstance(place, Quote)
    assert (place.line, place.column) == (before.count("\n") + 5, 5)
    assert place.excerpt == "    role_arn = arn:aws:iam::123456789012:role/a"


@pytest.mark.parametrize("word", ["role_name", "kind"])
def test_a_setting_that_is_not_in_the_text_is_proven_at_the_text(word: str) -> None:
    (found,) = objects("m.yaml", SECRET.format(arn="x"))
    place = kubernetes.secret(found).at("credentials")
    assert place.line_of(word) == place
    assert place.line == 3


def test_an_encoded_value_is_proven_at_its_key() -> None:
    (found,) = objects(
        "m.json",
        {
            "kind": "Secret",
            "apiVersion": "v1",
            "metadata": {"name": "a", "namespace": "b"},
            "data": {"credentials": "cm9sZV9hcm4gPSB4"},
        },
    )
    place = kubernetes.secret(found).at("credentials")
    assert place.place.value == "cm9sZV9hcm4gPSB4"
    assert place.line_of("role_arn") == place


def test_the_placeholder_of_a_dry_run_does_not_hide_the_secret() -> None:
    text = SECRET.format(arn="") + PLACEHOLDER_LINE
    (found,) = objects("m.yaml", text)
    assert PLACEHOLDER_LINE in found.value
    assert found.where.at(PLACEHOLDER_LINE).line == text.count("\n") + 1
    assert found.name == "cloud-credentials"


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("kind", ["List", "CredentialsRequestList"])
def test_lists_are_flattened(kind: str, form: str) -> None:
    value = {"apiVersion": "v1", "kind": kind, "items": [request("a"), request("b")], "metadata": {}}
    text = yaml.safe_dump(value) if form == "yaml" else json.dumps(value, indent=4)
    found = objects("list", text)
    assert [(obj.kind, obj.group, obj.name) for obj in found] == [
        ("CredentialsRequest", "cloudcredential.openshift.io", name) for name in "ab"
    ]
    lines = text.splitlines()
    assert [lines[obj.where.at("metadata", "name").line - 1].split()[-1].strip('",') for obj in found] == [
        "a",
        "b",
    ]


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_items_of_a_typed_list_need_no_type(form: str) -> None:
    value = {"apiVersion": "v1", "kind": "SecretList", "items": [{"metadata": {"name": "a"}}], "metadata": {}}
    text = yaml.safe_dump(value) if form == "yaml" else json.dumps(value)
    (found,) = objects("list", text)
    assert (found.kind, found.group, found.name) == ("Secret", "", "a")


def test_several_documents_one_of_them_broken() -> None:
    text = "---\n".join(
        [yaml.safe_dump(request("a")), "kind: [\n", "# nothing\n", yaml.safe_dump(request("b"))]
    )
    found = read("all.yaml", text)
    assert [obj.name for obj in found.records] == ["a", "b"]  # type: ignore[attr-defined]
    assert found.problem is not None
    last = found.records[-1]
    assert isinstance(last, K8sObject)
    assert text.splitlines()[last.where.at("metadata", "name").line - 1] == "  name: b"


@pytest.mark.parametrize("form", ["array", "lines", "yaml"])
def test_several_objects_without_a_list(form: str) -> None:
    values = [request("a"), request("b")]
    text = {
        "array": json.dumps(values),
        "lines": "\n".join(map(json.dumps, values)),
        "yaml": yaml.safe_dump(values),
    }
    assert [obj.name for obj in objects("x", text[form])] == ["a", "b"]


def test_kinds_that_come_by_the_thousand_are_left_out_of_lists() -> None:
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}}
    value = {"apiVersion": "v1", "kind": "List", "items": [event] * 100 + [request("a")]}
    assert [obj.name for obj in objects("x.yaml", yaml.safe_dump(value))] == ["a"]


def test_a_list_that_ends_too_early_keeps_its_whole_items() -> None:
    value = {"apiVersion": "v1", "kind": "List", "items": [request("a"), request("b")]}
    found = read("x.json", json.dumps(value, indent=4)[:-60])
    assert [obj.name for obj in found.records] == ["a"]  # type: ignore[attr-defined]
    assert found.problem is not None


@pytest.mark.parametrize(
    "value",
    [
        {"apiVersion": "audit.k8s.io/v1", "kind": "Event", "metadata": {}},
        {"apiVersion": "v1", "kind": "Status", "code": 404},
        {"apiVersion": "v1", "kind": "List", "items": []},
        {"apiVersion": "v1", "kind": 7},
        {"apiVersion": 1, "kind": "x"},
    ],
)
def test_what_is_no_object(value: object) -> None:
    assert read("x.json", value).records == ()
    assert read("x.yaml", yaml.safe_dump(value)).records == ()


def test_metadata_of_the_wrong_type_is_not_there() -> None:
    (found,) = objects(
        "x.json", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": 7, "namespace": []}}
    )
    assert (found.name, found.namespace) == ("", "")


def test_a_template_is_unreadable_with_its_line() -> None:
    found = read("t.yaml", "apiVersion: v1\nkind: {{ .Values.kind }}\n")
    assert found.records == ()
    assert found.problem is not None
    assert "line 2" in found.problem
