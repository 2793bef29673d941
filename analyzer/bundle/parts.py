"""Archives that were split for an upload: which files are parts of one, and these read as one file."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import BinaryIO

from analyzer.frozen import frozen
from analyzer.patterns import later

ARCHIVE_SUFFIXES = (
    ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".tgz", ".txz", ".tbz2", ".tzst", ".tar", ".zip",
)  # fmt: skip
"""What archives call themselves, the longest first."""

_AT_THE_END = later(r"(?P<stem>.+?[._-](?:part[._-]?)?)(?P<number>[0-9]{2,4}|[a-z]{2,3})(?P<tail>)\Z")
_INSIDE = later(
    r"(?P<stem>.+?[._-]part[._-]?)(?P<number>[0-9]{1,4}|[a-z]{2,3})(?P<tail>(?:\.(?:tar|[gx]z|bz2|zst|zip|t[gx]z)){0,2})\Z"
)
_VOLUME = later(r"(?P<stem>.+)\.z[0-9]{2,3}\Z", re.IGNORECASE)


@frozen
class Split:
    """The parts of one archive by their names, in order, and those that are not there.

    ``volumes`` tells a zip in several volumes: its parts, one after the other, are no archive.
    """

    whole: str
    """What the archive was called before."""
    names: tuple[str, ...]
    missing: tuple[str, ...] = ()
    readable: int = 0
    """How many of the parts come before the first that is missing."""
    volumes: bool = False

    @property
    def problem(self) -> str | None:
        """Say why the archive cannot be read to its end, or at all."""
        if self.volumes:
            return "a zip in volumes cannot be read: make it one file first (zip -s 0 IN.zip --out OUT.zip)"
        if not self.missing:
            return None
        more = f" and {len(self.missing) - 3} more" if len(self.missing) > 3 else ""
        are = "parts are" if len(self.missing) > 1 else "a part is"
        return f"{are} missing: {', '.join(self.missing[:3])}{more}"


def splits(sizes: Mapping[str, int]) -> list[Split]:
    """Find the series of parts among the names of one folder: ``a.tar.gz.aa``, ``.ab``; ``.001``, ``.002``.

    Takes the sizes of the files by name. All but the last file of a series are of one size. A series
    with gaps, or without its beginning, is one where the name is an archive's and hardly more parts
    are missing than there are. Whether the files are what their names say is for the caller to see.
    """
    stems: dict[tuple[str, str, int], dict[int, str]] = {}
    for name in sizes:
        match = _INSIDE.fullmatch(name) or _AT_THE_END.fullmatch(name)
        if match:
            number = match["number"]
            width = 0 if number.isdigit() else len(number)
            stems.setdefault((match["stem"], match["tail"], width), {})[_value(number)] = name
    series = (_series(stem, tail, width, found) for (stem, tail, width), found in stems.items())
    return [*_volumes(sizes), *(s for s in series if s and _is_split([sizes[name] for name in s.names]))]


def _series(stem: str, tail: str, width: int, found: Mapping[int, str]) -> Split | None:
    """Make a series of numbered names; ``width`` is that of a number in letters, 0 for digits."""
    numbers = sorted(found)
    first = 0 if width or numbers[0] == 0 else 1
    if numbers[-1] - first > 2 * len(numbers) or numbers[-1] == first:
        return None
    gaps = [number for number in range(first, numbers[-1]) if number not in found]
    whole = re.sub(r"[._-](part)?[._-]?$", "", stem) + tail
    if gaps and not whole.lower().endswith(ARCHIVE_SUFFIXES):
        return None
    digits = min(len(name) for name in found.values()) - len(stem) - len(tail)
    missing = tuple(f"{stem}{_spelled(number, width, digits)}{tail}" for number in gaps)
    readable = sum(not gaps or number < gaps[0] for number in numbers)
    return Split(whole, tuple(found[number] for number in numbers), missing, readable)


def _is_split(sizes: Sequence[int]) -> bool:
    return len(set(sizes[:-1])) <= 1 and 0 < sizes[-1] <= sizes[0]


def _volumes(sizes: Mapping[str, int]) -> Iterator[Split]:
    found: dict[str, list[str]] = {}
    for name in sorted(sizes):
        if match := _VOLUME.fullmatch(name):
            found.setdefault(match["stem"], []).append(name)
    for stem, names in found.items():
        whole = next((n for n in (f"{stem}.zip", f"{stem}.ZIP") if n in sizes), None)
        if whole:
            yield Split(whole, (whole, *names), volumes=True)


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    value = 0
    for letter in number:
        value = value * 26 + ord(letter) - ord("a")
    return value


def _spelled(value: int, width: int, digits: int) -> str:
    if not width:
        return f"{value:0{digits}}"
    letters = ""
    for _ in range(width):
        value, letter = divmod(value, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


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
