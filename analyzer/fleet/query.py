"""Questions to a results database: some by name, any other in SQL that can only read."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping

from tabulate import tabulate

from analyzer.errors import UsageProblem
from analyzer.fleet.figures import NEWEST
from analyzer.frozen import frozen
from analyzer.reports.inert import inert

NAMED: Mapping[str, tuple[str, str]] = {
    "bundles": (
        "every bundle: path, outcome, verdict, cause, release",
        "SELECT path, outcome, verdict, link, rule, broken, chains, gaps, version, region, gathered, since,"
        " cluster_id, seconds, reason FROM bundles ORDER BY path",
    ),
    "failing": (
        "bundles with a proven cause",
        "SELECT path, link, rule, broken, chains, version, gathered, sentence FROM bundles"
        " WHERE verdict = 'fail' ORDER BY link, rule, path",
    ),
    "suspected": (
        "bundles with symptoms whose cause is not proven",
        "SELECT path, rule, broken, chains, version, gathered, gaps FROM bundles WHERE verdict = 'suspected'"
        " ORDER BY rule, path",
    ),
    "causes": (
        "rules by the bundles and clusters that they are the verdict on",
        "SELECT rule, verdict, link, count(*) AS bundles, count(DISTINCT cluster_id) AS clusters FROM bundles"
        " WHERE rule IS NOT NULL GROUP BY 1, 2, 3 ORDER BY bundles DESC, rule",
    ),
    "chains": (
        "every chain of every bundle",
        "SELECT path, chain, operator, mechanism, c.verdict, c.link, c.rule, recency, c.since FROM chains c"
        " JOIN bundles b ON b.id = c.bundle ORDER BY path, chain",
    ),
    "findings": (
        "every finding of every bundle",
        "SELECT path, f.rule, f.link, kind, f.state, severity, subject, title, message, fingerprint, muted"
        " FROM findings f JOIN bundles b ON b.id = f.bundle ORDER BY path, number",
    ),
    "missing": (
        "evidence that is missing, with the command that collects it",
        "SELECT path, evidence, why, command FROM missing m JOIN bundles b ON b.id = m.bundle"
        " ORDER BY path, number",
    ),
    "unjudged": (
        "bundles without a verdict, and why",
        "SELECT path, outcome, reason, tries, seconds FROM bundles WHERE state = 'done'"
        " AND outcome != 'judged' ORDER BY outcome, path",
    ),
    "slowest": (
        "the bundles that took longest",
        "SELECT path, seconds, peak_mib, size, members FROM bundles WHERE seconds IS NOT NULL"
        " ORDER BY seconds DESC LIMIT 50",
    ),
    "clusters": (
        "clusters with the number of gathers, and the newest verdict",
        f"{NEWEST} SELECT cluster_id, infra_name,"
        " (SELECT count(*) FROM bundles b WHERE b.cluster_id = n.cluster_id) AS gathers,"
        " gathered AS newest, verdict, rule, version"
        " FROM newest n WHERE cluster_id IS NOT NULL ORDER BY newest DESC",
    ),
}
"""Questions that need no SQL: name → what it answers, and the query."""

_ALLOWED = {
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
}  # fmt: skip
_FORBIDDEN_FUNCTIONS = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
_WIDEST = 60
_SECONDS = 60
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What begins a formula, some programs take full-width signs too."""

Value = str | int | float | bytes | None


@frozen
class Answer:
    """Column names, and rows that are read as they are asked for."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Value, ...]]


def ask(db: sqlite3.Connection, sql: str) -> Answer:
    """Run one query that only reads, for at most a minute.

    Raises UsageProblem for SQL that is wrong, writes, attaches, or takes too long.
    """
    end = time.monotonic() + _SECONDS
    db.set_authorizer(_authorize)
    db.set_progress_handler(lambda: time.monotonic() > end, 100_000)
    try:
        cursor = db.execute(sql)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _unanswered(error, do="One SELECT can be asked") from None
    if cursor.description is None:
        raise UsageProblem("the query gives no rows", do="One SELECT can be asked")
    return Answer(tuple(column[0] for column in cursor.description), _read(cursor))


def _read(cursor: sqlite3.Cursor) -> Iterator[tuple[Value, ...]]:
    try:
        yield from cursor
    except sqlite3.Error as error:
        raise _unanswered(error) from None


def _unanswered(error: Exception, do: str = "") -> UsageProblem:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
        return UsageProblem(f"the query took longer than {_SECONDS} seconds", do="Ask for less")
    why = inert(str(error)).rstrip(".")
    return UsageProblem(f"the query cannot be answered: {why}", do=do)


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action not in _ALLOWED or (
        action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FORBIDDEN_FUNCTIONS
    ):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


# --- formats ------------------------------------------------------------------------------------


def as_table(answer: Answer) -> str:
    """Align the rows for a terminal; everything in them is made inert."""
    paths = [name == "path" for name in answer.columns]
    cells = [
        [_cut(inert(_text(value)), path=path) for value, path in zip(row, paths, strict=True)]
        for row in answer.rows
    ]
    return tabulate(cells, list(map(inert, answer.columns)), tablefmt="simple", disable_numparse=True) + "\n"


def as_csv(answer: Answer) -> str:
    """Write CSV (RFC 4180) in which no cell starts a formula and no character acts on a terminal."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(_cell, answer.columns))
    writer.writerows(map(_cell, row) for row in answer.rows)
    return out.getvalue()


def as_json_lines(answer: Answer) -> str:
    """Write one JSON object a row."""
    lines = (
        json.dumps({name: _jsonable(value) for name, value in zip(answer.columns, row, strict=True)})
        for row in answer.rows
    )
    return "".join(f"{line}\n" for line in lines)


def as_parquet(answer: Answer) -> bytes:
    """Give a Parquet file, packed by zstd; needs the extra ``parquet``. Raises UsageProblem."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UsageProblem("Parquet needs pyarrow", do="Install sts-doctor[parquet]") from None
    columns: list[list[Value]] = [[] for _ in answer.columns]
    for row in answer.rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    table = pyarrow.table(dict(zip(answer.columns, columns, strict=True)))
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def _text(value: Value) -> str:
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return "" if value is None else str(value)


def _jsonable(value: Value) -> object:
    return _text(value) if isinstance(value, bytes) else value


def _cut(text: str, *, path: bool) -> str:
    """Cut a text to a column, a path in its middle: its end tells bundles apart."""
    end = _WIDEST * 2 // 3 if path else 0
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1 - end]}…{text[len(text) - end :]}"


def _cell(value: Value) -> str | Value:
    if not isinstance(value, str):
        return _text(value) if isinstance(value, bytes) else value
    text = inert(value) if value[:1] not in ("\t", "\r") else value[0] + inert(value[1:])
    return f"'{text}" if text.startswith(_FORMULA) else text


def named(name: str) -> str:
    """Give the SQL of a named question; raises UsageProblem with the names there are."""
    if name not in NAMED:
        raise UsageProblem(f"there is no question {name!r}", do=f"Questions: {', '.join(NAMED)}")
    return NAMED[name][1]


def listing(db: sqlite3.Connection) -> str:
    """List the named questions, and the tables that SQL can ask."""
    tables = db.execute(
        "SELECT m.name, group_concat(c.name, ', ') FROM sqlite_master m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND m.name != 'meta' GROUP BY 1 ORDER BY m.name = 'bundles' DESC, 1"
    )
    names = tabulate([(name, what) for name, (what, _) in NAMED.items()], tablefmt="plain")
    return f"{names}\n\nTables for --sql:\n" + "".join(f"{table}({columns})\n" for table, columns in tables)
