"""One value of one file hidden, as people and cleaning tools do it: masked, emptied or taken out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import yaml

from samples.yamlout import document

Path = tuple[str | int, ...]


class Gone(Enum):
    """In the place of a value: its key is taken out."""

    GONE = "taken out"


GONE = Gone.GONE
MASKS = (
    "<redacted>", "***", "xxxxxxxx", "REDACTED", "[REDACTED]", "XXXXXX", "MASKED", "(redacted)",
    "x-ipv4-0000000001-x", "domain0000000001",
)  # fmt: skip


def parsed(data: bytes, file: str) -> Any:
    """Give the value of a YAML or JSON file, None for others."""
    try:
        return yaml.safe_load(data) if file.endswith(".yaml") else json.loads(data)
    except ValueError:
        return None


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Yield where the strings of a value stand."""
    if isinstance(value, str) and value:
        yield at
    inner = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, one in inner:
        yield from paths(one, (*at, step))


def changed(files: Mapping[str, bytes], file: str, at: Path, new: object) -> dict[str, bytes]:
    """Give the files with another value in one place of one file."""
    value = holder = parsed(files[file], file)
    for step in at[:-1]:
        holder = holder[step]
    if new is GONE:
        del holder[at[-1]]
    else:
        holder[at[-1]] = new
    text = document(value) if file.endswith(".yaml") else json.dumps(value, indent=4).encode() + b"\n"
    return {**files, file: text}
