"""Groups of options that several commands share, written once as a dataclass."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, ParamSpec, TypeVar, get_type_hints

import typer

P = ParamSpec("P")
R = TypeVar("R")


def spread(command: Callable[P, R]) -> Callable[..., R]:
    """Let a command take a group of options as one value.

    A parameter whose type is a dataclass becomes one option for each of its fields, with the field's
    ``Annotated`` type and default; the command gets the dataclass, filled in. A module of such groups need
    not load typer: where they become options, it is there.
    """
    signature = inspect.signature(command, eval_str=True)
    groups = {p.name: p.annotation for p in signature.parameters.values() if _is_group(p.annotation)}

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> R:
        for name, group in groups.items():
            kwargs[name] = group(**{f.name: kwargs.pop(f.name) for f in fields(group) if f.name in kwargs})
        return command(*args, **kwargs)

    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += _options(parameter.annotation) if parameter.name in groups else [parameter]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _is_group(annotation: object) -> bool:
    return isinstance(annotation, type) and is_dataclass(annotation)


def _options(group: Any) -> list[inspect.Parameter]:
    """Give a parameter for each field, those of the classes that it builds on included."""
    hints = get_type_hints(group, localns={"typer": typer}, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]
