"""The command tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli import (
    analyze,
    baseline,
    collect,
    config,
    diff,
    export_aws,
    facts,
    fix,
    fleet,
    inspect,
    render,
    rules,
    scan,
    upgrade,
)
from analyzer.cli.manual import manual
from analyzer.cli.settings import Command
from analyzer.version import __version__

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
    config_file: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Settings in TOML: config show --help."),
    ] = None,
) -> None:
    """Diagnose AWS STS authentication from OpenShift must-gather bundles, offline.

    Exit codes: 0 nothing found, 1 findings, 2 usage or a bad rule file, 3 nothing readable,
    4 --strict and something decisive unknown, 5 input refused as hostile, 6 some inputs unreadable,
    70 internal error, 130 interrupted.

    Each command has its own --help with examples. --install-completion completes in your shell.
    """


def _command(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return app.command(name, cls=Command, epilog=manual(name))


_command("analyze")(analyze.analyze)
_command("upgrade")(upgrade.upgrade)
_command("diff")(diff.diff)
_command("baseline")(baseline.baseline)
_command("render")(render.render)
_command("scan")(scan.scan)
_command("collect")(collect.collect)
_command("fix")(fix.fix)
_command("export-aws")(export_aws.export_aws)
_command("facts")(facts.facts)
_command("explain")(rules.explain)
_command("schema")(rules.schema)
for _name, _group in (
    ("rules", rules.app),
    ("inspect", inspect.app),
    ("fleet", fleet.app),
    ("config", config.app),
):
    for _registered in _group.registered_commands:
        _own = _registered.name or getattr(_registered.callback, "__name__", "")
        _registered.epilog = _registered.epilog or manual(f"{_name} {_own}")
    app.add_typer(_group, name=_name)
