"""The program's own stdout and stderr, of which neither may change how a run ends."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def settle_streams() -> None:
    """Open those that the caller closed, and let what nobody can read be lost.

    A reader of stdout that went away (head, less) and a stderr that cannot be written make no other exit
    code: that is the verdict. A stdout that is full stays an error.
    """
    sys.stdout = _settled(sys.stdout, BrokenPipeError)
    sys.stderr = _settled(sys.stderr, OSError)


def _settled(stream: TextIO | None, lost: type[OSError]) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - for as long as the program runs
    # One that is not the interpreter's own is a caller's.
    if os.name == "nt" or not any(stream is own for own in (sys.__stdout__, sys.__stderr__)):
        return stream
    raw = io.BufferedWriter(_Stream(stream.fileno(), lost))
    return io.TextIOWrapper(raw, stream.encoding, stream.errors, line_buffering=bool(stream.line_buffering))


class _Stream(io.FileIO):
    """A file descriptor whose failures of one kind are no failures."""

    def __init__(self, descriptor: int, lost: type[OSError]) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._lost = lost

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except self._lost:
            return memoryview(data).nbytes
