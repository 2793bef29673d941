"""The library: judge inputs, keep a report, read it again, show it. Everything else may change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from os import PathLike, fspath
from pathlib import Path

from analyzer import session
from analyzer.errors import DoctorError, UsageProblem
from analyzer.findings.report import Report
from analyzer.frozen import replace
from analyzer.options import Options
from analyzer.reports.formats import FORMATS
from analyzer.reports.formats import Options as Look
from analyzer.reports.formats import render as show
from analyzer.reports.json import load_json

__all__ = ["DoctorError", "Options", "Report", "analyze", "load", "render"]


def analyze(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]], options: Options | None = None
) -> Report:
    """Judge one path, or several that belong to one case, as ``sts-doctor analyze`` does.

    Bundles, exports, tokens and documents are told apart by content. Nothing is written, printed or
    sent. Whatever an input holds never raises: what could not be read stands in ``report.errors``.
    Raises DoctorError for a path that is not there, for inputs in which there is nothing to judge, and
    for a bad rule file; it says what happened, where, and what to do. A time without a zone is in UTC.
    """
    several = [paths] if isinstance(paths, str | PathLike) else list(paths)
    if not several or not all(fspath(path) for path in several):
        raise UsageProblem("the path is empty" if several else "no path given")
    if options is not None and options.as_of is not None and options.as_of.tzinfo is None:
        options = replace(options, as_of=options.as_of.replace(tzinfo=UTC))
    return session.analyze([Path(path) for path in several], options)


def render(report: Report, name: str = "text", *, width: int = 100, verbose: bool = False) -> str:
    """Show a report in a format: text, json, markdown, case, sarif, junit or html.

    ``width`` (in characters) and ``verbose`` concern the formats for people. Raises DoctorError for
    another name.
    """
    if name not in FORMATS:
        raise UsageProblem(f"there is no format {name!r}", do=f"Formats: {', '.join(FORMATS)}")
    return show(report, name, Look(width=width, verbose=verbose))


def load(text: str) -> Report:
    """Rebuild a report from its JSON; raises DoctorError for what is none of this schema version."""
    return load_json(text)
