"""File formats told by their first bytes, never by their names."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Literal

from .issues import StreamError
from .zstd import damage, zstd_decompressor

Codec = Literal["gzip", "xz", "bz2", "zstd", "deflate"]
Packed = Literal["gzip", "xz", "bz2", "zstd"]

BLOCK = 512
_CODECS: dict[bytes, tuple[bytes, Packed]] = {
    b"\x1f": (b"\x1f\x8b\x08", "gzip"),
    b"\xfd": (b"\xfd7zXZ\x00", "xz"),
    b"B": (b"BZh", "bz2"),
    b"\x28": (b"\x28\xb5\x2f\xfd", "zstd"),
}
"""By the first byte: every member of every archive is asked, a million times in the worst."""
_SKIPPABLE = b"\x2a\x4d\x18"
"""Behind a byte 0x50 to 0x5f: a skippable frame, with which parallel zstd programs begin."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04")
_UNSUPPORTED = (
    (b"7z\xbc\xaf\x27\x1c", "7z", "7z x"),
    (b"Rar!\x1a\x07", "rar", "unrar x"),
    (b"\x1f\x9d", "compress (.Z)", "uncompress"),
    (b"\x04\x22\x4d\x18", "lz4", "unlz4"),
    (b"LZIP\x01", "lzip", "lzip -d"),
    (b"\x5d\x00\x00", "lzma", "unlzma"),
    (b"Salted__", "encrypted (OpenSSL)", "openssl enc -d"),
    (b"-----BEGIN PGP MESSAGE-----", "encrypted (PGP)", "gpg -d"),
)


def codec_of(head: bytes) -> Packed | None:
    """Name the compression that these first bytes announce."""
    if head[1:4] == _SKIPPABLE and 0x50 <= head[0] <= 0x5F:
        return "zstd"
    magic, codec = _CODECS.get(head[:1], (b"", None))
    return codec if head.startswith(magic) else None


def is_zip(head: bytes) -> bool:
    """Tell a zip archive, also an empty or spanned one."""
    return head.startswith(_ZIP)


def is_tar(head: bytes) -> bool:
    """Tell a tar archive: ``ustar`` at 257, or a header whose checksum holds (old V7 archives)."""
    return len(head) >= BLOCK and (head[257:262] == b"ustar" or tar_checksum_holds(head[:BLOCK]))


def tar_checksum_holds(block: bytes) -> bool:
    """Tell whether a tar header block carries its own sum, counted unsigned or signed."""
    field = block[148:156].split(b"\0")[0].strip()
    try:
        announced = int(field, 8)
    except ValueError:
        return False
    # Adler-32 begins with the sum of the bytes, thirty times as fast as a loop over them.
    if (zlib.adler32(block) & 0xFFFF) == (1 + announced - 8 * 32 + sum(block[148:156])) % 65521:
        return True
    unsigned = sum(block[:148]) + sum(block[156:]) + 8 * 32
    high = sum(1 for at, byte in enumerate(block) if byte > 127 and not 148 <= at < 156)
    return announced == unsigned - 256 * high


def unsupported_archive(head: bytes) -> str | None:
    """Say what to do about an archive format that is not read."""
    for magic, name, command in _UNSUPPORTED:
        if head.startswith(magic):
            return f"{name} archives cannot be read: unpack it first ({command})"
    return None


def looks_like_archive(head: bytes) -> bool:
    """Tell from a member's first bytes whether it is an archive, as far as they show it."""
    if is_zip(head) or is_tar(head) or unsupported_archive(head):
        return True
    try:
        match codec_of(head):
            case "gzip":
                return is_tar(zlib.decompressobj(31).decompress(head, BLOCK))
            case "xz":
                return is_tar(lzma.LZMADecompressor(memlimit=1 << 26).decompress(head, BLOCK))
            case "bz2":
                return is_tar(bz2.BZ2Decompressor().decompress(head, BLOCK))
            case "zstd":
                return is_tar(zstd_decompressor(1 << 26).decompress(head, BLOCK))
    except StreamError:
        return False
    except damage():
        return False
    return False
