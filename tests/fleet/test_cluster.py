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
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.cli.app import app

from .conftest import ROOT, command, results, run, table

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
    _a_killed_worker_costs_nothing(cluster, archive, database, tmp_path / "a.sqlite")
    _deadly_and_endless_bundles_are_rows(cluster, few, tmp_path)
    _a_dead_scheduler_loses_nothing(cluster, few, tmp_path / "c.sqlite")


def _a_killed_worker_costs_nothing(cluster: Cluster, archive: Path, database: Path, db: Path) -> None:
    victim = cluster.pids()[0]
    with subprocess.Popen(
        command("scan", archive, "--db", db, "-q", "--cluster", cluster.address), cwd=ROOT
    ) as scan:
        wait_until(lambda: db.exists() and running(db))
        os.kill(victim, signal.SIGKILL)
        assert scan.wait(120) == 1
    assert rows(db) == rows(database)


def _deadly_and_endless_bundles_are_rows(cluster: Cluster, few: Path, tmp_path: Path) -> None:
    root, db = tmp_path / "archive", tmp_path / "b.sqlite"
    root.mkdir()
    for name in ("a", "poison", "endless", "b"):
        (root / f"{name}.tar.gz").hardlink_to(few / "0.tar.gz")
    run("scan", root, "--db", db, "--cluster", cluster.address, "--time-limit", 3, code=6)
    assert {name: row[0] for name, row in results(root, db).items()} == {
        "a.tar.gz": "judged", "b.tar.gz": "judged", "poison.tar.gz": "crashed", "endless.tar.gz": "timeout",
    }  # fmt: skip


def _a_dead_scheduler_loses_nothing(cluster: Cluster, few: Path, db: Path) -> None:
    with subprocess.Popen(
        command("scan", few, "--db", db, "-q", "--cluster", cluster.address), cwd=ROOT
    ) as scan:
        wait_until(lambda: db.exists() and running(db) and results(few, db))
        os.killpg(cluster.scheduler.pid, signal.SIGKILL)
        assert scan.wait(120) == 6
    assert 0 < len(results(few, db)) < 6
    run("scan", few, "--db", db, code=0)
    assert len(results(few, db)) == 6


def test_where_no_scheduler_answers(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    monkeypatch.setattr("analyzer.fleet.cluster._PATIENCE", 1)
    done = CliRunner().invoke(
        app, ["scan", str(few), "--db", str(tmp_path / "f.sqlite"), "--cluster", "tcp://127.0.0.1:9"]
    )
    assert (done.exit_code, "no scheduler answers" in done.output) == (2, True)
