"""A saved report is checked before it is believed; the error names the place."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analyzer.errors import UsageProblem
from analyzer.findings.report import LINKS
from analyzer.reports.json import load_json, render_json
from analyzer.reports.text import render_text
from analyzer.schemas import schema
from analyzer.session import analyze
from samples import Cluster
from samples.bundle import bundle_files, write_files

from . import made


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_knows_the_links_of_the_model() -> None:
    definitions: Any = schema()["$defs"]
    assert definitions["link"]["enum"] == list(LINKS)


def test_every_object_is_closed_and_asks_for_all_its_fields() -> None:
    def objects(part: Any) -> list[Any]:
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        found = [o for item in inner for o in objects(item)]
        return [*found, part] if isinstance(part, dict) and "properties" in part else found

    for found in objects(schema()):
        if isinstance(found.get("properties"), dict) and found.get("type") == "object":
            assert found["additionalProperties"] is False
            assert set(found["properties"]) - set(found["required"]) == optional(found)


LATER = {
    "facts", "timeline", "notices", "readiness", "waits_for", "also", "beside", "remarks", "candidates",
    "asked", "cause", "candidate_links", "hint",
}  # fmt: skip
"""What came later; everything else has been there from the start."""


def optional(found: Any) -> set[str]:
    return LATER & set(found["properties"])


def test_a_report_saved_before_there_were_facts_is_read() -> None:
    value = json.loads(render_json(made.FAIL))
    del value["facts"], value["timeline"]
    assert load_json(json.dumps(value)) == made.FAIL


def test_a_report_saved_before_links_were_candidates_says_where_the_cause_lies_once() -> None:
    value = json.loads(render_json(made.SUSPECTED))
    for chain in value["chains"]:
        del chain["verdict"]["candidate_links"], chain["verdict"]["hint"]
    old = load_json(json.dumps(value))
    assert old.chains[0].verdict.link is not None
    assert "settled by:" in render_text(old)
    assert "candidates:" not in render_text(old)


def test_fields_that_a_later_program_added_are_not_looked_at() -> None:
    value = json.loads(render_json(made.FAIL))
    for path in ("more", "inputs.0.more", "findings.0.evidence.0.more"):
        put(value, path, {"x": [1]})
    assert load_json(json.dumps(value)) == made.FAIL


def put(value: Any, path: str, item: object) -> None:
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        value = value[part]
    value[last] = item


@pytest.mark.parametrize(
    "path, item, place",
    [
        ("findings.0.evidence.0.line", 0, "$.findings[0].evidence[0].line"),
        ("findings.0.state", "red", "$.findings[0].state"),
        ("chains.0.verdict.since", "yesterday", "$.chains[0].verdict.since"),
        ("run.as_of", "2024-03-12 10:33", "$.run.as_of"),
        ("counts.pass", -1, "$.counts.pass"),
        ("counts.pass", True, "$.counts.pass"),
        ("chains.0.links.1.link", "moon", "$.chains[0].links[1].link"),
        ("exit_code", 99, "$.exit_code"),
    ],
)
def test_the_error_names_the_place(path: str, item: object, place: str) -> None:
    value = json.loads(render_json(made.FAIL))
    put(value, path, item)
    with pytest.raises(UsageProblem) as caught:
        load_json(json.dumps(value), "saved.json")
    assert f"at {place}: " in caught.value.what
    assert caught.value.where == "saved.json"
    assert caught.value.do


def test_a_chain_has_all_links_and_is_there_once() -> None:
    value = json.loads(render_json(made.FAIL))
    links = value["chains"][0]["links"]
    for wrong in (links[:3], links[::-1]):
        put(value, "chains.0.links", wrong)
        with pytest.raises(UsageProblem, match=r"chains\[0\]\.links: these are not all links"):
            load_json(json.dumps(value))
    put(value, "chains.0.links", links)
    put(value, "chains.1.id", value["chains"][0]["id"])
    with pytest.raises(UsageProblem, match=r"chains\[1\]\.id: there are two"):
        load_json(json.dumps(value))


def test_another_version_is_named() -> None:
    value = json.loads(render_json(made.FAIL)) | {"schema_version": "2"}
    with pytest.raises(UsageProblem, match="schema_version 2; this program reads 1"):
        load_json(json.dumps(value))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "null",
        "[]",
        "{}",
        "NaN",
        '{"a": Infinity}',
        "1" * 5000,
        "[" * 100_000,
        '"\\ud800\x1b"',
    ],
)
def test_what_is_no_report_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        load_json(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_a_report_of_a_folder_that_is_named_like_a_secret_can_be_read_again(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            f"password=abcdefgh{n}/{name}": data
            for n, (name, data) in enumerate(bundle_files(Cluster()).items())
            if "clusterversions" in name
        },
    )
    report = analyze([tmp_path])
    assert "(secret)" in report.cluster.origins["version"]
    assert load_json(render_json(report), "a report") == report
