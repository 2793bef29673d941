"""Paths of a must-gather, shortened in the middle: what tells two files apart stays."""

from __future__ import annotations

from analyzer.patterns import later

_NOISE = later(r"must-gather\.local\.\d+$|.*-sha256-[0-9a-f]{32,}$|inspect\.local\.\d+$")
"""Directory names that every file of a bundle has in common."""


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
    if len(text) <= room:
        return text
    keep = max(room - len(dots), 2)
    return text[: keep // 3] + dots + text[len(text) - (keep - keep // 3) :]


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
