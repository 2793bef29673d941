"""A fleet report as text, markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass

from tabulate import tabulate

from analyzer.fleet.figures import Figures
from analyzer.fleet.sections import Section, Table
from analyzer.reports.inert import inert

_MARKUP = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>#|~"})


def show_text(parts: Sequence[Section]) -> str:
    """Write sections for a terminal: titles, sentences, aligned tables."""
    lines: list[str] = []
    for part in parts:
        lines += [inert(part.title).upper(), *map(inert, part.text)]
        if part.table is not None:
            lines += _table(part.table, inert, "simple")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def show_markdown(parts: Sequence[Section]) -> str:
    """Write sections as markdown in which no text of an input is markup."""
    lines: list[str] = []
    for number, part in enumerate(parts):
        lines += [f"{'#' if number == 0 else '##'} {_plain(part.title)}", "", *(_plain(t) for t in part.text)]
        if part.table is not None:
            lines += [""] if part.text else []
            lines += _table(part.table, _plain, "pipe")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def show_json(figures: Figures) -> str:
    """Write all figures, uncut."""
    return json.dumps(_plain_values(figures), indent=2) + "\n"


def _table(table: Table, change: Callable[[str], str], style: str) -> list[str]:
    cells = [[change(str(cell)) for cell in row] for row in (table.header, *table.rows)]
    return tabulate(cells[1:], cells[0], tablefmt=style, disable_numparse=True).splitlines()


def _plain(text: str) -> str:
    return inert(text).translate(_MARKUP)


def _plain_values(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain_values(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        if any(isinstance(key, tuple) for key in value):
            return [[*key, number] for key, number in value.items()]
        return {str(key): _plain_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_values(item) for item in value]
    return value
