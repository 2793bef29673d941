"""What is written is new and private, goes through no link and into no input, and spoils no other file."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from samples.bundle import write_files
from samples.scenarios import SCENARIOS

from .commands import run

FLEET = (("report", "json"), ("report", "html"), ("report", "markdown"), ("query", "csv"), ("query", "jsonl"),
         ("query", "parquet"))  # fmt: skip


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("in") / "one"
    write_files(path, dict(SCENARIOS["trust-wrong-service-account"].files()))
    return path


@pytest.fixture(scope="module")
def database(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("db") / "fleet.sqlite"
    code, said = run("scan", bundle, "--db", path, "-q", "-j", "1")
    assert code == 1, said
    return path


@pytest.fixture(scope="module")
def report(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "r.json"
    assert run("analyze", bundle, "-f", "json", "-o", path)[0] == 1
    return path


def writers(bundle: Path, database: Path, report: Path) -> dict[str, list[str | Path]]:
    """Every command that writes one file, but for its output."""
    releases = next(path for path in bundle.rglob("credrequests") if path.is_dir())
    made: dict[str, list[str | Path]] = {
        f"fleet {what} {form}": ["fleet", what, database, "-f", form]
        + (["--sql", "SELECT path, sentence FROM bundles"] if what == "query" else [])
        for what, form in FLEET
    }
    return made | {
        "analyze": ["analyze", bundle], "upgrade": ["upgrade", bundle, "--to", releases],
        "collect": ["collect", bundle, "-f", "sh"], "render": ["render", report, "-f", "html"],
        "baseline": ["baseline", report, "--reason", "x"], "diff": ["diff", report, report],
    }  # fmt: skip


NAMES = sorted({*(f"fleet {what} {form}" for what, form in FLEET), "analyze", "upgrade", "collect", "render",
                "baseline", "diff"})  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_private_new_and_not_through_a_link(
    tmp_path: Path, bundle: Path, database: Path, report: Path, name: str
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    command = writers(bundle, database, report)[name]
    target, link = tmp_path / "precious", tmp_path / "link"
    target.write_text("precious")
    link.symlink_to(target)
    code, said = run(*command, "-o", link)
    assert code == 2, said
    assert "link" in said
    assert target.read_text() == "precious"
    shared = tmp_path / "out"
    shared.write_text("was there")
    shared.chmod(0o666)
    before = os.umask(0)
    try:
        for out in (tmp_path / "new", shared):
            code, said = run(*command, "-o", out)
            assert code in (0, 1), said
            assert stat.S_IMODE(out.stat().st_mode) == 0o600
            assert out.stat().st_size
    finally:
        os.umask(before)
    inside = bundle / "out" if name in ("analyze", "upgrade", "collect") else None
    if inside is not None:
        assert run(*command, "-o", inside)[0] == 2
        assert not inside.exists()


def test_an_export_never_replaces_the_database_it_reads(database: Path) -> None:
    before = database.read_bytes()
    for form in ("csv", "jsonl"):
        assert run("fleet", "query", database, "causes", "-f", form, "-o", database)[0] == 2
    assert database.read_bytes() == before


def test_a_scan_writes_its_database_privately_and_nowhere_else(tmp_path: Path, bundle: Path) -> None:
    before = os.umask(0)
    try:
        assert run("scan", bundle, "--db", tmp_path / "new.db", "-q", "-j", "1")[0] == 1
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.db"]
    for inside in (bundle / "in.db", bundle / "namespaces.db", bundle.parent / "beside.db"):
        inputs = [bundle.parent] if inside.parent != bundle else [bundle]
        code, said = run("scan", *inputs, "--db", inside, "-q")
        assert code == 2, said
        assert "never written to" in said
        assert not inside.exists()


def _others(folder: Path) -> list[Path]:
    """Files that are no results database, each with a byte that must stay."""
    text, foreign, cut, folder_itself = (folder / name for name in ("notes.txt", "foreign", "cut", "folder"))
    text.write_text("nothing of yours\n" * 100)
    with closing(sqlite3.connect(foreign)) as db, db:
        db.execute("CREATE TABLE accounts (x)")
    db.close()
    cut.write_bytes(foreign.read_bytes()[:3000])
    later = folder / "later"
    with closing(sqlite3.connect(later)) as db, db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    folder_itself.mkdir()
    return [text, foreign, cut, later, folder_itself]


def test_a_scan_leaves_other_files_as_they_are(tmp_path: Path, bundle: Path) -> None:
    for path in _others(tmp_path):
        before = path.read_bytes() if path.is_file() else b""
        code, said = run("scan", bundle, "--db", path, "-q")
        assert code == 2, (path, said)
        assert path.is_dir() or path.read_bytes() == before, path
    for link, target in (("to-new", tmp_path / "absent"), ("to-file", tmp_path / "notes.txt")):
        (tmp_path / link).symlink_to(target)
        code, said = run("scan", bundle, "--db", tmp_path / link, "-q")
        assert (code, "link" in said) == (2, True), said
    assert not (tmp_path / "absent").exists()
    os.mkfifo(tmp_path / "pipe")
    assert run("scan", bundle, "--db", tmp_path / "pipe", "-q")[0] == 2
    assert run("scan", bundle, "--db", "/dev/null", "-q")[0] == 2


def test_what_is_merged_goes_through_no_link(tmp_path: Path, database: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "absent")
    assert run("fleet", "merge", tmp_path / "link", database)[0] == 2
    assert not (tmp_path / "absent").exists()
    assert run("fleet", "merge", tmp_path / "new", database)[0] == 0
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


@pytest.mark.parametrize("command", ["fix", "export-aws"])
def test_folders_are_new_private_and_no_links(tmp_path: Path, bundle: Path, command: str) -> None:
    inputs = [bundle] if command == "fix" else ["--for", bundle]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes").write_text("mine")
    for out in (tmp_path / "link", tmp_path / "full", bundle / "out"):
        code, said = run(command, *inputs, "-o", out)
        assert code == 2, said
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (bundle / "out").exists()
    if command == "fix":
        run(command, *inputs, "-o", tmp_path / "new")
        for path in (tmp_path / "new", *(tmp_path / "new").rglob("*")):
            assert path.stat().st_mode & 0o077 == 0, path
