"""The JSON Schemas of what programs read: a report, a difference of two, the list of what is missing."""

from __future__ import annotations

import json
import re
from functools import cache

NAMES = ("report", "diff", "collect")


def schema(name: str = "report") -> dict[str, object]:
    """Give the JSON Schema (2020-12) of what ``analyze``, ``diff`` and ``collect`` write as JSON.

    Parts that a report has too are defined by the report's schema; those that are used are put in.
    """
    whole: dict[str, object] = json.loads(_text(name))
    if name == "report":
        return whole
    shared = json.loads(_text("report"))["$defs"]
    own = whole.get("$defs")
    found = dict(own) if isinstance(own, dict) else {}
    wanted = _named(whole)
    while wanted - found.keys():
        found |= {part: shared[part] for part in sorted(wanted - found.keys())}
        wanted = _named(found)
    return {**whole, "$defs": found}


def _named(part: object) -> set[str]:
    """Give the definitions that a part of a schema refers to."""
    return set(re.findall(r'"#/\$defs/(\w+)', json.dumps(part)))


@cache
def _text(name: str) -> str:
    from importlib import resources  # slow to load, and a report is written without it

    return resources.files(__package__).joinpath(f"{name}.schema.json").read_text("utf-8")
