"""Where in a tree bundles lie, and what belongs to each.

A file is a candidate where its first bytes, or its name, are those of an archive. A directory is a
bundle where it holds what ``oc adm inspect`` writes, or a must-gather's image directories. In a
directory with one bundle, at any depth, everything else belongs to it: exports, tokens, other
directories. In a directory with several, only what bears the bundle's name in front.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.bundle.archive import archive_kind, open_regular
from analyzer.bundle.limits import DEFAULT_LIMITS
from analyzer.bundle.sniff import codec_of, unsupported_archive
from analyzer.errors import UsageProblem
from analyzer.frozen import frozen

ROOT_FOLDERS = ("cluster-scoped-resources", "namespaces")
_NOTES = ("timestamp", "version", "must-gather.log", "must-gather.logs", "event-filter.html")
_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".tzst", ".zip")
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
    """Yield the bundles under some paths, in the order of their names.

    A path that is a file is a candidate whatever it holds. Raises UsageProblem for a path that does
    not exist.
    """
    for path in paths:
        if not path.exists():
            raise UsageProblem(f"{path} does not exist")
        if path.is_dir() and not is_bundle_folder(path):
            yield from _walk(path.resolve(), 0)
        else:
            yield Found(path.resolve(), ())


def is_bundle_folder(folder: Path) -> bool:
    """Tell a directory that is a bundle as a whole."""
    names = _names(folder)
    if any(name in ROOT_FOLDERS for name in names):
        return True
    noted = any(name in _NOTES for name in names)
    return any(
        (noted or "sha256-" in name) and any((folder / name / root).is_dir() for root in ROOT_FOLDERS)
        for name in names
    )


def is_candidate(path: Path) -> bool:
    """Tell a file that is an archive, or calls itself one."""
    if path.name.lower().endswith(_SUFFIXES):
        return True
    try:
        with open_regular(str(path)) as file:
            if archive_kind(file, DEFAULT_LIMITS) is not None:
                return True
            head = file.read(8)
            return unsupported_archive(head) is not None and codec_of(head) is None
    except OSError:
        return False


def _walk(folder: Path, depth: int) -> Iterator[Found]:
    bundles: list[Path] = []
    loose: list[Path] = []
    folders: list[Path] = []
    for name in _names(folder):
        path = folder / name
        if path.is_file():
            (bundles if is_candidate(path) else loose).append(path)
        elif path.is_dir() and not path.is_symlink() and depth < _DEEPEST:
            if is_bundle_folder(path):
                bundles.append(path)
            else:
                (folders if next(_walk(path, depth + 1), None) else loose).append(path)
    if not bundles and len(folders) == 1:
        yield from _with_beside(_walk(folders[0], depth + 1), tuple(loose))
        return
    alone = len(bundles) == 1 and not folders
    for path in bundles:
        yield Found(path, tuple(p for p in loose if alone or p.name.startswith(_stem(path.name))))
    for path in folders:
        yield from _walk(path, depth + 1)


def _with_beside(found: Iterator[Found], loose: tuple[Path, ...]) -> Iterator[Found]:
    """Give what lies above to a bundle that is the only one below."""
    first, second = next(found), next(found, None)
    if second is None:
        yield Found(first.path, first.beside + loose)
        return
    yield from (first, second)
    yield from found


def _stem(name: str) -> str:
    suffix = next((s for s in sorted(_SUFFIXES, key=len, reverse=True) if name.lower().endswith(s)), "")
    return name.removesuffix(name[len(name) - len(suffix) :]) if suffix else name


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        return []


def _files(path: Path) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and time of a file, or of every file in a directory."""
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
