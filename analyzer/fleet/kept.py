"""The whole report that a results database keeps of each bundle."""

from __future__ import annotations

import zlib
from contextlib import closing
from pathlib import Path

from analyzer.errors import UsageProblem
from analyzer.fleet.ledger import read_only
from analyzer.reports.inert import inert

MAX_BYTES = 256 * 1024 * 1024
"""Of an unpacked report; a database from elsewhere may hold anything."""
_NAMED = 5


def kept_report(database: Path, bundle: str) -> str:
    """Give the report of one bundle as JSON; ``bundle`` is its path in the database, or a part of it.

    Raises UsageProblem where there is no such bundle, several, no report, or no database.
    """
    with closing(read_only(database)) as db:
        found = db.execute("SELECT path, json FROM bundles LEFT JOIN reports ON bundle = id ORDER BY path")
        fits = [(path, packed) for path, packed in found if bundle in path]
    exact = [one for one in fits if one[0] == bundle]
    if len(exact or fits) != 1:
        names = ", ".join(inert(path) for path, _ in fits[:_NAMED])
        what = f"{len(fits)} bundles fit {bundle!r}: {names}" if fits else f"no bundle fits {bundle!r}"
        raise UsageProblem(what, where=str(database), do=f"See sts-doctor fleet query {database} bundles")
    path, packed = (exact or fits)[0]
    if packed is None:
        raise UsageProblem(
            f"no report is kept of {inert(path)}: it was not judged",
            where=str(database),
            do=f"See sts-doctor fleet query {database} unjudged",
        )
    return _unpacked(packed, database)


def _unpacked(packed: bytes, database: Path) -> str:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(packed, MAX_BYTES).decode()
    except (zlib.error, TypeError, UnicodeDecodeError):
        text = ""
    if not inflater.eof:
        raise UsageProblem("the report in the database is damaged", where=str(database))
    return text
