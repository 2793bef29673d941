"""Zstandard, under the interface of the standard library's other decompressors.

Python has it since 3.14 as ``compression.zstd``; ``backports.zstd`` is the same code for older ones.
"""

from __future__ import annotations

import lzma
import zlib
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Protocol, cast

from .issues import StreamError

_DAMAGE: tuple[type[Exception], ...] = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)


class Decompressor(Protocol):
    """What ``bz2``, ``lzma`` and ``zstd`` decompressors have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether all that was given has been used."""

    @property
    def unused_data(self) -> bytes:
        """What follows the end of the stream."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Give at most ``max_length`` plain bytes."""


@cache
def _module() -> ModuleType | None:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def damage() -> tuple[type[Exception], ...]:
    """Give what all decompressors raise for damaged data."""
    module = _module()  # looked up late: few inputs need it
    return (*_DAMAGE, module.ZstdError) if module else _DAMAGE


def zstd_decompressor(memory: int) -> Decompressor:
    """Give a decompressor that takes windows of at most ``memory`` bytes.

    Raises StreamError, which names the remedy, where this Python has no Zstandard.
    """
    module = _module()
    if module is None:
        raise StreamError(
            "unsupported", "zstd data: pip install backports.zstd, or unpack it first (zstd -d)", "unreadable"
        )
    option = module.DecompressionParameter.window_log_max
    return cast(Decompressor, module.ZstdDecompressor(options={option: memory.bit_length() - 1}))


def squeeze(data: bytes) -> bytes:
    """Pack bytes that are to be kept for a while, at a gigabyte in some two seconds."""
    module = _module()
    packed: bytes = module.compress(data, 1) if module else zlib.compress(data, 1)
    return packed


def unsqueeze(packed: bytes) -> bytes:
    """Give what was packed."""
    module = _module()
    data: bytes = module.decompress(packed) if module else zlib.decompress(packed)
    return data
