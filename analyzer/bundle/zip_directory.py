"""Where a zip's members lie: from its central directory, or from local headers when that is lost."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from analyzer.frozen import frozen

from .issues import StreamError
from .names import decode_name

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_LENGTHS = struct.Struct("<3H")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_FULL = 0xFFFFFFFF
_UTF8 = 0x800


@frozen
class Member:
    """One zip member; ``data`` is where its packed bytes begin, or None until the local header is read."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    """Unix file mode, 0 where the archive carries none."""

    @property
    def sized(self) -> bool:
        """False where sizes stand behind the data and no directory tells them."""
        return self.packed >= 0


def read_directory(file: BinaryIO, length: int, limit: int) -> Iterator[Member] | None:
    """Give all members by the central directory; None when it is missing or damaged.

    Raises StreamError when it is larger than ``limit`` bytes.
    """
    tail_at = max(0, length - _END.size - 0xFFFF)
    file.seek(tail_at)
    tail = file.read(_END.size + 0xFFFF)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or found + _END.size > len(tail):
        return None
    _, _, _, _, count, size, offset, _ = _END.unpack_from(tail, found)
    end = tail_at + found
    wide = _end64(file, end)
    if wide is not None:
        count, size, offset, end = wide
    if size > limit:
        raise StreamError("too-large", f"a zip directory of more than {limit} bytes", "unsafe")
    # Bytes put before the archive (a self-extractor) shift every offset alike.
    shift = end - size - offset
    if shift < 0:
        return None
    if not count and read_local(file, 0) is not None:
        return None  # an empty directory behind members hides them
    file.seek(end - size)
    data = file.read(size)
    held = _count(data)
    if held != count and (wide is not None or held % 65536 != count):
        return None
    return _central(data, shift)


def _end64(file: BinaryIO, end: int) -> tuple[int, int, int, int] | None:
    if end < _LOCATOR.size:
        return None
    file.seek(end - _LOCATOR.size)
    magic, _, at, _ = _LOCATOR.unpack(file.read(_LOCATOR.size))
    if magic != b"PK\x06\x07" or at > end:
        return None
    file.seek(at)
    record = file.read(_END64.size)
    if len(record) < _END64.size or record[:4] != b"PK\x06\x06":
        return None
    *_, count, size, offset = _END64.unpack(record)
    return count, size, offset, at


def _count(data: bytes) -> int:
    """Count the members without making them: a million at once would take hundreds of megabytes."""
    count = at = 0
    while at + _CENTRAL.size <= len(data) and data.startswith(b"PK\x01\x02", at):
        at += _CENTRAL.size + sum(_LENGTHS.unpack_from(data, at + 28))
        count += 1
    return count


def _central(data: bytes, shift: int) -> Iterator[Member]:
    at = 0
    while at + _CENTRAL.size <= len(data):
        fields = _CENTRAL.unpack_from(data, at)
        magic, made_by, _, flags, method, _, _, crc, packed, size, names, extras, comments = fields[:13]
        if magic != b"PK\x01\x02":
            return
        attributes, offset = fields[-2:]
        name_at = at + _CENTRAL.size
        extra = data[name_at + names : name_at + names + extras]
        size, packed, offset = _widen(extra, size, packed, offset)
        mode = attributes >> 16 if made_by >> 8 == 3 else 0
        name = _name(data[name_at : name_at + names], flags)
        yield Member(name, flags, method, crc, packed, size, offset + shift, mode)
        at = name_at + names + extras + comments


def _widen(extra: bytes, size: int, packed: int, offset: int = 0) -> tuple[int, int, int]:
    """Put the 64-bit values of a zip64 extra field in place of the full 32-bit ones."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == 1:
            field = extra[at + 4 : at + 4 + length]
            values = list(struct.unpack_from(f"<{len(field) // 8}Q", field))
            size = values.pop(0) if size == _FULL and values else size
            packed = values.pop(0) if packed == _FULL and values else packed
            offset = values.pop(0) if offset == _FULL and values else offset
        at += 4 + length
    return size, packed, offset


def read_local(file: BinaryIO, offset: int) -> Member | None:
    """Read the local header at an offset, leaving the file at the data; None where there is none."""
    file.seek(offset)
    raw = file.read(_LOCAL.size)
    if len(raw) < _LOCAL.size or raw[:4] != b"PK\x03\x04":
        return None
    _, _, flags, method, _, _, crc, packed, size, names, extras = _LOCAL.unpack(raw)
    name, extra = file.read(names), file.read(extras)
    if len(name) + len(extra) < names + extras:
        return None
    size, packed, _ = _widen(extra, size, packed)
    if flags & 8 and not packed:
        size = packed = -1
    return Member(_name(name, flags), flags, method, crc, packed, size, offset, 0)


def _name(raw: bytes, flags: int) -> str:
    if flags & _UTF8:
        return decode_name(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")
