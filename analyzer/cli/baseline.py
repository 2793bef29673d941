"""``sts-doctor baseline``: write a file that accepts the findings of a saved report."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.guard import guarded
from analyzer.cli.output import STDOUT, check_place, write
from analyzer.cli.render import read_report
from analyzer.errors import UsageProblem


@guarded
def baseline(
    saved: Annotated[
        str, typer.Argument(metavar="REPORT.json", help="A report that -f json wrote; - is stdin.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why they are accepted.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="The last day on which this holds.")
    ] = None,
    rules: Annotated[
        list[str] | None, typer.Option("--rule", metavar="ID", help="Only findings of this rule. Repeatable.")
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Write to this file; - is stdout.")
    ] = STDOUT,
) -> int:
    """Write a baseline that accepts the findings of a saved report, to be read before it is used.

    Accepted findings are marked and counted as before, but do not let analyze --baseline exit with 1.
    """
    from analyzer.findings.baseline import write_baseline

    if output != STDOUT:
        check_place(Path(output), [Path(saved)] if saved != STDOUT else [])
    day = _day(until)
    findings = [f for f in read_report(saved).findings if not rules or f.rule in rules]
    absent = [rule for rule in rules or () if all(f.rule != rule for f in findings)]
    if absent:
        raise UsageProblem(f"the report has no finding of {absent[0]}")
    if not reason.strip():
        raise UsageProblem("--reason is empty", do="Say why the findings are accepted")
    write(write_baseline(findings, reason, day), output)
    return 0


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageProblem(f"--until {text!r} is not a day", do="Write it as 2026-12-31") from None
