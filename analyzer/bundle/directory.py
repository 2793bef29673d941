"""A directory tree as entries, in sorted order, without following a single link."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from .archive import (
    archive_kind,
    find_splits,
    may_be_bundle,
    open_regular,
    regular_pieces,
    walk_archive,
    walk_split,
)
from .entry import Entry
from .issues import Tally
from .limits import Limits
from .names import decode_name, escapes, inside_must_gather
from .parts import Split
from .sniff import unsupported_archive

_SMALLEST_ARCHIVE = 64


def walk_directory(top: Path, tally: Tally) -> Iterator[Entry]:
    """Yield every regular file below ``top``; archives outside a must-gather are walked one level deep."""
    waiting = [(os.fspath(top), "", 0)]
    while waiting:
        folder, inner, depth = waiting.pop()
        below: list[tuple[str, str, int]] = []
        listing = _listing(folder, inner, tally)
        parts = _splits(listing, inner, tally.limits)
        for item in listing:
            path = inner + (item.name if item.name.isascii() else decode_name(os.fsencode(item.name)))
            if _is_folder(item):
                tally.pass_over()
                below.append((item.path, f"{path}/", depth + 1))
            elif (size := _regular_size(item, path, tally)) is not None and tally.admit(path) is not None:
                if item.name in parts:
                    yield from _walk_parts(folder, parts[item.name], item.name, path, tally)
                else:
                    pieces = regular_pieces(item.path, tally.charge)
                    yield from walk_file(partial(open_regular, item.path), pieces, path, size, tally)
            if tally.halted:
                return
        if below and depth >= tally.limits.directory_depth:
            tally.report(inner, "depth", "directories nested too deeply", "incomplete")
        else:
            waiting.extend(reversed(below))


def _listing(folder: str, inner: str, tally: Tally) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as items:
            return sorted(items, key=lambda item: item.name)
    except OSError as error:
        tally.report(inner, "unreadable", f"cannot be listed: {error.strerror}", "unreadable")
        return []


def _splits(listing: list[os.DirEntry[str]], inner: str, limits: Limits) -> dict[str, Split]:
    """Give the archives in parts by the name of each part."""
    if inside_must_gather(f"{inner}x"):
        return {}
    places = {item.name: item.path for item in listing}
    found = find_splits(_sizes(listing), lambda name: open_regular(places[name]), limits)
    return {name: split for split in found for name in split.names}


def _sizes(listing: list[os.DirEntry[str]]) -> dict[str, int]:
    sizes = {}
    for item in listing:
        try:
            if item.is_file(follow_symlinks=False):
                sizes[item.name] = item.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # reported when its turn comes
    return sizes


def _walk_parts(folder: str, split: Split, name: str, path: str, tally: Tally) -> Iterator[Entry]:
    """Yield what the parts hold when the first one's turn comes, nothing for the others."""
    if name != split.names[0]:
        return
    try:
        yield from walk_split(split, lambda part: open_regular(f"{folder}/{part}"), tally, f"{path}!/", path)
    except OSError as error:
        tally.report(path, "unreadable", f"cannot be read: {error.strerror}", "unreadable")


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _regular_size(item: os.DirEntry[str], path: str, tally: Tally) -> int | None:
    try:
        status = item.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            target = decode_name(os.fsencode(Path(item.path).readlink()))
            tally.report(
                path, "link", f"link to {target[:200]}", "unsafe" if escapes(target) else "incomplete"
            )
            return None
    except OSError as error:
        tally.report(path, "unreadable", f"cannot be read: {error.strerror}", "unreadable")
        return None
    if not stat.S_ISREG(status.st_mode):
        tally.report(path, "device", "pipe, socket or device", "unsafe")
        return None
    return status.st_size


def walk_file(
    opened: Callable[[], BinaryIO], pieces: Iterator[bytes], path: str, size: int, tally: Tally
) -> Iterator[Entry]:
    """Yield a file as it is, or an archive's members.

    ``opened`` opens it, when it is looked at; ``pieces`` gives its bytes.
    """
    if size >= _SMALLEST_ARCHIVE and may_be_bundle(path):
        try:
            with opened() as file:
                advice = unsupported_archive(file.read(8))
                file.seek(0)
                kind = None if advice else archive_kind(file, tally.limits)
                if kind is not None:
                    yield from walk_archive(file, size, kind, tally, f"{path}!/", path)
                    return
        except OSError as error:
            tally.report(path, "unreadable", f"cannot be read: {error.strerror}", "unreadable")
            return
        if advice:
            tally.report(path, "unsupported", advice, "unreadable")
            return
    tally.bytes += size
    entry = Entry(path, size, pieces, tally)
    yield entry
    entry.close()
