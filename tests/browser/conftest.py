"""A headless browser for each session, and pages of reports in it; skipped where there is no Chromium."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analyzer.findings.report import Report
from analyzer.reports.formats import Options, render

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Find a Chromium: the one named by STS_DOCTOR_CHROMIUM, else one on the PATH."""
    named = os.environ.get("STS_DOCTOR_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium: install it, or name it in STS_DOCTOR_CHROMIUM")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as driver:
        # a new, empty profile is made by the driver for each launch
        launched = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


_pages: dict[int, tuple[Report, str]] = {}


def _page(report: Report) -> str:
    """Render a report once; it is kept with its page, so that its id stays its own."""
    if id(report) not in _pages:
        _pages[id(report)] = (report, render(report, "html", Options()))
    return _pages[id(report)][1]


@dataclass
class Opened:
    """A page, and everything that it said or asked for since it was opened."""

    page: Any
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    contexts = []

    def open_page(
        report: Report | str,
        *,
        theme: str = "light",
        width: int = 1280,
        script: bool = True,
        anchor: str = "",
    ) -> Opened:
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_text(report if isinstance(report, str) else _page(report), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=script,
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        result = Opened(page)
        page.on("request", lambda request: result.requests.append(request.url))
        page.on("console", lambda message: result.messages.append(message.text))
        page.on("pageerror", lambda error: result.messages.append(str(error)))
        page.on("dialog", lambda dialog: (result.messages.append("dialog"), dialog.dismiss()))
        page.goto(file.as_uri() + anchor)
        return result

    yield open_page
    for context in contexts:
        context.close()
