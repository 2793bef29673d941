"""Whether a results database holds what this program writes: one from elsewhere may hold anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

from analyzer.errors import UsageProblem
from analyzer.fleet.ledger import MIGRATIONS

_KINDS = {"TEXT": ("text",), "INTEGER": ("integer",), "REAL": ("real", "integer"), "BLOB": ("blob",)}
"""The types of values that stand in a column of a type."""
_UNJUDGED = "state = 'done' AND outcome IS NULL"


def check_sound(db: sqlite3.Connection, path: Path) -> None:
    """Raise UsageProblem where a table is none of ours, or a value is of another type than its column."""
    try:
        for what in _faults(db):
            raise UsageProblem(f"the results database is damaged: {what}", where=str(path))
    except sqlite3.DatabaseError as error:
        raise UsageProblem(f"the results database cannot be read: {error}", where=str(path)) from None


def _faults(db: sqlite3.Connection) -> Iterator[str]:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for table, columns in _schema(version).items():
        kind = db.execute("SELECT type FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        if kind != ("table",) or _columns(db, table) != columns:
            yield f"the table {table} is another one"
        odd = [f'typeof("{name}") NOT IN ({_kinds(of, required)})' for name, of, required in columns]
        odd += [_UNJUDGED] if table == "bundles" else []
        if db.execute(f"SELECT 1 FROM {table} WHERE {' OR '.join(odd)} LIMIT 1").fetchone():
            yield f"the table {table} holds a value of another type"


def _kinds(of: str, required: int) -> str:
    return ", ".join(f"'{kind}'" for kind in (*_KINDS[of], *(() if required else ("null",))))


@cache
def _schema(version: int) -> dict[str, list[tuple[str, str, int]]]:
    """Give the columns of each table of a schema of ours: name, type, whether a value is required."""
    with closing(sqlite3.connect(":memory:")) as db:
        for script in MIGRATIONS[:version]:
            db.executescript(script)
        names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: _columns(db, name) for (name,) in names}


def _columns(db: sqlite3.Connection, table: str) -> list[tuple[str, str, int]]:
    """Give a table's columns, generated ones too."""
    return db.execute('SELECT name, type, "notnull" FROM pragma_table_xinfo(?)', (table,)).fetchall()
