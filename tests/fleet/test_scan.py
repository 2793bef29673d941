"""A scan as its users run it: one row for each bundle, resumable, whatever is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from analyzer.fleet.ledger import Ledger
from analyzer.fleet.row import row_of
from analyzer.fleet.scan import Shard
from analyzer.session import analyze

from .conftest import FEW, ROOT, SAMPLES, assert_expected, cli, command, packed, results, table

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def test_every_bundle_has_its_row(archive: Path, database: Path) -> None:
    assert_expected(archive, database)
    reasons = table(database, "SELECT outcome, reason FROM bundles WHERE outcome != 'judged'")
    assert all(reason for _, reason in reasons), reasons
    assert {tries for (tries,) in table(database, "SELECT tries FROM bundles")} == {1}


def test_what_was_not_read_of_a_judged_bundle_is_its_reason(tmp_path: Path) -> None:
    bundle = tmp_path / "mg"
    shutil.copytree(SAMPLES / "bundle-only" / "must-gather", bundle)
    broken = next(bundle.rglob("credentialsrequests/*.yaml"))
    broken.write_text("a: [b")
    row = row_of(analyze([bundle]), rules="any")
    assert (row.outcome, row.exit_code) == ("judged", 6)
    assert row.reason is not None
    assert row.reason.startswith("read in part: ")
    assert broken.name in row.reason


def test_what_lies_beside_a_bundle_belongs_to_it(database: Path) -> None:
    alone = dict(
        table(database, "SELECT replace(path, rtrim(path, replace(path, '/', '')), ''), alone FROM bundles")
    )
    assert alone["mg.tar.gz"] == 0
    assert alone["bundle-only.tar.gz"] == 1


def test_a_note_beside_a_bundle_is_no_export(tmp_path: Path) -> None:
    note = tmp_path / "README.md"
    note.write_text("Their ingress is down since Monday.\n")
    bundle = SAMPLES / "bundle-only" / "must-gather"
    assert row_of(analyze([bundle, note]), rules="any").alone is True
    assert row_of(analyze([bundle, SAMPLES / "healthy" / "exports"]), rules="any").alone is False


def test_the_whole_report_is_kept(database: Path) -> None:
    ((blob, rule),) = table(
        database, "SELECT json, rule FROM reports JOIN bundles ON id = bundle WHERE rule = 'provider-missing'"
    )
    report = json.loads(zlib.decompress(blob))  # type: ignore[arg-type]
    assert report["schema_version"] == "1"
    assert rule in {finding["rule"] for finding in report["findings"]}
    ((findings, chains),) = table(
        database,
        "SELECT (SELECT count(*) FROM findings f WHERE f.bundle = b.id), (SELECT count(*) FROM chains c"
        " WHERE c.bundle = b.id) FROM bundles b WHERE rule = 'provider-missing'",
    )
    assert (findings, chains) == (len(report["findings"]), len(report["chains"]))


def test_a_second_scan_touches_only_what_is_new(archive: Path, database: Path, tmp_path: Path) -> None:
    root, db = tmp_path / "archive", tmp_path / "fleet.sqlite"
    shutil.copytree(archive, root, copy_function=shutil.copy2)
    shutil.copy2(database, db)
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("UPDATE bundles SET path = replace(path, ?, ?)", (str(archive), str(root)))
        connection.execute("UPDATE bundles SET beside = replace(beside, ?, ?)", (str(archive), str(root)))
    before = dict(table(db, "SELECT path, finished || tries FROM bundles"))
    (root / "bundle-only.tar.gz").touch()
    (root / "new.tar.gz").write_bytes(packed(SAMPLES / "healthy" / "must-gather", "w:gz"))
    done = cli("scan", root, "--db", db, code=0)
    assert "10 bundles" in done.output
    assert "9 known before" in done.output
    after = dict(table(db, "SELECT path, finished || tries FROM bundles"))
    assert {p: v for p, v in after.items() if p in before} == before
    assert results(root, db)["new.tar.gz"] == ("judged", "unknown", None)


def test_shards_part_the_archive() -> None:
    paths = [f"/cases/{number}/must-gather.tar.gz" for number in range(300)]
    parts = [{path for path in paths if Shard(number, 3).holds(path)} for number in (1, 2, 3)]
    assert sum(map(len, parts)) == 300
    assert min(map(len, parts)) > 60


def test_a_shard_holds_its_part_alone(few: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "0.tar.gz").hardlink_to(few / "0.tar.gz")
    said = {
        number: cli(
            "scan", tmp_path / "one", "--db", tmp_path / f"{number}.db", "--shard", f"{number}/2", code=0
        )
        for number in (1, 2)
    }
    held = 1 if Shard(1, 2).holds(str(tmp_path / "one" / "0.tar.gz")) else 2
    assert "1 bundle: 1 not-applicable" in said[held].output
    assert "this shard is empty, what was found (1 bundle) is in others" in said[3 - held].output
    assert table(tmp_path / f"{3 - held}.db", "SELECT count(*) FROM bundles") == [(0,)]


@pytest.mark.parametrize(("arguments", "code", "text"), [
    (["scan"], 2, "no path given"),
    (["scan", "samples"], 2, "no database given"),
    (["scan", "nowhere", "--db", "DB"], 2, "does not exist"),
    (["scan", "docs", "--db", "DB"], 3, "no bundle found"),
    (["scan", "samples", "--db", "DB", "--shard", "3/2"], 2, "--shard takes I/N"),
    (["scan", "samples", "--db", "README.md"], 2, "README.md"),
])  # fmt: skip
def test_usage(arguments: list[str], code: int, text: str, tmp_path: Path) -> None:
    arguments = [str(tmp_path / "x.sqlite") if a == "DB" else a for a in arguments]
    assert text in cli(*arguments, code=code).output
    assert not list(tmp_path.iterdir())  # no database without a result is left behind


def test_a_database_that_was_there_stays(archive: Path, tmp_path: Path) -> None:
    db = tmp_path / "fleet.sqlite"
    cli("scan", archive, "--db", db)
    before = table(db, "SELECT count(*) FROM bundles")
    cli("scan", tmp_path / "nowhere", "--db", db, code=2)
    assert table(db, "SELECT count(*) FROM bundles") == before


def test_two_scans_do_not_write_to_one_database(archive: Path, tmp_path: Path) -> None:
    db = tmp_path / "fleet.sqlite"
    held = Ledger(db)
    try:
        assert "another scan" in cli("scan", archive, "--db", db, code=2).output
    finally:
        held.close()


def wait_for(db: Path, done: int) -> None:
    """Wait until a scan has finished some bundles."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.02)
        if db.exists():
            try:
                with closing(sqlite3.connect(f"{db.as_uri()}?mode=ro", uri=True)) as connection, connection:
                    if (
                        connection.execute("SELECT count(*) FROM bundles WHERE state = 'done'").fetchone()[0]
                        >= done
                    ):
                        return
            except sqlite3.OperationalError:
                continue
    pytest.fail("nothing was finished in a minute")


def test_a_killed_scan_goes_on(few: Path, tmp_path: Path) -> None:
    db = tmp_path / "fleet.sqlite"
    scan = subprocess.Popen(command("scan", few, "--db", db, "-q", "-j", 2), cwd=ROOT)
    wait_for(db, 1)
    scan.kill()
    scan.wait(30)
    assert 1 <= len(results(few, db)) < FEW
    cli("scan", few, "--db", db, code=0)
    assert set(results(few, db).values()) == {("judged", "not-applicable", None)}
    assert len(results(few, db)) == FEW
    assert max(t for (t,) in table(db, "SELECT tries FROM bundles")) <= 2  # type: ignore[type-var]


def test_an_interrupt_lets_the_bundles_in_work_finish(few: Path, tmp_path: Path) -> None:
    db = tmp_path / "fleet.sqlite"
    scan = subprocess.Popen(
        command("scan", few, "--db", db, "-j", 1), cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    wait_for(db, 1)
    os.kill(scan.pid, signal.SIGINT)
    _, said = scan.communicate(timeout=60)
    assert scan.returncode == 130
    assert "interrupted" in said
    assert table(db, "SELECT DISTINCT state FROM bundles ORDER BY 1") == [("done",), ("new",)]
    cli("scan", few, "--db", db, code=0)
    assert len(results(few, db)) == FEW
