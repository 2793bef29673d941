"""Archives opened by what they hold: tar in any packing, and zip, also one inside another."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, Literal

from analyzer.patterns import later

from .entry import Entry
from .inflate import Meter, inflate
from .issues import Tally
from .limits import Limits
from .names import inside_must_gather
from .parts import joined
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
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "no regular file any more")
    return os.fdopen(descriptor, "rb")


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
        head = _inflated(file, Meter(limits, _unaccounted)).take(BLOCK)
        file.seek(0)
    return "tar" if is_tar(head) else None


@contextmanager
def open_parts(places: Sequence[str], limits: Limits) -> Iterator[tuple[BinaryIO, int, ArchiveKind | None]]:
    """Open the parts of a split archive as one file, with its length, and its kind if they are some."""
    with ExitStack() as stack:
        files = [stack.enter_context(open_regular(place)) for place in places]
        alone = [archive_kind(file, limits) for file in files[1:]]
        file, length = joined(files)
        yield file, length, None if any(alone) else archive_kind(file, limits)


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
        entries = walk_tar(_inflated(file, meter), tally, prefix, label, charge)
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


def _inflated(file: BinaryIO, meter: Meter) -> Stream:
    file.seek(0)
    codec = codec_of(file.read(BLOCK)) or "gzip"
    file.seek(0)
    return Stream(inflate(file_pieces(file, _unaccounted, _PACKED_PIECE), codec, meter))


def _unaccounted(_: int) -> None:
    """Packed bytes are not counted: what they inflate to is."""
