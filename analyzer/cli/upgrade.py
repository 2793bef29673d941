"""``sts-doctor upgrade``: tell whether the cluster is ready for the release whose requests are given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.analyze import Paths, pair_outputs, render, use_color, write
from analyzer.cli.guard import guarded
from analyzer.errors import UsageProblem


@guarded
def upgrade(
    inputs: Paths = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            help="Folder with the target release's CredentialsRequests, from oc adm release extract.",
            metavar="DIR",
        ),
    ] = None,
    rules: Annotated[list[Path] | None, typer.Option(help="A folder of further rules. Repeatable.")] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Only rules with this id or link, such as upgrade. Repeatable.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Not rules with this id or link. Repeatable.")
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("-f", "--format", help="As for analyze. Repeatable, paired with -o."),
    ] = None,
    outputs: Annotated[
        list[str] | None, typer.Option("-o", "--output", help="Write to this file; - is stdout. Repeatable.")
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colour, also on a terminal.")] = False,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Only ASCII characters in the layout.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Show everything, not the first 40 lines.")
    ] = False,
) -> int:
    """Tell what a release adds: requests, actions, ServiceAccounts, Secrets; and how to prepare for it."""
    from analyzer import session

    if not inputs:
        raise UsageProblem("no input given", do="Pass a must-gather directory or archive")
    if to is None:
        raise UsageProblem(
            "no target release given",
            do="Extract its requests with oc adm release extract --credentials-requests --cloud=aws --to=DIR "
            "IMAGE and pass --to DIR",
        )
    pairs = pair_outputs(formats or [], outputs or [])
    options = session.Options(
        rules=tuple(rules or ()), select=tuple(select or ()), ignore=tuple(ignore or ())
    )
    report = session.upgrade(inputs, to, options)
    for name, target in pairs:
        color = use_color(target, no_color=no_color)
        write(render(report, name, color=color, ascii_only=ascii_only, verbose=verbose), target)
    return report.exit_code
