"""The chain drawn as a line of links, and the matrix of operators and links where chains differ."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.findings.report import Chain, Link
from analyzer.reports.page import Page
from analyzer.reports.story import Story
from analyzer.reports.wording import listed

_INDENT = 1

_Rows = Sequence[tuple[str, Sequence[str]]]
"""A label and the states of some links, for each row of a matrix."""


def draw_chain(page: Page, chain: Chain) -> list[str]:
    """Draw the links of a chain in order, the state of each below it, the broken one marked.

    Links that do not apply are named in a line below, so that the rest has room.
    """
    broken = _marked(chain)
    cells = [
        (f"{page.signs.states[link.state]} {link.link}" if link.link == broken else link.link, link.state)
        for link in chain.links
        if link.state != "not-applicable"
    ]
    lines = []
    for row, gap in _rows(page, cells):
        top, bottom = "", ""
        for position, (name, state) in enumerate(row):
            width = max(len(name), len(page.state(state))) + gap
            last = position == len(row) - 1 and row[-1] is cells[-1]
            line = "" if last else _connector(page, width - len(name), gap)
            top += page.paint(name, state if " " in name else "") + line
            bottom += page.paint(page.state(state), state) + " " * (width - len(page.state(state)))
        lines += [" " * _INDENT + top.rstrip(), " " * _INDENT + bottom.rstrip()]
    absent = [link.link for link in chain.links if link.state == "not-applicable"]
    if absent and page.verbose:
        lines += page.paragraph(f" {page.state('not-applicable')}: ", listed(absent), "not-applicable")
    return lines


def _marked(chain: Chain) -> str | None:
    return chain.verdict.link if chain.verdict.state in ("fail", "suspected", "warn") else None


def _connector(page: Page, room: int, gap: int) -> str:
    return f" {page.signs.line * (room - 2)} " if gap > 2 else page.signs.line * room


def _rows(page: Page, cells: Sequence[tuple[str, str]]) -> list[tuple[list[tuple[str, str]], int]]:
    """Put the links on one row if they fit, drawn tightly if need be; else on several."""
    room = page.width - _INDENT
    widths = [max(len(name), len(page.state(state))) for name, state in cells]
    for gap in (3, 2):
        if sum(widths) + gap * (len(cells) - 1) <= room:
            return [(list(cells), gap)] if cells else []
    rows: list[list[tuple[str, str]]] = [[]]
    used = 0
    for cell, width in zip(cells, widths, strict=True):
        if rows[-1] and used + width + 3 > room:
            rows.append([])
            used = 0
        rows[-1].append(cell)
        used += width + 3
    return [(row, 3) for row in rows]


def draw_matrix(page: Page, story: Story, most: int) -> list[str]:
    """Draw the links in which the chains differ, one row for all chains that are alike."""
    grouped: dict[tuple[str, ...], list[Chain]] = {}
    for chain in (chain for group in story.groups for chain in group.chains):
        grouped.setdefault(tuple(_compared(page, link) for link in chain.links), []).append(chain)
    names = [link.link for link in story.used[0].links] if story.used else []
    differing = [n for n, column in enumerate(zip(*grouped, strict=False)) if len(set(column)) > 1]
    if not differing or not most:
        return []
    rows = [(_label(story, cs), [cs[0].links[n].state for n in differing]) for cs in grouped.values()]
    most += len(rows) == most + 1
    left = len(rows) - most
    columns = [names[n] for n in differing]
    lines = _table(page, columns, rows[:most]) or _list(page, columns, rows[:most])
    return [*lines, f"  {page.signs.dots} {left} more like these: -v for all"] if left > 0 else lines


def alike(page: Page, one: Chain, other: Chain) -> bool:
    """Tell whether a row of the matrix would be the same for both."""
    return all(_compared(page, a) == _compared(page, b) for a, b in zip(one.links, other.links, strict=True))


def _compared(page: Page, link: Link) -> str:
    """Give the state as it counts for a difference: symptoms and what does not apply are none of it."""
    if page.verbose:
        return link.state
    return "pass" if link.link == "operator" or link.state == "not-applicable" else link.state


def _label(story: Story, chains: Sequence[Chain]) -> str:
    return listed([story.name(chain.id) for chain in chains], 40)


def _table(page: Page, columns: list[str], rows: _Rows) -> list[str]:
    """Set the matrix as a table; nothing if the page is too narrow for it."""
    from tabulate import tabulate

    taken = sum(max(len(c), max(len(page.state(s[n])) for _, s in rows)) + 2 for n, c in enumerate(columns))
    room = page.width - taken - 2
    if room < 16:
        return []
    body = [
        [page.cut(label, room), *(page.paint(page.state(s), s) for s in states)] for label, states in rows
    ]
    table = tabulate(body, headers=["", *columns], tablefmt="plain", disable_numparse=True)
    return [f"  {line}".rstrip() for line in table.splitlines()]


def _list(page: Page, columns: list[str], rows: _Rows) -> list[str]:
    """Set the matrix as sentences, for narrow pages."""
    lines = []
    for label, states in rows:
        cells = [f"{name} {page.state(state)}" for name, state in zip(columns, states, strict=True)]
        lines += page.paragraph("  ", f"{label}: {', '.join(cells)}", hang=4)
    return lines
