"""A forward-only view of bytes that arrive in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from .inflate import PIECE
from .issues import StreamError


class Stream:
    """Takes, peeks and skips over pieces; a failing source looks like its end, with ``problem`` set.

    ``jump`` moves the source itself forward without reading: it takes a number of bytes and gives
    how many were there.
    """

    def __init__(self, pieces: Iterator[bytes], jump: Callable[[int], int] | None = None) -> None:
        self._pieces = pieces
        self._jump = jump
        self._piece = b""
        self._at = 0
        self.problem: StreamError | None = None
        self.position = 0

    def some(self, most: int) -> bytes:
        """Give the next bytes, between 1 and ``most`` of them; b"" at the end."""
        if self._at >= len(self._piece) and not self._fill():
            return b""
        part = self._piece[self._at : self._at + most]
        self._at += len(part)
        self.position += len(part)
        return part

    def take(self, count: int) -> bytes:
        """Give exactly ``count`` bytes, or fewer at the end."""
        end = self._at + count
        if end <= len(self._piece):
            part = self._piece[self._at : end]
            self._at = end
            self.position += count
            return part
        part = self.some(count)
        if len(part) == count or not part:
            return part
        parts, missing = [part], count - len(part)
        while missing and (part := self.some(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def skip(self, count: int) -> int:
        """Pass over ``count`` bytes; gives how many were there."""
        left = count
        while left:
            here = min(left, len(self._piece) - self._at)
            self._at += here
            self.position += here
            left -= here
            if not left:
                break
            if self._jump is not None:
                moved = self._jump(left)
                self.position += moved
                left -= moved
                break
            if not self._fill():
                break
        return count - left

    def _fill(self) -> bool:
        if self.problem is not None:
            return False
        try:
            self._piece = next(self._pieces, b"")
        except StreamError as error:
            self.problem, self._piece = error, b""
        except OSError as error:
            self._piece = b""
            self.problem = StreamError("unreadable", f"cannot be read: {error.strerror}", "incomplete")
        self._at = 0
        return bool(self._piece)


def file_pieces(file: BinaryIO, charge: Callable[[int], None], size: int = PIECE) -> Iterator[bytes]:
    """Yield a file's bytes from where it stands, each piece accounted for."""
    while piece := file.read(size):
        charge(len(piece))
        yield piece


def file_stream(file: BinaryIO, length: int, charge: Callable[[int], None]) -> Stream:
    """Give a stream over a plain file that skips by seeking."""

    def jump(count: int) -> int:
        moved = max(0, min(count, length - file.tell()))
        file.seek(moved, 1)
        return moved

    return Stream(file_pieces(file, charge), jump)
