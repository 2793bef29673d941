"""Objects in S3 as files: addresses, listings in pages, and streams that survive a broken connection.

An address travels as a path, ``s3:/bucket/key``, as pathlib folds what a user writes as
``s3://bucket/key``; keys with ``//`` or ``..`` in them are therefore not reached.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from analyzer.errors import DoctorError, Unreadable, UsageProblem
from analyzer.frozen import frozen

_SCHEME = "s3:"
_BUFFER = 1 << 20
_NEAR = 4 << 20
"""Bytes that are read and dropped rather than asked for anew: about what an answer's first byte costs."""
_TRIES = 6
_PAUSE = 0.2
"""Seconds before the second try, doubled for each that follows."""


class StorageLost(DoctorError):
    """The object storage stopped answering in the middle of a bundle: another try may read it."""

    exit_code = 3


@frozen
class Stored:
    """One object; ``etag`` changes with its content."""

    bucket: str
    key: str
    size: int
    etag: str

    @property
    def path(self) -> Path:
        """Its address as a path."""
        return Path(f"{_SCHEME}/{self.bucket}/{self.key}")


def is_remote(path: Path) -> bool:
    """Tell an address in S3 from a path of this machine."""
    return len(path.parts) > 1 and path.parts[0] == _SCHEME


def spelled(path: Path) -> str:
    """Write a path as its user would: an address in S3 with two slashes."""
    return f"s3://{'/'.join(path.parts[1:])}" if is_remote(path) else str(path)


def find_object(path: Path) -> Stored | None:
    """Give the object at an address, None where there is none.

    Raises Unreadable where the bucket cannot be listed, UsageProblem without boto3 or credentials.
    """
    bucket, key = _split(path)
    first = next(_objects(bucket, key, 1), None) if key else None
    return first if first is not None and first.key == key else None


def objects_below(path: Path) -> Iterator[Stored]:
    """Yield every object below an address as below a folder, in the order of the keys; raises as above."""
    bucket, key = _split(path)
    return _objects(bucket, f"{key}/" if key else "")


def children(path: Path) -> list[tuple[str, Stored | None]]:
    """List what lies right below an address by name: objects, and None for folders; raises as above."""
    bucket, key = _split(path)
    prefix = f"{key}/" if key else ""
    found: dict[str, Stored | None] = {}
    for page in _pages(Bucket=bucket, Prefix=prefix, Delimiter="/"):
        found |= {_name(entry["Prefix"][:-1]): None for entry in page.get("CommonPrefixes", ())}
        found |= {_name(entry["Key"]): _stored(bucket, entry) for entry in page.get("Contents", ())}
    found.pop("", None)
    return sorted(found.items())


def open_object(stored: Stored) -> BinaryIO:
    """Open an object for reading from any place; its bytes are asked for when they are read.

    Reading raises StorageLost where the storage does not answer any more, and OSError where the
    object is gone, was changed, or may not be read.
    """
    return io.BufferedReader(_Object(stored), _BUFFER)


class _Object(io.RawIOBase):
    """The bytes of one object, front to back in one request, and another one wherever it breaks."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._at = 0
        self._body: Any = None
        self._body_at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._stored.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._stored.size - self._at)
        if wanted <= 0:
            return 0
        data = self._persistently(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        self._body_at = self._at
        return len(data)

    def close(self) -> None:
        self._hang_up()
        super().close()

    def _persistently(self, wanted: int) -> bytes:
        from analyzer.aws import BROKEN

        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_PAUSE * 2 ** (attempt - 1))
            try:
                if data := self._read(wanted):
                    return data
            except BROKEN as error:
                if isinstance(error, _Refused):
                    raise
            self._hang_up()
        where = spelled(self._stored.path)
        raise StorageLost(f"the stream broke {_TRIES} times at byte {self._at}", where=where, do="Try again")

    def _read(self, wanted: int) -> bytes:
        ahead = self._at - self._body_at
        if self._body is None or not 0 <= ahead <= _NEAR:
            self._hang_up()
            self._body, self._body_at, ahead = self._asked(), self._at, 0
        while ahead:
            dropped = self._body.read(min(ahead, _BUFFER))
            if not dropped:
                return b""
            ahead -= len(dropped)
            self._body_at += len(dropped)
        data: bytes = self._body.read(wanted)
        return data

    def _asked(self) -> Any:
        from analyzer.aws import ClientError

        stored = self._stored
        try:
            answer = _client().get_object(
                Bucket=stored.bucket, Key=stored.key, IfMatch=stored.etag, Range=f"bytes={self._at}-"
            )
        except ClientError as error:
            raise _Refused(0, _refusal(error)) from None
        return answer["Body"]

    def _hang_up(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


class _Refused(OSError):
    """The storage answered, and the answer is no."""


def _split(path: Path) -> tuple[str, str]:
    return path.parts[1], "/".join(path.parts[2:])


def _objects(bucket: str, prefix: str, most: int | None = None) -> Iterator[Stored]:
    sizes = {"MaxItems": most, "PageSize": most} if most else {}
    for page in _pages(Bucket=bucket, Prefix=prefix, PaginationConfig=sizes):
        for entry in page.get("Contents", ()):
            if not entry["Key"].endswith("/"):
                yield _stored(bucket, entry)


def _stored(bucket: str, entry: Mapping[str, Any]) -> Stored:
    return Stored(bucket, entry["Key"], entry["Size"], entry["ETag"])


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _pages(**wanted: Any) -> Iterator[Mapping[str, Any]]:
    where = f"s3://{wanted['Bucket']}/{wanted['Prefix']}"
    client = _client()
    from analyzer.aws import BROKEN, ClientError, NoCredentialsError

    try:
        yield from client.get_paginator("list_objects_v2").paginate(**wanted)
    except ClientError as error:
        raise Unreadable(f"cannot be listed: {_refusal(error)}", where=where) from None
    except NoCredentialsError:
        raise UsageProblem(
            "there are no AWS credentials", do="Set AWS_PROFILE, or log in with the aws command"
        ) from None
    except BROKEN as error:
        raise StorageLost(f"cannot be listed: {type(error).__name__}", where=where, do="Try again") from None


def _refusal(error: Any) -> str:
    said = error.response.get("Error", {})
    code = said.get("Code", "?")
    return "it was changed meanwhile" if code in ("412", "PreconditionFailed") else f"S3 answers {code}"


def prepare() -> None:
    """Load what a client needs: processes forked afterwards make theirs in a twentieth of the time."""
    _client()


def _client() -> Any:
    return _client_of(os.getpid())


@lru_cache(maxsize=1)
def _client_of(_process: int) -> Any:
    """Make one client a process: a connection that a fork shares serves neither."""
    try:
        from analyzer.aws import S3, clients
    except ImportError:
        raise UsageProblem("s3:// needs boto3", do="Install sts-doctor[aws]") from None
    return clients("s3", config=S3)[0]
