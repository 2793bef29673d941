"""Archives that were split for an upload (``split -b``): the parts read as one file."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import BinaryIO

from analyzer.patterns import later

_PART = later(r".+?[._-](?:part[._-]?|z)?(?P<number>[0-9]{2,4}|[a-z]{2,3})\Z")


def part_groups(sizes: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Find the series of parts among the names of one folder: ``a.tar.gz.aa``, ``.ab``; ``.001``, ``.002``.

    Takes the sizes of the files by name. A series begins at its alphabet's beginning and has no gap, and
    all but its last file are of one size. Whether its first file is an archive, and the others are none
    of their own, is for the caller to see.
    """
    stems: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for name in sizes:
        if match := _PART.fullmatch(name):
            number = match["number"]
            stems.setdefault((name[: match.start("number")], len(number)), []).append((number, name))
    groups = [_series(sorted(found)) for found in stems.values()]
    return [group for group in groups if _is_split([sizes[name] for name in group])]


def _is_split(sizes: Sequence[int]) -> bool:
    return len(sizes) > 1 and len(set(sizes[:-1])) == 1 and 0 < sizes[-1] <= sizes[0]


def _series(found: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    first = found[0][0]
    if first.strip("a") and first.strip("0") not in ("", "1"):
        return ()
    numbers = [_value(number) for number, _ in found]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return ()
    return tuple(name for _, name in found)


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    value = 0
    for letter in number:
        value = value * 26 + ord(letter) - ord("a")
    return value


class _Joined(io.RawIOBase):
    def __init__(self, files: Sequence[BinaryIO]) -> None:
        self._files = files
        sizes = [file.seek(0, io.SEEK_END) for file in files]
        self._starts = [0, *accumulate(sizes)]
        self.length = self._starts[-1]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        part = bisect_right(self._starts, self._at) - 1
        if part >= len(self._files):
            return 0
        file = self._files[part]
        file.seek(self._at - self._starts[part])
        data = file.read(min(len(buffer), self._starts[part + 1] - self._at))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()


def joined(files: Sequence[BinaryIO]) -> tuple[BinaryIO, int]:
    """Give open files, one behind the other, as one that can be sought in, and its length."""
    raw = _Joined(files)
    return io.BufferedReader(raw), raw.length
