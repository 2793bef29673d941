"""Texts, paths and switches taken from the command line as they are written.

typer validates each value through pydantic, which takes longer to load than a small bundle takes to be
diagnosed. Plain values need no validation; a value of any other type is left to typer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

_ONE: dict[object, Callable[[str], object]] = {bool: bool, str: str, Path: Path}
_MANY: dict[object, Callable[[str], object]] = {list[str]: str, list[Path]: Path}


def take_plainly(parameter: Any) -> Any:
    """Give a parameter of a command, which takes texts, paths and switches without a validator now."""
    if "process_value" in vars(parameter):
        return parameter
    described = getattr(parameter, "type_descriptor", None)
    of = getattr(described, "annotation", None)
    info = getattr(described, "parameter_info", None)
    if of not in (_ONE | _MANY) or info is None or info.exists or info.resolve_path or info.parser:
        return parameter
    validated = parameter.process_value

    def process(context: Any, value: Any) -> Any:
        if of in (Path, list[Path]) and _is_empty(value):
            # pathlib takes it for the working directory, which nobody named
            raise typer.BadParameter("the path is empty", ctx=context, param=parameter)
        if parameter.required or not _is_plain(of, value):
            return validated(context, value)
        taken = _taken(of, value)
        return parameter.callback(context, parameter, taken) if parameter.callback else taken

    parameter.process_value = process
    return parameter


def _is_empty(value: object) -> bool:
    return "" in value if isinstance(value, list | tuple) else value == ""


def _is_plain(of: object, value: object) -> bool:
    if value is None or (of in _MANY and isinstance(value, list | tuple)):
        return all(isinstance(one, str) for one in value or ())
    return of is not bool and of in _ONE and isinstance(value, str)


def _taken(of: object, value: Any) -> object:
    if of in _MANY:
        return [_MANY[of](one) for one in value or ()]
    return None if value is None else _ONE[of](value)
