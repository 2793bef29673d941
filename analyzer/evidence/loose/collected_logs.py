"""Logs of many pods in one file, in which each line says whose it is.

The log store of OpenShift Logging hands out one JSON object a line, stern puts namespace, pod and container
before each line where it looks at several namespaces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from analyzer.evidence.logs.text import LogName
from analyzer.evidence.values import mapping, text
from analyzer.patterns import later

_STORED = later(rb"\{(?=[^\n]{0,65536}?\"namespace_name\" ?:)(?=[^\n]{0,65536}?\"message\" ?:)")
_OF_STERN = rb"^([a-z0-9-]{1,63}) ([a-z0-9.-]{1,253}) ([a-z0-9-]{1,63}) "
_STERN = later(_OF_STERN + rb"(?=\d{4}-\d\d-\d\dT|[IWEF]\d{4} |time=|\{\")", re.MULTILINE)
_STERN_PREFIX = later(_OF_STERN)
_WRAPPERS = ("_source", "result")
"""What Elasticsearch and Splunk put around each record of an export."""
_FEW = 3
_MOST_PODS = 200

Told = tuple[LogName, bytes]


def says_whose(data: bytes) -> bool:
    """Tell whether each of the first lines says of which namespace and pod it is."""
    first = _first(data)
    return _are_stored(first) or _are_of_stern(first)


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
    first = _first(data)
    if _are_stored(first):
        return _stored
    return partial(_of_stern, set(_STERN.findall(data))) if _are_of_stern(first) else None


def _first(data: bytes) -> list[bytes]:
    return [line for line in data[: 256 * 1024].split(b"\n", _FEW)[:_FEW] if line.strip()]


def _are_stored(first: Sequence[bytes]) -> bool:
    return bool(first) and all(map(_STORED.match, first)) and any(map(_stored, first))


def _are_of_stern(first: Sequence[bytes]) -> bool:
    return bool(first) and all(map(_STERN.match, first))


def _of_stern(containers: Collection[tuple[bytes, ...]], line: bytes) -> Told | None:
    """Read a line of one of these containers, also one that goes on where another began, without a time."""
    found = _STERN_PREFIX.match(line)
    if found is None or found.groups() not in containers:
        return None
    namespace, pod, container = (part.decode() for part in found.groups())
    return LogName(namespace, pod, container), line[found.end() :]


def _stored(line: bytes) -> Told | None:
    """Read a record of a log store as the line that the container wrote, with the time before it."""
    value: Mapping[str, object] = {}
    with suppress(ValueError, RecursionError):
        value = mapping(json.loads(line))
    for wrapper in _WRAPPERS:
        value = mapping(value.get(wrapper)) or value
    whose, message = mapping(value.get("kubernetes")), _text(value, "message")
    namespace = _text(whose, "namespace_name")
    if not namespace or not message:
        return None
    stamp = _text(value, "@timestamp") or _text(value, "timestamp")
    written = message.replace("\r", "").replace("\n", "\\n")
    name = LogName(namespace, _text(whose, "pod_name"), _text(whose, "container_name"))
    return name, f"{stamp} {written}".strip().encode()


def _text(value: Mapping[str, object], key: str) -> str:
    """Give a text, without the half characters that JSON can spell and nothing can write."""
    return (text(value.get(key)) or "").encode("utf-8", "replace").decode()
