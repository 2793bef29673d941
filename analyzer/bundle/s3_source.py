"""An object in S3, or all below an address, as an input: streamed, never stored."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from analyzer.errors import NothingToRead, Unreadable

from .archive import archive_kind
from .directory import walk_file
from .entry import Entry
from .issues import Tally
from .limits import Limits
from .s3 import Stored, find_object, objects_below, open_object
from .source import Kind, Source, walk_open_file
from .stream import file_pieces


class S3Source(Source):
    """One object (an archive or a file), or the objects below an address as a directory of files."""

    def __init__(self, path: Path, kind: Kind, limits: Limits, stored: Stored | None) -> None:
        super().__init__(path, kind, limits)
        self._stored = stored

    @property
    def sha256(self) -> str | None:
        """Not known: a digest would cost a second download."""
        return None

    def _entries(self, tally: Tally) -> Iterator[Entry]:
        if self._stored is not None:
            with open_object(self._stored) as file:
                yield from walk_open_file(file, self._stored.size, self.kind, self.label, tally)
            return
        start = len("/".join(self.path.parts[2:])) + (len(self.path.parts) > 2)
        for stored in objects_below(self.path):
            path = tally.admit(stored.key[start:])
            if path is not None:
                pieces = _pieces(stored, tally)
                yield from walk_file(partial(open_object, stored), pieces, path, stored.size, tally)
            if tally.halted:
                return


def open_s3(path: Path, limits: Limits) -> Source:
    """Look at an address and give it as a source.

    Raises NothingToRead where nothing is stored there or it may not be read, StorageLost where the
    storage does not answer, UsageProblem without boto3 or credentials.
    """
    stored = find_object(path)
    if stored is None:
        if next(objects_below(path), None) is None:
            raise NothingToRead("nothing is stored there", where=f"s3://{'/'.join(path.parts[1:])}")
        return S3Source(path, "directory", limits, None)
    try:
        with open_object(stored) as file:
            return S3Source(path, archive_kind(file, limits) or "file", limits, stored)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", where=path.name) from error


def _pieces(stored: Stored, tally: Tally) -> Iterator[bytes]:
    """Open late: most objects are never read."""
    with open_object(stored) as file:
        yield from file_pieces(file, tally.charge)
