"""``sts-doctor config``: which settings are in force, and where each comes from."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from analyzer.cli.guard import guarded
from analyzer.cli.manual import manual
from analyzer.errors import UsageProblem

app = typer.Typer(help="Show the settings in force.", no_args_is_help=True, rich_markup_mode=None)


_FILE = """\b
Example of a file:
  mask = "accounts"          # for every command that has the option
  rules = ["~/my-rules"]
  [analyze]                  # for one command
  fail-on = "warn"

\b
The same in the environment:
  STS_DOCTOR_MASK=accounts STS_DOCTOR_FAIL_ON=warn
"""


@app.command("show", epilog=f"{_FILE}\n{manual('config show')}")
def show(
    context: typer.Context,
    command: Annotated[
        str, typer.Argument(metavar="[COMMAND]", help="Whose options to show.", show_default=True)
    ] = "analyze",
) -> None:
    """Show every option of a command that can be set for all runs: its value, and where it comes from.

    Settings stand in a TOML file (--config FILE, STS_DOCTOR_CONFIG, or sts-doctor/config.toml in your
    configuration folder; never in the working directory) or in environment variables; what is said on
    the command line wins, then the environment, then the file's table of the command, then its top.
    """
    guarded(_show)(context, command)


def _show(context: typer.Context, name: str) -> int:
    from tabulate import tabulate

    from analyzer.cli.config_file import config_file
    from analyzer.cli.settings import Command, check_names, settings
    from analyzer.reports.inert import inert

    root: Any = context.find_root()
    commands = {key: c for key, c in root.command.commands.items() if isinstance(c, Command)}
    if name not in commands:
        raise UsageProblem(f"{name!r} has no settings", do=f"Commands: {', '.join(sorted(commands))}")
    file = config_file(root.params.get("config_file"))
    if file is not None:
        check_names(file, commands)
    print(f"file: {inert(str(file)) if file else 'none'}")
    rows = [(s.option, _shown(s.value), inert(s.origin)) for s in settings(commands[name], name, file)]
    print(tabulate(rows, headers=("option", "value", "origin"), tablefmt="simple", disable_numparse=True))
    return 0


def _shown(value: object) -> str:
    from analyzer.reports.inert import inert

    if isinstance(value, list | tuple):
        return inert(", ".join(map(str, value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else inert(str(value))
