"""One read-only interface over a directory, a single file or an archive, told apart by content."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Literal

from analyzer.errors import NothingToRead, Unreadable

from .archive import ArchiveKind, archive_kind, open_parts, open_regular, walk_archive
from .directory import walk_directory
from .entry import Entry
from .inflate import PIECE
from .issues import Issue, Tally
from .limits import DEFAULT_LIMITS, Limits
from .names import decode_name
from .parts import part_groups
from .s3 import is_remote
from .sniff import unsupported_archive
from .stream import file_pieces

Kind = Literal["directory", "tar", "zip", "file"]


def digest_of(parts: Sequence[Path]) -> str | None:
    """Give the SHA-256 of files one after the other, in hexadecimal; None where they are no files."""
    digest = hashlib.sha256()
    try:
        for part in parts:
            with open_regular(str(part.resolve())) as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()


class Source:
    """An input that is walked once, front to back; nothing of it is ever written anywhere.

    ``members``, ``bytes``, ``issues`` and ``stopped`` (an archive was cut off as hostile) are
    complete once the walk has ended; another walk starts them anew.
    """

    def __init__(self, path: Path, kind: Kind, limits: Limits, parts: Sequence[Path] = ()) -> None:
        self.path = path
        self.parts = tuple(parts) or (path,)
        """The files that make up the input: several where an archive was split."""
        self.label = decode_name(path.name.encode("utf-8", "surrogateescape"))
        self.kind = kind
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
        return digest_of(self.parts)

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
        elif len(self.parts) > 1:
            places = [str(part.resolve()) for part in self.parts]
            with open_parts(places, self._limits) as (joined, size, kind):
                if kind is not None:
                    yield from walk_archive(joined, size, kind, tally)
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
    groups: dict[Path, tuple[ArchiveKind, list[Path]]] = {}
    for folder in {path.parent for path in paths}:
        places = {path.name: path for path in paths if path.parent == folder and path.is_file()}
        for group in part_groups({name: place.stat().st_size for name, place in places.items()}):
            with open_parts([str(places[name].resolve()) for name in group], limits) as (_, _, kind):
                if kind is not None:
                    groups |= {places[name]: (kind, [places[name] for name in group]) for name in group}
    for path in paths:
        if path not in groups:
            yield open_source(path, limits)
        elif (found := groups[path])[1][0] == path:
            yield Source(path, found[0], limits, found[1])
