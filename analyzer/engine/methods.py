"""The functions and methods of expressions, over known values; each pays for its work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from analyzer.engine.facts import Unknown, merge
from analyzer.engine.values import MAX_ITEMS, EvaluationError, a, matches_glob, to_duration, to_timestamp

Spend = Callable[[int], None]


def _text(value: object, method: str) -> str:
    if not isinstance(value, str):
        raise EvaluationError(f"{method}() reads a string, not {a(value)}")
    return value


def _size(spend: Spend, value: object) -> object:
    if isinstance(value, Mapping):
        hidden = [item for item in value.values() if isinstance(item, Unknown)]
        return merge(hidden) if hidden else len(value)
    if not isinstance(value, (str, list, tuple)):
        raise EvaluationError(f"size() cannot count {a(value)}")
    return len(value)


def _starts_with(spend: Spend, value: object, prefix: object) -> object:
    return _text(value, "startsWith").startswith(_text(prefix, "startsWith"))


def _ends_with(spend: Spend, value: object, suffix: object) -> object:
    return _text(value, "endsWith").endswith(_text(suffix, "endsWith"))


def _contains(spend: Spend, value: object, part: object) -> object:
    return _text(part, "contains") in _text(value, "contains")


def _split(spend: Spend, value: object, separator: object) -> object:
    text, mark = _text(value, "split"), _text(separator, "split")
    parts = text.split(mark) if mark else list(text)
    if len(parts) > MAX_ITEMS:
        raise EvaluationError("split() makes too many parts", final=True)
    spend(len(parts))
    return parts


def _glob(spend: Spend, value: object, pattern: object) -> object:
    text, mask = _text(value, "glob"), _text(pattern, "glob")
    spend(len(text) * (len(mask) if "*" in mask else 1) >> 6)
    return matches_glob(text, mask)


def _timestamp(spend: Spend, value: object) -> object:
    return to_timestamp(value)


def _duration(spend: Spend, value: object) -> object:
    return to_duration(value)


METHODS: Final[Mapping[str, Callable[..., object]]] = {
    "size": _size,
    "startsWith": _starts_with,
    "endsWith": _ends_with,
    "contains": _contains,
    "split": _split,
    "glob": _glob,
    "timestamp": _timestamp,
    "duration": _duration,
}
