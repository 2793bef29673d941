"""Bundles that kill, block or exhaust their process end as rows that say so; the rest is judged."""

from __future__ import annotations

import mmap
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from analyzer.errors import UsageProblem
from analyzer.fleet import supervisor
from analyzer.fleet.judge import Bounds, judge_bundle
from analyzer.fleet.ledger import MIGRATIONS, Ledger, read_only
from analyzer.fleet.row import Row, pack, unpack
from analyzer.fleet.supervisor import Supervisor
from analyzer.fleet.work import Work
from analyzer.options import Options

from .conftest import SAMPLES, table

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

Judge = Callable[..., Row | None]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "fleet.sqlite")
    yield ledger
    ledger.close()


def supervise(ledger: Ledger, names: list[str], judge: Judge, monkeypatch: pytest.MonkeyPatch,
              bounds: Bounds | None = None) -> dict[str, tuple[object, ...]]:  # fmt: skip
    monkeypatch.setattr(supervisor, "judge_bundle", judge)
    ledger.enlist([(name, (), "stamp") for name in names], "rules")
    Supervisor(Work(ledger, bounds or Bounds(), "rules", lambda _task, _row: None), Options(), 2).run()
    rows = table(ledger.path, "SELECT path, state, outcome, tries, reason FROM bundles")
    return {str(path): tuple(row) for path, *row in rows}


def test_a_bundle_that_kills_its_process_is_one_row(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(path: str, *_: object) -> Row:
        if path == "poison":
            os.kill(os.getpid(), signal.SIGKILL)
        return Row("judged")

    rows = supervise(ledger, ["a", "poison", "b", "c"], judge, monkeypatch)
    assert rows.pop("poison") == ("done", "crashed", 3, "its process ended with signal 9 (3 tries)")
    assert all(row[:3] == ("done", "judged", 1) for row in rows.values())


def test_a_process_killed_once_is_tried_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mark = tmp_path / "killed"

    def judge(path: str, *_: object) -> Row:
        if path == "unlucky" and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Row("judged")

    rows = supervise(ledger, ["a", "unlucky", "b"], judge, monkeypatch)
    assert rows["unlucky"][:3] == ("done", "judged", 2)


def test_an_endless_bundle_is_ended(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(path: str, *_: object) -> Row:
        if path == "endless":
            time.sleep(60)
        return Row("judged")

    rows = supervise(ledger, ["endless", "a"], judge, monkeypatch, Bounds(seconds=1, tries=2))
    assert rows["endless"][1:3] == ("timeout", 2)
    assert rows["a"][1] == "judged"


def test_a_bundle_that_takes_too_much_memory_is_ended(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(path: str, *_: object) -> Row:
        if path == "huge":
            bytearray(4 << 30)
        return Row("judged")

    rows = supervise(ledger, ["huge", "a"], judge, monkeypatch, Bounds(memory=1024, tries=1))
    assert rows["huge"][1] == "crashed"
    assert rows["a"][1] == "judged"


def test_what_the_parent_holds_is_not_counted_to_a_bundle(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library's user may scan from a process with much address space: threads, maps of large files."""

    def judge(*_: object) -> Row:
        bytearray(64 << 20)
        return Row("judged")

    with mmap.mmap(-1, 2 << 30):
        rows = supervise(ledger, ["a"], judge, monkeypatch, Bounds(memory=1024, tries=1))
    assert rows["a"][1] == "judged"


def test_out_of_memory_in_the_analysis_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def analyze(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("analyzer.fleet.judge.analyze", analyze)
    row = judge_bundle(str(SAMPLES / "healthy"), (), Options())
    assert row is not None
    assert row.outcome == "too-big"


def test_a_defect_of_ours_names_the_place_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def analyze(*_: object) -> None:
        raise RuntimeError("AKIAIOSFODNN7EXAMPLE")

    monkeypatch.setattr("analyzer.fleet.judge.analyze", analyze)
    row = judge_bundle(str(SAMPLES / "healthy"), (), Options())
    assert row is not None
    assert (row.outcome, "AKIA" in (row.reason or "")) == ("crashed", False)
    assert "RuntimeError" in (row.reason or "")


def test_rows_cross_the_pipe_unchanged() -> None:
    row = judge_bundle(str(SAMPLES / "provider-gone"), (), Options())
    assert row is not None
    assert unpack(pack(row)) == row
    with pytest.raises(ValueError):
        unpack(pack(row)[:50])


def test_a_full_disk_is_said_and_is_no_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was judged before is kept, and with room the same bundles go on."""
    ledger = Ledger(tmp_path / "fleet.sqlite")

    def judge(path: str, *_: object) -> Row | None:
        return Row("judged", report=os.urandom(1 << 16))

    assert supervise(ledger, ["a"], judge, monkeypatch)["a"][:2] == ("done", "judged")
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    ledger._db.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(UsageProblem, match=r"cannot write .*full.*same command goes on"):
        supervise(ledger, ["a", "b"], judge, monkeypatch)
    ledger.close()
    again = Ledger(ledger.path)
    assert supervise(again, ["a", "b"], judge, monkeypatch)["b"][:2] == ("done", "judged")
    assert supervise(again, ["a"], judge, monkeypatch)["a"][2] == 1
    again.close()


def test_what_is_no_unicode_is_kept_and_found_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    name = os.fsdecode(b"/cases/caf\xe9.tar")

    def judge(path: str, *_: object) -> Row:
        return Row("judged", reason=ascii(path), sentence="half \ud83d", finding_rows=((0, *"\udc00" * 11),))

    rows = supervise(ledger, [name], judge, monkeypatch)
    assert rows == {r"/cases/caf\udce9.tar": ("done", "judged", 1, ascii(name))}
    ledger.enlist([(name, (), "stamp")], "rules")
    assert table(ledger.path, "SELECT count(*) FROM bundles") == [(1,)]


def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fleet.sqlite"
    Ledger(path).close()
    import sqlite3

    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(UsageProblem, match="schema"):
        Ledger(path)
    with pytest.raises(UsageProblem, match="this version"):
        read_only(path)


def test_the_database_is_private(ledger: Ledger) -> None:
    assert ledger.path.stat().st_mode & 0o077 == 0
