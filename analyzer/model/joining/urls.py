"""URLs of strangers, taken apart and compared without a complaint."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from analyzer.aws_domains import OF_ROSA

_NONE = SplitResult("", "", "", "", "")


def split_url(url: str) -> SplitResult:
    """Take a URL apart as ``urlsplit`` does; where host or port is none (``https://[x``), give nothing."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return _NONE
    return parts


def url_difference(wanted: str, found: str) -> str | None:
    """Say how a provider's Url differs from the issuer, if only by slash, case, port, path or scheme."""
    for scheme in ("http://", "https://"):
        if found.startswith(scheme) and found.removeprefix(scheme) == wanted:
            return f"it carries the scheme {scheme}"
    if found == wanted:
        return None
    if found.rstrip("/") == wanted.rstrip("/"):
        return "a trailing slash"
    if found.lower() == wanted.lower():
        return "capital letters"
    try:
        one, other = urlsplit(f"//{wanted}"), urlsplit(f"//{found}")
    except ValueError:  # no host that is one
        return None
    if one.hostname != other.hostname:
        return None
    try:
        ports = one.port, other.port
    except ValueError:
        return "the port"
    if ports[0] != ports[1]:
        return "the port"
    if other.path.startswith(f"{one.path.rstrip('/')}/") or one.path.startswith(f"{other.path.rstrip('/')}/"):
        return "the path"
    shared_host = (one.hostname or "").startswith(("oidc.", "rh-oidc.")) or "/" in wanted
    return None if shared_host and other.path.strip("/") else "the path"


def is_red_hats(issuer: str) -> bool:
    """Tell an issuer of ROSA whose documents Red Hat publishes, in its own buckets or on its own hosts."""
    host = split_url(issuer).hostname or ""
    return host.startswith("rh-oidc.") or host.endswith(tuple(f".{domain}" for domain in OF_ROSA))
