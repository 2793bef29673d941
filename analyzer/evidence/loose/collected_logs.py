"""Logs of many pods in one file, in which each line says whose it is.

The log store of OpenShift Logging hands out one JSON object a line, stern puts namespace, pod and container
before each line where it looks at several namespaces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress

from analyzer.evidence.logs.text import LogName
from analyzer.evidence.values import mapping, text
from analyzer.patterns import later

_STORED = later(rb"\{(?=[^\n]{0,65536}?\"namespace_name\" ?:)(?=[^\n]{0,65536}?\"message\" ?:)")
_STERN = later(
    rb"(?P<namespace>[a-z0-9-]{1,63}) (?P<pod>[a-z0-9.-]{1,253}) (?P<container>[a-z0-9-]{1,63}) "
    rb"(?=\d{4}-\d\d-\d\dT|[IWEF]\d{4} |time=|\{\")"
)
_WRAPPERS = ("_source", "result")
"""What Elasticsearch and Splunk put around each record of an export."""
_FEW = 3
_MOST_PODS = 200

Told = tuple[LogName, bytes]


def says_whose(data: bytes) -> bool:
    """Tell whether each of the first lines says of which namespace and pod it is."""
    return _reader(data) is not None


def by_pod(data: bytes) -> Iterator[Told]:
    """Yield the log of each pod's container, with blank lines in the place of the others'.

    Of very many pods those that come late are taken together: by namespace, and in the end all.
    """
    read = _reader(data)
    found: dict[LogName, list[tuple[int, bytes]]] = {}
    for number, line in enumerate(data.split(b"\n") if read else ()):
        told = read(line) if read else None
        if told is not None:
            found.setdefault(_known(told[0], found), []).append((number, told[1]))
    for name, lines in found.items():
        yield name, _in_place(lines)


def _known(name: LogName, found: Collection[LogName]) -> LogName:
    """Give a name that is there, or a new one while there are few; else a coarser one."""
    if name in found or len(found) < _MOST_PODS:
        return name
    coarse = LogName(name.namespace)
    return coarse if coarse in found or len(found) < 2 * _MOST_PODS else LogName()


def _in_place(lines: list[tuple[int, bytes]]) -> bytes:
    """Put each line where it stands in the file, so that its number is the same."""
    before = [0, *(number for number, _ in lines)]
    return b"".join(
        b"\n" * (number - last) + line for last, (number, line) in zip(before, lines, strict=False)
    )


def _reader(data: bytes) -> Callable[[bytes], Told | None] | None:
    """Give what reads one line of such a file; None for any other."""
    first = [line for line in data[: 256 * 1024].split(b"\n", _FEW)[:_FEW] if line.strip()]
    readers: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Told | None]], ...] = (
        (_STORED, _stored),
        (_STERN, _of_stern),
    )
    for pattern, read in readers:
        if first and all(pattern.match(line) for line in first):
            return read
    return None


def _of_stern(line: bytes) -> Told | None:
    found = _STERN.match(line)
    if found is None:
        return None
    namespace, pod, container = (found[part].decode() for part in ("namespace", "pod", "container"))
    return LogName(namespace, pod, container), line[found.end() :]


def _stored(line: bytes) -> Told | None:
    """Read a record of a log store as the line that the container wrote, with the time before it."""
    value: Mapping[str, object] = {}
    with suppress(ValueError, RecursionError):
        value = mapping(json.loads(line))
    for wrapper in _WRAPPERS:
        value = mapping(value.get(wrapper)) or value
    whose, message = mapping(value.get("kubernetes")), text(value.get("message"))
    namespace = text(whose.get("namespace_name"))
    if not namespace or not message:
        return None
    stamp = text(value.get("@timestamp")) or text(value.get("timestamp")) or ""
    written = message.replace("\r", "").replace("\n", "\\n")
    name = LogName(namespace, text(whose.get("pod_name")) or "", text(whose.get("container_name")) or "")
    return name, f"{stamp} {written}".strip().encode()
