"""Where in a tree bundles lie, and what belongs to each.

A file is a candidate where its first bytes, or its name, are those of an archive. A directory is a
bundle where it holds what ``oc adm inspect`` writes, or a must-gather's image directories. In a
directory with one bundle, at any depth, everything else belongs to it: exports, tokens, other
directories. In a directory with several, only what bears the bundle's name in front. The parts of a
split archive are one bundle. An address in S3 is looked through in the same way, folder by folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from analyzer.bundle import ARCHIVE_SUFFIXES, Split, splits_among
from analyzer.bundle.archive import archive_kind, open_regular
from analyzer.bundle.limits import DEFAULT_LIMITS
from analyzer.bundle.s3 import Stored, children, find_object, is_remote, objects_below, open_object, spelled
from analyzer.bundle.sniff import codec_of, unsupported_archive
from analyzer.errors import UsageProblem
from analyzer.frozen import frozen

ROOT_FOLDERS = ("cluster-scoped-resources", "namespaces")
_NOTES = ("timestamp", "version", "must-gather.log", "must-gather.logs", "event-filter.html")
_TEXT = (
    ".json",
    ".jsonl",
    ".yaml",
    ".yml",
    ".md",
    ".txt",
    ".log",
    ".csv",
    ".html",
    ".headers",
    ".pem",
    ".sh",
)
_DEEPEST = 24


@frozen
class Found:
    """A bundle, what lies beside it, and a stamp that changes when one of their files does."""

    path: Path
    beside: tuple[Path, ...]

    def stamp(self) -> str:
        """Give size and time of every file, digested; a file that cannot be looked at counts as empty."""
        digest = hashlib.sha256()
        for path in (self.path, *self.beside):
            for name, size, time in _files(path):
                digest.update(f"{name}\0{size}\0{time}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()[:32]


def find_bundles(paths: Sequence[Path]) -> Iterator[Found]:
    """Yield the bundles under some paths, in the order of their names; one that several of them hold, once.

    A path that is a file is a candidate whatever it holds. Raises UsageProblem for a path that does
    not exist.
    """
    if len(paths) < 2:
        yield from _below(paths)
        return
    seen: set[Path] = set()
    for found in _below(paths):
        if found.path not in seen:
            seen.add(found.path)
            yield found


def _below(paths: Sequence[Path]) -> Iterator[Found]:
    """Do it path by path; a folder above a bundle, which tells what lies beside it, goes first."""
    _listed.clear()
    files: dict[Path, list[str]] = {}
    bundles: list[Path] = []
    for path in sorted(map(_looked_up, paths), key=lambda path: len(path.parts)):
        if not _is_folder(path):
            files.setdefault(path.parent, []).append(path.name)
        elif is_bundle_folder(path):
            bundles.append(path)
        else:
            yield from _walk(path, 0)
    yield from (Found(path, ()) for path in bundles)
    for folder, names in files.items():
        for name, parts in _without_parts(folder, names):
            yield Found(folder / name, tuple(folder / part for part in parts.names[1:]) if parts else ())


def _looked_up(path: Path) -> Path:
    if is_remote(path):
        if _stored(path) is None and not _remote(path):
            raise UsageProblem(f"nothing is stored at {spelled(path)}")
        return path
    if not path.exists():
        raise UsageProblem(f"{path} does not exist")
    return path.resolve()


def is_bundle_folder(folder: Path) -> bool:
    """Tell a directory that is a bundle as a whole."""
    names = _children(folder)
    if any(name in ROOT_FOLDERS for name, _ in names):
        return True
    noted = any(name in _NOTES for name, _ in names)
    return any(
        kind == "folder"
        and (noted or "sha256-" in name)
        and any(below in ROOT_FOLDERS and kind == "folder" for below, kind in _children(folder / name))
        for name, kind in names
    )


def is_candidate(path: Path) -> bool:
    """Tell a file that is an archive, or calls itself one; in S3 what calls itself text is believed."""
    if path.name.lower().endswith(ARCHIVE_SUFFIXES):
        return True
    if is_remote(path) and path.suffix.lower() in _TEXT:
        return False
    try:
        with _open(path) as file:
            if archive_kind(file, DEFAULT_LIMITS) is not None:
                return True
            head = file.read(8)
            return unsupported_archive(head) is not None and codec_of(head) is None
    except OSError:
        return False


def _walk(folder: Path, depth: int) -> Iterator[Found]:
    """Yield the bundles below a folder; each folder is looked at once."""
    bundles, loose, below = _sorted_out(folder, deeper=depth < _DEEPEST)
    held: list[Iterator[Found]] = []
    waiting = iter(below)
    for path in waiting:
        walk = _walk(path, depth + 1)
        first = next(walk, None)
        if first is None:
            loose.append(path)
            continue
        held.append(chain((first,), walk))
        if not bundles and len(held) == 2:
            break  # nothing here is a bundle's own: the rest need not be known before it is given
    if not bundles and len(held) == 1:
        yield from _with_beside(held[0], tuple(loose))
        return
    yield from _each_with_its_own(bundles, loose, alone=len(bundles) == 1 and not held)
    yield from chain.from_iterable(held)
    for path in waiting:
        yield from _walk(path, depth + 1)


_Bundle = tuple[str, tuple[Path, ...]]
"""The name that what belongs to a bundle begins with, and its path with those of its parts."""


def _sorted_out(folder: Path, *, deeper: bool) -> tuple[list[_Bundle], list[Path], list[Path]]:
    """Give the bundles in a folder, the other files, and the folders to look through."""
    bundles: list[_Bundle] = []
    loose: list[Path] = []
    below: list[Path] = []
    listing = _children(folder)
    for name, parts in _without_parts(folder, [name for name, kind in listing if kind == "file"]):
        if parts is not None:
            bundles.append((_stem(parts.whole), tuple(folder / part for part in parts.names)))
        elif is_candidate(folder / name):
            bundles.append((_stem(name), (folder / name,)))
        else:
            loose.append(folder / name)
    for name in (name for name, kind in listing if kind == "folder" and deeper):
        if is_bundle_folder(folder / name):
            bundles.append((name, (folder / name,)))
        else:
            below.append(folder / name)
    return bundles, loose, below


def _each_with_its_own(bundles: list[_Bundle], loose: list[Path], *, alone: bool) -> Iterator[Found]:
    """Yield the bundles of one folder: everything belongs to one that is alone, else what bears its name."""
    stems = [stem for stem, _ in bundles]
    owner = {path: None if alone else _owner(path.name, stems) for path in loose}
    for stem, (begin, *others) in sorted(bundles, key=lambda bundle: bundle[1]):
        yield Found(begin, (*others, *(p for p in loose if alone or owner[p] == stem)))


def _without_parts(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, Split | None]]:
    """Yield files by name; the parts of a split archive once, as the first of them."""
    parts = {name: split for split in splits_among(folder, names) for name in split.names}
    for name in names:
        split = parts.get(name)
        if split is None or name == split.names[0]:
            yield name, split


def _owner(name: str, stems: Sequence[str]) -> str | None:
    """Give the longest of the bundles' names that this one begins with, as a whole word."""
    fitting = (s for s in stems if name.startswith(s) and not name[len(s) : len(s) + 1].isalnum())
    return max(fitting, key=len, default=None)


def _with_beside(found: Iterator[Found], loose: tuple[Path, ...]) -> Iterator[Found]:
    """Give what lies above to a bundle that is the only one below."""
    first, second = next(found), next(found, None)
    if second is None:
        yield Found(first.path, first.beside + loose)
        return
    yield from (first, second)
    yield from found


def _stem(name: str) -> str:
    suffix = next((suffix for suffix in ARCHIVE_SUFFIXES if name.lower().endswith(suffix)), "")
    return name.removesuffix(name[len(name) - len(suffix) :]) if suffix else name


def _children(folder: Path) -> list[tuple[str, str]]:
    """List what lies in a folder, by name, and whether it is a file, a folder or something else."""
    if is_remote(folder):
        return [(name, "file" if stored else "folder") for name, stored in _remote(folder).items()]
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, _kind(entry)) for entry in entries)
    except OSError:
        return []


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_file():
            return "file"
        return "folder" if entry.is_dir(follow_symlinks=False) else "other"
    except OSError:
        return "other"


def _is_folder(path: Path) -> bool:
    if is_remote(path):
        return _stored(path) is None
    return path.is_dir()


def _open(path: Path) -> BinaryIO:
    stored = _stored(path) if is_remote(path) else None
    return open_object(stored) if stored else open_regular(str(path))


def _stored(path: Path) -> Stored | None:
    """Give the object at an address: from the listing of its folder where there was one."""
    folder = _listed.get(path.parent)
    return find_object(path) if folder is None else folder.get(path.name)


_listed: dict[Path, Mapping[str, Stored | None]] = {}
_MOST_LISTED = 1000


def _remote(folder: Path) -> Mapping[str, Stored | None]:
    """List an address once for all that is asked of it."""
    if folder not in _listed:
        if len(_listed) >= _MOST_LISTED:
            del _listed[next(iter(_listed))]
        _listed[folder] = dict(children(folder))
    return _listed[folder]


def _files(path: Path) -> Iterator[tuple[str, int, int | str]]:
    """Yield name, size and time (in S3: etag) of a file, or of every file in a directory."""
    if is_remote(path):
        alone = _stored(path)
        for stored in [alone] if alone else objects_below(path):
            yield stored.key, stored.size, stored.etag
        return
    if not path.is_dir():
        yield _stat(path, path.name)
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            yield _stat(Path(folder, name), os.path.relpath(Path(folder, name), path))


def _stat(path: Path, name: str) -> tuple[str, int, int]:
    try:
        stat = path.lstat() if path.is_symlink() and path.is_dir() else path.stat()
    except OSError:
        return name, 0, 0
    return name, stat.st_size, stat.st_mtime_ns
