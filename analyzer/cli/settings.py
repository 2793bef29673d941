"""Options that stand in a configuration file or in the environment, and where each value comes from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from analyzer.cli.config_file import CONFIG, PREFIX, config_file
from analyzer.cli.plain_values import take_plainly
from analyzer.errors import UsageProblem
from analyzer.frozen import frozen

_SINGLE = frozenset({"help", "version", "config", "output", "force"})
"""Options that are about one run and cannot be set for all."""
_LONGEST = 1 << 20


@frozen
class Setting:
    """One option of a command: its value, and where that comes from."""

    option: str
    value: object
    origin: str


class Once(TyperCommand):
    """A command that takes each of its options once, but those that it takes a list of."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Read the command line; of an option that takes one value no second one wins in silence."""
        _refuse_twice(self, ctx, args)
        return super().parse_args(ctx, args)


class Command(Once):
    """A command whose options are also read from the environment and from the configuration file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in options_of(self).values():
            if option.envvar is None:
                option.envvar = variable(flag(option))
                option.show_envvar = False

    def get_params(self, ctx: Any) -> Any:
        """Give the parameters, --help included."""
        return [take_plainly(parameter) for parameter in super().get_params(ctx)]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Make the context with the file's values as defaults."""
        named = parent.find_root().params.get("config_file") if parent is not None else None
        try:
            _check_environment(self)
            extra["default_map"] = values_for(self, info_name or "", config_file(named))
        except UsageProblem as error:
            raise typer.BadParameter(str(error), ctx=parent) from None
        return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Read the command line; the suffix of a file there is worth more than a format that is set."""
        rest = super().parse_args(ctx, args)
        formats, outputs = (ctx.params.get(name) for name in ("formats", "outputs"))
        if formats and outputs and _is_set(ctx, "formats"):
            from analyzer.reports.formats import by_suffix

            named = dict(enumerate(formats))
            named |= {n: by_suffix(path) or named.get(n, formats[-1]) for n, path in enumerate(outputs)}
            ctx.params["formats"] = list(named.values())
        return rest


class Group(TyperGroup):
    """The program itself, whose own options are taken as they are written."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Read the command line as far as the command's name."""
        _refuse_twice(self, ctx, args)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> Any:
        """Give the parameters, --help included."""
        return [take_plainly(parameter) for parameter in super().get_params(ctx)]


def _refuse_twice(command: Any, ctx: Any, args: list[str]) -> None:
    if ctx.resilient_parsing:  # a shell that completes a line, which is answered and not judged
        return
    _, _, read = command.make_parser(ctx).parse_args(args=list(args))
    once = [p for p in read if isinstance(p, TyperOption) and not (p.multiple or p.is_flag or p.count)]
    twice = next((option for n, option in enumerate(once) if option in once[:n]), None)
    if twice is not None:
        hint = f"--{flag(twice)}"
        raise typer.BadParameter("it takes one value, and is given twice", ctx=ctx, param_hint=hint)


def _is_set(ctx: Any, name: str) -> bool:
    """Tell whether an option's value is a setting, of the environment or of the file."""
    return getattr(ctx.get_parameter_source(name), "name", "") in ("ENVIRONMENT", "DEFAULT_MAP")


def options_of(command: Any) -> dict[str, TyperOption]:
    """Give the options of a command that may be set for all runs, by their long names."""
    found = [p for p in command.params if isinstance(p, TyperOption)]
    return {flag(p): p for p in found if flag(p) not in _SINGLE}


def flag(option: TyperOption) -> str:
    """Give the long name of an option, without dashes."""
    return max((o for o in option.opts if o.startswith("--")), key=len, default=f"--{option.name}")[2:]


def variable(name: str) -> str:
    """Give the environment variable of an option: ``fail-on`` is ``STS_DOCTOR_FAIL_ON``."""
    return PREFIX + name.upper().replace("-", "_")


def values_for(command: Any, name: str, file: Path | None) -> dict[str, object]:
    """Give what the file says for one command, by the names of its parameters. Raises UsageProblem."""
    if file is None:
        return {}
    read = _read(file)
    known = options_of(command)
    own = read.get(name, {})
    if not isinstance(own, dict):
        raise UsageProblem(f"[{name}] is not a table", where=str(file))
    unknown = next((key for key in own if key not in known), None)
    if unknown is not None:
        raise UsageProblem(
            f"[{name}] has {unknown!r}, which is no option of {name} that can be set for all runs",
            where=str(file), do=f"Options: {', '.join(sorted(known))}",
        )  # fmt: skip
    common = {key: value for key, value in read.items() if not isinstance(value, dict) and key in known}
    if read.keys() - common.keys() - {name}:
        check_names(file, _all_commands())
    return {
        str(known[key].name): _value(known[key], value, f"{file}: {key}")
        for key, value in (common | own).items()
    }


def _read(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        with file.open("rb") as stream:
            raw = stream.read(_LONGEST + 1)
        if len(raw) > _LONGEST:
            raise UsageProblem(f"is larger than {_LONGEST >> 10} KiB", where=str(file))
        return tomllib.loads(raw.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageProblem(f"cannot be read: {error}", where=str(file)) from None


def _all_commands() -> dict[str, Any]:
    """Load every command: what this one does not know is another's, or a slip."""
    from analyzer.cli.app import build

    whole: Any = typer.main.get_command(build())
    return {name: command for name, command in whole.commands.items() if isinstance(command, Command)}


def _check_environment(command: Any) -> None:
    """Refuse a slip in the name of a setting: ``STS_DOCTOR_MSAK`` would mask nothing.

    What is near to no setting is another's, as a variable that Kubernetes makes for a Service.
    """
    own = {CONFIG, *(variable(name) for name in options_of(command))}
    others = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in own)
    if not others:
        return
    every = {variable(name) for c in _all_commands().values() for name in options_of(c)} | {CONFIG}
    words = [name.removeprefix(PREFIX) for name in sorted(every)]
    for name in others:
        near = get_close_matches(name.removeprefix(PREFIX), words, n=1, cutoff=0.75)
        if name not in every and near:
            raise UsageProblem(f"no setting is named {name}", do=f"Did you mean {PREFIX}{near[0]}?")


def check_names(file: Path, commands: Mapping[str, Any]) -> None:
    """Refuse a file with a name that no command knows. Raises UsageProblem."""
    every = {name for command in commands.values() for name in options_of(command)}
    for key, value in _read(file).items():
        table = isinstance(value, dict)
        known = commands if table else every
        if key in known:
            continue
        what = f"[{key}] is no command that has settings" if table else f"there is no option {key!r}"
        near = get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else ""
        if table and not near:
            hint = f"Tables: {', '.join(sorted(commands))}"
        raise UsageProblem(what, where=str(file), do=hint)


def _value(option: TyperOption, value: object, where: str) -> object:
    if option.multiple:
        items = value if isinstance(value, list) else [value]
        return [_plain(item, where) for item in items]
    if isinstance(value, list):
        raise UsageProblem("takes one value, not a list", where=where)
    return value if isinstance(value, bool) else _plain(value, where)


def _plain(value: object, where: str) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise UsageProblem("is neither text nor a number", where=where)
    text = str(value)
    return str(Path(text).expanduser()) if text.startswith("~/") else text


def settings(command: Any, name: str, file: Path | None) -> Iterable[Setting]:
    """Give every option of a command that can be set for all runs, with its value and its origin."""
    values = values_for(command, name, file)
    context = TyperCommand.make_context(command, name, [], resilient_parsing=True, default_map=values)
    origins = {"DEFAULT_MAP": f"file {file}"}
    for long, option in options_of(command).items():
        source = getattr(context.get_parameter_source(str(option.name)), "name", "DEFAULT")
        origins["ENVIRONMENT"] = f"environment {option.envvar}"
        yield Setting(long, context.params.get(str(option.name)), origins.get(source, "default"))
