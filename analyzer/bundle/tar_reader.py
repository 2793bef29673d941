"""Tar archives as a stream of entries: one pass, nothing written, every member type judged.

Not ``tarfile``: that reads pax headers of any announced size into memory, keeps every member, raises
where an archive is cut, and costs a fifth of a whole run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .entry import Entry
from .issues import Tally
from .names import decode_name, escapes
from .sniff import BLOCK
from .stream import Stream
from .tar_header import Header, Override, parse_header, parse_pax

_TRAILER = 1 << 20
_NOTHING = Override()


class _Member:
    """The bytes of one member still to come."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self.left = size

    def pieces(self) -> Iterator[bytes]:
        while self.left and (piece := self._stream.some(self.left)):
            self.left -= len(piece)
            yield piece


def walk_tar(
    stream: Stream,
    tally: Tally,
    prefix: str = "",
    label: str = "",
    charge: Callable[[int], None] | None = None,
) -> Iterator[Entry]:
    """Yield the regular files of a tar stream; ``prefix`` goes before their paths.

    ``charge`` accounts for what members that are compressed themselves inflate to.
    Whatever else happens is in the tally: links, devices, damage, an early end.
    """
    override: Override | None = _NOTHING
    while not tally.halted:
        block = stream.take(BLOCK)
        if len(block) < BLOCK:
            _report_end(stream, tally, label, "without its end mark")
            return
        if not any(block):
            _check_trailer(stream, tally, label)
            return
        header = parse_header(block)
        if header is None:
            tally.report(label, "unreadable", f"damaged at byte {stream.position - BLOCK}", "incomplete")
            return
        if header.type in ("long-name", "long-link", "pax", "pax-global"):
            override = _extend(stream, header, override, tally)
            continue
        header, override = _settled(_apply(header, override)), _NOTHING
        if header.extended:
            _skip_sparse_map(stream)
        path = _admitted(header, tally, prefix)
        member = _Member(stream, header.size)
        if path is not None and _is_wanted(header, path, tally):
            entry = Entry(path, header.size, member.pieces(), tally, charge)
            yield entry
            entry.close()
        missing = member.left - stream.skip(member.left)
        tally.bytes += header.size - missing
        if missing:
            _report_end(stream, tally, label, f"inside {path or header.name[:200]}")
            return
        stream.skip(-header.size % BLOCK)


def _extend(stream: Stream, header: Header, override: Override | None, tally: Tally) -> Override | None:
    """Read what a long-name or pax header says; None when it cannot be trusted."""
    limit = tally.limits.extended_header
    data = stream.take(min(header.size, limit))
    stream.skip(header.size - len(data) + -header.size % BLOCK)
    if header.size > limit:
        tally.report(header.name, "too-large", f"a name of more than {limit} bytes", "unsafe")
        return None
    if override is None or header.type == "pax-global":
        return override
    if header.type == "pax":
        pax = parse_pax(data)
        if pax is None:
            tally.report(header.name, "unreadable", "malformed pax header", "incomplete")
        return pax
    text = decode_name(data.split(b"\0", 1)[0])
    if header.type == "long-name":
        return Override(text, override.target, override.size, override.sparse)
    return Override(override.name, text, override.size, override.sparse)


def _apply(header: Header, override: Override | None) -> Header:
    """Put the extended headers' values over the plain ones."""
    if override is _NOTHING:
        return header
    if override is None:
        # Its true name is lost: reading it under the short one would be a guess.
        return header._replace(name="")
    sized = override.size is not None and header.type in ("file", "other", "sparse")
    return Header(
        header.name if override.name is None else override.name,
        "sparse" if override.sparse else header.type,
        override.size if sized and override.size is not None else header.size,
        header.target if override.target is None else override.target,
        header.extended,
    )


def _settled(header: Header) -> Header:
    """Take a file for a directory whose name ends as one, as old programs write them.

    The whole name tells: of a long one the plain header holds a part, which may end anywhere.
    """
    if header.type == "file" and header.name.endswith("/"):
        return header._replace(type="directory", size=0)
    return header


def _admitted(header: Header, tally: Tally, prefix: str) -> str | None:
    if header.type == "directory" or not header.name:
        tally.pass_over(prefix)
        return None
    return tally.admit(header.name, prefix)


def _is_wanted(header: Header, path: str, tally: Tally) -> bool:
    match header.type:
        case "file":
            return True
        case "link":
            target = header.target[:200]
            tally.report(path, "link", f"link to {target}", "unsafe" if escapes(target) else "incomplete")
        case "device":
            tally.report(path, "device", "device or pipe", "unsafe")
        case "sparse":
            tally.report(path, "unsupported", "sparse file: pack it again without --sparse", "incomplete")
        case "other":
            tally.report(path, "unsupported", "tar member of an unknown type", "incomplete")
    return False


def _skip_sparse_map(stream: Stream) -> None:
    while len(block := stream.take(BLOCK)) == BLOCK and block[504]:
        pass


def _report_end(stream: Stream, tally: Tally, label: str, where: str) -> None:
    if stream.problem is not None:
        tally.fail(label, stream.problem)
    else:
        tally.report(label, "truncated", f"the archive ends {where}", "incomplete")


def _check_trailer(stream: Stream, tally: Tally, label: str) -> None:
    """Read on to the checksum behind the last member, unless that is far away."""
    left = _TRAILER
    while left > 0 and (piece := stream.some(left)):
        left -= len(piece)
    if stream.problem is not None:
        tally.fail(label, stream.problem)
