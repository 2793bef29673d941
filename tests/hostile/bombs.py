"""``python -m tests.hostile.bombs``: the largest bombs, each through the real command, with time and memory.

Nothing is asserted in the suite, where machines differ; this prints a table and ends with 1 where a bomb
took more than 60 seconds of CPU or 500 MiB. Needs some 150 MB of disk for a moment.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any

GIB = 1 << 30
SECONDS, MEBIBYTES = 60, 500
_PIECE = bytes(1 << 20)
_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"


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
    return import_module(_ZSTD).ZstdFile(path, "w")


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


def _sparse_by_header(path: Path) -> None:
    """Thirty gigabytes as holes, in each of the ways in which tar announces one, and a good file behind."""
    size = str(30 * GIB)
    sparse = [
        {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.realsize": size,
            "GNU.sparse.name": "a",
        },
        {"GNU.sparse.size": size, "GNU.sparse.numblocks": "1", "GNU.sparse.map": f"0,{size}"},
        {"size": size},
    ]
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as out:
        for number, headers in enumerate(sparse):
            member = tarfile.TarInfo(f"must-gather/sparse{number}.yaml")
            member.pax_headers = headers
            out.addfile(member)
    old = tarfile.TarInfo("must-gather/old.yaml")
    old.type = tarfile.GNUTYPE_SPARSE
    old.size = 30 * GIB
    path.write_bytes(old.tobuf(tarfile.GNU_FORMAT) + path.read_bytes())


def _repeated(pack: Callable[[bytes], bytes], name: str = "must-gather/zeros") -> Callable[[Path], None]:
    """Thirty gigabytes, one packed stream behind the other: written in a second."""

    def make(path: Path) -> None:
        header = tarfile.TarInfo(name)
        header.size = 30 * GIB
        part = pack(bytes(1 << 26))
        with path.open("wb") as out:
            out.write(pack(header.tobuf(tarfile.GNU_FORMAT)))
            for _ in range(30 * GIB >> 26):
                out.write(part)
            out.write(pack(bytes(1024)))

    return make


def _zip_of_30(path: Path) -> None:
    """One zip entry of thirty gigabytes that are there: a deflated part that ends on a byte, repeated."""
    work = zlib.compressobj(9, zlib.DEFLATED, -15)
    part = work.compress(bytes(1 << 26)) + work.flush(zlib.Z_FULL_FLUSH)
    count, end = 30 * GIB >> 26, b"\x03\x00"
    packed, name = len(part) * count + len(end), b"must-gather/zeros.yaml"
    wide = struct.pack("<2H2Q", 1, 16, 30 * GIB, packed)
    common = struct.pack("<5H3I2H", 45, 0, 8, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(wide))
    with path.open("wb") as out:
        out.write(b"PK\x03\x04" + common + name + wide)
        for _ in range(count):
            out.write(part)
        out.write(end)
        at = out.tell()
        directory = (
            b"PK\x01\x02" + struct.pack("<H", 45) + common + struct.pack("<3H2I", 0, 0, 0, 0, 0) + name + wide
        )
        out.write(directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), at, 0))


_LOG = "must-gather/namespaces/openshift-ingress-operator/pods/p/c/c/logs/current.log"
_ERROR = (
    b"2024-05-14T08:00:00.123456789Z AccessDenied: User: arn:aws:sts::123456789012:assumed-role/x%09d/y "
    b"is not authorized to perform: ec2:DescribeInstances on resource: arn:aws:ec2:us-east-1:1:i-%09d\n"
)


def _errors(path: Path) -> None:
    """A gigabyte of errors, each of another role."""
    lines = GIB // len(_ERROR % (1, 1))
    header = tarfile.TarInfo(_LOG)
    header.size = lines * len(_ERROR % (1, 1))
    with gzip.open(path, "wb", 1) as out:
        out.write(header.tobuf())
        for number in range(lines):
            out.write(_ERROR % (number, number))
        out.write(bytes(-header.size % 512 + 1024))


def _objects(path: Path) -> None:
    """Half a million objects that count: the operators of a cluster."""
    where = "must-gather/cluster-scoped-resources/config.openshift.io/clusteroperators"
    with gzip.open(path, "wb", 1) as out:
        for number in range(500_000):
            data = (
                b"apiVersion: config.openshift.io/v1\nkind: ClusterOperator\nmetadata:\n  name: o%d\n"
                % number
            )
            header = tarfile.TarInfo(f"{where}/o{number}.yaml")
            header.size = len(data)
            out.write(header.tobuf() + data + bytes(-len(data) % 512))
        out.write(bytes(1024))


_SECRETS = "must-gather/namespaces/ns%d/core/secrets.json"


def _nothings(objects: int, lists: int) -> Callable[[Path], None]:
    """Lists of objects of two bytes, as many as one may have or far more."""
    data = b'{"kind": "SecretList", "items": [' + b"{}," * (objects - 1) + b"{}]}"

    def make(path: Path) -> None:
        with gzip.open(path, "wb", 1) as out:
            for number in range(lists):
                header = tarfile.TarInfo(_SECRETS % number)
                header.size = len(data)
                out.write(header.tobuf() + data + bytes(-len(data) % 512))
            out.write(bytes(1024))

    return make


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
    yield "30 GiB as sparse files", _sparse_by_header
    yield "30 GiB of zeros, gz", _repeated(gzip.compress)
    yield "30 GiB of zeros, xz", _repeated(partial(lzma.compress, preset=0))
    yield "30 GiB of zeros, bz2", _repeated(bz2.compress)
    yield "30 GiB of zeros, zst", _repeated(import_module(_ZSTD).compress)
    yield "30 GiB of zeros, zip", _zip_of_30
    yield "30 GiB, gz, no bomb", _repeated(partial(gzip.compress, compresslevel=1))
    yield "30 GiB log, gz", _repeated(partial(gzip.compress, compresslevel=1), _LOG)
    yield "1 GiB of errors", _errors
    yield "500,000 objects", _objects
    yield "100 M empty objects", _nothings(5_000_000, lists=20)
    yield "2,000 lists of those", _nothings(250_000, lists=2000)


def _apart(write: Callable[[Path], None], path: Path) -> None:
    """Write in a process of its own: one that is started inherits the peak of the one that starts it."""
    child = os.fork()
    if not child:
        write(path)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError(f"{path} could not be written")


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
            _apart(write, path)
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
