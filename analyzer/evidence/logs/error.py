"""One classified error, and where its own words end in the text around it."""

from __future__ import annotations

from analyzer.evidence.logs.text import FILLER, normalise
from analyzer.frozen import frozen
from analyzer.patterns import later


@frozen
class Classified:
    """One error: ``start`` and ``end`` are the span of its own words in the text that was classified."""

    klass: str
    message: str
    start: int
    end: int
    issuer: str | None = None
    role_arn: str | None = None
    action: str | None = None
    resource: str | None = None
    caller: str | None = None
    layer: str | None = None
    token_path: str | None = None


_END = later(
    r"\n|,?\s+status\s+code:|,?\s*request\s+id:|\s+\(Service:|[\"'\]]+\s*[,}\]]|\"\s+[\w.]+=|\"\s*$|>(?:\s|$)"
    r"|</|\s+\(\w+\(|;\s|\s+Encoded\s+authorization|\s+\{|\s+\"\w+\""
)


def words_end(text: str, begin: int, longest: int = 500) -> int:
    """Find where the words that begin at ``begin`` stop and the envelope or the record goes on."""
    found = _END.search(text, begin, begin + longest)
    stop = found.start() if found else min(len(text), begin + longest)
    return begin + len(text[begin:stop].rstrip(" \t\"'])}>.,;:*" + FILLER))


def worded(klass: str, text: str, start: int, end: int | None = None) -> Classified:
    """Build an error whose message is the words of the span; without ``end``, up to where they stop."""
    stop = words_end(text, start) if end is None else end
    return Classified(klass, normalise(text[start:stop]), start, stop)
