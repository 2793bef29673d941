"""One read-only interface over a directory, a single file or an archive, told apart by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO, Literal

from .archive import open_regular, walk_archive, walk_split
from .directory import walk_directory
from .entry import Entry
from .inflate import PIECE
from .issues import Issue, Tally
from .limits import Limits
from .names import decode_name
from .parts import Split
from .s3 import find_object, is_remote, open_object
from .sniff import BLOCK, unsupported_archive
from .stream import file_pieces

Kind = Literal["directory", "tar", "zip", "file"]


_LARGEST = 8 << 30
"""Bytes of a file that still gets a digest."""


def digest_of(parts: Sequence[Path]) -> str | None:
    """Give the SHA-256 of files one after the other, in hexadecimal; None where they are no files.

    None too where they are larger than ``_LARGEST``: that would take longer than all else.
    """
    digest = hashlib.sha256()
    try:
        if sum(part.stat().st_size for part in parts) > _LARGEST:
            return None
        for part in parts:
            with open_regular(str(part.resolve())) as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()


def open_place(path: Path) -> BinaryIO:
    """Open a file, or an object in S3, wherever it lies; raises OSError."""
    if not is_remote(path):
        return open_regular(str(path.resolve()))
    if (stored := find_object(path)) is None:
        raise OSError(0, "nothing is stored there any more")
    return open_object(stored)


class Source:
    """An input that is walked once, front to back; nothing of it is ever written anywhere.

    ``members``, ``bytes``, ``issues`` and ``stopped`` (an archive was cut off as hostile) are
    complete once the walk has ended; another walk starts them anew. ``problem`` says why an input
    cannot be opened: nothing is in it then, and that is its issue.
    """

    def __init__(
        self, path: Path, kind: Kind, limits: Limits, split: Split | None = None, *, problem: str = ""
    ) -> None:
        self.path = path
        self.label = decode_name(path.name.encode("utf-8", "surrogateescape"))
        self.kind = kind
        self._split = split
        self._problem = problem
        self._limits = limits
        self._tally = Tally(limits)

    @property
    def issues(self) -> list[Issue]:
        """What was refused or could not be read so far."""
        return self._tally.issues

    @property
    def members(self) -> int:
        """Members seen so far, refused ones included."""
        return self._tally.members

    @property
    def bytes(self) -> int:
        """Bytes that the members seen so far hold."""
        return self._tally.bytes

    @property
    def stopped(self) -> bool:
        """Whether an archive or a member was stopped as hostile: over a limit, or a bomb."""
        return self._tally.stopped

    @cached_property
    def sha256(self) -> str | None:
        """The digest of an archive or file, read on request; None for a directory."""
        if self.kind == "directory" or self._problem:
            return None
        parts = self._split.names if self._split else (self.path.name,)
        return digest_of([self.path.with_name(name) for name in parts])

    def walk(self) -> Iterator[Entry]:
        """Yield every regular file once; an entry can be read until the next one is asked for.

        Never raises for what the input holds: see ``issues``.
        """
        self._tally = tally = Tally(self._limits)
        try:
            yield from self._entries(tally)
        except OSError as error:
            tally.report("", "unreadable", f"cannot be read: {error.strerror}", "unreadable")
        finally:
            tally.finish()

    def _entries(self, tally: Tally) -> Iterator[Entry]:
        if self._problem:
            tally.report("", "unreadable", self._problem, "unreadable")
        elif self.kind == "directory":
            yield from walk_directory(self.path, tally)
        elif self._split is not None:
            yield from walk_split(self._split, partial(open_in, self.path.parent), tally)
        else:
            with open_regular(str(self.path.resolve())) as file:
                yield from walk_open_file(file, self.path.stat().st_size, self.kind, self.label, tally)


def walk_open_file(file: BinaryIO, length: int, kind: Kind, label: str, tally: Tally) -> Iterator[Entry]:
    """Yield what one file holds: an archive's members, or the file itself under its label."""
    advice = unsupported_archive(file.read(BLOCK))
    file.seek(0)
    if advice:
        tally.report("", "unsupported", advice, "unreadable")
    elif kind == "tar" or kind == "zip":
        yield from walk_archive(file, length, kind, tally)
    else:
        tally.admit(label)
        tally.bytes += length
        entry = Entry(label, length, file_pieces(file, tally.charge), tally)
        yield entry
        entry.close()


def open_in(folder: Path, name: str) -> BinaryIO:
    """Open a file of a folder, wherever that lies; raises OSError."""
    return open_place(folder / name)
