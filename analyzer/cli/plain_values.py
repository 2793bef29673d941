"""Texts, paths and switches taken from the command line as they are.

typer validates through pydantic, which takes longer to load and to set up than a small bundle takes to
diagnose. They need none of it; what is of another type, or cannot be read, is left to typer.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_CONVERT: dict[object, tuple[type, bool]] = {
    bool: (bool, False), str: (str, False), Path: (Path, False),
    list[str]: (str, True), list[Path]: (Path, True),
}  # fmt: skip
_PATH_RULES = {
    "exists": False, "file_okay": True, "dir_okay": True, "writable": False, "readable": True,
    "resolve_path": False, "allow_dash": False, "path_type": None,
}  # fmt: skip


def take_plainly(parameter: Any) -> Any:
    """Give a parameter of a command, taking its value without a validator where it is plain enough."""
    try:
        from typer._coercion import RuntimeParam, build_runtime_param
    except ImportError:  # not typer's public face: without it, only the start is slower
        return parameter
    descriptor: Any = getattr(parameter, "type_descriptor", None)
    if descriptor is None or descriptor.annotation not in _CONVERT or parameter._runtime_param is not None:
        return parameter
    info = descriptor.parameter_info
    if info.parser is not None or any(getattr(info, k, None) != v for k, v in _PATH_RULES.items()):
        return parameter
    kind, many = _CONVERT[descriptor.annotation]

    class Plain(RuntimeParam):
        def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:
            given = value if isinstance(value, list | tuple) else [value]
            if (isinstance(value, list | tuple) != many) or not all(_is_plain(v, kind) for v in given):
                return build_runtime_param(descriptor).coerce(value, param=param, ctx=ctx)
            return [kind(v) for v in given] if many else kind(value)

    parameter._runtime_param = Plain(info, descriptor.annotation)
    return parameter


def _is_plain(value: object, kind: type) -> bool:
    if kind is not Path:
        return type(value) is kind
    if not isinstance(value, str | Path):
        return False
    return os.access(value, os.R_OK) or not os.path.lexists(value)
