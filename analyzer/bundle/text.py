"""Bytes of unknown encoding as UTF-8 with the same lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from analyzer.patterns import later
from analyzer.redact import redact

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
EXCERPT = 400
_AROUND = 1 << 15
"""Characters on either side of a column that are looked at for secrets: more than any of them has."""


def is_wide(data: bytes) -> bool:
    """Tell UTF-16 and UTF-32 by their mark, or by the zeros of Latin letters."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        return True
    even, odd = data[:8:2], data[1:8:2]
    return len(data) > 3 and ((not any(even) and all(odd)) or (not any(odd) and all(even)))


def narrowed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give the pieces of a text, of UTF-16 as UTF-8, without holding the whole."""
    remaining = iter(pieces)
    first = next(remaining, b"")
    if not is_wide(first):
        yield from chain((first,) if first else (), remaining)
        return
    marked = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if marked else "utf-16-le" if first[1] == 0 else "utf-16-be"
    decoder = codecs.getincrementaldecoder(encoding)("backslashreplace")
    for piece in chain((first,), remaining):
        yield decoder.decode(piece).encode("utf-8", "backslashreplace")


def of_code_page(data: bytes) -> bytes:
    """Give as UTF-8 what a program on Windows wrote in its code page; valid UTF-8 stays as it is.

    Where some of it is UTF-8, a byte that is none becomes the replacement character: no string of JSON
    breaks on it.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        return (text if _BEYOND_ASCII.search(text) else data.decode("cp1252", "replace")).encode("utf-8")
    return data


_BEYOND_ASCII = later(r"[\x80-\ufffc\U00010000-\U0010ffff]")


def to_utf8(data: bytes) -> bytes:
    r"""Give the text as valid UTF-8 without a byte order mark; foreign bytes become ``\xNN``."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _recode(data[len(mark) :], encoding)
    if data[1:2] == b"\0" and data[:1] not in (b"\0", b""):
        return _recode(data, "utf-16-le")
    if data[:1] == b"\0" and data[1:2] not in (b"\0", b""):
        return _recode(data, "utf-16-be")
    return _recode(data, "utf-8")


def _recode(data: bytes, encoding: str) -> bytes:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "backslashreplace")
    else:
        if encoding == "utf-8":
            return data
    return text.encode("utf-8", "backslashreplace")


def excerpt(text: bytes, line: int, column: int = 1, longest: int = EXCERPT) -> str:
    """Give the 1-based line of a text without its secrets, at most ``longest`` characters around a column."""
    start = 0
    for _ in range(line - 1):
        start = text.find(b"\n", start) + 1
        if not start:
            return ""
    end = text.find(b"\n", start)
    raw = text[start : end if end >= 0 else len(text)]
    shown = raw.decode("utf-8", "replace").rstrip("\r")
    before, after = shown[max(0, column - 1 - _AROUND) : column - 1], shown[column - 1 : column - 1 + _AROUND]
    shown = redact(before + after)
    if len(shown) <= longest:
        return shown
    # What was taken out has moved the column; before it as much stays as does with that part alone.
    first = max(0, min(len(redact(before)) - longest // 4, len(shown) - longest))
    return shown[first : first + longest]
