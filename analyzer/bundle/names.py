"""Member names as clean virtual paths; nothing is ever written under them."""

from __future__ import annotations

from analyzer.patterns import later

_DRIVE = later(r"[A-Za-z]:[\\/]")
_INSIDE_ROOT = (
    "/namespaces/",
    "/cluster-scoped-resources/",
    "/insights-data/",
    "/audit_logs/",
    "/host_service_logs/",
    "/static-pods/",
    "/nodes/",
)


class UnsafeNameError(ValueError):
    """A member name points outside its archive or is no name at all."""


def clean_name(name: str, longest: int = 4096, *, windows: bool = False) -> str:
    """Give a member name as a relative POSIX path without ``.`` parts.

    ``windows`` turns backslashes into slashes, as zip files from Windows need; elsewhere a
    backslash is an ordinary character (systemd unit names hold it). Raises UnsafeNameError.
    """
    if len(name) > longest:
        raise UnsafeNameError(f"name longer than {longest} characters")
    if "\0" in name:
        raise UnsafeNameError("name with a NUL byte")
    if name[1:2] == ":" and _DRIVE.match(name):
        raise UnsafeNameError("name with a drive letter")
    if ".." in name and ".." in name.replace("\\", "/").split("/"):
        raise UnsafeNameError("name that climbs out with ..")
    if windows:
        name = name.replace("\\", "/")
    parts = name.split("/")
    if "" not in parts and "." not in parts:
        return name
    return "/".join(part for part in parts if part not in ("", "."))


def decode_name(raw: bytes) -> str:
    r"""Give a name's text; bytes that are not UTF-8 show as ``\xNN``."""
    return raw.decode("utf-8", "backslashreplace")


def escapes(target: str) -> bool:
    """Tell whether a link's target is absolute or climbs up at all."""
    return target.startswith("/") or ".." in target.split("/")


def inside_must_gather(path: str) -> bool:
    """Tell whether a path lies in a part of a must-gather whose archives are not bundles themselves."""
    rooted = f"/{path}"
    return any(mark in rooted for mark in _INSIDE_ROOT)
