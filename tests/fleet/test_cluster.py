"""A scan on a real scheduler and three worker processes on loopback: the same rows, whoever is killed."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from analyzer.fleet.cluster import outcome_of
from analyzer.fleet.judge import Bounds
from analyzer.fleet.row import unpack
from analyzer.fleet.worker import Companion
from analyzer.options import Options

from .conftest import FEW, ROOT, cli, command, results, table

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

COLUMNS = (
    "path, outcome, verdict, link, rule, sentence, broken, chains, gaps, exit_code, cluster_id, version,"
    " sha256"
)

HOOK = """
import os, sys, time

if "analyzer.fleet.worker" in sys.orig_argv:
    from analyzer.fleet import judge as module

    judge = module.judge_bundle

    def slowly(path, *rest):
        if "poison" in path:
            os._exit(9)
        time.sleep(600 if "endless" in path else 0.3)
        return judge(path, *rest)

    module.judge_bundle = slowly
"""
"""A sitecustomize: makes bundles slow enough to be killed at work, one deadly, one endless."""


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path, workers: int = 3) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.folder = folder
        (folder / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
        self.environment = os.environ | {
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        }
        self.scheduler = self._start(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
        )
        self.workers = [self._start(
            "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-dashboard", "--no-nanny",
            "--memory-limit", "0", "--local-directory", str(folder),
        ) for _ in range(workers)]  # fmt: skip

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / "log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=self.folder, env=self.environment, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    def pids(self) -> list[int]:
        """Give the processes of the workers."""
        from distributed import Client

        with Client(self.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=60)
            return list(client.run(os.getpid).values())

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    (tmp_path / "cluster").mkdir()
    made = Cluster(tmp_path / "cluster")
    try:
        yield made
    finally:
        made.close()


def rows(db: Path) -> list[tuple[object, ...]]:
    return table(db, f"SELECT {COLUMNS} FROM bundles ORDER BY path")  # noqa: S608


def running(db: Path) -> bool:
    try:
        return table(db, "SELECT count(*) FROM bundles WHERE state = 'running'") != [(0,)]
    except sqlite3.OperationalError:
        return False


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def test_whoever_is_killed_the_rows_are_the_same(
    cluster: Cluster, archive: Path, few: Path, database: Path, tmp_path: Path
) -> None:
    """One cluster goes through everything, since starting one costs more than all the rest."""
    _a_killed_worker_and_a_deadly_bundle_cost_nothing(cluster, archive, database, tmp_path)
    _a_dead_scheduler_loses_nothing(cluster, few, tmp_path / "b.sqlite")


def _a_killed_worker_and_a_deadly_bundle_cost_nothing(
    cluster: Cluster, archive: Path, database: Path, tmp_path: Path
) -> None:
    """One worker is killed, one bundle is deadly: the others' rows are those of a local scan."""
    poison, db = tmp_path / "poison.tar.gz", tmp_path / "a.sqlite"
    poison.hardlink_to(archive / "mint-mode.tar.gz")
    victim = cluster.pids()[0]
    with subprocess.Popen(
        command("scan", archive, poison, "--db", db, "-q", "--cluster", cluster.address), cwd=ROOT
    ) as scan:
        wait_until(lambda: db.exists() and running(db))
        os.kill(victim, signal.SIGKILL)
        assert scan.wait(200) == 1
    assert [row for row in rows(db) if row[0] != str(poison)] == rows(database)
    assert results(tmp_path, db, str(poison)) == {poison.name: ("crashed", None, None)}


def _a_dead_scheduler_loses_nothing(cluster: Cluster, few: Path, db: Path) -> None:
    with subprocess.Popen(
        command("scan", few, "--db", db, "-q", "--cluster", cluster.address), cwd=ROOT
    ) as scan:
        wait_until(lambda: db.exists() and running(db) and results(few, db))
        os.killpg(cluster.scheduler.pid, signal.SIGKILL)
        assert scan.wait(120) == 6
    assert 0 < len(results(few, db)) < FEW
    cli("scan", few, "--db", db, code=0)
    assert len(results(few, db)) == FEW


class Withdrawn:
    """A future that the client takes back between two questions, as it does when its scheduler dies."""

    def __init__(self, status: str) -> None:
        self.status = status

    def result(self) -> bytes:
        raise CancelledError

    def exception(self) -> BaseException:
        return CancelledError()


@pytest.mark.parametrize("status", ["finished", "error", "cancelled"])
def test_an_answer_that_is_taken_back_is_none(status: str) -> None:
    assert outcome_of(Withdrawn(status)) is None  # type: ignore[arg-type]


def test_what_becomes_of_a_bundle_beside_a_worker(
    archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    companion = Companion()
    try:
        answers = [
            companion.ask(path, (), Options(), None, Bounds(seconds))
            for path, seconds in (
                ("poison", 60), ("endless", 1), (str(archive / "mint-mode.tar.gz"), 60),
            )
        ]  # fmt: skip
    finally:
        companion.close()
    assert [unpack(answer).outcome for answer in answers] == ["crashed", "timeout", "judged"]


def test_where_no_scheduler_answers(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    monkeypatch.setattr("analyzer.fleet.cluster._PATIENCE", 1)
    done = cli("scan", few, "--db", tmp_path / "f.sqlite", "--cluster", "tcp://127.0.0.1:9", code=2)
    assert "no scheduler answers" in done.output
    done = cli("scan", few, "--db", tmp_path / "f.sqlite", "--cluster", "scheduler:8786", code=2)
    assert "an address such as tcp://host:8786" in done.output
