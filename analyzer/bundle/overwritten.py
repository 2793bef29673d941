"""Values that a hand wrote over with signs that YAML takes for its own: ``***``, ``{{gone}}``, ``#####``.

A comment may stand behind them: who masks a value often says so beside it.
"""

from __future__ import annotations

import re

from analyzer.patterns import later

_SIGNS = later(
    rb"((?:^|[ \t])(?:- |[\w./-]+:[ \t]+))"
    rb"(\*\*\S*|%\S+%|@@\S*|`[^`\n]+`|\{\{[\w -]+\}\})(?=[ \t\r]*$|[ \t]+#)",
    re.MULTILINE,
)
_BAR = later(r"[ \t]+(#{3,})(?=[ \t\r]*$|[ \t]+#)", re.MULTILINE)


def legible(data: bytes) -> bytes:
    """Give a text that is no YAML with an X for each character of such values: lines and columns stay."""
    return _SIGNS.sub(lambda found: found[1] + b"X" * len(found[2]), data)


def bar_at(text: str, index: int) -> str | None:
    """Give the signs that stand where a value would and begin a comment; None where there are none."""
    found = _BAR.match(text, index)
    return found[1] if found else None
