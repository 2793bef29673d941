"""``sts-doctor render``: a saved report, in any format."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.groups import spread
from analyzer.cli.guard import guarded
from analyzer.cli.output import STDOUT, OutputOptions
from analyzer.errors import UsageProblem

if TYPE_CHECKING:
    from analyzer.findings.report import Report

LIMIT = 256 << 20
"""The largest saved report that is read, in bytes."""


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

    try:
        if path == STDOUT:
            raw = sys.stdin.buffer.read(LIMIT + 1)
        else:
            with Path(path).open("rb") as file:
                raw = file.read(LIMIT + 1)
    except OSError as error:
        raise UsageProblem(f"cannot read {path}: {error.strerror}") from None
    if len(raw) > LIMIT:
        raise UsageProblem(f"{path} is larger than {LIMIT >> 20} MiB, so it is no saved report")
    return load_json(raw.decode("utf-8-sig", "replace"), path)
