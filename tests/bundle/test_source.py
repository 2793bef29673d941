"""An input is read the same whatever it is packed in."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import random
import tarfile
from pathlib import Path

import pytest

import analyzer.bundle as b
from analyzer.bundle.parts import splits
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


def test_an_archive_that_was_packed_twice(tmp_path: Path) -> None:
    """An upload packs what is packed already."""
    data = gzip.compress(lzma.compress(tar_of(BUNDLE)))
    assert walk(put(tmp_path, "x.tar.gz", data))[0] == BUNDLE
    bomb = gzip.compress(gzip.compress(tar_of({"namespaces/a": bytes(64 << 20)})))
    source = walk(put(tmp_path, "bomb", bomb), b.Limits(ratio_after=1 << 20))[1]
    assert (source.stopped, codes(source)) == (True, ["ratio"])


@pytest.mark.parametrize("fmt", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_long_name_that_the_plain_header_cuts_behind_a_folder(tmp_path: Path, fmt: int) -> None:
    """What is left of it ends as a directory's name does."""
    names = {f"{'n' * 99}/p.log": b"one" * 400, f"{'n' * 50}/{'o' * 48}/p.log": b"two", "q.log": b"three"}
    files, source = walk(put(tmp_path, "long.tar", tar_of(names, fmt)))
    assert (files, source.issues) == (names, [])


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


def test_archives_in_a_case_directory_are_walked_with_those_inside_them(tmp_path: Path) -> None:
    inner = tar_of({"deep": b"1" * 600})
    put(
        tmp_path,
        "case/must-gather.tar.gz",
        gzip.compress(tar_of({"a/namespaces/n/x.yaml": b"x", "in.tar": inner})),
    )
    put(tmp_path, "case/docs.zip", zip_of({"roles.json": b"{}" * 400}))
    put(tmp_path, "case/mg/insights-data/insights-operator/insights-1.tar.gz", gzip.compress(inner))
    put(tmp_path, "case/mg/nodes/n/sysinfo.tgz", gzip.compress(inner))
    files, source = walk(tmp_path / "case")
    assert set(files) == {
        "must-gather.tar.gz!/a/namespaces/n/x.yaml",
        "must-gather.tar.gz!/in.tar!/deep",
        "docs.zip!/roles.json",
        "mg/insights-data/insights-operator/insights-1.tar.gz!/deep",
        "mg/nodes/n/sysinfo.tgz",
    }
    assert codes(source) == []
    assert files["must-gather.tar.gz!/a/namespaces/n/x.yaml"] == b"x"


@pytest.mark.parametrize("outer", [*PACK, "zip"])
@pytest.mark.parametrize("inner", [*PACK, "zip"])
def test_an_archive_in_an_archive(tmp_path: Path, outer: str, inner: str) -> None:
    def pack(form: str, files: dict[str, bytes]) -> bytes:
        return zip_of(files) if form == "zip" else PACK[form](tar_of(files))

    path = put(tmp_path, "t", pack(outer, {"a": b"1", "mg": pack(inner, BUNDLE), "z": b"2"}))
    files, source = walk(path)
    assert files == {"a": b"1", "z": b"2"} | {f"mg!/{name}": data for name, data in BUNDLE.items()}
    assert codes(source) == []


def test_archives_nested_too_deep_are_named(tmp_path: Path) -> None:
    data = b"bottom"
    for level in range(4):
        data = gzip.compress(tar_of({f"level{level}": data}))
    files, source = walk(put(tmp_path, "t", data))
    assert list(files) == ["level3!/level2!/level1"]
    assert codes(source) == ["depth"]


def test_a_bomb_in_two_layers_is_one_bomb(tmp_path: Path) -> None:
    core = gzip.compress(bytes(30 << 20))
    path = put(tmp_path, "t", gzip.compress(tar_of({f"{n}.gz": core for n in range(200)})))
    limits = b.Limits(ratio_after=1 << 20)
    _, source = walk(path, limits)
    assert source.stopped
    assert "ratio" in codes(source)


def test_a_zip_in_an_archive_has_its_own_limit(tmp_path: Path) -> None:
    path = put(tmp_path, "t", tar_of({"in.zip": zip_of({"x": bytes(2000)}, 0)}))
    assert codes(walk(path, b.Limits(nested_zip=1000))[1]) == ["too-large"]


@pytest.mark.parametrize(
    "name",
    [
        "mg.FORM.a{:c}",
        "mg.FORM.00{}",
        "mg.FORM.part0{}",
        "mg.FORM.part{}",
        "mg.part{}.FORM",
        "mg-part-{}.FORM",
    ],
)
@pytest.mark.parametrize("form", ["tar", "tar.gz", "zip"])
def test_a_split_archive(tmp_path: Path, form: str, name: str) -> None:
    data = zip_of(BUNDLE) if form == "zip" else PACK[form](tar_of(BUNDLE))
    third = len(data) // 3 + 1
    first = ord("a") if "{:c}" in name else 1
    paths = [
        put(
            tmp_path,
            "case/" + name.replace("FORM", form).format(first + n),
            data[third * n : third * (n + 1)],
        )
        for n in range(3)
    ]
    files, source = walk(tmp_path / "case")
    assert files == {f"{paths[0].name}!/{name}": content for name, content in BUNDLE.items()}
    assert codes(source) == []
    (source,) = b.open_sources(paths)
    assert {entry.path: entry.read() for entry in source.walk()} == BUNDLE
    assert source.sha256 == hashlib.sha256(data).hexdigest()
    paths[1].unlink()
    _, source = walk(tmp_path / "case")
    assert f"a part is missing: {paths[1].name}" in source.issues[0].detail
    paths[0].unlink()
    (source,) = b.open_sources(paths[2:])
    assert list(source.walk()) == []
    assert "parts are missing" in source.issues[0].detail


def test_parts_without_the_first_or_the_last_are_said(tmp_path: Path) -> None:
    data = PACK["tar.gz"](tar_of({"a": random.Random(1).randbytes(4000)}))
    paths = [put(tmp_path, f"mg.tgz.{n:03}", data[1000 * n : 1000 * (n + 1)]) for n in range(5)]
    (source,) = b.open_sources(paths[2:])
    assert list(source.walk()) == []
    assert [issue.detail for issue in source.issues] == ["a part is missing: mg.tgz.001"]
    (source,) = b.open_sources(paths[:3])
    assert [entry.path for entry in source.walk()] == ["a"]
    assert source.issues[-1].detail == "parts after mg.tgz.002 may be missing"


@pytest.mark.parametrize("names", [
    ("mg.tar.gz.sig",), ("mg.tar.gz.asc", "mg.tar.gz.sig"), ("mg.tar.gz.old",), ("notes.ab", "notes.ac"),
    ("app.log.02", "app.log.03"),
])  # fmt: skip
def test_names_that_only_look_like_parts(names: tuple[str, ...]) -> None:
    assert splits(dict.fromkeys(names, 10)) == []


def test_a_zip_in_volumes_says_what_to_do(tmp_path: Path) -> None:
    data = zip_of(BUNDLE)
    for name in ("mg.z01", "mg.z02", "mg.zip"):
        put(tmp_path, f"case/{name}", data)
    files, source = walk(tmp_path / "case")
    assert (files, len(source.issues)) == ({}, 1)
    assert "zip -s 0" in source.issues[0].detail


def test_numbered_files_are_no_parts(tmp_path: Path) -> None:
    for number in (1, 2):
        put(tmp_path, f"case/mg.0{number}", tar_of({f"f{number}": b"x"}))
        put(tmp_path, f"case/note-0{number}", b"text")
        put(tmp_path, f"case/000{number}", b"text" if number > 1 else tar_of({"f": b"x"}))
        put(tmp_path, f"case/x.0{number}", b"text" if number > 1 else tar_of({"f": b"x"}))
    put(tmp_path, "case/x.03", b"longer than the one before it")
    assert set(walk(tmp_path / "case")[0]) == {
        "mg.01!/f1", "mg.02!/f2", "note-01", "note-02", "0001!/f", "0002", "x.01!/f", "x.02", "x.03",
    }  # fmt: skip


def test_formats_that_cannot_be_opened_say_what_to_do(tmp_path: Path) -> None:
    path = put(tmp_path, "d/must-gather.7z", b"7z\xbc\xaf\x27\x1c" + bytes(600))
    for place in (path, path.parent):
        files, source = walk(place)
        assert files == {}
        assert "7z x" in source.issues[0].detail
    inside = put(tmp_path, "t.tar", tar_of({"mg.7z": path.read_bytes()}))
    assert "7z x" in walk(inside)[1].issues[0].detail


def test_zstd_without_its_module_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from analyzer.bundle import zstd

    path = put(tmp_path, "d/mg.tar.zst", PACK["tar.zst"](tar_of(BUNDLE)))
    monkeypatch.setattr(zstd, "_module", lambda: None)
    for place in (path, path.parent):
        source = walk(place)[1]
        assert codes(source) == ["unsupported"]
        assert "backports.zstd" in source.issues[0].detail


def test_damaged_zstd(tmp_path: Path) -> None:
    data = PACK["tar.zst"](tar_of(BUNDLE))
    assert codes(walk(put(tmp_path, "cut", data[: len(data) // 2]))[1]) == ["truncated"]
    assert codes(walk(put(tmp_path, "bad", data[:40] + bytes(len(data) - 40)))[1]) != []


def test_inputs_that_are_not_there_or_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("absent", "pipe"):
        with pytest.raises(NothingToRead, match=name):
            b.open_source(tmp_path / name)


def test_an_input_that_cannot_be_opened_does_not_cost_the_others(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    pipe, good = b.open_sources([tmp_path / "pipe", put(tmp_path, "good", b"x")])
    assert (list(pipe.walk()), pipe.sha256) == ([], None)
    assert [issue.detail for issue in pipe.issues] == ["neither a file nor a directory"]
    assert [entry.path for entry in good.walk()] == ["good"]


def test_empty_inputs(tmp_path: Path) -> None:
    assert walk(put(tmp_path, "empty", b""))[0] == {"empty": b""}
    assert walk(put(tmp_path, "e.tar", tar_of({})))[0] == {"e.tar": tar_of({})}
    assert walk(put(tmp_path, "e.zip", zip_of({})))[0] == {}
