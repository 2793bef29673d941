"""``python -m tests.hostile.bombs``: the largest bombs, each through the real command, with time and memory.

Nothing is asserted in the suite, where machines differ; this prints a table and ends with 1 where a bomb
took more than 60 seconds of CPU or 500 MiB. Needs about 1.5 GiB of disk for a moment.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any

GIB = 1 << 30
SECONDS, MEBIBYTES = 60, 500
_PIECE = bytes(1 << 20)


def _tar_of_zeros(out: IO[bytes], size: int = GIB) -> None:
    header = tarfile.TarInfo("must-gather/zeros")
    header.size = size
    out.write(header.tobuf())
    for _ in range(size // len(_PIECE)):
        out.write(_PIECE)
    out.write(bytes(1024))


def _packed(opened: Callable[[Path], Any]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with opened(path) as out:
            _tar_of_zeros(out)

    return make


def _zstd(path: Path) -> Any:
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    return import_module(name).ZstdFile(path, "w")


def _zip(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w", force_zip64=True) as out,
    ):
        for _ in range(GIB // len(_PIECE)):
            out.write(_PIECE)


def _members(path: Path) -> None:
    with gzip.open(path, "wb", 1) as out:
        for number in range(1_000_000):
            out.write(tarfile.TarInfo(f"must-gather/f{number}").tobuf())
        out.write(bytes(1024))


def _zip_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(1_000_000):
            archive.writestr(f"f{number}", b"")


def _announced(path: Path) -> None:
    header = tarfile.TarInfo("must-gather/huge.yaml")
    header.size = 30 * GIB
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 16))


def _sparse(path: Path) -> None:
    """Thirty gigabytes that are there, as a hole."""
    buffer = io.BytesIO()
    _announced(path)
    buffer.write(path.read_bytes()[:512])
    with path.open("wb") as file:
        file.write(buffer.getvalue())
        file.truncate(30 * GIB + 1536)


def bombs() -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Give each bomb's name and what writes it."""
    yield "1 GiB of zeros, gz", _packed(partial(gzip.open, mode="wb"))
    yield "1 GiB of zeros, xz", _packed(partial(lzma.open, mode="wb", preset=1))
    yield "1 GiB of zeros, bz2", _packed(partial(bz2.open, mode="wb"))
    yield "1 GiB of zeros, zst", _packed(_zstd)
    yield "1 GiB of zeros, zip", _zip
    yield "1 M members, tar.gz", _members
    yield "1 M members, zip", _zip_members
    yield "30 GiB announced", _announced
    yield "30 GiB in a hole", _sparse


def measure(path: Path) -> tuple[float, int, int]:
    """Run the command on a file; give its CPU seconds, its peak in MiB and its exit code."""
    with subprocess.Popen(
        [sys.executable, "-m", "analyzer", "analyze", str(path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, used.ru_maxrss >> 10, process.returncode


def main() -> int:
    """Print one line for each bomb; 1 where one took too much."""
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, write in bombs():
            path = Path(folder) / "bomb"
            write(path)
            size = path.stat().st_size
            seconds, peak, code = measure(path)
            path.unlink()
            bad = seconds > SECONDS or peak > MEBIBYTES or code == 70
            worst |= bad
            told = f"{size:>14,} bytes  {seconds:6.1f} s  {peak:4} MiB  exit {code}"
            print(f"{name:22} {told}{'  TOO MUCH' * bad}", flush=True)
    return int(worst)


if __name__ == "__main__":
    sys.exit(main())
