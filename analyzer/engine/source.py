"""Text from a rule file that remembers where it stands, so that errors can point at it."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.errors import RuleProblem
from analyzer.frozen import frozen

_EXCERPT_WIDTH = 120


@frozen
class Text:
    """A scalar of a rule file.

    ``value`` is what YAML makes of it; ``raw`` is how the file writes it (quotes, block header and
    indentation included), beginning at ``line`` and ``column``. Without ``raw``, ``value`` itself
    begins there.
    """

    value: str
    file: str = "<expression>"
    line: int = 1
    column: int = 1
    raw: str = ""


def place(text: Text, offset: int) -> tuple[int, int]:
    """Line and column in the file, both from 1, of the character at ``offset`` of the value."""
    raw = text.raw or text.value
    index = _raw_index(text.value, raw, offset) if text.raw else min(offset, len(raw))
    before = raw[:index]
    breaks = before.count("\n")
    if breaks:
        return text.line + breaks, index - before.rfind("\n")
    return text.line, text.column + index


def _raw_index(value: str, raw: str, offset: int) -> int:
    """Walk both texts side by side: YAML only drops quotes, escapes, indentation and line breaks."""
    opening = raw[:1]
    at = raw.find("\n") + 1 if opening in ("|", ">") else int(opening in ("'", '"'))
    done = 0
    while done < offset and at < len(raw) and done < len(value):
        if raw[at] == value[done]:
            done += 1
            at += 1
        elif raw[at].isspace() and value[done].isspace():
            done += 1
        else:
            at += 1
    while done < len(value) and at < len(raw) and raw[at] != value[done]:
        at += 1
    return at


def locate(text: Text, offset: int) -> str:
    """``file:line:column`` of an offset of the value."""
    line, column = place(text, offset)
    return f"{text.file}:{line}:{column}"


def excerpt(text: Text, start: int, end: int) -> str:
    """Return the line of the value that holds ``start``, with carets under the marked part."""
    value = text.value
    start = min(start, len(value))
    left = value.rfind("\n", 0, start) + 1
    right = value.find("\n", start)
    right = len(value) if right < 0 else right
    left = max(left, start - _EXCERPT_WIDTH // 2)
    right = min(right, left + _EXCERPT_WIDTH)
    width = max(1, min(end, right) - start)
    return f"    {value[left:right]}\n    {' ' * (start - left)}{'^' * width}"


def problem(text: Text, what: str, start: int, end: int, advice: str = "") -> RuleProblem:
    """Return a load error that shows the place in the expression or template, with carets."""
    lead = advice if advice.endswith("?") else f"{advice or 'See'}:"
    return RuleProblem(what, where=locate(text, start), do=f"{lead}\n{excerpt(text, start, end)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice for a misspelt name: the nearest known one, else what is known; empty where nothing is."""
    from difflib import get_close_matches

    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    head = name.split(".")[0]
    kin = [item for item in names if item.split(".")[0] == head] or names
    if not kin:
        return ""
    more = f" and {len(kin) - 10} more" if len(kin) > 10 else ""
    return f"Known here: {', '.join(kin[:10])}{more}"
