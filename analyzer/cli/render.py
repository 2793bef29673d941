"""``sts-doctor render``: a saved report, in any format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.groups import spread
from analyzer.cli.guard import guarded
from analyzer.cli.output import STDOUT, OutputOptions, read_text

if TYPE_CHECKING:
    from analyzer.findings.report import Report


@guarded
@spread
def render(
    saved: Annotated[
        str, typer.Argument(metavar="REPORT.json", help="A report that -f json wrote; - is stdin.")
    ],
    *,
    output: OutputOptions,
) -> int:
    """Show a saved report in any format; ends with 0 whatever the report says."""
    targets = output.plan([] if saved == STDOUT else [Path(saved)])
    output.write(read_report(saved), targets)
    return 0


def read_report(path: str) -> Report:
    """Read a saved report; ``-`` is stdin. Raises UsageProblem for anything else."""
    from analyzer.reports.json import load_json

    return load_json(read_text(path), path)
