"""Paths of a must-gather, shortened in the middle: what tells two files apart stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise, takewhile

from analyzer.findings.report import Report
from analyzer.patterns import later

_NOISE = later(r"must-gather\.local\.\d+$|.*-sha256-[0-9a-f]{32,}$|inspect\.local\.\d+$")
"""Directory names that every file of a bundle has in common."""


_TELLING = 8
"""Of such a name, the characters at its end that tell two apart."""


def cited_files(report: Report) -> frozenset[str]:
    """Give the files that a report cites."""
    return frozenset(piece.file for finding in report.findings for piece in finding.evidence)


@lru_cache(maxsize=64)
def short_paths(files: frozenset[str], room: int, dots: str) -> Mapping[str, str]:
    """Shorten paths as `short_path` does; two that would look the same show where they part, too."""
    shown = {path: short_path(path, room, dots) for path in files}
    alike: dict[str, list[str]] = {}
    for path, text in shown.items():
        alike.setdefault(text, []).append(path)
    for group in (group for group in alike.values() if len(group) > 1):
        shown |= {path: _apart(path, shared, room, dots) for path, shared in _shared(group)}
    return shown


def _shared(group: list[str]) -> Iterator[tuple[str, int]]:
    """Give each path of a group with the number of names that it begins with as another one does.

    Sorted by their names, those that have most in common stand side by side.
    """
    names = sorted(path.split("/") for path in group)
    alike = [
        len(list(takewhile(lambda two: two[0] == two[1], zip(one, other, strict=False))))
        for one, other in pairwise(names)
    ]
    for parts, before, behind in zip(names, [0, *alike], [*alike, 0], strict=True):
        yield "/".join(parts), max(before, behind)


def _apart(path: str, shared: int, room: int, dots: str) -> str:
    """Shorten a path so that the name is seen behind those that it shares with another one."""
    parts = path.split("/")
    at = min(shared, len(parts) - 1)
    name, rest = parts[at], parts[at + 1 :]
    if _NOISE.match(name) and room > 3 * _TELLING:
        name = f"{dots}{name[-_TELLING:]}/"
        return name + short_path(path, room - len(name), dots).removeprefix(f"{dots}/")
    end = "".join(f"/{part}" for part in [*([dots] if len(rest) > 1 else []), *rest[-1:]])
    lead = room - len(name) - len(end) - 1
    if at and lead >= len(dots) + 2:
        return f"{short_path('/'.join(parts[:at]), lead, dots)}/{name}{end}"
    if room - len(end) < _TELLING:
        return short_path(path, room, dots)
    return _cut(name, room - len(end), dots) + end


def short_path(path: str, room: int, dots: str) -> str:
    """Shorten a path to ``room`` characters: first the bundle's own directories go, then the middle.

    The namespace, the pod and the file name are the last to go.
    """
    parts = [part for part in path.split("/") if not _NOISE.match(part)]
    if len(parts) < len(path.split("/")):
        parts = _from_content(parts, dots)
    parts = _log_place(parts, room)
    while len("/".join(parts)) > room and len(parts) > 3:
        inner = [n for n in range(1, len(parts) - 1) if parts[n] != dots]
        if not inner:
            break
        middle = min(inner, key=lambda n: abs(n - len(parts) // 2))
        parts = _folded([*parts[:middle], dots, *parts[middle + 1 :]], dots)
    text = "/".join(parts)
    return _cut(text, room, dots)


def _cut(text: str, room: int, dots: str) -> str:
    """Take out the middle of what is too long."""
    if len(text) <= room:
        return text
    keep = max(room - len(dots), 2)
    begin, end = text[: keep // 3], text[len(text) - (keep - keep // 3) :]
    return begin.removesuffix(dots) + dots + end.removeprefix(dots)


def _from_content(parts: list[str], dots: str) -> list[str]:
    """Begin a bundle's file where its content begins."""
    for name in ("namespaces", "cluster-scoped-resources"):
        if name in parts:
            return [dots, *parts[parts.index(name) + (name == "namespaces") :]]
    return [dots, *parts]


def _log_place(parts: list[str], room: int) -> list[str]:
    """Fold ``NAMESPACE/pods/POD/CONTAINER/CONTAINER/logs/current.log``, down to the pod and the file."""
    if len(parts) < 7 or parts[-2] != "logs" or parts[-3] != parts[-4] or parts[-6] != "pods":
        return parts
    pod, container, file = parts[-5], parts[-4], parts[-1]
    before = parts[:-6]
    choices = ([*before, pod, container, file], [*before, pod, file], [*before[:-1], pod, file])
    return next((choice for choice in choices if len("/".join(choice)) <= room), choices[-1])


def _folded(parts: list[str], dots: str) -> list[str]:
    """Leave one of two dots that stand side by side."""
    return [part for n, part in enumerate(parts) if part != dots or n == 0 or parts[n - 1] != dots]
