"""The command tree."""

from __future__ import annotations

from typing import Annotated

import typer

from analyzer import __version__
from analyzer.cli import analyze, baseline, collect, diff, facts, fleet, inspect, render, rules, scan, upgrade

app = typer.Typer(
    name="sts-doctor",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=True,
)


def _version(show: bool) -> None:
    if show:
        print(f"sts-doctor {__version__}")
        raise typer.Exit(0)


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Diagnose AWS STS authentication from OpenShift must-gather bundles, offline.

    Exit codes: 0 nothing found, 1 findings, 2 usage or a bad rule file, 3 nothing readable,
    4 --strict and something decisive unknown, 5 input refused as hostile, 6 some inputs unreadable,
    70 internal error, 130 interrupted.
    """


app.command("analyze")(analyze.analyze)
app.command("upgrade")(upgrade.upgrade)
app.command("diff")(diff.diff)
app.command("baseline")(baseline.baseline)
app.command("render")(render.render)
app.command("scan")(scan.scan)
app.command("collect")(collect.collect)
app.command("facts")(facts.facts)
app.command("explain")(rules.explain)
app.command("schema")(rules.schema)
app.add_typer(rules.app, name="rules")
app.add_typer(inspect.app, name="inspect")
app.add_typer(fleet.app, name="fleet")
