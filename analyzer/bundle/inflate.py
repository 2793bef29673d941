"""Compressed bytes in, plain bytes out, piece by piece and never more than the limits allow."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import import_module
from types import ModuleType

from .issues import StreamError
from .limits import Limits
from .sniff import Codec, codec_of
from .zstd import Decompressor, damage, zstd_decompressor

PIECE = 1 << 18
_HELD = 2
"""Pieces: more than either library gives in one step, of which nothing comes out where it fails."""


class _Zlib:
    """zlib, or a module that names things alike, under the interface of the other two modules."""

    def __init__(self, window: int, module: ModuleType = zlib) -> None:
        self._inner: zlib._Decompress = module.decompressobj(window)

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


class _Isal(_Zlib):
    """ISA-L, which inflates gzip in a third of the time."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(31, module)
        self._error: type[Exception] = module.error

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        try:
            return super().decompress(data, max_length)
        except self._error as error:
            raise zlib.error(str(error)) from error


@cache
def _isal() -> ModuleType | None:
    try:
        return import_module("isal.isal_zlib")
    except ImportError:  # no wheel for this kind of processor
        return None


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


def inflate_file(packed: Callable[[], Iterator[bytes]], codec: Codec, meter: Meter) -> Iterator[bytes]:
    """Yield the plain bytes of a file that ``packed`` begins to read anew each time; raises as ``inflate``.

    How much comes out before damage shows is another matter with ISA-L than with zlib. So what it gave
    last is held back, and where it fails, the file is read again by zlib, whose word counts.
    """
    given = 0
    if codec == "gzip" and (module := _isal()) is not None:
        held: deque[bytes] = deque()
        try:
            for plain in inflate(packed(), codec, meter, partial(_Isal, module)):
                held.append(plain)
                if len(held) > _HELD:
                    given += len(held[0])
                    yield held.popleft()
        except OSError:
            yield from held
            raise
        except StreamError as error:
            if error.severity == "unsafe":
                yield from held
                raise
        else:
            yield from held
            return
    for plain in inflate(packed(), codec, meter):
        if given < len(plain):
            yield plain[given:]
        given = max(0, given - len(plain))


def inflate(
    pieces: Iterator[bytes], codec: Codec, meter: Meter, make: Callable[[], Decompressor] | None = None
) -> Iterator[bytes]:
    """Yield the plain bytes of a compressed stream, concatenated streams included.

    ``make`` gives the decompressor in place of the usual one. Raises StreamError where the input is cut,
    damaged, a bomb or wants too much memory.
    """
    make = make or partial(_decompressor, codec, meter)
    work = make()
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
            work = make()


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
