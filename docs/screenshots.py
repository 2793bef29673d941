"""Takes the README's picture of the HTML report: ``python -m docs.screenshots``, with a Chromium at hand."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from analyzer.reports.formats import Options, render
from analyzer.session import analyze

ROOT = Path(__file__).resolve().parents[1]
PICTURE = Path(__file__).resolve().parent / "report.png"
SAMPLE = "ingress-jwks-403"
SCALE = 0.7
"""The picture is shown smaller than the page, and has to stay small as a file."""

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)


def main() -> int:
    """Write docs/report.png: the first screens of a sample's report, in the light theme."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("no Chromium on the PATH", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "report.html"
        file.write_text(render(analyze([ROOT / "samples" / SAMPLE]), "html", Options()), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(
            viewport={"width": 1240, "height": 900}, color_scheme="light", device_scale_factor=SCALE
        )
        page.goto(file.as_uri())
        end = page.locator("#chain").bounding_box()
        height = end["y"] + end["height"] + 24 if end else 900
        clip = {"x": 0, "y": 0, "width": 1240, "height": height}
        page.screenshot(path=PICTURE, clip=clip, full_page=True)
        browser.close()
    print(f"{PICTURE.name}: {PICTURE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
