"""Every command over the same inputs, and all that comes out of each: files, both streams, the database."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from typer.testing import CliRunner

from analyzer.cli.app import app
from analyzer.reports.formats import FORMATS


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run one command in process; give its exit code and all that it said."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output + (result.stderr or "")


def _of_a_fleet(inputs: list[Path], database: Path, out: Path) -> Iterator[tuple[str, str | bytes]]:
    """Scan, and yield what the database holds, the packed reports too, and what is exported from it."""
    code, said = run("scan", *inputs, "--db", database, "-j", "1")
    assert code in (0, 1, 6), said
    yield "scan", said
    with closing(sqlite3.connect(database)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = db.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - a name from our own schema
            yield f"table {table}", json.dumps(rows, default=lambda packed: zlib.decompress(packed).decode())
        reports = db.execute("SELECT json FROM reports").fetchall()
    assert reports
    for form in ("text", "json", "markdown", "html"):
        yield f"fleet report {form}", run("fleet", "report", database, "-f", form)[1]
    for table in ("bundles", "chains", "findings", "missing"):
        for form in ("table", "csv", "jsonl"):
            asked = ("fleet", "query", database, "--sql", " ".join(("SELECT * FROM", table)))
            yield f"{form} of {table}", run(*asked, "-f", form)[1]
    if find_spec("pyarrow"):
        run(
            "fleet",
            "query",
            database,
            "--sql",
            "SELECT * FROM findings",
            "-f",
            "parquet",
            "-o",
            out / "f.parquet",
        )
        from pyarrow import parquet

        yield "parquet", json.dumps(parquet.read_table(out / "f.parquet").to_pylist())


def outputs(inputs: list[Path], out: Path) -> Iterator[tuple[str, str | bytes]]:
    """Yield (what it is, its content) for every command that takes inputs."""
    out.mkdir()
    pairs = [part for name in FORMATS for part in ("-f", name, "-o", out / f"r.{name}")]
    code, said = run("analyze", *inputs, *pairs, "-v")
    assert code in (0, 1, 5, 6), said
    yield "analyze", said
    yield "analyze text", run("analyze", *inputs, "-v")[1]
    for form in ("text", "json"):
        yield f"facts {form}", run("facts", *inputs, "-f", form)[1]
    for form in ("text", "json", "sh"):
        yield f"collect {form}", run("collect", *inputs, "-f", form)[1]
    yield "fix", run("fix", *inputs, "-o", out / "fix")[1]
    yield "diff", run("diff", out / "r.json", out / "r.json", "-f", "json")[1]
    yield "render", run("render", out / "r.json", "-f", "case", "--voice", "internal")[1]
    yield "baseline", run("baseline", out / "r.json", "--reason", "x")[1]
    releases = next((path for one in inputs for path in one.rglob("credrequests") if path.is_dir()), None)
    if releases is not None:
        for form in ("text", "json"):
            yield f"upgrade {form}", run("upgrade", *inputs, "--to", releases, "-f", form)[1]
    yield from _of_a_fleet(inputs, out / "fleet.sqlite", out)
    for path in sorted(out.rglob("*")):
        if path.is_file():
            yield f"file {path.relative_to(out)}", path.read_bytes()
            yield "a file's name", path.name
