"""JSON that may be hostile: repeated keys seen, depth and numbers bounded, several documents in a row."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import accumulate

from analyzer.patterns import later

from .document import Document, Steps, UnreadableDocument, Value
from .json_places import STRING
from .limits import DEFAULT_LIMITS, Limits
from .text import to_utf8

_SPACE = later(r"[ \t\r\n]*")
_STRING = later(STRING, re.DOTALL)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")
_STEP = {byte: 1 if byte in b"{[" else -1 for byte in b"{}[]"}
_LONGEST_INTEGER = 20


def parse_json(
    data: bytes, label: str, limits: Limits = DEFAULT_LIMITS, first_line: int = 1
) -> list[Document]:
    """Give every document of a JSON, concatenated JSON or JSON lines text; raises UnreadableDocument."""
    return list(iter_json(data, label, limits, first_line))


def iter_json(
    data: bytes, label: str, limits: Limits = DEFAULT_LIMITS, first_line: int = 1
) -> Iterator[Document]:
    """Yield the documents of a text one by one; raises UnreadableDocument at the first bad one.

    NaN and Infinity, numbers beyond 20 digits and numbers beyond a float stay strings.
    """
    raw = to_utf8(data)
    _check_size(raw, label, limits, first_line)
    text = raw.decode("utf-8")
    reader = _Reader()
    at, line = _after_space(text, 0), first_line
    line += text.count("\n", 0, at)
    if at == len(text):
        raise UnreadableDocument(label, first_line, "empty where JSON was expected")
    while at < len(text):
        value, end = _decode(reader, text, at, label, line)
        following = _after_space(text, end)
        whole = at == 0 and following == len(text)
        slice_ = raw if whole else text[at:end].encode("utf-8", "backslashreplace")
        yield Document(label, slice_, line, value, "json", tuple(reader.repeated_paths(value)))
        line += text.count("\n", at, following)
        at = following


def _decode(reader: _Reader, text: str, at: int, label: str, line: int) -> tuple[Value, int]:
    try:
        return reader.decode(text, at)
    except json.JSONDecodeError as error:
        where = line + text.count("\n", at, error.pos)
        raise UnreadableDocument(label, where, f"not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise UnreadableDocument(label, line, f"not JSON: {type(error).__name__}") from None


def ends_early(data: bytes) -> bool:
    """Tell JSON that is right as far as it goes, and whose first value does not end."""
    text = to_utf8(data).decode("utf-8").rstrip()
    try:
        json.JSONDecoder().raw_decode(text, _after_space(text, 0))
    except json.JSONDecodeError as error:
        return error.pos >= len(text) or error.msg.startswith("Unterminated string")
    except (ValueError, RecursionError):
        return False
    return False


class _Reader:
    """A JSON decoder that notes objects with repeated keys."""

    def __init__(self) -> None:
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_INTEGER else digits,
            parse_float=_float,
            parse_constant=str,
        )
        self._doubled: list[tuple[dict[str, Value], list[str]]] = []

    def decode(self, text: str, at: int) -> tuple[Value, int]:
        self._doubled.clear()
        value, end = self._decoder.raw_decode(text, at)
        return value, int(end)

    def _object(self, pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            doubled = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
            self._doubled.append((found, list(dict.fromkeys(doubled))))
        return found

    def repeated_paths(self, root: Value) -> Iterator[Steps]:
        """Yield the paths of repeated keys; objects that a later repetition displaced have none."""
        if not self._doubled:
            return
        keys_of = {id(found): keys for found, keys in self._doubled}
        waiting: list[tuple[Value, Steps]] = [(root, ())]
        while waiting:
            value, path = waiting.pop()
            if isinstance(value, dict):
                yield from ((*path, key) for key in keys_of.get(id(value), ()))
                waiting.extend((child, (*path, key)) for key, child in reversed(value.items()))
            elif isinstance(value, list):
                waiting.extend((child, (*path, at)) for at, child in enumerate(value))


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _check_size(raw: bytes, label: str, limits: Limits, first_line: int) -> None:
    """Refuse deep nesting before the decoder, which recurses, and more values than memory should hold."""
    if raw.count(b"[") + raw.count(b"{") <= limits.depth and raw.count(b",") <= limits.nodes:
        return
    # First as if strings held no brackets and commas: often enough to see that all is well.
    if (reason := _excess(raw, limits)) and (reason := _excess(_STRING.sub(b"", raw), limits)):
        raise UnreadableDocument(label, first_line, reason)


def _excess(text: bytes, limits: Limits) -> str:
    brackets = text.translate(None, _NOT_BRACKETS)
    if text.count(b",") + len(brackets) // 2 > limits.nodes:
        return f"more than {limits.nodes} values"
    if max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > limits.depth:
        return f"nested more than {limits.depth} levels deep"
    return ""


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
