"""An item's kind, name and namespace by a look at its text: which items to parse is known before parsing."""

from __future__ import annotations

import json
import re
from functools import lru_cache

from analyzer.patterns import later

from .document import UnreadableDocument
from .json_places import children
from .lists import ListItem, item_base, parse_item

_FLOW = later(rb"(?:\s|#[^\n]*+\n)*+(?:-\s++)?\{\s*+(?:([\"}]))?")
_CHILD = later(rb"\n( +)[^\s#]")
_QUOTED = later(rb"(?:\"([^\"\\]*)\"|'([^']*)')(?:[ \t]+#.*)?\Z")
_PLAIN = later(rb"[A-Za-z0-9][^\s:#\"'&*!|>%@`\\]*(?::[^\s:#\"'\\]+)*\Z")

_NAME = ("metadata", "name")
_NAMESPACE = ("metadata", "namespace")


def item_kind(data: bytes) -> str | None:
    """Give the object's ``kind``; None where it has none, as items of typed lists may."""
    return _top(data, "kind")


def item_api_version(data: bytes) -> str | None:
    """Give the object's ``apiVersion``; None where it has none."""
    return _top(data, "apiVersion")


def item_names(data: bytes) -> tuple[str | None, str | None]:
    """Give ``metadata.name`` and ``metadata.namespace``, never those of an owner, a label or a managed field.

    The namespace is None for what is cluster-scoped.
    """
    flow = _FLOW.match(data)
    if flow is not None:
        fields = _json_field if flow[1] else _parsed
        return fields(data, _NAME), fields(data, _NAMESPACE)
    base, text = _unmarked(data)
    block = _block(base, "metadata").search(text)
    if block is None or not block[1]:
        # A flow mapping or something odder: rare enough to parse.
        odd = b"metadata" in data
        return (_parsed(data, _NAME), _parsed(data, _NAMESPACE)) if odd else (None, None)
    child = _CHILD.search(block[1])
    if child is None:
        return None, None
    name = _key(len(child[1]), "name").search(block[1])
    namespace = _key(len(child[1]), "namespace").search(block[1], name.end() if name else 0)
    if namespace is None and name:  # they stand in the order of the alphabet, but need not
        namespace = _key(len(child[1]), "namespace").search(block[1], 0, name.start())
    return (
        _scalar(name[1], data, _NAME) if name else None,
        _scalar(namespace[1], data, _NAMESPACE) if namespace else None,
    )


def _top(data: bytes, key: str) -> str | None:
    flow = _FLOW.match(data)
    if flow is not None:
        return _json_field(data, (key,)) if flow[1] else _parsed(data, (key,))
    base, text = _unmarked(data)
    found = _key(base, key).search(text)
    return _scalar(found[1], data, (key,)) if found else None


def _unmarked(data: bytes) -> tuple[int, bytes]:
    """Give the column of the object's own keys, and the text after a line break, list marker blanked out."""
    base = item_base(data)
    return base, b"\n" + (data.replace(b"-", b" ", 1) if base else data)


@lru_cache(maxsize=64)
def _key(column: int, key: str) -> re.Pattern[bytes]:
    return re.compile(rb"\n {%d}[\"']?%b[\"']?:[ \t]+([^\n]*)" % (column, key.encode()))


@lru_cache(maxsize=16)
def _block(column: int, key: str) -> re.Pattern[bytes]:
    """Match a key and the lines below that are indented deeper."""
    return re.compile(
        rb"\n {%d}[\"']?%b[\"']?:[ \t]*((?:\n {%d,}[^\n]*+|\n[ \t]*+(?=\n|\Z))*+)"
        % (column, key.encode(), column + 1)
    )


def _scalar(raw: bytes, data: bytes, path: tuple[str, ...]) -> str | None:
    text = raw.strip()
    if _PLAIN.match(text):
        return text.decode("utf-8", "replace")
    quoted = _QUOTED.match(text)
    if quoted:
        return (quoted[1] if quoted[1] is not None else quoted[2]).decode("utf-8", "replace")
    return _parsed(data, path)


def _parsed(data: bytes, path: tuple[str, ...]) -> str | None:
    marked = item_base(data) > 0
    try:
        document = parse_item(ListItem(1, data, "List" if marked else ""), "")
    except UnreadableDocument:
        return None
    value = document.get(*path)
    return None if value is None else str(value)


def _json_field(data: bytes, path: tuple[str, ...]) -> str | None:
    at = len(data) - len(data.lstrip())
    end = len(data)
    for step in path:
        spans = {key: (start, stop) for key, _, start, stop in children(data, at)}
        if step not in spans:
            return None
        at, end = spans[step]
    try:
        value = json.loads(data[at:end])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, str) else None
