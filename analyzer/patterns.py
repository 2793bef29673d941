"""Regular expressions that are compiled when they are first used: most runs use a part of them."""

from __future__ import annotations

import re
from typing import AnyStr, cast

_WRITTEN: list[_Later] = []


class _Later:
    """Stands for a compiled pattern; takes over its methods one by one as they are asked for."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._written = pattern, flags
        self._compiled: object = None
        _WRITTEN.append(self)

    def __getattr__(self, name: str) -> object:
        if self._compiled is None:
            pattern, flags = self._written
            self._compiled = re.compile(pattern, flags)
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found


def later(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Give a pattern as ``re.compile`` does, without compiling it yet."""
    return cast("re.Pattern[AnyStr]", _Later(text, flags))


def compile_patterns() -> None:
    """Compile every pattern of what is loaded: for a process that is forked many times."""
    for pattern in _WRITTEN:
        getattr(pattern, "pattern")  # noqa: B009 - asked for its effect
