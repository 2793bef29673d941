"""Lists written in YAML's flow style, cut into their items by the parser's own marks."""

from __future__ import annotations

from typing import NamedTuple

import yaml

from .limits import DEFAULT_LIMITS

_OPEN = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSE = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class FlowList(NamedTuple):
    """A list's kind, "List" where it names none, and its items: lines below the first, and text."""

    kind: str
    items: list[tuple[int, bytes]]


def flow_items(text: bytes) -> FlowList | None:
    """Cut one flow mapping into the elements of its ``items``.

    None where it has none, or is no YAML: then the parser of the whole shall say what is wrong.
    """
    shown = text.decode("utf-8", "replace")
    kind = "List"
    items: list[tuple[int, bytes]] | None = None
    begin = (0, 0)
    path: list[str | None] = []
    key: str | None = None
    try:
        for event in yaml.parse(shown, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            start, end = event.start_mark, event.end_mark
            if start is None or end is None:
                return None
            if isinstance(event, _OPEN):
                if path == [None, "items"]:
                    begin = (start.index, start.line)
                elif path == [None] and key == "items" and isinstance(event, yaml.SequenceStartEvent):
                    items = []
                path.append(key if len(path) == 1 else None)
                key = None
                if len(path) > DEFAULT_LIMITS.depth:
                    return None
            elif isinstance(event, _CLOSE):
                path.pop()
                if path == [None, "items"] and items is not None:
                    found = shown[begin[0] : end.index]
                    items.append((begin[1], found.encode()))
            elif len(path) == 1 and key is None:
                key = event.value if isinstance(event, yaml.ScalarEvent) else None
            elif len(path) == 1:
                kind = event.value if key == "kind" and isinstance(event, yaml.ScalarEvent) else kind
                key = None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return None if items is None else FlowList(kind, items)
