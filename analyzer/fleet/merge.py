"""Results of several hosts in one database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from analyzer.fleet.ledger import ROW_COLUMNS, Ledger, read_only, rows
from analyzer.fleet.sound import check_sound

_PARTS = ("chains", "findings", "missing", "reports")
_COLUMNS = ("path", "beside", "stamp", "state", "tries", *ROW_COLUMNS)


def merge(target: Path, sources: Sequence[Path]) -> tuple[int, int]:
    """Copy finished rows into a database; give how many were taken, and how many were newer there.

    A bundle is known by its path; of two results of one path the later wins. Raises UsageProblem for
    a source that is no results database.
    """
    taken = older = 0
    with ExitStack() as open_until_the_end:
        opened = [open_until_the_end.enter_context(closing(read_only(source))) for source in sources]
        for source, path in zip(opened, sources, strict=True):
            check_sound(source, path)
        ledger = open_until_the_end.enter_context(closing(Ledger(target)))
        for source in opened:
            for row in rows(source, "SELECT * FROM bundles WHERE state = 'done' ORDER BY id"):
                if ledger.adopt(row, _COLUMNS, {part: _lines(source, part, row["id"]) for part in _PARTS}):
                    taken += 1
                else:
                    older += 1
    return taken, older


def _lines(source: sqlite3.Connection, part: str, bundle: object) -> list[tuple[object, ...]]:
    """Give a bundle's rows of one table, without its number."""
    return [row[1:] for row in source.execute(f"SELECT * FROM {part} WHERE bundle = ?", (bundle,))]
