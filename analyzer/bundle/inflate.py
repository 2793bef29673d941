"""Compressed bytes in, plain bytes out, piece by piece and never more than the limits allow."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator

from .issues import StreamError
from .limits import Limits
from .sniff import Codec, codec_of
from .zstd import Decompressor, damage, zstd_decompressor

PIECE = 1 << 18


class _Zlib:
    """zlib under the interface of the other two modules."""

    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class Meter:
    """Watches what comes out of one archive against what went in.

    ``packed`` is given where the size of the archive is known and members may overlap (zip);
    elsewhere it grows with the input.
    """

    def __init__(self, limits: Limits, charge: Callable[[int], None], packed: int | None = None) -> None:
        self._limits = limits
        self._charge = charge
        self._grows = packed is None
        self._packed = packed or 0
        self._inflated = 0
        self.window = limits.window
        self.burst = False
        """The ratio was passed."""

    def fed(self, count: int) -> None:
        """Note packed bytes."""
        if self._grows:
            self._packed += count

    def gave(self, count: int) -> None:
        """Note inflated bytes; raises StreamError when there are too many."""
        self._inflated += count
        limits = self._limits
        if self._inflated > limits.ratio_after and self._inflated > limits.ratio * self._packed:
            self.burst = True
            raise StreamError(
                "ratio", f"inflates to more than {limits.ratio} times its size: a bomb", "unsafe"
            )
        self._charge(count)


def inflate(pieces: Iterator[bytes], codec: Codec, meter: Meter) -> Iterator[bytes]:
    """Yield the plain bytes of a compressed stream, concatenated streams included.

    Raises StreamError where the input is cut, damaged, a bomb or wants too much memory.
    """
    work = _decompressor(codec, meter)
    data = b""
    while True:
        if not data and work.needs_input:
            data = next(pieces, b"")
            meter.fed(len(data))
            if not data:
                yield from _rest(work, codec, meter)
                return
        plain = _step(work, data, codec)
        data = b""
        if plain:
            meter.gave(len(plain))
            yield plain
        if work.eof:
            data = _next_stream(work.unused_data, pieces, codec, meter)
            if not data:
                return
            work = _decompressor(codec, meter)


def _decompressor(codec: Codec, meter: Meter) -> Decompressor:
    match codec:
        case "gzip":
            return _Zlib(31)
        case "deflate":
            return _Zlib(-15)
        case "bz2":
            return bz2.BZ2Decompressor()
        case "xz":
            return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=meter.window)
        case "zstd":
            return zstd_decompressor(meter.window)


def _step(work: Decompressor, data: bytes, codec: Codec) -> bytes:
    try:
        return work.decompress(data, PIECE)
    except damage() as error:
        if "emory" in str(error):
            raise StreamError("too-large", f"{codec} data that needs too much memory", "unsafe") from error
        raise StreamError("unreadable", f"damaged {codec} data", "incomplete") from error


def _rest(work: Decompressor, codec: Codec, meter: Meter) -> Iterator[bytes]:
    while plain := _step(work, b"", codec):
        meter.gave(len(plain))
        yield plain
    if not work.eof:
        raise StreamError("truncated", f"the {codec} data ends too early", "incomplete")


def _next_stream(unused: bytes, pieces: Iterator[bytes], codec: Codec, meter: Meter) -> bytes:
    """Give the head of the next concatenated stream, past zero padding; b"" where nothing follows."""
    if codec == "deflate":
        return b""
    while len(rest := unused.lstrip(b"\0")) < 6:
        more = next(pieces, b"")
        meter.fed(len(more))
        if not more:
            break
        unused = rest + more
    return rest if codec_of(rest) == codec else b""
