"""The fleet's HTML report in a real browser: charts as counted, nothing asked for, everyone can read it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from analyzer.fleet.figures import figures
from analyzer.fleet.ledger import read_only
from analyzer.fleet.page import show_html
from analyzer.fleet.row import Row
from analyzer.fleet.sections import sections
from tests.fleet.test_fleet import finding, judged, made

from .conftest import Open
from .test_html_page import XSS

pytestmark = pytest.mark.browser

CAUSES = (
    "trust-subject-mismatch", "provider-missing", "jwks-unreachable", "secret-role-arn-malformed",
    "permissions-missing", "mode-issuer-unset", "token-expired",
)  # fmt: skip


def page_of(db: Path) -> str:
    with closing(read_only(db)) as connection:
        found = figures(connection)
    return show_html(found, sections(found))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Clusters of seven causes over two years and ten releases, gathered again and again."""
    rows = [
        judged(
            f"{n // 2:08}-cluster", ("fail", "fail", "suspected")[n % 3], CAUSES[n // 2 % 7],
            f"202{4 + n % 2}-{1 + n % 12:02}-05T00:00:00Z", f"4.{10 + n % 10}.{n % 7}",
            infra_name=f"shop-{n // 2}", finding_rows=(finding("olm-automatic-approval"),),
            missing_rows=((0, f"secret-value: {n}", "why", "oc get secret", "[]"),),
        )
        for n in range(120)
    ]  # fmt: skip
    rows += [judged(f"quiet-{n}", verdict) for n, verdict in enumerate(["pass"] * 40 + ["unknown"] * 9)]
    rows += [Row("crashed", "its process ended with signal 9 (3 tries)")]
    return page_of(made(tmp_path_factory.mktemp("fleet") / "f.sqlite", *rows))


def test_charts_show_what_was_counted(opened: Open, fleet: str) -> None:
    page = opened(fleet).page
    assert page.inner_text("h1") == "109 clusters: 40 broken, 20 suspected, 9 not known"
    assert page.locator("#fleet .bars b").all_inner_texts() == ["40", "20", "9", "40"]
    widths = [float(bar.get_attribute("width")) for bar in page.locator("#fleet .bar").all()]
    assert widths == [100.0, 50.0, 22.5, 100.0]
    months = page.locator(".columns li").all_inner_texts()
    assert sum(int(text.split()[0]) for text in months) == 60
    assert page.locator(".key li").count() == 6


def test_nothing_is_asked_for_and_nothing_goes_wrong(opened: Open, fleet: str) -> None:
    result = opened(fleet)
    assert len(result.requests) == 1
    assert result.messages == []
    assert (
        result.page.evaluate("getComputedStyle(document.querySelector('.bars .bar')).fill") != "rgb(0, 0, 0)"
    )


@pytest.mark.parametrize("theme, width", [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(opened: Open, fleet: str, theme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = opened(fleet, theme=theme, width=width).page
    violations = axe.Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_text_of_an_input_acts(opened: Open, tmp_path: Path) -> None:
    rows = [
        judged(text, "fail", text, text, text, infra_name=text, finding_rows=(finding(text),)) for text in XSS
    ]
    result = opened(page_of(made(tmp_path / "f.sqlite", *rows, Row("crashed", XSS[0]))))
    assert result.page.evaluate("typeof window.owned") == "undefined"
    assert result.page.locator("img, iframe, base, link, object, embed, script").count() == 0
    assert (len(result.requests), result.messages) == (1, [])


def test_an_empty_fleet(opened: Open, tmp_path: Path) -> None:
    page = opened(page_of(made(tmp_path / "f.sqlite"))).page
    assert page.inner_text("h1") == "No cluster was judged"
