"""What ``sts-doctor collect``'s script leaves beside its answers: its manifest, and what oc was refused."""

from __future__ import annotations

import re
from datetime import datetime

from analyzer.evidence.origin import Quote
from analyzer.evidence.records import Collected, FailedCall
from analyzer.patterns import later

MANIFEST = "# sts-doctor collect manifest 1"
"""The first line of a manifest, by which analyze knows it; the script writes it too."""

_STARTED = later(rb"^# started (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\r?$", re.MULTILINE)
_REFUSED = later(rb"^(Error from server \((\w{1,40})\): ([^\r\n]{1,600}))", re.MULTILINE)
_ASKED = later(r'User "[^"]*" cannot (?P<verb>\w+) resource "(?P<kind>[^"]+)"')
_MOST = 100
_LONGEST = 64 * 1024


def read_manifest(input_id: str, path: str, data: bytes) -> Collected | None:
    """Read the manifest's time; None for a file that is no manifest."""
    started = _STARTED.search(data[:1024])
    if not data.startswith(MANIFEST.encode()) or started is None:
        return None
    at = datetime.fromisoformat(started[1].decode("ascii"))
    return Collected(at, Quote(input_id, path, 2, started.group().decode("ascii").strip()))


def read_refusals(input_id: str, path: str, data: bytes) -> list[FailedCall]:
    """Read what the API server refused, in oc's words; nothing from a file that is mostly something else."""
    if len(data) > _LONGEST:
        return []
    return [_refusal(input_id, path, data, match) for match in list(_REFUSED.finditer(data))[:_MOST]]


def _refusal(input_id: str, path: str, data: bytes, match: re.Match[bytes]) -> FailedCall:
    message = match[3].decode("utf-8", "replace")
    asked = _ASKED.search(message)
    operation = f"oc {asked['verb']} {asked['kind']}" if asked else "oc"
    line = data.count(b"\n", 0, match.start()) + 1
    quote = Quote(input_id, path, line, match[1].decode("utf-8", "replace"))
    return FailedCall(operation, match[2].decode("ascii"), message, None, quote)
