"""One read-only interface over a directory, a single file or an archive, told apart by content."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO, Literal

from analyzer.errors import NothingToRead, Unreadable

from .archive import archive_kind, find_splits, open_regular, walk_archive, walk_split
from .directory import walk_directory
from .entry import Entry
from .inflate import PIECE
from .issues import Issue, Tally
from .limits import DEFAULT_LIMITS, Limits
from .names import decode_name
from .parts import Split, splits
from .s3 import find_object, is_remote, open_object
from .sniff import unsupported_archive
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
    complete once the walk has ended; another walk starts them anew.
    """

    def __init__(self, path: Path, kind: Kind, limits: Limits, split: Split | None = None) -> None:
        self.path = path
        self.label = decode_name(path.name.encode("utf-8", "surrogateescape"))
        self.kind = kind
        self._split = split
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
        if self.kind == "directory":
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
        if self.kind == "directory":
            yield from walk_directory(self.path, tally)
        elif self._split is not None:
            yield from walk_split(self._split, partial(_open_in, self.path.parent), tally)
        else:
            with open_regular(str(self.path.resolve())) as file:
                yield from walk_open_file(file, self.path.stat().st_size, self.kind, self.label, tally)


def walk_open_file(file: BinaryIO, length: int, kind: Kind, label: str, tally: Tally) -> Iterator[Entry]:
    """Yield what one file holds: an archive's members, or the file itself under its label."""
    advice = unsupported_archive(file.read(8))
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


def open_source(path: Path, limits: Limits = DEFAULT_LIMITS) -> Source:
    """Look at an input and give it as a source.

    Raises NothingToRead when there is nothing at the path, or nothing that may be opened.
    """
    if is_remote(path):
        from .s3_source import open_s3

        return open_s3(path, limits)
    label = decode_name(path.name.encode("utf-8", "surrogateescape"))
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return Source(path.resolve() if path.name in ("", "..") else path, "directory", limits)
        if not stat.S_ISREG(mode):
            raise NothingToRead("neither a file nor a directory", where=label)
        with path.open("rb") as file:
            return Source(path, archive_kind(file, limits) or "file", limits)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", where=label) from error


def open_sources(paths: Sequence[Path], limits: Limits = DEFAULT_LIMITS) -> Iterator[Source]:
    """Look at inputs in their order; the parts of one split archive are one source.

    Raises as ``open_source`` does.
    """
    folders: dict[Path, set[str]] = {}
    for path in paths:
        folders.setdefault(path.parent, set()).add(path.name)
    found = {
        folder / name: split
        for folder, names in folders.items()
        for split in splits_among(folder, names, limits)
        for name in split.names
    }
    for path in paths:
        if path not in found:
            yield open_source(path, limits)
        elif path.name == found[path].names[0]:
            yield Source(path, "tar", limits, found[path])


def splits_among(folder: Path, names: Collection[str], limits: Limits = DEFAULT_LIMITS) -> list[Split]:
    """Find the archives in parts among some files of a folder, here or in S3."""
    likely = {name for split in splits(dict.fromkeys(names, 1)) for name in split.names}
    sizes = {name: size for name in likely if (size := _size(folder / name)) is not None}
    return find_splits(sizes, partial(_open_in, folder), limits)


def _open_in(folder: Path, name: str) -> BinaryIO:
    return open_place(folder / name)


def _size(path: Path) -> int | None:
    if is_remote(path):
        stored = find_object(path)
        return stored.size if stored else None
    return path.stat().st_size if path.is_file() else None
