"""The formats of a report: one row each. A format is a module with one function, imported when asked for.

To add one, write a module with ``render_NAME(report, options) -> str`` and give it a row here.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath
from typing import Literal, cast

from analyzer.findings.report import Report
from analyzer.frozen import frozen

Voice = Literal["customer", "internal"]


@frozen
class Options:
    """How a report is to be shown; a format takes what concerns it.

    ``width`` is in characters. ``color`` allows SGR codes, and only a terminal gets them. ``voice``
    says whom the format ``case`` speaks to.
    """

    width: int = 100
    color: bool = False
    ascii: bool = False
    verbose: bool = False
    voice: Voice = "customer"


Renderer = Callable[[Report, Options], str]


@frozen
class Format:
    """One format: what it is for, the suffix of its files, and where its renderer is."""

    name: str
    summary: str
    suffix: str
    module: str

    def renderer(self) -> Renderer:
        """Import the module of this format and give its function."""
        module = import_module(f"analyzer.reports.{self.module}")
        return cast(Renderer, getattr(module, f"render_{self.name}"))


FORMATS = {
    row.name: row
    for row in (
        Format("text", "for a terminal or a ticket", ".txt", "text"),
        Format("json", "the whole report, for programs", ".json", "json"),
        Format("markdown", "for an issue or a pull request", ".md", "markdown"),
        Format("case", "plain text for a support case, to the customer or internal", ".case", "case"),
        Format("sarif", "SARIF 2.1.0, for code scanning", ".sarif", "sarif"),
        Format("junit", "JUnit XML, for CI servers", ".xml", "junit"),
        Format("html", "one file for a browser, to attach to a ticket", ".html", "html"),
    )
}


def render(report: Report, name: str, options: Options) -> str:
    """Show a report in the format of this name, a key of ``FORMATS``; the text ends with a line end."""
    return FORMATS[name].renderer()(report, options)


_OTHERS = {
    ".htm": "html", ".markdown": "markdown", ".sh": "sh", ".csv": "csv", ".jsonl": "jsonl",
    ".parquet": "parquet",
}  # fmt: skip


def by_suffix(path: str) -> str | None:
    """Give the format, of whatever command, that a file's name asks for; None where it asks for none."""
    suffix = PurePath(path).suffix.lower()
    named = next((row.name for row in FORMATS.values() if row.suffix == suffix), _OTHERS.get(suffix))
    return None if named == "text" else named
