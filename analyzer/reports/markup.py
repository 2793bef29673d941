"""Text from inputs in Markdown, made harmless: no link, no markup, no HTML, no mention comes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.patterns import later
from analyzer.reports.inert import inert

_PLAIN = later(
    r"""[("'“‘]*[^\W_](?:[^\W_]|[-'’/,=%](?=[^\W_])|(?<=\d)\.(?=\d))*[)"'”’.,;:?!%…]*|\d\d:\d\dZ,?|[-–—=·×→…(&]+"""
)
"""A word in which no flavour of Markdown sees anything but a word."""

_EDGES = later(r"""^([("']*)(.*?)([)"'.,;:!?]*)$""", re.DOTALL)
_LINKED = later(r"(?i)www\.|https?|ftp")


def prose(text: str) -> str:
    """Write a sentence of a report: plain words as they are, every value as code.

    What names, paths, ARNs and URLs hold is never read as markup inside code, and is easier to see.
    What stands between two backticks, as commands do in the reasons of rules, is one piece of code.
    """
    parts = inert(text).split("`")
    if len(parts) % 2 == 0:  # a lone backtick is a character of some value
        parts = [inert(text)]
    written = [code(part) if n % 2 else _words(part, after_code=n > 0) for n, part in enumerate(parts)]
    return "".join(written).strip()


def _words(text: str, *, after_code: bool) -> str:
    close = len(text) - len(text.lstrip(".,;:!?)")) if after_code else 0
    return text[:close] + " ".join(_word(word) for word in text[close:].split(" "))


def _word(word: str) -> str:
    if not word or (_PLAIN.fullmatch(word) and not _LINKED.search(word)):
        return word.replace("&", "&amp;")
    before, inner, after = _EDGES.fullmatch(word).groups()  # type: ignore[union-attr]
    return f"{before}{code(inner)}{after}" if inner else code(word)


def code(text: str) -> str:
    """Write a value as code on one line, whatever backticks it holds."""
    text = inert(text)
    if not text.strip():
        return ""
    fence = "`" * (_longest(text, "`") + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def cell(text: str) -> str:
    """Fit written Markdown into a cell of a table: a bar ends a cell even inside code."""
    return text.replace("|", "\\|")


def block(lines: Sequence[str], language: str = "", mark: str = "`") -> list[str]:
    """Set lines as a fenced block; the fence is longer than any in them."""
    lines = [inert(line) for line in lines]
    fence = mark * max(3, _longest("\n".join(lines), mark) + 1)
    return [fence + language, *lines, fence]


def _longest(text: str, mark: str) -> int:
    return max((len(run) for run in re.findall(re.escape(mark) + "+", text)), default=0)


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Set written Markdown as a table."""
    return [
        f"| {' | '.join(cell(text) for text in row)} |" if row else f"|{'---|' * len(head)}"
        for row in (head, [], *rows)
    ]
