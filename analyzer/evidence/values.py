"""Values of JSON and YAML documents, each read with its type checked.

A value of another type than the one asked for counts as not there, since bundles are edited by hand and
built by strangers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from analyzer.evidence.records import Json

_LONGEST_MESSAGE = 3 << 19
"""Characters: more than etcd takes for a whole object."""


def mapping(value: Json) -> Mapping[str, Json]:
    """Give the value if it is a mapping with string keys, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """Give the value if it is a list, else an empty one."""
    return list(value) if isinstance(value, list) else []


def text(value: Json) -> str | None:
    """Give the value if it is a string, else None."""
    return value if isinstance(value, str) else None


def dig(value: Json, *path: str | int) -> Json:
    """Follow a path of keys and indexes; None where a step is not there."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def message_of(condition: Json) -> str | None:
    """Give a condition's message; of one longer than any API server keeps, the beginning."""
    message = text(dig(condition, "message"))
    return message and message[:_LONGEST_MESSAGE]


def strings(value: Json) -> dict[str, str]:
    """Keep the string values of a mapping."""
    return {k: v for k, v in mapping(value).items() if isinstance(v, str)}


def parse_time(value: Json) -> datetime | None:
    """Read an RFC 3339 time as aware UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # a zone that puts it before the first year
        return None
