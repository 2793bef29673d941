"""URLs of strangers, taken apart without a complaint."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_NONE = SplitResult("", "", "", "", "")


def split_url(url: str) -> SplitResult:
    """Take a URL apart as ``urlsplit`` does; where host or port is none (``https://[x``), give nothing."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return _NONE
    return parts
