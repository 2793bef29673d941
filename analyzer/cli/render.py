"""``sts-doctor render``: a saved report, in any format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.groups import spread
from analyzer.cli.guard import guarded
from analyzer.cli.output import STDOUT, OutputOptions, read_text
from analyzer.errors import UsageProblem

if TYPE_CHECKING:
    from analyzer.findings.report import Report


@guarded
@spread
def render(
    saved: Annotated[
        str,
        typer.Argument(
            metavar="REPORT.json", help="A report that -f json wrote, or a database of scan; - is stdin."
        ),
    ],
    *,
    output: OutputOptions,
    bundle: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="The bundle of a database whose report to show: its path, or a part that no other has.",
        ),
    ] = None,
) -> int:
    """Show a saved report in any format; ends with 0 whatever the report says."""
    targets = output.targets([] if saved == STDOUT else [Path(saved)])
    output.write(read_report(saved) if bundle is None else _kept(Path(saved), bundle), targets)
    return 0


def _kept(database: Path, bundle: str) -> Report:
    from analyzer.fleet.kept import kept_report
    from analyzer.reports.json import load_json

    return load_json(kept_report(database, bundle), str(database))


def read_report(path: str) -> Report:
    """Read a saved report; ``-`` is stdin. Raises UsageProblem for anything else."""
    from analyzer.reports.json import load_json

    text = read_text(path)
    if text.startswith("SQLite format 3\0"):
        raise UsageProblem(
            f"{path} is a results database",
            do="sts-doctor render DB --bundle PATH gives the report of one, also with -f json; "
            "sts-doctor fleet query DB bundles lists them",
        )
    return load_json(text, path)
