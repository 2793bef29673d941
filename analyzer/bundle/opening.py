"""Paths and addresses as sources: looked at, told apart by content, parts of one archive put together."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from analyzer.errors import NothingToRead, Unreadable

from .archive import archive_kind, find_splits
from .limits import DEFAULT_LIMITS, Limits
from .names import decode_name
from .parts import Split, splits
from .s3 import find_object, is_remote
from .s3_source import open_s3
from .source import Source, open_in


def open_source(path: Path, limits: Limits = DEFAULT_LIMITS) -> Source:
    """Look at an input and give it as a source.

    Raises NothingToRead when there is nothing at the path, or nothing that may be opened.
    """
    if is_remote(path):
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

    Raises as ``open_source`` does where there is one input; of several, one that cannot be opened is a
    source that says so.
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
            yield open_source(path, limits) if len(paths) == 1 else _opened(path, limits)
        elif path.name == found[path].names[0]:
            yield Source(path, "tar", limits, found[path])


def _opened(path: Path, limits: Limits) -> Source:
    try:
        return open_source(path, limits)
    except NothingToRead as error:
        return Source(path, "file", limits, problem=error.what)


def splits_among(folder: Path, names: Collection[str], limits: Limits = DEFAULT_LIMITS) -> list[Split]:
    """Find the archives in parts among some files of a folder, here or in S3."""
    likely = {name for split in splits(dict.fromkeys(names, 1)) for name in split.names}
    sizes = {name: size for name in likely if (size := _size(folder / name)) is not None}
    return find_splits(sizes, partial(open_in, folder), limits)


def _size(path: Path) -> int | None:
    if is_remote(path):
        stored = find_object(path)
        return stored.size if stored else None
    return path.stat().st_size if path.is_file() else None
