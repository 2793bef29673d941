"""JSON becomes plain values, or an UnreadableDocument; places are found when asked for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analyzer.bundle as b

from .test_yaml_guard import check_places, json_like

POLICY = b"""{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["s3:*"],
     "Effect": "Deny"},
    {"Effect" : "Allow", "Condition": {"StringEquals": {"a\\u003ab": "x, ]}"}}}
  ]
}
"""


def one(text: str | bytes) -> b.Document:
    (document,) = b.parse_json(text.encode() if isinstance(text, str) else text, "f.json")
    return document


def test_places() -> None:
    document = one(POLICY)
    assert document.at("Version").line == 2
    assert document.at("Statement").line == 3
    assert document.at("Statement", 0, "Effect").line == 5
    assert document.at("Statement", 0, "Effect").value == "Deny"
    assert document.at("Statement", 1).line == 6
    assert document.at("Statement", 1, "Condition", "StringEquals", "a:b").excerpt.startswith(
        '    {"Effect" :'
    )
    assert document.at("Statement", 9, "Effect").line == 3
    assert document.at("Statement", 1).column == 5


def test_repeated_keys_are_recorded_with_their_path() -> None:
    assert one(POLICY).repeated == (("Statement", 0, "Effect"),)
    assert one('{"a": 1, "a": {"b": 1, "b": 2}, "c": [{"d": 0, "d": 0, "d": 0}]}').repeated == (
        ("a",),
        ("a", "b"),
        ("c", 0, "d"),
    )


def test_a_line_of_a_megabyte_shows_the_part_in_question() -> None:
    document = one(json.dumps({"pad": "x" * 1_000_000, "arn": "here", "more": "y" * 1000}))
    assert '"arn": "here"' in document.at("arn").excerpt
    assert len(document.at("arn").excerpt) == 400


def test_concatenated_documents_and_json_lines() -> None:
    documents = b.parse_json(b'{"a": 1}\n{"b":\n 2}\n\n[3] 4', "f")
    assert [d.value for d in documents] == [{"a": 1}, {"b": 2}, [3], 4]
    assert [d.first_line for d in documents] == [1, 2, 5, 5]
    assert documents[1].at("b").line == 2
    got = []
    with pytest.raises(b.UnreadableDocument) as error:
        got.extend(d.value for d in b.iter_json(b'{"a": 1}\n{"b": ', "f"))
    assert error.value.line == 2


def test_numbers_that_are_none_stay_strings() -> None:
    assert one("[NaN, -Infinity, 1e999, 1.5, " + "9" * 5000 + ", 12345678901234567890]").value == [
        "NaN", "-Infinity", "1e999", 1.5, "9" * 5000, 12345678901234567890
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    assert one('{"é":\r\n "\U0001f600"}'.encode(encoding)).at("é").value == "\U0001f600"


def test_brackets_in_strings_are_not_depth() -> None:
    assert one(json.dumps(["[" * 5000])).value == ["[" * 5000]
    assert one(json.dumps([['"[' * 200]] * 3)).value == [['"[' * 200]] * 3
    assert one("[" * 100 + "]" * 100)


HOSTILE = {
    "lists": "[" * 100_000,
    "closed lists": "[" * 100_000 + "]" * 100_000,
    "maps": '{"a":' * 100_000,
    "101 levels": "[" * 101 + "]" * 101,
    "escaped quotes without end": '["' + '\\"[[' * 200_000,
    "quotes": '"' * 100_001,
    "empty": "",
    "blank": " \n ",
    "cut": '{"a": [1, {"b": "c',
    "trailing text": '{"a": 1} and more',
    "raw newline in a string": '"a\nb"',
    "lone surrogate bytes": b'"\xff',
    "NUL": "\0",
    "yaml": "a: 1",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.timeout(60)  # what takes quadratic time does not end in it
def test_hostile_documents_are_refused_quickly(text: str | bytes) -> None:
    with pytest.raises(b.UnreadableDocument):
        one(text)


def test_value_count_is_bounded() -> None:
    with pytest.raises(b.UnreadableDocument, match="more than 1000 values"):
        b.parse_json(b"[" + b"1," * 1001 + b"1]", "f", b.Limits(nodes=1000))


def test_errors_quote_nothing_of_the_input() -> None:
    with pytest.raises(b.UnreadableDocument) as error:
        one('{"password": hunter2}')
    assert "hunter2" not in str(error.value)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\ua1\n tNE-', max_size=60).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    try:
        documents = b.parse_json(data, "f")
    except b.UnreadableDocument as error:
        assert error.line >= 1  # noqa: PT017
        return
    for document in documents:
        place = b.Place(document)
        assert place.line >= 1
        assert isinstance(place.excerpt, str)


@settings(max_examples=80, deadline=None)
@given(json_like, st.sampled_from([None, 1]))
def test_what_json_dumps_comes_back_with_places(value: object, indent: int | None) -> None:
    document = one(json.dumps(value, indent=indent))
    assert document.value == value
    check_places(document, document.at())


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.text(), json_like, min_size=1, max_size=5))
def test_a_place_points_at_its_key(value: dict[str, object]) -> None:
    document = one(json.dumps(value, indent=2))
    for key in value:
        assert document.at(key).excerpt.strip().startswith(json.dumps(key)[:390])
