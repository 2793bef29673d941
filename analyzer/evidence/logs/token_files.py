"""A token file that could not be read, told from every other missing file by its path or its envelope."""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzer.patterns import later

_REASON = later(r"no\s+such\s+file\s+or\s+directory|permission\s+denied", re.IGNORECASE)
_PATH = r"(?P<path>/[^\s:,;\"'`<>()\x1f]+)"

_BEFORE = later(  # the path stands before its reason
    rf"{_PATH}\s*['\"`]?\s*(?::\s*|\(\s*)(?:open\s+\S+:\s*)?$"
)
_AFTER = later(rf"\s*(?:,\s+open|:)?\s*['\"]?\s*{_PATH}", re.IGNORECASE)

_AWS_TOKEN = later(
    r"/secrets/(?:openshift/serviceaccount|eks\.amazonaws\.com|sts\.amazonaws\.com|cloud-token)/"
    r"|web.?identity|bound-sa-token|/aws[\w-]*token",
    re.IGNORECASE,
)
_TOKEN = later(r"token|jwt", re.IGNORECASE)


_SAID = {
    "Can't open token file": "it cannot be opened",
    "Could not find file": "no such file or directory",
    "NoSuchFileException:": "no such file or directory",
    "Access to the path": "permission denied",
    "AccessDeniedException:": "permission denied",
}
_NAMES_FILE = ("unable to", "Unable to", *_SAID)
"""Words that stand before the path; those of other languages than Go say the reason too."""


class TokenFile(NamedTuple):
    """A token file that could not be read."""

    path: str | None
    reason: str


def token_file_at(text: str, begin: int, end: int, web_identity: bool) -> TokenFile | None:
    """Judge the words at ``begin`` to ``end``; ``web_identity`` says that the text is of an AWS sign-in."""
    words = " ".join(text[begin:end].split())
    if words.startswith("failed fetching"):
        # The reason follows, if at all; with it, the next mark says more.
        return None if _REASON.search(text, end, end + 600) else TokenFile(None, words)
    if words.startswith(_NAMES_FILE):
        found = _AFTER.match(text, end)
        reason = _REASON.search(text, end, end + 400)
        said = " ".join(reason[0].lower().split()) if reason else _SAID.get(words, "unable to read file")
        if found is None:
            return None
    else:
        found = _BEFORE.search(text, max(0, begin - 300), begin) or _AFTER.match(text, end)
        said = words.lower()
        if found is None:
            return None
    path = found["path"].rstrip(".")
    if _AWS_TOKEN.search(path) or (web_identity and _TOKEN.search(path)):
        return TokenFile(path, said)
    return None
