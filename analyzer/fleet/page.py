"""A fleet report as one HTML file with charts, made as the report of one bundle is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from jinja2 import Template

from analyzer.fleet.figures import Figures
from analyzer.fleet.sections import Bar, Section, Stack
from analyzer.frozen import frozen
from analyzer.reports.html.page import asset, environment, policy
from analyzer.reports.inert import inert
from analyzer.reports.wording import counted
from analyzer.version import __version__

HEIGHT = 100
"""Units of a chart over time from its foot to its top."""

_PACKAGE = "analyzer.fleet"
_SHADES = 5


@frozen
class Block:
    """A part of a column: its cause, clusters, colour, and place from the top in units of the height."""

    cause: str
    number: int
    colour: int
    top: float
    height: float


@frozen
class Drawn:
    """A section with what the template needs to draw it."""

    anchor: str
    section: Section
    bars: tuple[tuple[Bar, float], ...]
    """Each with its length in percent of the longest."""
    columns: tuple[tuple[str, int, tuple[Block, ...]], ...]
    """Label, clusters, blocks."""
    colours: tuple[str, ...]
    numeric: frozenset[int]
    """Columns of the table that hold numbers."""
    most: int
    """The largest number of a shaded table."""


def show_html(figures: Figures, parts: Sequence[Section]) -> str:
    """Write sections as one HTML document without script and without any outer reference.

    Every text is made inert and escaped.
    """
    style, more = asset("report.css"), asset("fleet.css", _PACKAGE)
    drawn = [_drawn(part) for part in parts]
    return _template().render(
        policy=policy([style, more]), style=style, more=more, generator=f"sts-doctor {__version__}",
        figures=figures, headline=_headline(figures), first=drawn[0], parts=drawn[1:], height=HEIGHT,
    )  # fmt: skip


@cache
def _template() -> Template:
    made = environment(_PACKAGE)
    made.filters |= {"inert": lambda value: inert(str(value)), "shade": _shade}
    return made.get_template("fleet.html")


def _headline(figures: Figures) -> str:
    """Say in a sentence how the fleet is."""
    said = figures.verdicts.get
    words = [
        f"{said(state, 0)} {word}"
        for state, word in (("fail", "broken"), ("suspected", "suspected"), ("unknown", "not known"))
        if said(state)
    ]
    if not figures.clusters:
        return "No cluster was judged"
    return f"{counted(figures.clusters, 'cluster')}: {', '.join(words) or 'none is broken'}"


def _drawn(part: Section) -> Drawn:
    longest = max((bar.number for bar in part.bars), default=0)
    highest = max((sum(number for _, number in stack.parts) for stack in part.stacks), default=0)
    cells = [pair for row in part.table.rows for pair in enumerate(row)] if part.table else []
    numbers = [(column, cell) for column, cell in cells if isinstance(cell, int)]
    return Drawn(
        anchor=re.sub(r"[^a-z]+", "-", part.title.lower()),
        section=part,
        bars=tuple((bar, 100 * bar.number / longest) for bar in part.bars if longest),
        columns=tuple(_column(stack, highest) for stack in part.stacks if highest),
        colours=tuple(cause for cause, _ in part.stacks[0].parts) if part.stacks else (),
        numeric=frozenset(column for column, _ in numbers),
        most=max((cell for _, cell in numbers), default=0) if part.shaded else 0,
    )


def _column(stack: Stack, highest: int) -> tuple[str, int, tuple[Block, ...]]:
    blocks, at = [], float(HEIGHT)
    for colour, (cause, number) in enumerate(stack.parts):
        height = HEIGHT * number / highest
        at -= height
        if number:
            blocks.append(Block(cause, number, colour, at, height))
    return stack.label, sum(number for _, number in stack.parts), tuple(blocks)


def _shade(number: object, most: int) -> int:
    """Give the shade of a cell, 0 for none."""
    return -(-_SHADES * number // most) if isinstance(number, int) and most else 0
