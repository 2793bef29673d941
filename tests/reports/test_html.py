"""The HTML page as a document: complete, well-formed, and closed to whatever stands in an input."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from justhtml import JustHTML

from analyzer.findings.report import Report
from analyzer.reports.formats import Options, render
from analyzer.reports.html.document import LINK_HOSTS, is_safe_link
from analyzer.reports.inert import inert
from analyzer.reports.json import load_json, render_json

from . import made
from .conftest import report_of
from .test_golden import compare
from .test_inert import ATTACKS, hostile, spoilt

TAGS = frozenset(
    re.split(
        r"\s+",
        """a abbr b body br button code dd details div dl dt fieldset figcaption figure footer form h1 h2 h3
        h4 head header html i input label legend li main mark meta nav ol option output p pre rect script
        section select span strong style summary svg table tbody td th thead time title tr ul""",
    )
)
ATTRIBUTES = frozenset(
    re.split(
        r"\s+",
        """aria-hidden aria-label aria-labelledby aria-live autocomplete charset checked class content
        data-chains data-copy-all data-link data-state datetime focusable height hidden href http-equiv id
        lang name open preserveaspectratio rel role scope spellcheck start tabindex title type value viewbox
        width x y""",
    )
)


def parse(page: str) -> JustHTML:
    return JustHTML(page, sanitize=False, collect_errors=True)


@cache
def page_of(name: str) -> str:
    return render(made.ALL[name], "html", Options())


@pytest.fixture(params=made.ALL)
def answer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def text_of(element: Any) -> str:
    return " ".join(element.to_text().split())


def check_closed(document: JustHTML) -> None:
    """Nothing but our own elements and attributes, two scripts, and links that stay or are https."""
    elements = [e for e in document.query("*") if not e.name.startswith("#")]
    assert {e.name.lower() for e in elements} <= TAGS
    assert {name.lower() for e in elements for name in e.attrs or {}} <= ATTRIBUTES
    assert len(document.query("script")) == 2
    assert len(document.query("style")) == 1
    for link in document.query("[href]"):
        address = link.attrs["href"]
        assert address.startswith("#") or (
            urlsplit(address).scheme == "https" and urlsplit(address).netloc in LINK_HOSTS
        )


def check_whole(page: str, report: Report) -> None:
    document = parse(page)
    assert document.errors == []
    check_closed(document)
    ids = [e.attrs["id"] for e in document.query("[id]")]
    assert len(ids) == len(set(ids))
    assert {e.attrs["href"][1:] for e in document.query('a[href^="#"]')} <= set(ids)
    assert len(document.query("details.finding")) == len(report.findings)
    assert len(document.query("details.chain")) in (0, len(report.chains))
    [counts] = document.query(".counts")
    numbers = [
        int(n) for n in re.findall(r"(\d+) (?:checks|pass|fail|warn|info|unknown|n/a|error)", text_of(counts))
    ]
    c = report.counts
    expected = [
        c.passed,
        c.fail,
        c.warn,
        c.info,
        c.unknown,
        c.not_applicable,
        *([c.error] if c.error else []),
    ]
    assert numbers == [sum(expected), *expected]
    commands = {e.to_text() for e in document.query(".command code")}
    fixes = {step.command for f in report.findings for step in f.fix if step.command}
    assert {inert(c).strip() for c in fixes | {m.command for m in report.missing}} <= {
        c.strip() for c in commands
    }
    [machine] = document.query("#report-json")
    assert load_json(machine.to_text(strip=False)) == report


def test_a_page_is_whole(answer: str) -> None:
    check_whole(page_of(answer), made.ALL[answer])


def test_a_sample_s_page_is_whole(sample: str, report: Report) -> None:
    check_whole(render(report, "html", Options()), report)


@pytest.mark.parametrize("sample", ["ingress-jwks-403", "mint-mode"])
def test_a_saved_report_gives_the_same_page(sample: str) -> None:
    report = report_of(sample)
    again = load_json(render_json(report))
    assert render(again, "html", Options()) == render(report, "html", Options())


def test_a_report_without_facts_has_a_page() -> None:
    document = parse(page_of("fail"))
    assert not document.query("#timeline")
    assert len(document.query("#chain .box")) == 11


def test_the_policy_lets_in_what_is_in_the_page_and_nothing_else() -> None:
    page = page_of("several")
    [policy] = [e.attrs["content"] for e in parse(page).query("meta[http-equiv]")]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert style
    assert script
    hashes = [base64.b64encode(hashlib.sha256(m[1].encode()).digest()).decode() for m in (style, script)]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_the_verdict_is_read_first() -> None:
    document = parse(page_of("fail"))
    [verdict] = document.query("#verdict")
    words = text_of(verdict)
    assert "fail at trust" in words
    assert "1 of 3 operators: ingress" in words
    assert "still going on" in words
    assert "iam/role.json:20" in words.replace(": ", ":")
    assert "aws iam fix --rule trust-subject" in words


def test_the_break_is_drawn_once_and_what_lies_beyond_is_told_apart() -> None:
    boxes = parse(page_of("fail")).query("#chain .box")
    ways = [next(c for c in box.attrs["class"].split() if c.startswith("w-")) for box in boxes]
    assert ways == ["w-whole"] * 9 + ["w-broken", "w-beyond"]


def test_each_further_break_is_drawn() -> None:
    document = parse(page_of("several"))
    assert len(document.query("#chain .picture")) == 2
    [other] = document.query("details.break > summary")
    assert "fail at secret – storage" in text_of(other)


def test_no_state_is_said_by_colour_alone(answer: str) -> None:
    elements = parse(page_of(answer)).query(".cell, .chip, .box")
    assert elements or answer == "no-chains"
    for element in elements:
        words = text_of(element)
        assert element.attrs.get("aria-hidden") or re.search(r"[a-z]{3}|n/a", words), words


def test_a_failure_beside_the_chains_is_the_headline() -> None:
    report = made.UNKNOWN
    beside = made.finding("request-stale", "request")
    shown = render(made.replace(report, findings=(beside,)), "html", Options())
    [title] = parse(shown).query("h1")
    assert "fail at request" in text_of(title)


@pytest.mark.parametrize("first", range(0, len(ATTACKS), 8))
def test_an_attack_adds_no_element(first: int) -> None:
    document = parse(render(spoilt(" ".join(ATTACKS[first : first + 8])), "html", Options()))
    assert document.errors == []
    check_closed(document)


@settings(max_examples=6, deadline=None)
@given(text=hostile)
def test_no_text_adds_an_element(text: str) -> None:
    report = spoilt(text)
    page = render(report, "html", Options())
    check_closed(parse(page))
    [machine] = parse(page).query("#report-json")
    assert json.loads(machine.to_text(strip=False)) == json.loads(json.dumps(json.loads(render_json(report))))


@pytest.mark.parametrize(
    "address, safe",
    [
        ("https://docs.aws.amazon.com/IAM/latest/UserGuide/x.html", True),
        ("https://github.com/openshift/x", True),
        ("http://docs.aws.amazon.com/", False),
        ("https://docs.aws.amazon.com.example.com/", False),
        ("https://docs.aws.amazon.com@example.com/", False),
        ("https://docs.aws.amazon.com:8443/", False),
        ("javascript:alert(1)//https://github.com/", False),
        ("data:text/html,x", False),
        ("//github.com/x", False),
        ("https://[github.com/", False),
        ("https://github.com:bad/", False),
    ],
)
def test_only_documentation_is_linked(address: str, safe: bool) -> None:
    assert is_safe_link(address) is safe


@pytest.mark.parametrize("name", ["fail", "unknown"])
def test_golden_page(name: str, pytestconfig: pytest.Config) -> None:
    page = re.sub(
        r"(<style>|<script>|<script type[^>]*>).*?(</style>|</script>)",
        r"\1\2",
        page_of(name),
        flags=re.DOTALL,
    )
    page = re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-", page)
    compare(f"made-{name}.html", re.sub(r"\n\s*\n+", "\n", page), pytestconfig)


def test_what_must_be_known_of_the_run_stands_by_the_verdict() -> None:
    report = replace(made.ALL["fail"], notices=("asked for a part: --operator <ingress>",))
    (verdict,) = parse(render(report, "html", Options())).query("#verdict")
    assert "Asked for a part: --operator <ingress>" in text_of(verdict)
