"""Where in an input its bundles begin: the directories that hold what ``oc adm inspect`` writes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from analyzer.patterns import later

_CLUSTER = "cluster-scoped-resources"
_NAMESPACES = "namespaces"
_BESIDE = ("insights-data", "host_service_logs", "audit_logs", "static-pods", "etcd_info")
_NOTES = ("timestamp", "version", "must-gather.logs", "gather.logs", "watermark.txt")
# Go's time.String(): 2021-08-03 10:12:00.016988581 +0000 UTC m=+0.380233555
_TIME = later(
    rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d+))? ([+-])(\d\d)(\d\d) \S+(?: m=[+-][\d.]+)?[ \r]*$",
    re.MULTILINE,
)


def split_root(path: str) -> tuple[str, str] | None:
    """Give a member's root and the path inside it, or None where the path shows no root.

    A root is the directory that holds ``cluster-scoped-resources/`` or ``namespaces/`` (or, for
    what the gather script adds, one of its own directories); "" is the top of the input. Of nested
    roots (``namespaces/all/namespaces/<ns>``, as OpenShift Data Foundation's image writes) the
    innermost counts.
    """
    folder, _, name = path.rpartition("/")
    split = _split_folder(folder)
    return None if split is None else (split[0], f"{split[1]}/{name}")


@lru_cache(maxsize=64)  # files of one folder mostly come one after the other
def _split_folder(folder: str) -> tuple[str, str] | None:
    folders = folder.split("/")
    at = _root_end(folders)
    return None if at is None else ("/".join(folders[:at]), "/".join(folders[at:]))


def _root_end(folders: list[str]) -> int | None:
    if _CLUSTER in folders:
        # First: namespaces are cluster-scoped too, and lie in a directory of that name below.
        return folders.index(_CLUSTER)
    below = [at for at, part in enumerate(folders[:-1]) if part == _NAMESPACES]
    if below:
        return below[-1]
    return next((at for at, part in enumerate(folders) if part in _BESIDE), None)


def note_of(path: str) -> tuple[str, str] | None:
    """Tell the files that stand beside or above roots: (their directory, their name), or None.

    The names are ``timestamp``, ``version``, ``must-gather.logs``, ``gather.logs`` and must-gather-clean's
    ``watermark.txt``.
    """
    folder, _, name = path.rpartition("/")
    return (folder, name) if name in _NOTES else None


def is_above(folder: str, root: str) -> bool:
    """Tell whether a directory is a root or lies above it."""
    return not folder or root == folder or root.startswith(f"{folder}/")


def parse_timestamps(data: bytes) -> tuple[datetime, datetime] | None:
    """Give the earliest and latest time of a ``timestamp`` file in UTC; its lines are in no order."""
    times = [time for found in _TIME.finditer(data) if (time := _time(found)) is not None]
    return (min(times), max(times)) if times else None


def _time(found: re.Match[bytes]) -> datetime | None:
    day, fraction, sign, hours, minutes = (part.decode("ascii") if part else "" for part in found.groups())
    try:
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
        local = datetime.fromisoformat(day).replace(tzinfo=timezone(offset))
        return (local + timedelta(microseconds=int(fraction[:6].ljust(6, "0")))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
