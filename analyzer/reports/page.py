"""The page that text is set on: its width, its signs, its colours, and paragraphs that fit it."""

from __future__ import annotations

from analyzer.frozen import frozen
from analyzer.reports.inert import escape, inert
from analyzer.reports.paths import short_paths
from analyzer.reports.wording import STATE_WORDS

NARROWEST = 40
"""Below this width lines are not made shorter: nothing could be read."""

_COPIED = 160
"""An ARN, a URL or a subject of a token up to this long is never broken: it is to be copied."""


@frozen
class Signs:
    """What is drawn beside words; nothing is ever said by a sign alone."""

    states: dict[str, str]
    dot: str
    dots: str
    line: str
    dash: str
    times: str


_UNICODE = Signs(
    {
        "pass": "✔",
        "fail": "✘",
        "suspected": "?",
        "warn": "!",
        "info": "i",
        "unknown": "?",
        "not-applicable": "·",
        "error": "!",
    },
    "·",
    "…",
    "─",
    "—",
    "×",
)
_ASCII = Signs(
    {**_UNICODE.states, "pass": "+", "fail": "x", "not-applicable": "-"}, "|", "...", "-", "-", "x"
)

_PLAIN = {
    "…": "...",
    "—": "-",
    "–": "-",
    "→": "->",
    "×": "x",
    "·": "|",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
}
"""What well-known signs of a text become where only ASCII may be shown."""

_COLOURS = {
    "pass": "32",
    "fail": "1;31",
    "suspected": "1;33",
    "warn": "33",
    "info": "34",
    "unknown": "36",
    "not-applicable": "2",
    "error": "1;31",
    "path": "36",
    "command": "1",
    "quiet": "2",
    "title": "1",
}


def wrapped(text: str, first: int, rest: int) -> list[str]:
    """Break a text at spaces into one line of ``first`` characters and others of ``rest``.

    An ARN, a URL or a token's subject that is wider than a line stands on one of its own, as commands do.
    """
    lines, room = [""], first
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
            continue
        if lines[-1] or (len(word) > room and rest > room):
            lines.append("")
            room = rest
        at = 0
        while len(word) - at > room and not _is_copied(word, at):
            lines[-1], at = word[at : at + room], at + room
            lines.append("")
            room = rest
        lines[-1] = word[at:]
    return lines


def _is_copied(word: str, at: int) -> bool:
    return len(word) - at <= _COPIED and (":" in word[at:] or "/" in word[at:])


@frozen
class Page:
    """How a text is set; ``safe`` must have been applied to every string of an input."""

    width: int = 100
    color: bool = False
    ascii: bool = False
    verbose: bool = False
    files: frozenset[str] = frozenset()
    """Files of which none may be shown as another is."""

    @property
    def signs(self) -> Signs:
        """The signs that this page may use."""
        return _ASCII if self.ascii else _UNICODE

    def safe(self, text: str) -> str:
        """Make a string of the report harmless, and plain ASCII where the page is."""
        text = inert(text)
        if not self.ascii or text.isascii():
            return text
        return "".join(c if c.isascii() else _PLAIN.get(c) or escape(c) for c in text)

    def path(self, file: str, room: int) -> str:
        """Shorten the path of a file to its room, and otherwise than those of ``files``."""
        files = self.files if file in self.files else self.files | {file}
        return short_paths(files, room, self.signs.dots)[file]

    def paint(self, text: str, role: str) -> str:
        """Colour a text that is already laid out."""
        if not self.color or not text or role not in _COLOURS:
            return text
        return f"\x1b[{_COLOURS[role]}m{text}\x1b[0m"

    def state(self, state: str) -> str:
        """Write a state as sign and word."""
        return f"{self.signs.states[state]} {STATE_WORDS[state]}"

    def joined(self, parts: list[str]) -> str:
        """Join the parts of a line with the page's dot, leaving out empty ones."""
        return f" {self.signs.dot} ".join(part for part in parts if part)

    def paragraph(self, lead: str, text: str, role: str = "", hang: int | None = None) -> list[str]:
        """Wrap a text behind a lead, which is painted; later lines hang below the text or ``hang``."""
        hang = min(len(lead) if hang is None else hang, self.width // 2)
        if len(lead) > self.width - 12:
            text = lead.lstrip() + text
            lead = " " * (len(lead) - len(lead.lstrip()))
        first, *rest = wrapped(text, self.width - len(lead), self.width - hang)
        return [self.paint(lead, role) + first if first else self.paint(lead.rstrip(), role),
                *(" " * hang + line for line in rest)]  # fmt: skip

    def one_line(self, lead: str, text: str, role: str = "") -> str:
        """Set a text on one line; what does not fit is cut off with dots."""
        return self.paint(lead, role) + self.cut(text, self.width - len(lead))

    def cut(self, text: str, room: int) -> str:
        """Cut a text at its end so that it fits."""
        dots = self.signs.dots
        if len(text) <= room:
            return text
        return text[: max(room - len(dots), 0)].rstrip() + dots
