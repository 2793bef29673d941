"""Whole reports of every sample, as they were read and found right.

After a change that is meant: ``pytest tests/reports --update-golden``, and read the difference.
"""

import json
import re
from html import unescape
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from analyzer import __version__
from analyzer.findings.report import Report
from analyzer.reports.formats import Options, render
from analyzer.reports.json import render_json
from analyzer.reports.text import render_text

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def compare(name: str, text: str, config: pytest.Config) -> None:
    path = GOLDEN / name
    if config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def one_line(item: dict[str, Any]) -> str:
    """Write a fact or an event on one line, its place by the file's name and the line alone."""
    place = item.pop("origin")
    where = [f"{PurePosixPath(place['file']).name}:{place['line']}"] if place else []
    return " | ".join([*(str(value) for value in item.values()), *where])


def test_text(sample: str, report: Report, pytestconfig: pytest.Config) -> None:
    compare(f"{sample}.txt", render_text(report), pytestconfig)


@pytest.mark.parametrize("name, suffix", [("markdown", "md"), ("case", "case")])
def test_prose(sample: str, report: Report, name: str, suffix: str, pytestconfig: pytest.Config) -> None:
    compare(f"{sample}.{suffix}", render(report, name, Options()), pytestconfig)


def test_sarif(sample: str, report: Report, pytestconfig: pytest.Config) -> None:
    shown = json.loads(render(report, "sarif", Options()))
    [run] = shown["runs"]
    driver = run["tool"]["driver"]
    # texts of the rules stand in the JSON report already
    driver["rules"] = [rule["id"] for rule in driver["rules"]]
    driver["semanticVersion"] = "-"
    for notification in run["invocations"][0]["toolExecutionNotifications"]:
        notification.pop("properties", None)
    for result in run["results"]:
        del result["properties"]["fix"]
        result["relatedLocations"] = len(result.get("relatedLocations", []))
    compare(f"{sample}.sarif", json.dumps(shown, indent=1, ensure_ascii=False) + "\n", pytestconfig)


def test_junit(sample: str, report: Report, pytestconfig: pytest.Config) -> None:
    root = ET.fromstring(render(report, "junit", Options()))  # noqa: S314  (our own output)
    root.set("tests", "-")
    for suite in root:
        suite.set("tests", "-")  # grows with every rule that is added
        for case in suite.findall("testcase"):
            skipped = case.find("skipped")
            if not len(case) or (skipped is not None and skipped.get("message") == "does not apply"):
                suite.remove(case)  # what has nothing to say is counted on the suite
            elif skipped is not None:  # the command stands in the JSON report already
                skipped.set("message", skipped.get("message", "").split("\n")[0])
    compare(f"{sample}.xml", ET.tostring(root, encoding="unicode") + "\n", pytestconfig)


def test_json(sample: str, report: Report, pytestconfig: pytest.Config) -> None:
    shown = json.loads(render_json(report))
    # both change with every rule that is added, and neither says anything about the sample
    shown["rules"]["sha256"] = shown["rules"]["version"] = shown["tool"]["version"] = "-"
    shown["facts"] = [one_line(fact) for fact in shown["facts"]]
    shown["timeline"] = [one_line(event) for event in shown["timeline"]]
    text = json.dumps(shown, indent=1, ensure_ascii=False) + "\n"
    assert __version__ not in json.dumps(shown["tool"])
    compare(f"{sample}.json", text, pytestconfig)


def test_html(sample: str, report: Report, pytestconfig: pytest.Config) -> None:
    """What the page says, element by element; its markup stands in two goldens of their own."""
    page = render(report, "html", Options())
    said = re.sub(r"<(style|script)\b.*?</\1>|<svg\b[^>]*>|<!--.*?-->", "\n", page, flags=re.DOTALL)
    lines = (" ".join(unescape(line).split()) for line in re.sub(r"<[^>]+>", "\n", said).split("\n"))
    text = "\n".join(line for line in lines if line) + "\n"
    text = text.replace(report.rules.sha256, "-").replace(report.rules.sha256[:12], "-")
    text = text.replace(f"sts-doctor {__version__} · rules {report.rules.version}", "sts-doctor - · rules -")
    compare(f"{sample}.html.txt", text, pytestconfig)
