"""Tar header blocks: plain, GNU and pax, read with every length bounded."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from analyzer.patterns import later

from .names import decode_name
from .sniff import tar_checksum_holds

Type = Literal[
    "file", "directory", "link", "device", "long-name", "long-link", "pax", "pax-global", "sparse", "other"
]

_TYPES: dict[bytes, Type] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"1": "link",
    b"2": "link",
    b"3": "device",
    b"4": "device",
    b"6": "device",
    b"5": "directory",
    b"L": "long-name",
    b"K": "long-link",
    b"x": "pax",
    b"X": "pax",
    b"g": "pax-global",
    b"S": "sparse",
}
_LONG = (b"L", b"K")
_WITHOUT_DATA = ("link", "device", "directory")
_RECORD = later(rb"(\d{1,20}) ([^=]+)=")


class Header(NamedTuple):
    """One tar header; ``size`` counts the bytes that follow it, without padding."""

    name: str
    type: Type
    size: int
    target: str
    extended: bool
    """GNU sparse: further header blocks follow."""


class Override(NamedTuple):
    """What a pax or long-name header says about the member after it."""

    name: str | None = None
    target: str | None = None
    size: int | None = None
    sparse: bool = False


def parse_header(block: bytes) -> Header | None:
    """Read a 512-byte header block; None where it is none (damaged, or not a tar)."""
    # Headers of long names differ in their size alone: every second one of a bundle is of a few kinds.
    return _parsed_before(block) if block[156:157] in _LONG else _parse(block)


def _parse(block: bytes) -> Header | None:
    if not tar_checksum_holds(block):
        return None
    size = _number(block[124:136])
    if size is None:
        return None
    name = _text(block[:100])
    # GNU's own format keeps times where POSIX keeps the name's front part.
    if block[345] and block[257:263] == b"ustar\0":
        name = f"{_text(block[345:500])}/{name}"
    kind = _TYPES.get(block[156:157], "other")
    return Header(
        name,
        kind,
        0 if kind in _WITHOUT_DATA else size,
        _text(block[157:257]) if block[157] else "",
        kind == "sparse" and block[482] != 0,
    )


_parsed_before = lru_cache(maxsize=256)(_parse)


def parse_pax(data: bytes) -> Override | None:
    """Read pax records (``length key=value``); None where they are malformed."""
    found: dict[bytes, bytes] = {}
    sparse, at = False, 0
    while at < len(data) and data[at] != 0:
        record = _RECORD.match(data, at)
        end = at + int(record[1]) if record else 0
        if record is None or end <= record.end() or end > len(data):
            return None
        found[record[2]] = data[record.end() : end - 1]
        sparse = sparse or record[2].startswith(b"GNU.sparse.")
        at = end
    size = found.get(b"size", b"")
    if size and not (size.isdigit() and len(size) < 20):
        return None
    return Override(
        decode_name(found[b"path"]) if b"path" in found else None,
        decode_name(found[b"linkpath"]) if b"linkpath" in found else None,
        int(size) if size else None,
        sparse,
    )


def _text(field: bytes) -> str:
    return decode_name(field[: field.find(b"\0")] if b"\0" in field else field)


def _number(field: bytes) -> int | None:
    """Read a size: octal digits, or base 256 where the first bit is set; never negative."""
    if field[0] == 0x80:
        number = int.from_bytes(field[1:], "big")
        return number if number < 1 << 62 else None
    digits = field.replace(b"\0", b" ").strip()
    try:
        number = int(digits, 8) if digits else 0
    except ValueError:
        return None
    return number if number >= 0 else None
