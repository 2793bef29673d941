"""``sts-doctor upgrade``: tell whether the cluster is ready for the release whose requests are given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.arguments import Of, Paths, Rules
from analyzer.cli.groups import spread
from analyzer.cli.guard import guarded
from analyzer.cli.output import OutputOptions
from analyzer.cli.waiting import waiting
from analyzer.errors import UsageProblem


@guarded
@spread
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
    of: Of = None,
    rules: Rules = None,
    select: Annotated[
        list[str] | None,
        typer.Option(help="Only rules with this id or link, such as upgrade. Repeatable.", metavar="ID"),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Not rules with this id or link. Repeatable.", metavar="ID")
    ] = None,
    *,
    output: OutputOptions,
) -> int:
    """Tell what a release adds: requests, actions, ServiceAccounts, Secrets; and how to prepare for it."""
    from analyzer import session
    from analyzer.options import Options

    if not inputs:
        raise UsageProblem("no input given", do="Pass a must-gather directory or archive")
    if to is None:
        raise UsageProblem(
            "no target release given",
            do="Extract its requests with oc adm release extract --credentials-requests --cloud=aws --to=DIR "
            "IMAGE and pass --to DIR",
        )
    targets = output.targets([*inputs, to])
    options = Options(
        rules=tuple(rules or ()), select=tuple(select or ()), ignore=tuple(ignore or ()), cluster=of
    )
    with waiting(quiet=output.quiet) as progress:
        report = session.upgrade(inputs, to, options, progress)
    output.write(report, targets)
    return report.exit_code
