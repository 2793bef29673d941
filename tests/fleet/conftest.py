"""A small archive: samples as archives and folders, and files that are no bundles or do not open."""

from __future__ import annotations

import gzip
import io
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from analyzer.cli.app import app

FEW = 10
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"

EXPECTED = {
    "bundle-only.tar.gz": ("judged", "unknown", None),
    "issuer-unset.tar": ("judged", "fail", "mode-issuer-unset"),
    "mint-mode.tar.gz": ("judged", "not-applicable", None),
    "cases/0042/must-gather": ("judged", "fail", "trust-subject-mismatch"),
    "cases/0043/mg.tar.gz": ("judged", "fail", "provider-missing"),
    "cases/0044/cut.tar.gz": ("not-a-bundle", None, None),
    "garbage.tar.gz": ("not-a-bundle", None, None),
    "letters.zip": ("not-a-bundle", None, None),
    "zeros.tar.gz": ("not-a-bundle", None, None),
}
"""What becomes of each bundle of the archive: outcome, verdict, rule; the path's beginning."""


def packed(folder: Path, mode: str) -> bytes:
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=out, mode=mode, compresslevel=1)
        if mode == "w:gz"
        else tarfile.open(fileobj=out, mode=mode) as archive
    ):  # type: ignore[call-overload]
        archive.add(folder, "must-gather")
    return out.getvalue()


def make_archive(root: Path) -> Path:
    def sample(name: str) -> Path:
        return SAMPLES / name / "must-gather"

    (root / "cases" / "0043").mkdir(parents=True)
    (root / "cases" / "0044").mkdir()
    (root / "bundle-only.tar.gz").write_bytes(packed(sample("bundle-only"), "w:gz"))
    (root / "issuer-unset.tar").write_bytes(packed(sample("issuer-unset"), "w"))
    (root / "mint-mode.tar.gz").write_bytes(packed(sample("mint-mode"), "w:gz"))
    shutil.copytree(SAMPLES / "trust-wrong-service-account", root / "cases" / "0042")
    gone = packed(sample("provider-gone"), "w:gz")
    (root / "cases" / "0043" / "mg.tar.gz").write_bytes(gone)
    shutil.copytree(SAMPLES / "provider-gone" / "exports", root / "cases" / "0043" / "from customer")
    (root / "cases" / "0044" / "cut.tar.gz").write_bytes(gone[:40])
    (root / "garbage.tar.gz").write_bytes(b"this was an archive once\n" * 20)
    (root / "zeros.tar.gz").write_bytes(gzip.compress(bytes(3 << 20)))
    (root / "letters.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (root / "notes.txt").write_text("archived cases\n", encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="session")
def few(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bundles that are judged fast, to be interrupted among them."""
    root = tmp_path_factory.mktemp("few")
    for number in range(FEW):
        (root / f"{number}.tar.gz").hardlink_to(archive / "mint-mode.tar.gz")
    return root


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "analyzer", *map(str, arguments)]


def run(*arguments: str | Path, code: int | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(*arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert code is None or done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def cli(*arguments: str | Path, code: int | None = None) -> Result:
    """Run a command within this process, which is cheaper than one of its own."""
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert code is None or done.exit_code == code, (done.exit_code, done.output)
    return done


def scanned(archive: Path, db: Path) -> subprocess.CompletedProcess[str]:
    return run("scan", archive, "--db", db, "-j", 2, code=1)


def table(db: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(db)) as connection, connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute(query).fetchall()


def results(archive: Path, db: Path, below: str = "") -> dict[str, tuple[object, ...]]:
    """Give outcome, verdict and rule by the path within the archive, of what lies below a path."""
    rows = table(db, "SELECT path, outcome, verdict, rule FROM bundles WHERE state = 'done'")
    kept = ((str(path), row) for path, *row in rows if str(path).startswith(below))
    return {str(Path(path).relative_to(archive)): tuple(row) for path, row in kept}


def assert_expected(archive: Path, db: Path) -> None:
    got = results(archive, db)
    assert len(got) == len(EXPECTED), got
    for name, expected in EXPECTED.items():
        assert [row for path, row in got.items() if path.startswith(name)] == [expected], (name, got)


@pytest.fixture(scope="session")
def database(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one whole scan; read only."""
    db = tmp_path_factory.mktemp("db") / "fleet.sqlite"
    scanned(archive, db)
    return db
