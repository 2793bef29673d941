"""``sts-doctor diff``: what changed between two bundles, or two saved reports, of one cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.groups import spread
from analyzer.cli.guard import guarded
from analyzer.cli.output import TextOptions, write
from analyzer.cli.render import read_report
from analyzer.cli.waiting import waiting
from analyzer.errors import UsageProblem

if TYPE_CHECKING:
    from analyzer.findings.report import Report
    from analyzer.progress import Progress

_FORMATS = ("text", "json")
_LEVELS = {"fail": ("fail",), "warn": ("fail", "warn")}


@guarded
@spread
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier bundle, or a saved report of it.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later one. Bundles may lie with exports.")],
    force: Annotated[bool, typer.Option("--force", help="Compare two different clusters.")] = False,
    fail_on: Annotated[
        str,
        typer.Option(
            help="Exit 1 where something got worse and is at this state now, or a worse one: fail or warn.",
            metavar="STATE",
        ),
    ] = "fail",
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 4 where something cannot be judged any more.")
    ] = False,
    *,
    output: TextOptions,
) -> int:
    """Tell what was fixed, what is new, what is still there, and what can no longer be seen."""
    from analyzer.findings.diff import compare
    from analyzer.reports.diff import render_diff_json, render_diff_text

    if fail_on not in _LEVELS:
        raise UsageProblem(f"--fail-on takes fail or warn, not {fail_on!r}")
    targets = output.plan([old, new], _FORMATS)
    with waiting(quiet=output.quiet) as progress:
        read = [_report(old, progress), _report(new, progress)]
    old_report, new_report = (report for report, _ in read)
    before, after = output.masked(old_report, new_report)
    difference = compare(before, after, force=force, read=(old_report, new_report))
    show = {"text": render_diff_text, "json": render_diff_json}
    for target in targets:
        write(show[target.format](difference, output.options(target)), target.path)
    levels = _LEVELS[fail_on]
    worse = (item for item in difference.findings if item.worse and item.now in levels)
    if any(item.finding.muted is None for item in worse):
        return 1
    lost = 4 if strict and (difference.lost or difference.of("lost")) else 0
    return min((code for _, code in read if code), default=lost)


def _report(path: Path, progress: Progress) -> tuple[Report, int]:
    """Read a saved report, or analyse anything else; also give the code of what could not be read."""
    from analyzer import session
    from analyzer.options import Options

    if not path.exists():
        raise UsageProblem(f"{path} does not exist")
    if _is_saved(path):
        return read_report(str(path)), 0
    report = session.analyze([path], Options(fail_on="never"), progress)
    return report, report.exit_code


def _is_saved(path: Path) -> bool:
    """Tell a saved report by its first key; what claims to be one is then checked."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(200).lstrip(b"\xef\xbb\xbf \t\r\n{").startswith(b'"schema_version"')
