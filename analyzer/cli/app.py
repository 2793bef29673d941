"""The command tree."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.manual import IN_SHORT, manual
from analyzer.cli.settings import Command, Group, Once
from analyzer.version import __version__

_COMMANDS = (
    "analyze", "upgrade", "diff", "baseline", "render", "scan", "collect", "fix", "export-aws", "facts",
    "explain", "schema",
)  # fmt: skip
_GROUPS = ("rules", "inspect", "fleet", "config")
_SHARED = {"explain": "rules", "schema": "rules"}
"""Commands that stand in another one's module."""


def _version(show: bool) -> None:
    if show:
        print(f"sts-doctor {__version__}")
        raise typer.Exit(0)


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


def build(asked: str = "") -> typer.Typer:
    """Give the command tree; where the command that was asked for is known, that one alone is loaded."""
    app = typer.Typer(
        name="sts-doctor",
        cls=Group,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=True,
    )
    app.callback()(_main)
    for name in (asked,) if asked in _COMMANDS else _COMMANDS:
        module = import_module(f"analyzer.cli.{_SHARED.get(name, name).replace('-', '_')}")
        command = app.command(name, cls=Command, epilog=manual(name), short_help=IN_SHORT[name])
        command(getattr(module, name.replace("-", "_")))
    if asked not in _COMMANDS:
        for name in _GROUPS:
            _add_group(app, name)
    return app


def _add_group(app: typer.Typer, name: str) -> None:
    group: typer.Typer = import_module(f"analyzer.cli.{name}").app
    for registered in group.registered_commands:
        registered.cls = Once
        own = registered.name or getattr(registered.callback, "__name__", "")
        registered.epilog = registered.epilog or manual(f"{name} {own}")
        registered.short_help = IN_SHORT.get(f"{name} {own}")
    app.add_typer(group, name=name, short_help=IN_SHORT.get(name))


def __getattr__(name: str) -> typer.Typer:
    """Give ``app``, the whole tree, built when it is first asked for."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = build()
    return globals()["app"]  # type: ignore[no-any-return]
