"""The HTML report in a real browser: it works, it asks nothing of a network, everyone can use it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.findings.report import Report
from analyzer.reports.json import load_json
from tests.reports import made
from tests.reports.conftest import report_of
from tests.reports.test_inert import ATTACKS, spoilt

from .conftest import Open

pytestmark = pytest.mark.browser

SHOWN = ".finding:not([hidden])"
XSS = [
    *ATTACKS,
    "<img src=x onerror=owned=1>",
    "<svg onload=owned=1>",
    "</script><script>owned=1</script>",
    "</style><script>owned=1</script>",
    "<!--<script>",
    '" autofocus onfocus=owned=1 x="',
    "<a href=javascript:owned=1>x</a>",
    "<iframe srcdoc='<script>parent.owned=1</script>'>",
    "<base href=//example.com>",
    "<meta http-equiv=refresh content=0;url=https://example.com>",
    "<link rel=stylesheet href=https://example.com/x.css>",
    "{{ 7*7 }}{% raw %}",
]


def broken() -> Report:
    return report_of("ingress-jwks-403")


def one_of_each() -> Report:
    """The same with two chains, facts of one, and the first of equal findings: every kind of element."""
    report = broken()
    chains = report.chains[-2:]
    mine = chains[0].id

    def first(items: Iterable[Any], key: Callable[[Any], object]) -> tuple[Any, ...]:
        return tuple({key(item): item for item in reversed(list(items))}.values())[::-1]

    facts = (fact for fact in report.facts if fact.chain in (None, mine))
    return replace(
        report,
        chains=chains,
        findings=first(report.findings, lambda f: (f.state, f.kind)),
        facts=first(facts, lambda f: (f.link, f.chain, f.value is None, f.derived)),
        timeline=tuple(e for e in report.timeline if not e.chains or mine in e.chains or e.kind == "secret"),
        missing=report.missing[:2],
    )


def many() -> Report:
    """Forty chains and three hundred findings."""
    names = [f"operator-{n}" for n in range(40)]
    chains = tuple(made.chain(n, made.verdict("fail", "trust", "rule-0"), trust="fail") for n in names)
    findings = tuple(
        made.finding(
            f"rule-{n % 12}",
            ("trust", "secret", "keys")[n % 3],
            names[n % 40],
            state=("fail", "warn", "info")[n % 3],
            fingerprint=f"{n:016x}",
        )
        for n in range(300)
    )
    return replace(made.FAIL, chains=chains, findings=findings)


def count(page: Any, query: str) -> int:
    return int(page.locator(query).count())


def test_filters_show_what_the_report_says(opened: Open) -> None:
    report = broken()
    page = opened(report).page
    by_state = {s: sum(f.state == s for f in report.findings) for s in ("fail", "warn", "info")}
    total = len(report.findings)
    assert count(page, SHOWN) == total
    page.uncheck("input[value=info]")
    assert count(page, SHOWN) == total - by_state["info"]
    assert page.inner_text(".filters output") == f"{total - by_state['info']} of {total} shown"
    page.select_option("select[name=link]", "operator")
    expected = [f for f in report.findings if f.state != "info" and f.link == "operator"]
    assert count(page, SHOWN) == len(expected)
    page.select_option("select[name=chain]", label="ingress")
    [ingress] = [c.id for c in report.chains if c.operator == "ingress"]
    assert count(page, SHOWN) == sum(ingress in f.chains for f in expected)
    page.fill("input[name=text]", "no such text anywhere")
    assert count(page, SHOWN) == 0
    assert not page.is_visible("#kind-cause")
    page.click("button[type=reset]")
    page.wait_for_function(f"document.querySelectorAll('{SHOWN}').length === {total}")


def test_a_command_is_copied_whole(opened: Open) -> None:
    report = broken()
    page = opened(report).page
    button = page.locator("#missing .command .copy").first
    button.click()
    page.wait_for_function("document.getElementById('copied').textContent === 'Copied'")
    page.focus("input[name=text]")
    page.keyboard.press("Control+V")
    assert page.input_value("input[name=text]") == report.missing[0].command
    assert button.inner_text() == "Copied command" or button.inner_text().startswith("Copied")


def test_all_commands_are_copied_in_their_order(opened: Open) -> None:
    report = broken()
    page = opened(report).page
    page.evaluate(
        "navigator.clipboard.writeText = (text) => { window.taken = text; return Promise.resolve(); }"
    )
    page.click("[data-copy-all]")
    assert page.evaluate("window.taken").splitlines() == [m.command for m in report.missing]


def test_the_report_can_be_saved_out_of_the_page(opened: Open, tmp_path: Path) -> None:
    report = broken()
    page = opened(report).page
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "saved.json")
    assert load_json((tmp_path / "saved.json").read_text(encoding="utf-8")) == report


def test_a_link_to_a_finding_opens_it(opened: Open) -> None:
    report = broken()
    last = report.findings[-1]
    page = opened(report, anchor=f"#f-{last.fingerprint}").page
    assert page.get_attribute(f"#f-{last.fingerprint}", "open") is not None
    page.click(".matrix tbody th a >> nth=0")
    page.wait_for_function("document.querySelector('details.chain').open")


def test_a_link_leads_to_a_finding_that_is_filtered_away(opened: Open) -> None:
    page = opened(broken()).page
    page.uncheck("input[value=fail]")
    page.click("#chain .cause a >> nth=0")
    page.wait_for_function("!document.querySelector(location.hash).hidden")


def test_nothing_is_asked_of_a_network_and_nothing_goes_wrong(opened: Open) -> None:
    result = opened(broken())
    result.page.click("button[name=open]")
    result.page.wait_for_timeout(100)
    assert len(result.requests) == 1, result.requests
    assert result.messages == []


def test_no_text_of_an_input_acts(opened: Open) -> None:
    result = opened(spoilt(" ".join(XSS)))
    page = result.page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    page.wait_for_timeout(100)
    assert page.evaluate("typeof window.owned") == "undefined"
    assert page.evaluate("document.querySelectorAll('img, iframe, base, link, object, embed').length") == 0
    assert page.url.startswith("file:")
    assert len(result.requests) == 1
    assert result.messages == []


KINDS = "[...new Set([...document.querySelectorAll('*')].map(e => e.tagName + '.' + e.classList))]"


def test_one_of_each_has_every_kind_of_element(opened: Open) -> None:
    kinds = [set(opened(report).page.evaluate(KINDS)) for report in (broken(), one_of_each())]
    assert kinds[0] - kinds[1] == set()


@pytest.mark.parametrize("theme, width", [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(opened: Open, theme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = opened(one_of_each(), theme=theme, width=width).page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    violations = axe.Axe().run(page).response["violations"]
    found = [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in violations]
    assert found == []


def test_it_reads_without_script(opened: Open) -> None:
    result = opened(broken(), script=False)
    page = result.page
    assert len(result.requests) == 1
    assert page.is_visible("h1")
    assert page.locator("#chain .box").all_inner_texts()[8].startswith("9")
    assert not page.is_visible(".filters")
    assert count(page, ".copy:visible") == 0
    closed = page.locator("#findings details.finding:not([open]) > summary").first
    closed.click()
    assert page.locator("#findings details.finding[open]").count() > 1


@pytest.mark.parametrize("report", [None, made.SEVERAL, made.MINT, made.NO_CHAINS])
def test_nothing_runs_out_of_a_phone(opened: Open, report: Report | None) -> None:
    page = opened(report or broken(), width=360).page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_print_shows_the_causes_whole_and_leaves_the_controls_out(opened: Open) -> None:
    page = opened(broken()).page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = false; })")
    page.emulate_media(media="print")
    assert not page.is_visible(".masthead")
    assert not page.is_visible(".filters")
    assert page.is_visible("#kind-cause ~ .rule .notes >> nth=0")
    assert page.is_visible(".gaps .command >> nth=0")


def test_the_keyboard_is_enough(opened: Open) -> None:
    page = opened(broken()).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    finding = page.locator("#kind-symptom ~ .rule details.finding > summary").first
    finding.focus()
    page.keyboard.press("Enter")
    assert finding.evaluate("(summary) => summary.parentElement.open")
    page.focus(".matrix .cell[href] >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector(location.hash)?.open")


def test_forty_chains_and_three_hundred_findings_stay_usable(opened: Open) -> None:
    report = many()
    page = opened(report).page
    assert count(page, SHOWN) == 300
    page.select_option("select[name=chain]", label="operator-7")
    assert count(page, SHOWN) == sum("openshift-operator-7/creds" in f.chains for f in report.findings)
    page.fill("input[name=text]", "rule-7")
    assert 0 < count(page, SHOWN) < 10
    page.click("button[type=reset]")
    page.click(".matrix tbody th a >> nth=39")
    page.wait_for_function("[...document.querySelectorAll('details.chain')].some((part) => part.open)")
    page.click("button[name=open]")
    assert count(page, ".finding[open]") == 300
