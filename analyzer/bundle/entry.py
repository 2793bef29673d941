"""One file inside a source, readable once while the walk stands on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .inflate import Meter, inflate
from .issues import StreamError, Tally
from .sniff import BLOCK, codec_of


class Entry:
    """A regular file: its path, its stored size, and its content in pieces.

    Content that is itself gzip, xz, bzip2 or zstd (rotated logs) comes out inflated; ``size`` stays the
    stored one. ``truncated`` says after reading that less came out than the file held.
    """

    __slots__ = ("_charge", "_content", "_head", "_pieces", "_tally", "path", "size", "truncated")

    def __init__(
        self,
        path: str,
        size: int,
        pieces: Iterator[bytes],
        tally: Tally,
        charge: Callable[[int], None] | None = None,
    ) -> None:
        self.path = path
        self.size = size
        self.truncated = False
        self._pieces: Iterator[bytes] | None = pieces
        self._head = b""
        self._content: bytes | None = None
        self._tally = tally
        # What is packed twice counts against the outer archive too: two small ratios make a large one.
        self._charge = charge or tally.charge

    def __repr__(self) -> str:
        return f"Entry({self.path!r}, {self.size})"

    def head(self, count: int = BLOCK) -> bytes:
        """Give the first stored bytes, at least ``count`` where there are so many, and keep them."""
        if self._pieces is None:
            raise RuntimeError(f"{self.path}: content was read already, or the walk went on")
        try:
            while len(self._head) < count and (piece := next(self._pieces, b"")):
                self._head += piece
        except (StreamError, OSError) as error:
            self._fail(error)
            self._pieces = iter(())
        return self._head

    def read(self, limit: int | None = None) -> bytes:
        """Give the whole content, at most ``limit`` bytes of it.

        Without a limit the source's own applies, and passing it is reported as an issue. Damaged or
        cut content gives what could be read; see ``truncated``.
        """
        limits = self._tally.limits
        most = min(limits.read_bytes if limit is None else limit, limits.read_ceiling)
        if self._content is not None:
            self.truncated = self.truncated or len(self._content) > most
            return self._content[:most]
        parts, room = [], most
        for piece in self.chunks():
            parts.append(piece[:room])
            if len(piece) > room:
                self.truncated = True
                if limit is None:
                    self._tally.report(
                        self.path, "too-large", f"only the first {most} bytes were read", "incomplete"
                    )
                return b"".join(parts)
            room -= len(piece)
        self._content = b"".join(parts)
        return self._content

    def chunks(self, size: int = 1 << 20, most: int | None = None) -> Iterator[bytes]:
        """Yield the content in pieces of at most ``size`` bytes, once; ``most`` of it, which is reported."""
        left = most
        for piece in self._pieces_of(size):
            if left is not None:
                if len(piece) > left:
                    self.truncated = True
                    detail = f"only the first {most} bytes were read"
                    self._tally.report(self.path, "too-large", detail, "incomplete")
                    yield piece[:left]
                    return
                left -= len(piece)
            yield piece

    def _pieces_of(self, size: int) -> Iterator[bytes]:
        if self._content is not None:
            pieces: Iterator[bytes] = iter((self._content,))
        else:
            self.head(6)
            stored = self._stored()
            codec = codec_of(self._head)
            meter = Meter(self._tally.limits, self._charge)
            pieces = inflate(stored, codec, meter) if codec else stored
        try:
            for piece in pieces:
                if len(piece) <= size:
                    yield piece
                else:
                    yield from (piece[at : at + size] for at in range(0, len(piece), size))
        except (StreamError, OSError) as error:
            self._fail(error)

    def close(self) -> None:
        """End the entry: the walk goes on, its content is no longer there."""
        self._pieces = None
        self._content = None
        self._head = b""

    def _stored(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, None
        if pieces is None:
            return
        got = len(self._head)
        if self._head:
            yield self._head
        for piece in pieces:
            got += len(piece)
            yield piece
        if got < self.size:
            self.truncated = True

    def _fail(self, error: StreamError | OSError) -> None:
        self.truncated = True
        if isinstance(error, OSError):
            error = StreamError("unreadable", f"cannot be read: {error.strerror}", "unreadable")
        self._tally.fail(self.path, error)
