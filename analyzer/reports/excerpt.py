"""A quoted line of an input, with its number, and a mark under the part that proves the finding."""

from __future__ import annotations

from analyzer.findings.report import Evidence
from analyzer.frozen import frozen
from analyzer.patterns import later
from analyzer.reports.page import Page
from analyzer.reports.story import says_something

_LONGEST = 600
"""More of a line than this is neither searched nor shown."""

_BOUNDS = ":/.@"
"""Where a part of a value ends: a mark shows whole parts, not the letters that happen to differ."""

_TOKEN = later(r"[^\s\"'`,;()\[\]{}<>]{8,}")


@frozen
class Mark:
    """The part of a line that is meant: ``start`` to ``end``, and within it what differs."""

    start: int
    end: int
    differs: tuple[int, int] | None = None


def quoted(
    page: Page, evidence: Evidence, message: str, gutter: int, *, first: bool, several: bool
) -> list[str]:
    """Set one piece of evidence: an arrow with its place, then the line, if it says something.

    Where there are ``several`` inputs, the place begins with the id of the one that the file is in.
    """
    arrow = "-->" if first else ":::"
    place = f":{evidence.line}" + (f":{evidence.column}" if evidence.column else "")
    lead = f"{' ' * gutter}{arrow} " + (f"{page.safe(evidence.input)}:" if several else "")
    path = page.safe(evidence.file)
    role = page.safe(evidence.role)
    telling = says_something(evidence)
    room = page.width - len(lead) - len(place)
    if not page.verbose:
        path = page.path(path, room)
    note = "" if telling or len(lead + path + place + role) + 3 > page.width else f" ({role})"
    head = lead + page.paint(path + place, "path") + note
    return [head, *_line(page, evidence, message, gutter)] if telling else [head]


def gutter_of(pieces: tuple[Evidence, ...]) -> int:
    """Give the width that the line numbers of these pieces need."""
    return max((len(str(e.line)) for e in pieces), default=1)


def _line(page: Page, evidence: Evidence, message: str, gutter: int) -> list[str]:
    """Set the line and, below it, the mark with its label; both are cut to the page around the mark."""
    raw = evidence.excerpt[:_LONGEST].rstrip()
    mark = find_mark(raw, message, evidence.column)
    text, mark = _shown(page, raw, mark)
    text, mark = _window(page, text, mark, page.width - gutter - 3)
    number = f"{evidence.line:>{gutter}} | "
    blank = f"{'':{gutter}} | "
    notes = _labelled(page, _underline(mark), mark.start, page.safe(evidence.role), page.width - len(blank))
    lines = [page.paint(number, "quiet") + text]
    return [*lines, *(page.paint(blank, "quiet") + page.paint(note, "warn") for note in notes)]


def _labelled(page: Page, under: str, start: int, role: str, room: int) -> list[str]:
    """Put the label behind the mark, or before it, or on a line of its own: where there is room."""
    if len(under) + 1 + len(role) <= room:
        return [f"{under} {role}".rstrip()]
    if len(role) < start:
        return [f"{role:>{start - 1}} {under[start:]}"]
    return [under, page.cut(role, room)]


def find_mark(line: str, message: str, column: int | None) -> Mark:
    """Find what a line has in common with the message that it proves; else begin at the column."""
    start, end = _whole_words(line, *_shared(line, message[:_LONGEST]))
    word = line[start:end]
    if len(word) >= 6 or (len(word) >= 3 and any(c.isdigit() for c in word)):
        return Mark(start, end, _difference(word, start, message))
    begin = column - 1 if column and column <= len(line) and not line.startswith("…") else 0
    begin += len(line[begin:]) - len(line[begin:].lstrip())
    return Mark(begin, max(len(line), begin + 1))


def _shared(line: str, message: str) -> tuple[int, int]:
    """Give the longest part of a line that is in the message too, the first of several as long."""
    start = end = 0
    for begin in range(len(line)):
        stop = begin + end - start + 1
        while stop <= len(line) and line[begin:stop] in message:
            start, end, stop = begin, stop, stop + 1
    return start, end


def _whole_words(line: str, start: int, end: int) -> tuple[int, int]:
    """Draw a part of a line together until it begins and ends with whole words."""
    while start < end and (not line[start].isalnum() or (start and line[start - 1].isalnum())):
        start += 1
    while end > start and (
        not line[end - 1].isalnum() or (end < len(line) and (line[end].isalnum() or line[end] in "_-"))
    ):
        end -= 1
    return start, end


def _difference(word: str, start: int, message: str) -> tuple[int, int] | None:
    """Give the part of a value in which it differs from its near double in the message."""
    if not _TOKEN.fullmatch(word):
        return None
    from difflib import SequenceMatcher

    tokens = {t.rstrip(".:") for t in _TOKEN.findall(message)} - {word}
    near = [t for t in tokens if SequenceMatcher(None, word, t, autojunk=False).ratio() >= 0.75]
    if len(near) != 1:
        return None
    other = near[0]
    head = next((n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), len(word))
    tail = 0
    while tail < min(len(word), len(other)) - head and word[-1 - tail] == other[-1 - tail]:
        tail += 1
    first, last = head, len(word) - tail
    if first >= last:
        return None
    while first and word[first - 1] not in _BOUNDS:
        first -= 1
    while last < len(word) and word[last] not in _BOUNDS:
        last += 1
    return start + first, start + last


def _shown(page: Page, raw: str, mark: Mark) -> tuple[str, Mark]:
    """Make a line harmless and move its mark to where the same characters now stand."""

    def at(position: int) -> int:
        return len(page.safe(raw[:position]))

    differs = (at(mark.differs[0]), at(mark.differs[1])) if mark.differs else None
    return page.safe(raw), Mark(at(mark.start), max(at(mark.end), at(mark.start) + 1), differs)


def _window(page: Page, text: str, mark: Mark, room: int) -> tuple[str, Mark]:
    """Cut a line to the page so that the mark stays in sight."""
    dots = page.signs.dots
    if len(text) <= room:
        return text, mark
    begin = 0 if mark.end <= room - len(dots) else _begin(text, mark, room - 2 * len(dots))
    lead = dots if begin else ""
    body = text[begin : begin + room - len(lead)]
    if begin + room - len(lead) < len(text):
        body = body[: len(body) - len(dots)] + dots
    shift = len(lead) - begin

    def moved(position: int) -> int:
        return min(max(position + shift, 0), room)

    differs = (moved(mark.differs[0]), moved(mark.differs[1])) if mark.differs else None
    if differs and differs[0] >= differs[1]:
        differs = None
    return lead + body, Mark(moved(mark.start), max(moved(mark.end), moved(mark.start) + 1), differs)


def _begin(text: str, mark: Mark, room: int) -> int:
    """Choose where a line is to begin: so that the mark ends in sight, or else what differs in it."""
    start, end = mark.differs if mark.differs and mark.end - mark.start > room else (mark.start, mark.end)
    begin = max(0, min(mark.start - room // 4, len(text) - room), min(end + 1 - room, start))
    indented = len(text[begin:]) - len(text[begin:].lstrip())
    return min(begin + indented, start)


def _underline(mark: Mark) -> str:
    """Draw carets under what is meant; where only a part differs, carets there and dashes elsewhere."""
    if not mark.differs:
        return " " * mark.start + "^" * (mark.end - mark.start)
    first, last = mark.differs
    return " " * mark.start + "-" * (first - mark.start) + "^" * (last - first) + "-" * (mark.end - last)
