"""Find the few records of a log that may hold an AWS error, without decoding the rest.

A log is read in regions of about 512 KiB that end between records. A handful of literals is looked for in
each region; only the lines that hold one are joined with the lines that continue them, and decoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from analyzer.evidence.logs.text import Line, read_line
from analyzer.frozen import frozen
from analyzer.needles import Needles

REGION = 1 << 19
"""Bytes scanned at once, few enough for the processor's cache; a longer line is read in parts."""

_JOINED = 12
"""Lines that one record may have."""

_WINDOW = 16384
"""Bytes kept on either side of a hit in a long line."""

# Every line that the classifier can make something of holds one of these; where words stand beside a
# needle, one of them must be on the line too, which keeps healthy logs from being decoded. What overlaps
# another needle counts without such words.
_NEEDLES: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (b"Identity", (b"WebIdentity", b"IdentityToken")),
    # Not "AccessDenied" itself, which costs as much: the driver of EFS writes two words.
    (b"Denied", (b"AccessDenied", b"right AWS permissions")),
    (b"ot authorized to perform", ()),
    (b"ExpiredToken", ()),
    (b"NoCredentialProviders", ()),
    # Not "credentials" itself: healthy logs are full of it.
    (b"cached cred", (b"credentials",)),
    (b"tials from any", (b"credentials",)),
    (b"to locate cred", (b"credentials",)),
    (b"CredentialsError", ()),
    (b"chain provided cred", ()),
    (b"secret for aws cred", (b"credentials",)),
    (
        b"serviceaccount/token",
        (
            b"o such file",
            b"ermission denied",
            b"o read file",
            b"token file",
            b"find file",
            b"the path",
            b"NoSuchFile",
        ),
    ),
    (
        b".amazonaws.",
        (
            b"lookup sts",
            b"to sts",
            b"FOUND sts",
            b"AGAIN sts",
            b"n: sts",
            b"'sts",
            b'"sts',
            b"`sts",
            b"(sts",
            b"t: sts",
            b"vpce-",
        ),
    ),
    (b"//sts", ()),
    (b"https response error", ()),
    (b"An error occurred", (b"occurred (",)),
    (b", request id: ", ()),
    (b"(Service: ", ()),
    # What the SDKs for JavaScript and others say without any of these envelopes.
    (b"SignatureDoesNotMatch", ()),
    # Not "IDP": one short needle makes the search for all of them slow.
    (b"IDPCommunication", ()),
    (b"IDPRejected", ()),
    (b"activated in this region", ()),
    (b"OpenIDConnect", ()),
    (b"S3Exception: ", ()),
    (b"Throttling", (b"Rate exceeded",)),
    # Cut where few words begin ("requ" is everywhere), and last: put before the others, they make the
    # search for all of them a third longer.
    (b"es role_arn", (b"requires role_arn",)),
    (b"hared config ", (b"failed to get", b"failed to load")),
    (b"SharedConfigLoad", ()),
)
_OF_SECRETS = (b"eyJhbGciOi", b"AKIA", b"PRIVATE KEY-----")
"""What a ServiceAccount's token begins with, and what keys have in or beside them.

They are looked for with the others and are few, since each search of a log costs.
"""
_ALL = Needles([*(needle for needle, _ in _NEEDLES), *_OF_SECRETS])


@frozen
class Hits:
    """What one look at a region found."""

    lines: Mapping[int, int]
    """The lines that hold a needle: where each begins, and the needle's place."""
    secrets: bool
    """Whether something in it may be a token or a key."""


@frozen
class Record:
    """A head line and the lines that continue it, without stamps, as one text."""

    text: str
    parts: tuple[tuple[int, str, int | None, int], ...]
    """Of each line: where it begins in the text, its stamp's text, its time, its offset in the region."""

    def part_at(self, position: int) -> int:
        """Tell which of its physical lines, from 0, a position is in."""
        return max(i for i, part in enumerate(self.parts) if i == 0 or part[0] <= position)

    def at(self, position: int) -> tuple[str, int, int | None, int]:
        """Give the physical line at a position: its text, the position in it, its time, its offset."""
        index = self.part_at(position)
        begin, stamp, nanos, offset = self.parts[index]
        end = self.parts[index + 1][0] if index + 1 < len(self.parts) else len(self.text)
        return stamp + self.text[begin:end].rstrip("\n"), len(stamp) + position - begin, nanos, offset


def regions(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Cut a stream of bytes into regions of whole records: some bytes, and how many of them are the region.

    Where reading fails, what was read is still given before the error is raised.
    """
    pending: list[bytes] = []
    size = 0
    failure: Exception | None = None
    try:
        for chunk in chunks:
            for begin in range(0, len(chunk), REGION):
                part = chunk[begin : begin + REGION]
                pending.append(part)
                size += len(part)
                if size < REGION:
                    continue
                joined = b"".join(pending)
                cut = _cut(joined)
                yield joined, cut
                pending = [joined[cut:]]
                size = len(pending[0])
    except Exception as error:
        failure = error
    if size:
        yield b"".join(pending), size
    if failure is not None:
        raise failure


def _cut(data: bytes) -> int:
    """Find the begin of the last record: what follows may continue it."""
    end = data.rfind(b"\n") + 1
    if not end:
        return len(data)
    cut = end
    for _ in range(_JOINED):
        start = data.rfind(b"\n", 0, cut - 1) + 1
        if not start:
            break
        if not _joins(data, start):
            return start
        cut = start
    return end


def _line(data: bytes, start: int) -> tuple[Line, int]:
    """Read the line that begins at ``start``; also where the next one begins."""
    end = data.find(b"\n", start)
    stop = len(data) if end < 0 else end
    return read_line(data[start:stop].removesuffix(b"\r")), stop + 1


def _joins(data: bytes, start: int) -> bool:
    """Whether the line that begins at ``start`` goes on with the one before it."""
    if not start:
        return False
    if _line(data, start)[0].continues:
        return True
    before = data.rfind(b"\n", 0, start - 1) + 1
    return _line(data, before)[0].partial


def look(data: bytes, stop: int) -> Hits:
    """Look before ``stop`` for all that matters in a log."""
    found: dict[int, int] = {}
    done, secrets = 0, False
    for place, which in _ALL.places(data, stop):
        if which >= len(_NEEDLES):
            secrets = True
            continue
        if place < done:
            continue
        begin, end = data.rfind(b"\n", 0, place) + 1, data.find(b"\n", place, stop)
        end = stop if end < 0 else end
        beside = _NEEDLES[which][1]
        if not beside or any(data.find(word, begin, end) >= 0 for word in beside):
            found[begin] = place
            done = end
    return Hits(found, secrets)


def records(data: bytes, stop: int, hits: Mapping[int, int]) -> Iterator[Record]:
    """Give the records of a region that the lines with a hit are of, in order, each once."""
    if not hits:
        return
    region = data[:stop]
    done = 0
    for start in sorted(hits):
        if start < done:
            continue
        head = start
        for _ in range(_JOINED):
            if head <= done or not _joins(region, head):
                break
            head = region.rfind(b"\n", 0, head - 1) + 1
        record, done = _record(region, head, hits)
        yield record


def _record(region: bytes, head: int, hits: Mapping[int, int]) -> tuple[Record, int]:
    texts: list[str] = []
    parts: list[tuple[int, str, int | None, int]] = []
    length = 0
    position = head
    partial = False
    while position < len(region) and len(parts) <= _JOINED:
        line, following = _line(region, position)
        if parts and not partial and not line.continues:
            break
        payload = line.payload
        if len(payload) > 2 * _WINDOW:
            place = hits.get(position, position) - position - line.offset
            payload = payload[max(0, place - _WINDOW) : max(0, place) + _WINDOW]
        if parts and not partial:
            texts.append("\n")
            length += 1
        text = payload.decode("utf-8", "replace")
        stamp = region[position : position + line.offset].decode("ascii", "replace")
        parts.append((length, stamp, line.nanos, position))
        texts.append(text)
        length += len(text)
        partial = line.partial
        position = following
    return Record("".join(texts), tuple(parts)), position


def first_stamp(region: bytes, lines: int = 40) -> int | None:
    """Find the time of the first stamped line among the first few."""
    start = 0
    for _ in range(lines):
        nanos = read_line(region[start : start + 300].partition(b"\n")[0]).nanos
        if nanos is not None:
            return nanos
        start = region.find(b"\n", start) + 1
        if not start or start >= len(region):
            break
    return None


def last_stamp(region: bytes, stop: int, lines: int = 40) -> int | None:
    """Find the time of the last stamped line among the last few."""
    end = stop - region.endswith(b"\n", 0, stop)
    for _ in range(lines):
        start = region.rfind(b"\n", 0, end) + 1
        nanos = read_line(region[start : min(end, start + 300)]).nanos
        if nanos is not None:
            return nanos
        if not start:
            break
        end = start - 1
    return None
