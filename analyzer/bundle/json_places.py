"""Where a path stands in JSON text, found only when somebody asks: parsing stays as fast as json's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from analyzer.patterns import later

# A string that never ends is one token up to the end (group 1 is missing): were each quote in it tried
# again, a cut text full of escaped quotes would take quadratic time.
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+\\?+(")?+'
TOKEN = later(STRING + rb"|[{}\[\],]", re.DOTALL)
_SPACE = later(rb"[ \t\r\n]*")
_COLON = later(rb"[ \t\r\n]*:[ \t\r\n]*")


def locate(text: bytes, path: tuple[str | int, ...]) -> int:
    """Give the byte offset of a path in valid JSON: of the key in an object, of the value in an array.

    Where the path leaves the document the offset is that of the last step that exists.
    """
    value = found = after_space(text, 0)
    for step in path:
        child = _child(text, value, step)
        if child is None:
            break
        found, value = child
    return found


@lru_cache(256)
def _child(text: bytes, start: int, step: str | int) -> tuple[int, int] | None:
    """Give the offsets of a child's key and value, the last one's of a repeated key.

    Remembered, since the paths that are asked for share their beginnings.
    """
    found = None
    for key, key_at, value_at, _ in children(text, start):
        if key == step:
            found = key_at, value_at
    return found


def children(text: bytes, start: int) -> Iterator[tuple[str | int, int, int, int]]:
    """Yield (key or index, offset of the key, offset of the value, end of the value) of a container.

    Where the text is cut the last child is not yielded. Scalars have no children.
    """
    if text[start : start + 1] not in (b"{", b"["):
        return
    in_object = text[start : start + 1] == b"{"
    at, index = after_space(text, start + 1), 0
    while at < len(text) and text[at : at + 1] not in (b"}", b"]"):
        key: str | int = index
        value_at = at
        if in_object:
            token = TOKEN.match(text, at)
            colon = _COLON.match(text, token.end()) if token else None
            if token is None or token[1] is None or colon is None:
                return
            key, value_at = _string(token[0]), colon.end()
        end = value_end(text, value_at)
        if end is None:
            return
        yield key, at, value_at, end
        at, index = after_space(text, end), index + 1
        if text[at : at + 1] == b",":
            at = after_space(text, at + 1)


def value_end(text: bytes, start: int) -> int | None:
    """Give the offset behind the value that begins at ``start``; None where the text is cut in it."""
    depth = 0
    for token in TOKEN.finditer(text, start):
        first = text[token.start()]
        if first in b"{[":
            depth += 1
        elif first in b"}]":
            if depth == 0:
                return token.start()
            depth -= 1
            if depth == 0:
                return token.end()
        elif first == 0x22 and token[1] is None:
            return None
        elif depth == 0:
            # A comma ends a number or a name; a string is its own end.
            return token.start() if first == 0x2C else token.end()
    return None


def after_space(text: bytes, at: int) -> int:
    """Give the offset of the next thing that is no white space."""
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _string(token: bytes) -> str:
    if b"\\" not in token:
        return token[1:-1].decode("utf-8", "replace")
    try:
        return str(json.loads(token))
    except ValueError:
        return token[1:-1].decode("utf-8", "replace")
