"""YAML becomes plain values with lines, or an UnreadableDocument; never anything else."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import analyzer.bundle as b
from analyzer.bundle import yaml_guard
from analyzer.bundle.limits import Limits


def one(text: str | bytes) -> b.Document:
    (document,) = b.parse_yaml(text.encode() if isinstance(text, str) else text, "f.yaml")
    return document


CORE = [
    ("012345678901", "012345678901"),
    ("123456789012", 123456789012),
    ('"123456789012"', "123456789012"),
    ("012345670123", "012345670123"),
    ("0777", "0777"),
    ("0", 0),
    ("-7", -7),
    ("0o17", 15),
    ("0x1F", 31),
    ("12:30:45", "12:30:45"),
    ("on", "on"),
    ("off", "off"),
    ("yes", "yes"),
    ("NO", "NO"),
    ("true", True),
    ("False", False),
    ("~", None),
    ("", None),
    ("null", None),
    ("=", "="),
    ("2024-05-14T08:00:00Z", "2024-05-14T08:00:00Z"),
    ("2024-05-14", "2024-05-14"),
    ("1.5", 1.5),
    ("1e3", 1000.0),
    ("1e999", "1e999"),
    (".nan", ".nan"),
    (".inf", ".inf"),
    ("4.18", 4.18),
    ("4.18.1", "4.18.1"),
    ("9" * 20, int("9" * 20)),
    ("9" * 5000, "9" * 5000),
    ("!!str 5", "5"),
    ("!!python/object/apply:os.system [ls]", ["ls"]),
    ("!Ref x", "x"),
    ('"on"', "on"),
    ("'null'", "null"),
]


@pytest.mark.parametrize("text, value", CORE)
def test_core_types(text: str, value: object) -> None:
    got = one(f"k: {text}\n").get("k")
    assert got == value
    assert type(got) is type(value) or isinstance(value, list)


def test_keys_are_always_strings() -> None:
    assert one("1: a\ntrue: b\n'': c\non: d\n").value == {"1": "a", "true": "b", "": "c", "on": "d"}


def test_merge_keys_stay_plain() -> None:
    assert one("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n").get("b") == {"<<": {"x": 1}, "y": 2}


@pytest.mark.parametrize("mask", ["***", "**gone**", "%GONE%", "@@@", "`gone`", "{{ gone }}"])
def test_values_written_over_with_signs_of_yaml(mask: str) -> None:
    document = one(f"a: 1\nlist:\n- {mask}\n- b: {mask}  \n  c: '{mask}'\nd: {mask}\n")
    gone = "X" * len(mask)
    assert document.value == {"a": 1, "list": [gone, {"b": gone, "c": mask}], "d": gone}
    assert document.at("list", 1, "c").column == 3


def test_a_comment_behind_what_was_written_over() -> None:
    document = one("a: *** # masked\nb: {{ gone }}\t# too\nc: #### # and this\nd: '*** # no'\n")
    assert document.value == {"a": "XXX", "b": "X" * 10, "c": "####", "d": "*** # no"}


@pytest.mark.parametrize("text", ["a: **bold** text\n  more: 1\n", "a: [\nb: ***\n", "a: *gone\n"])
def test_what_is_broken_all_the_same_stays_so(text: str) -> None:
    with pytest.raises(b.UnreadableDocument):
        one(text)


def test_values_that_yaml_does_not_see() -> None:
    assert one("a: !redacted\nb: #####\nc: # none\nd:\ne: ''\nf: !x y\n").value == {
        "a": "!redacted", "b": "#####", "c": None, "d": None, "e": "", "f": "y",
    }  # fmt: skip


@pytest.mark.parametrize("parser", ["_Parser", "SafeLoader"])
def test_those_beside_letters_of_any_script(parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_guard, "_Parser", getattr(yaml, parser, yaml_guard._Parser))
    assert one("\ufeffa: \u00fc\u4e2d\r\nb: ###\r\nc: [1]\n").value == {
        "a": "\u00fc\u4e2d",
        "b": "###",
        "c": [1],
    }


def test_a_standard_tag_of_an_empty_text_stands_in_no_place() -> None:
    assert one("a: !!str\nb: !!str ''\nc: !Ref ''\nd: !!binary ''\n").value == dict.fromkeys("abcd", "")


def test_values_that_are_empty_are_found_in_one_reading_of_the_text() -> None:
    """The rest of the text was copied for each."""

    class Text(bytes):
        decoded = 0

        def decode(self, *args: str, **kwargs: str) -> str:
            Text.decoded += 1
            return super().decode(*args, **kwargs)

        def __getitem__(self, place: Any) -> Any:
            raise AssertionError("a part of the text was copied")

    builder = yaml_guard._Builder(Limits(), lambda _: 0, Text(b"- \n- \n- ####\n"))
    event = SimpleNamespace(tag=None, start_mark=SimpleNamespace(index=2))
    assert [builder._in_its_place(event) for _ in range(9)] == [None] * 9  # type: ignore[arg-type]
    assert Text.decoded == 1


def test_lines_and_columns() -> None:
    document = one("---\nspec:\n  list:\n  - name: x\n    arn: y\n  - second\n")
    assert document.at("spec", "list", 0, "arn").line == 5
    assert document.at("spec", "list", 0, "arn").column == 5
    assert document.at("spec", "list", 1).excerpt == "  - second"
    assert document.at("spec", "list", 7, "arn").line == 3
    assert document.at().line == 2
    assert document.at("spec").at("list", 0).at("name").value == "x"
    assert not document.at("spec", "gone").exists


def test_first_line_shifts_everything() -> None:
    (document,) = b.parse_yaml(b"a:\n  b: 1\n", "f", first_line=101)
    assert document.at("a", "b").line == 102
    assert document.at("a", "b").excerpt == "  b: 1"
    with pytest.raises(b.UnreadableDocument) as error:
        b.parse_yaml(b"a: 1\nb: [\n", "f", first_line=101)
    assert error.value.line == 103
    assert str(error.value).startswith("f:103: not YAML")


def test_repeated_keys_are_recorded_with_their_path() -> None:
    document = one("a:\n- x: 1\n  x: 2\nb: 1\nb: {c: 1, c: 2}\n")
    assert document.repeated == (("a", 0, "x"), ("b",), ("b", "c"))
    assert document.value == {"a": [{"x": 2}], "b": {"c": 2}}
    assert document.at("a", 0, "x").line == 3


def test_several_documents() -> None:
    documents = b.parse_yaml(b"---\na: 1\n---\nb: 2\n...\n---\n- 3\n", "f")
    assert [d.value for d in documents] == [{"a": 1}, {"b": 2}, [3]]
    assert [d.at(*k).line for d, k in zip(documents, [("a",), ("b",), (0,)], strict=True)] == [2, 4, 7]
    assert b.parse_yaml(b"", "f") == []
    assert b.parse_yaml(b"# nothing\n", "f") == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding: str) -> None:
    document = one("a: x\r\nb: é\r\n".encode(encoding))
    assert document.value == {"a": "x", "b": "é"}
    assert document.at("b").line == 2
    assert document.at("b").excerpt == "b: é"


def test_bytes_that_are_no_utf8_are_shown() -> None:
    assert one(b"a: caf\xe9\n").get("a") == "caf\\xe9"


@pytest.mark.parametrize("gap", ["\u2028", "\u2029", "\u0085", "\r"])
def test_line_breaks_that_no_editor_counts(gap: str) -> None:
    document = one(f'a: "x{gap} y"\nb: |\n  p{gap}  q\nc: 1\n')
    assert document.at("c").excerpt == "c: 1"


def test_aliases_are_followed_within_bounds() -> None:
    assert one("a: &x [1, 2]\nb: *x\nc: &k key\nd: *k\n").value == {
        "a": [1, 2],
        "b": [1, 2],
        "c": "key",
        "d": "key",
    }
    assert one("a: &x 1\nb: &x 2\nc: *x\n").get("c") == 2


def laughs(levels: int, width: int) -> str:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


MERGE_BOMB = "\n".join(
    ["m0: &m0 {k: v}"] + [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 20)}]}}" for n in range(1, 6)]
)
HOSTILE = {
    "flow lists": "[" * 100_000,
    "flow maps": "{a: " * 100_000,
    "closed lists": "[" * 100_000 + "]" * 100_000,
    "one-line sequences": "- " * 100_000,
    "indented maps": "".join(" " * n + "a:\n" for n in range(2000)),
    "keys": "? " * 100_000,
    "billion laughs": laughs(9, 9),
    "few wide aliases": laughs(20, 10),
    "self reference": "a: &a [*a]",
    "self reference in a map": "&a {b: {c: *a}}",
    "merge bomb": MERGE_BOMB,
    "alias of nothing": "*a",
    "many aliases": "a: &a 1\nb: [" + "*a, " * 500 + "]",
    "collection as a key": "? [a]\n: b",
    "alias as a key": "a: &a x\n*a : b",
    "control characters": "a: \x1b[2J",
    "NUL": "a: b\0c",
    "tab indentation": "a:\n\tb: 1",
    "cut in a string": 'a: "b',
    "cut in a list": "a: [1, 2",
    "unknown directive version": "%YAML 9.9\n---\na",
    "prose": "Error: no: such: thing",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.timeout(60)  # what takes quadratic time does not end in it
def test_hostile_documents_are_refused_quickly(text: str) -> None:
    with pytest.raises(b.UnreadableDocument):
        b.parse_yaml(text.encode(), "f")


def test_node_count_is_bounded() -> None:
    with pytest.raises(b.UnreadableDocument, match="more than 1000 values"):
        b.parse_yaml(b"- a\n" * 1001, "f", b.Limits(nodes=1000))


def test_repeated_keys_of_a_hostile_file_are_bounded() -> None:
    assert len(one("k: 1\n" * 5000).repeated) == 1000


def test_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"a: &x [1, on, 007]\nb: *x\nc: |\n  x\n"
    with_it = b.parse_yaml(text, "f")[0]
    monkeypatch.setattr(yaml_guard, "_Parser", yaml.SafeLoader)
    without = b.parse_yaml(text, "f")[0]
    assert with_it.value == without.value
    assert with_it.at("a", 2).column == without.at("a", 2).column
    for hostile in ("[" * 5000, "- " * 5000, "a: \x1b", "*a", "\t- ]"):
        with pytest.raises(b.UnreadableDocument):
            b.parse_yaml(hostile.encode(), "f")


def test_errors_quote_nothing_of_the_input() -> None:
    for text in ("a: *hunter2", "password: hunter2: hunter2", "%hunter2 x\n@hunter2", "a: !<hunter2"):
        with pytest.raises(b.UnreadableDocument) as error:
            b.parse_yaml(text.encode(), "f")
        assert "hunter2" not in str(error.value)


TOKENS = [*"[]{}>\"'#\\=0@a\n\t\r\u2028\ufeffé", ": ", "- ", "? ", ", ", "  ", "|\n", "<<: "]
TOKENS += ["&a ", "*a", "!!x ", "!<", "---", "...", "%YAML 1.1\n"]


@pytest.mark.parametrize("parser", ["libyaml", "pure"])
def test_any_bytes(parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if parser == "pure":
        monkeypatch.setattr(yaml_guard, "_Parser", yaml.SafeLoader)
    tokens = st.sampled_from(TOKENS)

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=60) | st.lists(tokens, max_size=40).map(lambda parts: "".join(parts).encode()))
    def holds(data: bytes) -> None:
        try:
            documents = b.parse_yaml(data, "f")
        except b.UnreadableDocument as error:
            assert 1 <= error.line <= data.count(b"\n") + data.count(b"\r") + 1  # noqa: PT017
            return
        for document in documents:
            check_places(document, document.at())

    holds()


def check_places(document: b.Document, place: b.Place) -> None:
    assert 1 <= place.line <= document.text.count(b"\n") + 1
    assert isinstance(place.excerpt, str)
    value = place.value
    for step in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        check_places(document, place.at(step))


# PyYAML writes texts plain that are no numbers in YAML 1.1 and are some in 1.2, which is read here.
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?|0o[0-7]+")
texts = st.text().filter(lambda text: not NUMBER.fullmatch(text))
json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None)
@given(json_like)
def test_what_yaml_dumps_comes_back(value: object) -> None:
    text = yaml.safe_dump(value)
    assert one(text).value == value
