"""Zip archives as entries: members are inflated only when read; a lost directory is made up for.

Not ``zipfile``: it needs the directory at the end, which an upload that was cut does not have, and
does not see members that overlap to multiply their size.
"""

from __future__ import annotations

import stat
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from .entry import Entry
from .inflate import PIECE, Meter, inflate
from .issues import StreamError, Tally
from .sniff import Codec
from .zip_directory import Member, read_directory, read_local

_CODECS: dict[int, Codec] = {8: "deflate", 12: "bz2", 93: "zstd", 95: "xz"}
_ENCRYPTED = 1
_MORE_BURSTS = 3
"""Members that inflate too far before the whole archive is given up."""


def walk_zip(
    file: BinaryIO,
    length: int,
    tally: Tally,
    prefix: str = "",
    label: str = "",
    charge: Callable[[int], None] | None = None,
) -> Iterator[Entry]:
    """Yield the regular files of a zip archive of ``length`` bytes; ``prefix`` goes before their paths."""
    try:
        members = read_directory(file, length, tally.limits.zip_directory)
    except StreamError as error:
        tally.fail(label, error)
        return
    meter, again = Meter(tally.limits, charge or tally.charge, packed=length), _MORE_BURSTS
    if members is None:
        yield from _rescue(file, tally, prefix, label, meter)
        return
    starts: set[int] = set()
    for member in members:
        if tally.halted or (meter.burst and not again):
            return
        if meter.burst:
            # One member was a bomb; what the others hold is still worth reading, a few times over.
            meter, again = Meter(tally.limits, charge or tally.charge, packed=length), again - 1
        path = _admitted(member, tally, prefix)
        if path is None:
            continue
        if member.offset in starts:
            tally.report(path, "ratio", "its data is that of another member: a bomb", "unsafe")
            continue
        starts.add(member.offset)
        tally.bytes += member.size
        if _is_wanted(member, path, tally):
            entry = Entry(path, member.size, _content(file, member, meter), tally, meter.gave)
            yield entry
            entry.close()


def _rescue(file: BinaryIO, tally: Tally, prefix: str, label: str, meter: Meter) -> Iterator[Entry]:
    """Go from local header to local header, as far as the file reaches."""
    tally.report(label, "truncated", "the zip's directory is missing: the upload was cut", "incomplete")
    offset = 0
    while not (tally.halted or meter.burst) and (member := read_local(file, offset)) is not None:
        data = file.tell()
        if not member.sized:
            packed = _measure(file, member, meter)
            member = Member(member.name, member.flags, member.method, 0, packed, -1, offset, 0)
        path = _admitted(member, tally, prefix)
        if path is not None and _is_wanted(member, path, tally):
            tally.bytes += max(member.size, 0)
            entry = Entry(path, max(member.size, 0), _content(file, member, meter), tally, meter.gave)
            yield entry
            entry.close()
        if member.packed < 0:
            return
        offset = _after(file, data + member.packed, member.flags)


def _admitted(member: Member, tally: Tally, prefix: str) -> str | None:
    if member.name.endswith(("/", "\\")):
        tally.pass_over(prefix)
        return None
    return tally.admit(member.name, prefix, windows=True)


def _is_wanted(member: Member, path: str, tally: Tally) -> bool:
    kind = stat.S_IFMT(member.mode)
    if kind == stat.S_IFLNK:
        tally.report(path, "link", "symbolic link", "incomplete")
    elif kind not in (0, stat.S_IFREG):
        tally.report(path, "device", "device or pipe", "unsafe")
    elif member.flags & _ENCRYPTED:
        tally.report(path, "unsupported", "encrypted: unpack it with its password first", "unreadable")
    elif member.method and member.method not in _CODECS:
        tally.report(path, "unsupported", f"zip method {member.method}: unpack it first", "unreadable")
    else:
        return True
    return False


def _content(file: BinaryIO, member: Member, meter: Meter) -> Iterator[bytes]:
    """Yield a member's plain bytes, checked against the announced size and sum."""
    if read_local(file, member.offset) is None:
        raise StreamError("unreadable", "no local header where the directory says", "unreadable")
    packed = _packed(file, file.tell(), member.packed)
    codec = _CODECS.get(member.method)
    plain = inflate(packed, codec, meter) if codec else _stored(packed, meter)
    got, crc = 0, 0
    for piece in plain:
        got += len(piece)
        if 0 <= member.size < got:
            raise StreamError("too-large", f"inflates past its announced {member.size} bytes", "unsafe")
        crc = zlib.crc32(piece, crc)
        yield piece
    if member.size == got and crc != member.crc:
        raise StreamError("unreadable", "its checksum is wrong: damaged content", "unreadable")


def _packed(file: BinaryIO, at: int, left: int) -> Iterator[bytes]:
    while left:
        # The consumer of another piece of the same file may have moved it.
        file.seek(at)
        piece = file.read(min(left, PIECE) if left > 0 else PIECE)
        if not piece:
            return
        at += len(piece)
        left -= len(piece) if left > 0 else 0
        yield piece


def _stored(packed: Iterator[bytes], meter: Meter) -> Iterator[bytes]:
    for piece in packed:
        meter.gave(len(piece))
        yield piece


def _measure(file: BinaryIO, member: Member, meter: Meter) -> int:
    """Count the packed bytes of a deflated member whose length is not told; -1 where it never ends."""
    if member.method != 8:
        return -1
    work, at = zlib.decompressobj(-15), file.tell()
    start = at
    while data := file.read(PIECE):
        at += len(data)
        while data:
            try:
                meter.gave(len(work.decompress(data, PIECE)))
            except (zlib.error, StreamError):
                return -1
            data = work.unconsumed_tail
        if work.eof:
            return at - len(work.unused_data) - start
    return -1


def _after(file: BinaryIO, at: int, flags: int) -> int:
    """Give the offset of the next header, past a data descriptor of one of its four shapes."""
    file.seek(at)
    tail = file.read(28)
    if not flags & 8:
        return at
    for skip in (16, 12, 24, 20):
        if tail[skip : skip + 2] == b"PK":
            return at + skip
    return at
