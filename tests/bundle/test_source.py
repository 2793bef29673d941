"""An input is read the same whatever it is packed in."""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
from pathlib import Path

import pytest

import analyzer.bundle as b
from analyzer.errors import NothingToRead

from .archives import BUNDLE, PACK, codes, put, tar_of, walk, zip_of


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("fmt", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_in_every_packing_and_format(tmp_path: Path, packing: str, fmt: int) -> None:
    files_in = {
        name: data for name, data in BUNDLE.items() if fmt != tarfile.USTAR_FORMAT or "nnn" not in name
    }
    path = put(tmp_path, "named-like-a.txt", PACK[packing](tar_of(files_in, fmt)))
    files, source = walk(path)
    assert files == files_in
    assert (source.kind, source.label, source.issues, source.stopped) == (
        "tar",
        "named-like-a.txt",
        [],
        False,
    )
    assert source.members == len(files_in)
    assert source.bytes == sum(map(len, files_in.values()))
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("method", [0, 8, 12])
def test_zip(tmp_path: Path, method: int) -> None:
    files, source = walk(put(tmp_path, "x.tar.gz", zip_of(BUNDLE, method)))
    assert files == BUNDLE
    assert (source.kind, source.issues, source.members) == ("zip", [], len(BUNDLE))


def test_zip_from_windows_has_backslashes(tmp_path: Path) -> None:
    data = zip_of({"a/namespaces/x/y.yaml": b"1"}).replace(
        b"a/namespaces/x/y.yaml", b"a\\namespaces\\x\\y.yaml"
    )
    assert walk(put(tmp_path, "w.zip", data))[0] == {"a/namespaces/x/y.yaml": b"1"}


def test_directory_is_walked_in_sorted_order(tmp_path: Path) -> None:
    for name, data in BUNDLE.items():
        put(tmp_path / "in", name, data)
    files, source = walk(tmp_path / "in")
    assert files == BUNDLE
    assert (source.kind, source.issues, source.sha256) == ("directory", [], None)
    assert [e.path for e in source.walk()] == [e.path for e in source.walk()]


def test_leading_dot_slash_is_dropped(tmp_path: Path) -> None:
    path = put(tmp_path, "t", tar_of({"./a/./b//c": b"1"}))
    assert walk(path)[0] == {"a/b/c": b"1"}


def test_unread_and_half_read_entries_are_skipped(tmp_path: Path) -> None:
    path = put(tmp_path, "t.gz", gzip.compress(tar_of({f"f{n}": bytes([n]) * 700_000 for n in range(6)})))
    got = {}
    for number, entry in enumerate(b.open_source(path).walk()):
        if number % 3 == 0:
            got[entry.path] = entry.read()
        elif number % 3 == 1:
            next(entry.chunks(100))
    assert got == {"f0": b"\0" * 700_000, "f3": b"\3" * 700_000}


def test_entry_is_bounded_and_readable_again_until_the_walk_goes_on(tmp_path: Path) -> None:
    path = put(tmp_path, "t", tar_of({"a": b"0123456789", "b": b""}))
    walk_ = b.open_source(path).walk()
    entry = next(walk_)
    assert entry.head(4)[:4] == b"0123"
    assert entry.read() == entry.read() == b"0123456789"
    assert entry.read(3) == b"012"
    assert entry.truncated
    assert list(entry.chunks(4)) == [b"0123", b"4567", b"89"]
    next(walk_)
    with pytest.raises(RuntimeError, match="went on"):
        entry.read()


def test_default_read_limit_is_reported(tmp_path: Path) -> None:
    put(tmp_path / "d", "a", b"x" * 2000)
    files, source = walk(tmp_path / "d", b.Limits(read_bytes=1000))
    assert files == {"a": b"x" * 1000}
    assert codes(source) == ["too-large"]


def test_single_gzip_file_is_inflated(tmp_path: Path) -> None:
    log = b"line\n" * 1000
    path = put(tmp_path, "1.log.20231102.gz", gzip.compress(log[:2000]) + gzip.compress(log[2000:]))
    files, source = walk(path)
    assert files == {path.name: log}
    assert source.kind == "file"
    put(tmp_path / "d/namespaces/x", "1.log.gz", gzip.compress(log))
    assert walk(tmp_path / "d")[0] == {"namespaces/x/1.log.gz": log}


def test_archives_in_a_case_directory_are_walked_one_level_deep(tmp_path: Path) -> None:
    inner = tar_of({"deep": b"1" * 600})
    put(
        tmp_path,
        "case/must-gather.tar.gz",
        gzip.compress(tar_of({"a/namespaces/n/x.yaml": b"x", "in.tar": inner})),
    )
    put(tmp_path, "case/docs.zip", zip_of({"roles.json": b"{}" * 400}))
    put(tmp_path, "case/mg/insights-data/insights-operator/i.tar.gz", gzip.compress(inner))
    files, source = walk(tmp_path / "case")
    assert set(files) == {
        "must-gather.tar.gz!/a/namespaces/n/x.yaml",
        "must-gather.tar.gz!/in.tar",
        "docs.zip!/roles.json",
        "mg/insights-data/insights-operator/i.tar.gz",
    }
    assert codes(source) == ["depth"]
    assert files["must-gather.tar.gz!/a/namespaces/n/x.yaml"] == b"x"


def test_an_archive_in_an_archive_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, "t", tar_of({"inner.tar.gz": gzip.compress(tar_of({"x": b"y"}))}))
    assert codes(walk(path)[1]) == ["depth"]


def test_formats_that_cannot_be_opened_say_what_to_do(tmp_path: Path) -> None:
    path = put(tmp_path, "d/must-gather.tar.zst", b"\x28\xb5\x2f\xfd" + bytes(600))
    for place in (path, path.parent):
        files, source = walk(place)
        assert files == {}
        assert "zstd -d" in source.issues[0].detail


def test_inputs_that_are_not_there_or_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("absent", "pipe"):
        with pytest.raises(NothingToRead, match=name):
            b.open_source(tmp_path / name)


def test_empty_inputs(tmp_path: Path) -> None:
    assert walk(put(tmp_path, "empty", b""))[0] == {"empty": b""}
    assert walk(put(tmp_path, "e.tar", tar_of({})))[0] == {"e.tar": tar_of({})}
    assert walk(put(tmp_path, "e.zip", zip_of({})))[0] == {}
