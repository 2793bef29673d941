"""Archives opened by what they hold: tar in any packing, and zip, also one inside another."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from typing import BinaryIO, Literal

from analyzer.patterns import later

from .entry import Entry
from .inflate import PIECE, Meter, inflate, inflate_file
from .issues import Severity, Tally
from .limits import Limits
from .names import inside_must_gather
from .parts import Split, joined, splits
from .sniff import BLOCK, codec_of, is_tar, is_zip, looks_like_archive, unsupported_archive
from .stream import Stream, file_pieces, file_stream
from .tar_reader import walk_tar
from .zip_reader import walk_zip

ArchiveKind = Literal["tar", "zip"]
_PACKED_PIECE = 1 << 16
_INSIGHTS = later(r"(?:^|/)insights-data/(?:[^/]+/)*insights-[^/]+\.tar\.gz\Z")
"""What the gather script copies from the Insights operator: the one archive inside a bundle that is read."""


def open_regular(path: str) -> BinaryIO:
    """Open a regular file without following a link or waiting on a pipe; raises OSError otherwise."""
    return os.fdopen(_open(path)[0], "rb")


def regular_pieces(path: str, charge: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the bytes of a file that is opened as ``open_regular`` does, each piece accounted for."""
    descriptor, size = _open(path)
    got = 0
    try:
        while piece := os.read(descriptor, min(PIECE, max(size - got, 4096))):
            got += len(piece)
            charge(len(piece))
            yield piece
            if got == size:
                return
    finally:
        os.close(descriptor)


def _open(path: str) -> tuple[int, int]:
    """Open a file; also give how many bytes it holds now."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise OSError(0, "no regular file any more")
    return descriptor, status.st_size


def may_be_bundle(path: str) -> bool:
    """Tell whether an archive at this path may hold a bundle, or is a part of one that is not needed."""
    return not inside_must_gather(path) or ("insights-data/" in path and _INSIGHTS.search(path) is not None)


def archive_kind(file: BinaryIO, limits: Limits) -> ArchiveKind | None:
    """Tell which archive a file is, looking through its compression; the file is left at its start."""
    head = file.read(BLOCK)
    file.seek(0)
    if is_zip(head):
        return "zip"
    if codec_of(head) is not None:
        head = _inflated(file, Meter(limits, _unaccounted), limits).take(BLOCK)
        file.seek(0)
    return "tar" if is_tar(head) else None


Opened = Callable[[str], BinaryIO]
"""Opens a file of a folder by its name; raises OSError."""


def find_splits(sizes: Mapping[str, int], opened: Opened, limits: Limits) -> list[Split]:
    """Find the archives that lie in one folder in parts: by their names and sizes, then by what they hold.

    What cannot be opened is none.
    """
    found = []
    for split in splits(sizes):
        with suppress(OSError):
            if split.volumes or _are_parts(split, opened, limits):
                found.append(split)
    return found


def _are_parts(split: Split, opened: Opened, limits: Limits) -> bool:
    """Tell whether the first part begins an archive, and the others are none of their own."""
    for name in split.names[split.readable and 1 :]:
        with opened(name) as file:
            if archive_kind(file, limits) is not None:
                return False
    if not split.readable:
        return True
    with _open_parts(split, opened) as (file, _):
        return archive_kind(file, limits) is not None


@contextmanager
def _open_parts(split: Split, opened: Opened) -> Iterator[tuple[BinaryIO, int]]:
    with ExitStack() as stack:
        yield joined([stack.enter_context(opened(name)) for name in split.names[: split.readable]])


def walk_split(
    split: Split, opened: Opened, tally: Tally, prefix: str = "", label: str = ""
) -> Iterator[Entry]:
    """Yield the regular files of an archive in parts, as far as these are there; say which are not."""
    if split.problem:
        severity: Severity = "incomplete" if split.readable else "unreadable"
        tally.report(label, "unsupported" if split.volumes else "truncated", split.problem, severity)
    if split.readable:
        with _open_parts(split, opened) as (file, length):
            kind = archive_kind(file, tally.limits)
            if kind is not None:
                yield from walk_archive(file, length, kind, tally, prefix, label)
            if not split.problem and any(i.code == "truncated" and i.member == label for i in tally.issues):
                last = f"parts after {split.names[-1]} may be missing"
                tally.report(label, "truncated", last, "incomplete")


def walk_archive(
    file: BinaryIO, length: int, kind: ArchiveKind, tally: Tally, prefix: str = "", label: str = ""
) -> Iterator[Entry]:
    """Yield the regular files of an open archive of ``length`` bytes.

    Archives among them are walked too, down to ``limits.nested_archives`` levels.
    """
    charge = tally.charge
    if kind == "zip":
        entries = walk_zip(file, length, tally, prefix, label)
    elif codec_of(file.read(BLOCK)):
        meter = Meter(tally.limits, tally.charge)
        charge = meter.gave
        entries = walk_tar(_inflated(file, meter, tally.limits), tally, prefix, label, charge)
    else:
        file.seek(0)
        entries = walk_tar(file_stream(file, length, tally.charge), tally, prefix, label)
    yield from _opened(entries, tally, charge, 0)


def _opened(
    entries: Iterator[Entry], tally: Tally, charge: Callable[[int], None], depth: int
) -> Iterator[Entry]:
    """Yield the entries, and in place of archives what these hold."""
    for entry in entries:
        if not may_be_bundle(entry.path.rpartition("!/")[2]) or not looks_like_archive(entry.head()):
            yield entry
        elif depth == tally.limits.nested_archives:
            tally.report(entry.path, "depth", f"archives nested more than {depth} deep", "incomplete")
            yield entry
        else:
            yield from _opened(_walk_nested(entry, tally, charge), tally, charge, depth + 1)


def _walk_nested(outer: Entry, tally: Tally, charge: Callable[[int], None]) -> Iterator[Entry]:
    advice = unsupported_archive(outer.head())
    if advice:
        tally.report(outer.path, "unsupported", advice, "unreadable")
        return
    prefix = f"{outer.path}!/"
    if not is_zip(outer.head()):
        yield from walk_tar(Stream(outer.chunks()), tally, prefix, outer.path, charge)
        return
    limit = tally.limits.nested_zip
    data = outer.read(limit)
    if outer.truncated:
        tally.report(outer.path, "too-large", f"a zip in an archive, larger than {limit} bytes", "incomplete")
        return
    yield from walk_zip(io.BytesIO(data), len(data), tally, prefix, outer.path, charge)


def _inflated(file: BinaryIO, meter: Meter, limits: Limits) -> Stream:
    file.seek(0)
    codec = codec_of(file.read(BLOCK)) or "gzip"

    def packed() -> Iterator[bytes]:
        file.seek(0)
        return file_pieces(file, _unaccounted, _PACKED_PIECE)

    return Stream(_packed_once_more(inflate_file(packed, codec, meter), meter, limits))


def _packed_once_more(pieces: Iterator[bytes], meter: Meter, limits: Limits) -> Iterator[bytes]:
    """Inflate what comes out again where it is packed itself, as an upload of a tar.gz may leave it."""
    first = next(pieces, b"")
    codec = codec_of(first[:BLOCK])
    pieces = chain((first,), pieces)
    yield from inflate(pieces, codec, Meter(limits, meter.gave)) if codec else pieces


def _unaccounted(_: int) -> None:
    """Packed bytes are not counted: what they inflate to is."""
