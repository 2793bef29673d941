"""Lists are cut by bytes; cutting and parsing agree with parsing the whole."""

from __future__ import annotations

import json
import re
import textwrap

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import analyzer.bundle as b

PODS = b"""---
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      name: not-this
    labels:
      name: nor-this
    managedFields:
    - apiVersion: v1
      fieldsV1:
        f:metadata:
          f:name: {}
      manager: kubelet
      name: nor-that
    name: first
    namespace: openshift-ingress-operator
    ownerReferences:
    - kind: ReplicaSet
      name: owner
  spec:
    containers:
    - name: c
      command:
      - sh
      - |
        items:
        - kind: Secret

        kind: not-the-end
- apiVersion: v1
  kind: Pod
  metadata:
    name: "second"
    namespace: 'openshift-x'
  status: {}
kind: PodList
metadata:
  resourceVersion: "7"
"""


def described(cut: b.Cut) -> list[tuple[str | None, str | None, str | None]]:
    return [(b.item_kind(i.data), *reversed(b.item_names(i.data))) for i in cut.items]


def test_a_list_is_cut_into_items() -> None:
    cut = b.cut_list(PODS)
    assert described(cut) == [
        ("Pod", "openshift-ingress-operator", "first"),
        ("Pod", "openshift-x", "second"),
    ]
    assert [(i.first_line, i.list_kind, i.complete) for i in cut.items] == [
        (4, "PodList", True),
        (33, "PodList", True),
    ]
    assert cut.complete


def test_lines_are_those_of_the_file_also_behind_managed_fields() -> None:
    lines = PODS.decode().splitlines()
    first, second = (b.parse_item(item, "pods.yaml") for item in b.cut_list(PODS).items)
    for place in (
        first.at("kind"),
        first.at("metadata", "name"),
        first.at("metadata", "ownerReferences", 0, "name"),
        second.at("metadata", "name"),
        second.at("status"),
    ):
        assert lines[place.line - 1] == place.excerpt
        assert str(place.path[-1]) in place.excerpt
    assert "managedFields" not in str(first.value)
    assert b.item_api_version(b.cut_list(PODS).items[0].data) == "v1"


def indented(text: bytes, by: int) -> bytes:
    head, _, rest = text.partition(b"items:\n")
    items, _, tail = rest.partition(b"kind: PodList")
    return head + b"items:\n" + textwrap.indent(items.decode(), " " * by).encode() + b"kind: PodList" + tail


@pytest.mark.parametrize("by", [0, 1, 2, 4])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_indented_items(by: int, ending: bytes) -> None:
    cut = b.cut_list(indented(PODS, by).replace(b"\n", ending))
    assert [name for _, _, name in described(cut)] == ["first", "second"]
    documents, problems = b.parse_items(cut, "f")
    assert problems == []
    assert [d.at("metadata", "name").line for d in documents] == [18, 36]


def test_marker_on_a_line_of_its_own_and_wide_marker() -> None:
    bare = b"-\n  kind: A\n  metadata:\n    name: x\n"
    text = b"items:\n" + bare + b"-   kind: B\n    metadata:\n      name: y\nkind: List\n"
    assert described(b.cut_list(text)) == [("A", None, "x"), ("B", None, "y")]


@pytest.mark.parametrize("end", range(0, len(PODS), 7))
def test_a_cut_list_gives_its_whole_items(end: int) -> None:
    documents, problems = b.parse_items(b.cut_list(PODS[:end]), "f")
    names = [d.get("metadata", "name") for d in documents if d.get("kind") == "Pod"]
    assert names == ["first", "second"][: len(names)]
    assert len(names) < 2 or end > PODS.index(b"kind: PodList")
    if b"- apiVersion" in PODS[:end] and end < PODS.index(b"kind: PodList"):
        assert problems


def test_an_item_may_refer_to_what_an_earlier_one_anchors() -> None:
    """PyYAML and Ansible write so; what stands between may refer to others."""
    one, two, three = {"issuer": "x"}, {"key": "y"}, [{"name": "z"}]
    items = [
        {"apiVersion": "v1", "data": one, "metadata": {"name": "a"}},
        {"apiVersion": "v1", "data": two, "metadata": {"name": "b"}, "spec": one},
        {"apiVersion": "v1", "metadata": {"name": "c"}, "spec": "rsa-public & *.example.com"},
        {"apiVersion": "v1", "data": two, "metadata": {"name": "d"}, "spec": three, "status": three},
    ]
    data = yaml.safe_dump({"apiVersion": "v1", "items": items, "kind": "ConfigMapList"}).encode()
    assert data.count(b"*id") == 3
    cut = b.cut_list(data)
    documents, problems = b.parse_items(cut, "f")
    assert not problems
    assert [document.value for document in documents] == items
    assert [bool(item.before) for item in cut.items] == [False, True, False, True]
    lines = data.splitlines()
    for document, name in zip(documents, "abcd", strict=True):
        place = document.at("metadata", "name")
        assert lines[place.line - 1].strip() == f"name: {name}".encode()


def test_an_alias_without_any_anchor_is_a_broken_item() -> None:
    data = b"items:\n- apiVersion: v1\n  data: &a {}\n- apiVersion: v1\n  data: *b\nkind: ConfigMapList\n"
    documents, (problem,) = b.parse_items(b.cut_list(data), "f")
    assert len(documents) == 1
    assert "alias" in str(problem)


def test_a_broken_item_leaves_the_others() -> None:
    cut = b.cut_list(PODS.replace(b'name: "second"', b'name: "sec\x1bond'))
    documents, problems = b.parse_items(cut, "f")
    assert [d.get("metadata", "name") for d in documents] == ["first"]
    assert [p.line for p in problems] == [36]


EMPTY = [
    b"",
    b"---\n",
    b"---",
    b"# x\n",
    b"\n\n",
    b"\xef\xbb\xbf---\n",
    b"apiVersion: v1\nitems: []\nkind: PodList\n",
    b"apiVersion: v1\nitems: null\nkind: PodList\n",
    b"items:\nkind: PodList\n",
    b"items: [] # none\nkind: L\n",
    b'{"kind": "List", "items": []}',
]


@pytest.mark.parametrize("data", EMPTY)
def test_nothing_in_it(data: bytes) -> None:
    assert b.cut_list(data) == b.Cut(())


ERRORS = [
    b'Error from server (Forbidden): secrets is forbidden: User "x" cannot list\n',
    b"error: the server doesn't have a resource type\n",
    b"<!DOCTYPE html><html></html>",
    b"Unable to connect to the server: dial tcp",
]


@pytest.mark.parametrize("data", ERRORS)
def test_error_text_instead_of_objects(data: bytes) -> None:
    cut = b.cut_list(data)
    assert cut.items == ()
    assert "error message" in cut.problem
    assert len(b.parse_items(cut, "f")[1]) == 1


@pytest.mark.parametrize(
    "flood",
    [
        b'{"kind": "SecretList", "items": [' + b"{}," * 20 + b"{}]}",
        b"{}\n" * 21,
        b"items:\n" + b"- {}\n" * 21 + b"kind: SecretList\n",
        b"---\na: 1\n" * 21,
    ],
)
def test_a_flood_of_objects_is_not_read(monkeypatch: pytest.MonkeyPatch, flood: bytes) -> None:
    assert len(b.cut_list(flood).items) == 21
    monkeypatch.setattr("analyzer.bundle.lists.MOST_ITEMS", 20)
    cut = b.cut_list(flood)
    assert (cut.items, cut.complete) == ((), False)
    assert "more than" in cut.problem


def test_a_single_object_is_one_item() -> None:
    text = (
        b"---\nkind: A\nmetadata:\n  managedFields:\n  - x: 1\n  name: n\n  ownerReferences:\n  - name: o\n"
    )
    cut = b.cut_list(text)
    assert described(cut) == [("A", None, "n")]
    document = b.parse_item(cut.items[0], "f")
    assert document.value == {"kind": "A", "metadata": {"name": "n", "ownerReferences": [{"name": "o"}]}}
    assert document.at("metadata", "name").line == 6


def test_several_yaml_documents() -> None:
    text = b"--- # first\nkind: A\nmetadata: {name: x}\n---\n\n---\n" + PODS[4:] + b"...\n---\nkind: C\n"
    cut = b.cut_list(text)
    assert [kind for kind, _, _ in described(cut)] == ["A", "Pod", "Pod", "C"]
    assert described(cut)[0][2] == "x"
    lines = text.decode().splitlines()
    for item in cut.items:
        place = b.parse_item(item, "f").at("kind")
        assert lines[place.line - 1] == place.excerpt


@pytest.mark.parametrize(
    "heading", [b"", b"==== pods ====\n", b"# next\n\n", b"[me@host ~]$ oc get x -o yaml\n"]
)
def test_what_was_appended_to_one_file_without_separators(heading: bytes) -> None:
    one = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  x: |\n    apiVersion: none\n"
    text = heading + PODS.removeprefix(b"---\n") + heading + one + heading + one + heading + PODS[4:]
    cut = b.cut_list(text)
    assert cut.complete
    documents, problems = b.parse_items(cut, "x")
    assert not problems
    assert [d.value["metadata"]["name"] for d in documents] == [
        "first",
        "second",
        "c",
        "c",
        "first",
        "second",
    ]
    lines = text.split(b"\n")
    assert all(b"apiVersion: v1" in lines[d.first_line - 1] for d in documents)


def test_of_a_document_that_does_not_begin_with_its_version_nothing_is_parted() -> None:
    text = b"kind: A\napiVersion: v1\nmetadata: {name: a}\nkind: B\napiVersion: v1\n"
    (item,) = b.cut_list(text).items
    assert item.data == text


def test_flow_yaml_is_no_json() -> None:
    assert b.parse_item(b.cut_list(b"{kind: A, metadata: {name: x}}\n").items[0], "f").get("kind") == "A"


OBJECTS = [
    {"kind": "Pod", "metadata": {"ownerReferences": [{"name": "o"}], "name": "a", "namespace": "n"}},
    {"kind": "Pod", "metadata": {"labels": {"name": "l"}, "name": 'b"]}'}},
]
JSON_LIST = json.dumps({"apiVersion": "v1", "items": OBJECTS, "kind": "List"}, indent=4).encode()


def test_json_lists() -> None:
    cut = b.cut_list(JSON_LIST)
    assert described(cut) == [("Pod", "n", "a"), ("Pod", None, 'b"]}')]
    lines = JSON_LIST.decode().splitlines()
    for item in cut.items:
        place = b.parse_item(item, "f").at("metadata", "name")
        assert (
            lines[place.line - 1] == place.excerpt or place.excerpt.strip() == lines[place.line - 1].strip()
        )
    assert [i.list_kind for i in cut.items] == ["List", "List"]


def test_json_lists_that_are_cut() -> None:
    for end in range(len(JSON_LIST)):
        cut = b.cut_list(JSON_LIST[:end])
        documents, problems = b.parse_items(cut, "f")
        whole = [d.value for d in documents if d.get("kind") == "Pod"]
        assert whole == OBJECTS[: len(whole)]
        assert problems or cut.problem or not JSON_LIST[:end].strip()


def test_concatenated_json_documents() -> None:
    text = b'{"kind": "A"}\n' + JSON_LIST + b'\n{"kind": "B"} [1] oops'
    cut = b.cut_list(text)
    assert [b.item_kind(i.data) for i in cut.items[:4]] == ["A", "Pod", "Pod", "B"]
    assert len(b.parse_items(cut, "f")[1]) == 1


def test_odd_names_are_parsed() -> None:
    for raw, name in [
        ('"a\\x2db"', "a-b"), ("it''s", "it''s"), ("'it''s'", "it's"), ("system:node", "system:node"),
        ("x # comment", "x"), ("&a x", "x"), ("1234", "1234"),
    ]:  # fmt: skip
        assert b.item_names(f"kind: A\nmetadata:\n  name: {raw}\n".encode())[0] == name


# PyYAML writes by YAML 1.1, and leaves unquoted what is a number in 1.2 alone: 0E0, -.0, 0o7.
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|0o[0-7]+")


def _is_text(text: str) -> bool:
    return _NUMBER.fullmatch(text) is None


names = st.text(alphabet="abc-.:0 1'\"#&", min_size=1, max_size=8).filter(_is_text)
values = st.text(max_size=30).filter(_is_text)
objects = st.fixed_dictionaries(
    {"kind": st.sampled_from(["Pod", "Secret"]), "metadata": st.fixed_dictionaries({"name": names})},
    optional={"data": st.dictionaries(names, values | st.lists(values), max_size=3)},
)


@settings(max_examples=80, deadline=None)
@given(st.lists(objects, max_size=5), st.booleans())
def test_cutting_agrees_with_parsing_the_whole(items: list[dict[str, object]], flat: bool) -> None:
    text = yaml.safe_dump({"apiVersion": "v1", "items": items, "kind": "XList"}, default_flow_style=False)
    if not flat and items:
        head, _, rest = text.partition("items:\n")
        body, _, tail = rest.rpartition("kind: XList")
        text = f"{head}items:\n{textwrap.indent(body, '  ')}kind: XList{tail}"
    cut = b.cut_list(text.encode())
    documents, problems = b.parse_items(cut, "f")
    assert problems == []
    assert [d.value for d in documents] == items
    assert [b.item_names(i.data)[0] for i in cut.items] == [i["metadata"]["name"] for i in items]  # type: ignore[index]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80) | st.text(alphabet="items:- \nkdl{}[]\"'#.a", max_size=80).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    cut = b.cut_list(data)
    documents, problems = b.parse_items(cut, "f")
    assert len(documents) + len(problems) >= len(cut.items)
    described(cut)


def _secrets() -> dict[str, object]:
    items = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "Opaque",
            "metadata": {"labels": {"items": "x", "name": "not-this"}, "name": name, "namespace": "shop"},
        }
        for name in ("first", "2nd")
    ]
    return {"apiVersion": "v1", "items": items, "kind": "SecretList", "metadata": {"resourceVersion": "7"}}


class _Quoted(yaml.SafeDumper):
    """Writes every string, keys too, in double quotes."""


_Quoted.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)

STYLES = {
    "flow": lambda value: yaml.safe_dump(value, default_flow_style=True, width=50),
    "flow-below-a-comment": lambda value: "---\n# by hand\n" + yaml.safe_dump(value, default_flow_style=True),
    "flow-type-first": lambda value: yaml.safe_dump(
        {key: value[key] for key in sorted(value, reverse=True)}, default_flow_style=True, sort_keys=False
    ),
    "quoted": lambda value: "---\n" + yaml.dump(value, Dumper=_Quoted, default_flow_style=False),
}


@pytest.mark.parametrize("style", STYLES)
def test_other_styles_of_yaml_give_the_same_items(style: str) -> None:
    listed = _secrets()
    text = STYLES[style](listed)
    cut = b.cut_list(text.encode())
    assert cut.complete
    assert [item.list_kind for item in cut.items] == ["SecretList"] * 2
    assert [b.parse_item(item, "f").value for item in cut.items] == listed["items"]
    for item, name in zip(cut.items, ("first", "2nd"), strict=True):
        assert (b.item_kind(item.data), b.item_names(item.data)[0]) == ("Secret", name)
        assert b.item_names(item.data)[1] == "shop"
        (line,) = [
            n for n, shown in enumerate(text.splitlines(), 1) if f"name: {name}" in shown.replace('"', "")
        ]
        if style == "flow":
            assert item.first_line <= line < item.first_line + item.data.count(b"\n") + 1


@pytest.mark.parametrize("style", STYLES)
def test_a_single_object_in_another_style_is_named(style: str) -> None:
    text = STYLES[style]({"type": "Opaque", "kind": "Secret", "metadata": {"name": "a", "namespace": "n"}})
    (item,) = b.cut_list(text.encode()).items
    assert (b.item_kind(item.data), *b.item_names(item.data)) == (
        "Secret",
        "a",
        "n",
    )


def test_a_broken_flow_mapping_is_left_to_the_parser_and_an_empty_list_is_empty() -> None:
    (item,) = b.cut_list(b"{apiVersion: v1, items: [{a: 1}").items
    with pytest.raises(b.UnreadableDocument):
        b.parse_item(item, "f")
    assert b.cut_list(b"{apiVersion: v1, items: [], kind: SecretList}").items == ()
