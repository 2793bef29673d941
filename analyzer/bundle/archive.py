"""Archives opened by what they hold: tar in any packing, and zip."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, Literal

from .entry import Entry
from .inflate import Meter, inflate
from .issues import Tally
from .limits import Limits
from .names import inside_must_gather
from .sniff import BLOCK, codec_of, is_tar, is_zip, looks_like_archive
from .stream import Stream, file_pieces, file_stream
from .tar_reader import walk_tar
from .zip_reader import walk_zip

ArchiveKind = Literal["tar", "zip"]
_PACKED_PIECE = 1 << 16


def open_regular(path: str) -> BinaryIO:
    """Open a regular file without following a link or waiting on a pipe; raises OSError otherwise."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "no regular file any more")
    return os.fdopen(descriptor, "rb")


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


def walk_archive(
    file: BinaryIO, kind: ArchiveKind, tally: Tally, prefix: str = "", label: str = ""
) -> Iterator[Entry]:
    """Yield an open archive's regular files; archives among them are named, not opened."""
    length = os.fstat(file.fileno()).st_size
    if kind == "zip":
        entries = walk_zip(file, length, tally, prefix, label)
    elif codec_of(file.read(BLOCK)):
        entries = walk_tar(_inflated(file, Meter(tally.limits, tally.charge)), tally, prefix, label)
    else:
        file.seek(0)
        entries = walk_tar(file_stream(file, length, tally.charge), tally, prefix, label)
    for entry in entries:
        if not inside_must_gather(entry.path) and looks_like_archive(entry.head()):
            tally.report(entry.path, "depth", "an archive in an archive is not opened", "incomplete")
        yield entry


def _inflated(file: BinaryIO, meter: Meter) -> Stream:
    file.seek(0)
    codec = codec_of(file.read(BLOCK)) or "gzip"
    file.seek(0)
    return Stream(inflate(file_pieces(file, _unaccounted, _PACKED_PIECE), codec, meter))


def _unaccounted(_: int) -> None:
    """Packed bytes are not counted: what they inflate to is."""
