"""The results of many bundles in one SQLite file: what is to do, what came out, nothing twice.

One process writes (the supervisor); a lock on the file keeps a second one out. Write-ahead logging
lets a reader look at any time, and leaves the file sound whenever the writer dies.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from analyzer.errors import UsageProblem
from analyzer.fleet.row import Row
from analyzer.frozen import frozen

MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE bundles (
      id INTEGER PRIMARY KEY,
      path TEXT NOT NULL UNIQUE,
      beside TEXT NOT NULL,          -- JSON list of the paths that belong to the bundle
      stamp TEXT NOT NULL,           -- size and time of the files, to see that nothing changed
      state TEXT NOT NULL CHECK (state IN ('new', 'running', 'done')),
      tries INTEGER NOT NULL DEFAULT 0,
      sha256 TEXT,                   -- of an archive or file
      rules TEXT,                    -- tool version and hash of the rules that judged it
      outcome TEXT CHECK (outcome IN ('judged', 'refused', 'not-a-bundle', 'unreadable', 'too-big',
                                      'timeout', 'crashed')),
      reason TEXT,                   -- why there is no verdict
      finished TEXT,                 -- RFC 3339, UTC
      seconds REAL, peak_mib REAL, size INTEGER, members INTEGER,
      exit_code INTEGER,
      verdict TEXT, link TEXT, rule TEXT, sentence TEXT, common INTEGER,
      chains INTEGER, broken INTEGER, gaps INTEGER,
      cluster_id TEXT, infra_name TEXT, version TEXT, region TEXT, partition TEXT,
      sts INTEGER, issuer TEXT, gathered TEXT, alone INTEGER, since TEXT
    );
    CREATE INDEX bundles_by_state ON bundles (state, id);
    CREATE INDEX bundles_by_cluster ON bundles (cluster_id, gathered);
    CREATE TABLE chains (
      bundle INTEGER NOT NULL REFERENCES bundles (id) ON DELETE CASCADE,
      chain TEXT NOT NULL, request TEXT, operator TEXT, mechanism TEXT NOT NULL,
      verdict TEXT NOT NULL, link TEXT, rule TEXT, recency TEXT, since TEXT,
      PRIMARY KEY (bundle, chain)
    ) WITHOUT ROWID;
    CREATE TABLE findings (
      bundle INTEGER NOT NULL REFERENCES bundles (id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      rule TEXT NOT NULL, link TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
      severity TEXT NOT NULL, chains TEXT NOT NULL, subject TEXT NOT NULL, title TEXT NOT NULL,
      message TEXT NOT NULL, fingerprint TEXT NOT NULL, muted TEXT,
      PRIMARY KEY (bundle, number)
    ) WITHOUT ROWID;
    CREATE INDEX findings_by_rule ON findings (rule, state);
    CREATE TABLE missing (
      bundle INTEGER NOT NULL REFERENCES bundles (id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      evidence TEXT NOT NULL, why TEXT NOT NULL, command TEXT NOT NULL, decides TEXT NOT NULL,
      PRIMARY KEY (bundle, number)
    ) WITHOUT ROWID;
    CREATE TABLE reports (
      bundle INTEGER PRIMARY KEY REFERENCES bundles (id) ON DELETE CASCADE,
      json BLOB NOT NULL             -- the whole report, zlib
    );
    """,
)
"""What brings a database from one schema version to the next; the version is ``PRAGMA user_version``."""

ROW_COLUMNS = (
    "sha256", "rules", "outcome", "reason", "finished", "seconds", "peak_mib", "size", "members",
    "exit_code", "verdict", "link", "rule", "sentence", "common", "chains", "broken", "gaps",
    "cluster_id", "infra_name", "version", "region", "partition", "sts", "issuer", "gathered",
    "alone", "since",
)  # fmt: skip
"""The columns of ``bundles`` that a result fills, in the order of the schema."""


_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
"""What SQLite says of a disk that is full, broken or not to be written to."""


def _of_disk(error: sqlite3.Error, path: Path) -> UsageProblem | None:
    """Give what to say of a disk that takes no more; None for any other error. The rows so far are kept."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DISK:
        return None
    again = "What was judged so far is kept: with room on the disk the same command goes on"
    return UsageProblem(f"cannot write {path}: {error}", do=again)


_READ = partial(str, encoding="utf-8", errors="replace")
"""How a text is read: a database from elsewhere may hold what is no UTF-8."""


class _Database(sqlite3.Connection):
    """A connection that tells a disk that takes no more from a defect of ours."""

    path = Path()

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run a statement; raises UsageProblem where the disk does not take what it writes."""
        try:
            return super().execute(sql, parameters)
        except sqlite3.OperationalError as error:
            raise _of_disk(error, self.path) or error from None


@frozen
class Task:
    """One bundle to judge: its row, its path, what belongs to it, and how often it was tried."""

    id: int
    path: str
    beside: tuple[str, ...]
    tries: int
    sha256: str | None
    """The content that this row's result is of, where there is one by the same rules."""


class Ledger:
    """The database of one fleet, opened for writing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = _locked(path)
        """The descriptor that keeps others out; a process forked from this one must close it."""
        self._db = sqlite3.connect(path, isolation_level=None, factory=_Database)
        self._db.path = path
        self._db.text_factory = _READ
        try:
            migrate(self._db)  # first: a file of another program stays as it is to the byte
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("UPDATE bundles SET state = 'new' WHERE state = 'running'")
        except (sqlite3.DatabaseError, UsageProblem) as error:
            self._db.close()
            os.close(self.lock)
            if isinstance(error, UsageProblem):
                raise
            raise _of_disk(error, path) or UsageProblem(
                f"not a results database: {error}", where=str(path)
            ) from None

    def close(self, *, drop: bool = False) -> None:
        """Fold the log into the file, so that it alone can be copied and read, and let others write.

        With ``drop`` nothing is left of it.
        """
        with suppress(sqlite3.OperationalError, UsageProblem):  # somebody reads: the log stays beside it
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.execute("PRAGMA journal_mode = DELETE")
        self._db.close()
        if drop:
            self.path.unlink(missing_ok=True)
        os.close(self.lock)

    def enlist(self, found: Iterable[tuple[str, tuple[str, ...], str]], rules: str) -> tuple[int, int]:
        """Take in (path, beside, stamp) of bundles; give how many there are, and how many are to do.

        A row is to do where it is new, where its files changed, or where other rules judged it.
        """
        seen = todo = 0
        self._db.execute("BEGIN")
        for path, beside, stamp in found:
            seen += 1
            todo += self._enlist(_text(path), json.dumps(beside), stamp, rules)
            if seen % 2000 == 0:
                self._db.execute("COMMIT")
                self._db.execute("BEGIN")
        self._db.execute("COMMIT")
        return seen, todo

    def _enlist(self, path: str, beside: str, stamp: str, rules: str) -> bool:
        row = self._db.execute(
            "SELECT id, beside, stamp, state, rules FROM bundles WHERE path = ?", (path,)
        ).fetchone()
        if row is None:
            self._db.execute(
                "INSERT INTO bundles (path, beside, stamp, state) VALUES (?, ?, ?, 'new')",
                (path, beside, stamp),
            )
            return True
        number, *was = row
        if was == [beside, stamp, "done", rules]:
            return False
        if was[2] != "new" or was[:2] != [beside, stamp]:
            keep = was[3] == rules and was[0] == beside == "[]"
            self._db.execute(
                "UPDATE bundles SET beside = ?, stamp = ?, state = 'new', tries = 0,"
                " sha256 = CASE WHEN ? THEN sha256 END WHERE id = ?",
                (beside, stamp, keep, number),
            )
        return True

    def take(self) -> Task | None:
        """Claim the next bundle that is to do, None where there is none; the try is counted at once."""
        row = self._db.execute(
            "UPDATE bundles SET state = 'running', tries = tries + 1"
            " WHERE id = (SELECT id FROM bundles WHERE state = 'new' ORDER BY id LIMIT 1)"
            " RETURNING id, path, beside, tries, sha256"
        ).fetchone()
        if row is None:
            return None
        number, path, beside, tries, sha256 = row
        return Task(number, _path(path), tuple(json.loads(beside)), tries, sha256)

    def put_back(self, task: Task, *, counted: bool = True) -> None:
        """Let a bundle be tried again; ``counted`` says whether the try that failed counts."""
        self._db.execute(
            "UPDATE bundles SET state = 'new', tries = tries - ? WHERE id = ?", (0 if counted else 1, task.id)
        )

    def keep(self, task: Task) -> None:
        """Say that the content is what it was: the result stands."""
        self._db.execute("UPDATE bundles SET state = 'done' WHERE id = ?", (task.id,))

    def store(self, task: Task, row: Row) -> None:
        """Write a bundle's result, in place of an earlier one, in one transaction."""
        names = ", ".join(f'"{name}" = ?' for name in ROW_COLUMNS)
        values = [_text(getattr(row, name)) for name in ROW_COLUMNS]
        reports = [] if row.report is None else [(row.report,)]
        parts = {"chains": row.chain_rows, "findings": row.finding_rows, "missing": row.missing_rows,
                 "reports": reports}  # fmt: skip
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(f"UPDATE bundles SET state = 'done', {names} WHERE id = ?", (*values, task.id))
        self._fill(task.id, parts)
        self._db.execute("COMMIT")

    def adopt(
        self,
        row: Mapping[str, object],
        columns: Sequence[str],
        parts: Mapping[str, Sequence[Sequence[object]]],
    ) -> bool:
        """Take over a finished row of another database, unless this one has a later result of its path."""
        self._db.execute("BEGIN IMMEDIATE")
        here = self._db.execute(
            "SELECT id, state, finished FROM bundles WHERE path = ?", (row["path"],)
        ).fetchone()
        taken = here is None or here[1] != "done" or str(here[2]) < str(row["finished"])
        if taken:
            self._db.execute("DELETE FROM bundles WHERE path = ?", (row["path"],))
            names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
            cursor = self._db.execute(
                f"INSERT INTO bundles ({names}) VALUES ({marks})",
                [row[name] for name in columns],
            )
            self._fill(cursor.lastrowid, parts)
        self._db.execute("COMMIT")
        return taken

    def _fill(self, bundle: int | None, parts: Mapping[str, Sequence[Sequence[object]]]) -> None:
        """Put a bundle's rows into their tables, in place of earlier ones."""
        for table, lines in parts.items():
            self._db.execute(f"DELETE FROM {table} WHERE bundle = ?", (bundle,))
            for line in lines:
                marks = ", ".join("?" * (len(line) + 1))
                self._db.execute(f"INSERT INTO {table} VALUES ({marks})", (bundle, *map(_text, line)))


def migrate(db: sqlite3.Connection) -> None:
    """Bring a database to this program's schema; raises UsageProblem for one of a later program."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise UsageProblem(
            f"the database has schema {version}, this program knows up to {len(MIGRATIONS)}",
            do="Use the version of sts-doctor that wrote it, or a later one",
        )
    if version == 0 and db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise UsageProblem("the file is a database of another program", do="Choose another --db")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        db.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


def read_only(path: Path) -> sqlite3.Connection:
    """Open a results database for reading alone; raises UsageProblem where it is none."""
    if not path.is_file():
        raise UsageProblem(f"there is no database {path}", do="Make one: sts-doctor scan PATH... --db FILE")
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    db.text_factory = _READ
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'bundles'").fetchone()
    except sqlite3.DatabaseError as error:
        db.close()
        raise UsageProblem(f"not a results database: {error}", where=str(path)) from None
    if not known or not 0 < version <= len(MIGRATIONS):
        db.close()
        raise UsageProblem("not a results database of this version of sts-doctor", where=str(path))
    return db


_ESCAPED = re.compile(r"\\udc([89a-f][0-9a-f])")


def _text(value: Any) -> Any:
    """Escape what is no Unicode, which a database does not take: bytes of a name, half of a pair in JSON."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _path(text: str) -> str:
    """Undo that for the bytes of a name."""
    return _ESCAPED.sub(lambda match: chr(0xDC00 + int(match[1], 16)), text)


def _locked(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise UsageProblem(f"cannot open {path}: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UsageProblem(f"{path} is no file", do="Choose another --db")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise UsageProblem(
            f"another scan writes to {path}", do="Wait for it, or give each its own --db and merge them"
        ) from None
    return handle


def rows(db: sqlite3.Connection, query: str, *values: object) -> Iterator[dict[str, object]]:
    """Run a query of ours and give each row by column name."""
    cursor = db.execute(query, values)
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))
