"""Nothing in an archive or a directory gets out, hangs, or stops the rest from being read."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import random
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analyzer.bundle as b

from .archives import BUNDLE, PACK, codes, put, special, tar_of, tar_with, walk, zip_of

SMALL = b.Limits(ratio_after=1 << 20)


@pytest.mark.parametrize("packing", PACK)
def test_a_cut_archive_gives_what_was_readable(tmp_path: Path, packing: str) -> None:
    rng = random.Random(7)
    whole = {f"f{n:02}": rng.randbytes(rng.choice([0, 1, 511, 512, 513, 5000])) for n in range(30)}
    data = PACK[packing](tar_of(whole))
    ends = {0, 1, 5, 6, 10, 11, 20, 511, 512, 513, 1024, len(data) - 1, len(data) - 9, len(data) - 1025}
    for end in sorted(ends | {len(data) * part // 17 for part in range(1, 17)}):
        path = put(tmp_path, "cut", data[:end])
        source = b.open_source(path)
        got = {entry.path: (entry.read(), entry.truncated) for entry in source.walk()}
        assert source.issues or source.kind == "file" or end > len(data) - 10_300
        for name, (content, truncated) in got.items():
            if name in whole:
                assert whole[name].startswith(content)
                assert truncated == (content != whole[name])
        assert not source.stopped


def test_a_truncation_is_named_even_between_members(tmp_path: Path) -> None:
    data = tar_of({"a": b"1", "b": b"2"})
    files, source = walk(put(tmp_path, "t", data[:1024]))
    assert files == {"a": b"1"}
    assert [(i.code, i.severity) for i in source.issues] == [("truncated", "incomplete")]


@pytest.mark.parametrize("at", [3, 300, 2000])
def test_damage_in_the_middle(tmp_path: Path, at: int) -> None:
    rng = random.Random(1)
    data = bytearray(gzip.compress(tar_of({f"f{n}": rng.randbytes(900) for n in range(9)})))
    data[at] ^= 0xFF
    _, source = walk(put(tmp_path, "t", bytes(data)))
    assert source.issues or source.kind == "file" or at == 3


NAMES = [
    ("../up", "unsafe-path"),
    ("a/../../up", "unsafe-path"),
    ("a/..", "unsafe-path"),
    ("..\\up", "unsafe-path"),
    ("C:\\Windows\\x", "unsafe-path"),
    ("C:/Windows/x", "unsafe-path"),
    ("x" * 5000, "unsafe-path"),
]


@pytest.mark.parametrize("name, code", NAMES)
def test_names_that_escape_are_refused_and_named(tmp_path: Path, name: str, code: str) -> None:
    files, source = walk(put(tmp_path, "t", tar_of([(name, b"evil"), ("good", b"1")])))
    assert files == {"good": b"1"}
    assert codes(source) == [code]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t"]
    if "\\" not in name:
        assert walk(put(tmp_path, "z", zip_of({name: b"evil", "good": b"1"})))[0] == {"good": b"1"}


def test_absolute_names_become_relative_ones(tmp_path: Path) -> None:
    files, source = walk(put(tmp_path, "t", tar_of({"/etc/passwd": b"1"})))
    assert files == {"etc/passwd": b"1"}
    assert codes(source) == ["unsafe-path"]


def test_members_that_are_no_files_have_no_content(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        "t",
        tar_with(
            (special("s", tarfile.SYMTYPE, "/etc/passwd"), b""),
            (special("h", tarfile.LNKTYPE, "good"), b""),
            (special("c", tarfile.CHRTYPE), b""),
            (special("b", tarfile.BLKTYPE), b""),
            (special("p", tarfile.FIFOTYPE), b""),
            (special("d", tarfile.DIRTYPE), b""),
            (special("good", tarfile.REGTYPE), b""),
        ),
    )
    files, source = walk(path)
    assert files == {"good": b""}
    assert [(i.member, i.code, i.severity) for i in source.issues] == [
        ("s", "link", "unsafe"),
        ("h", "link", "incomplete"),
        ("c", "device", "unsafe"),
        ("b", "device", "unsafe"),
        ("p", "device", "unsafe"),
    ]


def test_zip_links_are_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("good", "1")
    files, source = walk(put(tmp_path, "z", out.getvalue()))
    assert files == {"good": b"1"}
    assert codes(source) == ["link"]


def test_duplicate_members_are_both_given_and_named(tmp_path: Path) -> None:
    path = put(tmp_path, "t", tar_of([("a", b"1"), ("./a", b"2")]))
    source = b.open_source(path)
    assert [(e.path, e.read()) for e in source.walk()] == [("a", b"1"), ("a", b"2")]
    assert codes(source) == ["duplicate-member"]


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_bomb_is_stopped_and_what_came_before_stays(tmp_path: Path, pack) -> None:  # type: ignore[no-untyped-def]
    data = pack(tar_of([("good", b"1"), ("bomb", bytes(12 << 20)), ("after", b"2")]))
    source = b.open_source(put(tmp_path, "t", data), b.Limits(ratio=200, ratio_after=1 << 20))
    got = [entry.path for entry in source.walk() if entry.path == "bomb" or entry.read()]
    assert got == ["good", "bomb"]
    assert source.stopped
    assert [(i.code, i.severity) for i in source.issues] == [("ratio", "unsafe")]


def test_a_zip_bomb_is_stopped_and_the_rest_is_read(tmp_path: Path) -> None:
    data = zip_of({"good": b"1", "bomb": bytes(12 << 20), "after": b"2"})
    files, source = walk(put(tmp_path, "z", data), b.Limits(ratio=200, ratio_after=1 << 20))
    assert (files["good"], files["after"]) == (b"1", b"2")
    assert [(i.member, i.code) for i in source.issues] == [("bomb", "ratio")]
    assert source.stopped


def test_a_zip_of_many_bombs_is_given_up(tmp_path: Path) -> None:
    data = zip_of({**{f"bomb{n}": bytes((12 << 20) + n) for n in range(9)}, "after": b"2"})
    files, source = walk(put(tmp_path, "z", data), b.Limits(ratio=20, ratio_after=1 << 20))
    assert "after" not in files
    assert codes(source) == ["ratio"] * 4


def test_an_empty_directory_behind_a_zip_hides_nothing(tmp_path: Path) -> None:
    data = zip_of({"good": b"1"}) + b"PK\x05\x06" + bytes(18)
    files, source = walk(put(tmp_path, "z", data))
    assert files == {"good": b"1"}
    assert codes(source) == ["truncated"]


def test_overlapping_zip_members_share_one_ratio(tmp_path: Path) -> None:
    data = zip_of({f"f{n}": bytes(1 << 20) for n in range(2)})
    first, second = data.find(b"PK\x01\x02"), data.rfind(b"PK\x01\x02")
    entry, end = data[first:second], data[data.rfind(b"PK\x05\x06") :]
    many = b"".join(entry[:46] + f"{n:02}".encode() + entry[48:] for n in range(99))
    end = end[:8] + struct.pack("<2H2I", 99, 99, len(many), first) + end[20:]
    source = b.open_source(put(tmp_path, "z", data[:first] + many + end), SMALL)
    assert sum(len(entry.read()) for entry in source.walk()) < 10 << 20
    assert "ratio" in codes(source)
    assert [i.member for i in source.issues if "another member" in i.detail][:2] == ["01", "02"]


def test_a_bomb_in_a_log_stops_that_log_alone(tmp_path: Path) -> None:
    put(tmp_path, "d/namespaces/a.log.gz", gzip.compress(bytes(8 << 20)))
    put(tmp_path, "d/namespaces/b.log", b"fine")
    files, source = walk(tmp_path / "d", b.Limits(ratio=200, ratio_after=1 << 20))
    assert files["namespaces/b.log"] == b"fine"
    assert [(i.member, i.code) for i in source.issues] == [("namespaces/a.log.gz", "ratio")]


def test_too_many_members_and_bytes(tmp_path: Path) -> None:
    path = put(tmp_path, "t", tar_of({f"f{n}": b"x" * 600 for n in range(50)}))
    files, source = walk(path, b.Limits(members=10))
    assert len(files) == 10
    assert codes(source) == ["too-many-members"]
    put(tmp_path, "d/z.tar", path.read_bytes())
    for n in range(20):
        put(tmp_path, f"d/f{n}", b"y")
    assert codes(walk(tmp_path / "d", b.Limits(members=10))[1]) == ["too-many-members"]
    files, source = walk(path, b.Limits(total_bytes=10_000))
    assert codes(source) == ["too-many-bytes"]
    assert source.stopped


def test_xz_that_wants_too_much_memory(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 64 << 20}]
    data = lzma.compress(tar_of({"a": b"1" * 9000}), filters=filters)
    _, source = walk(put(tmp_path, "t", data), b.Limits(window=8 << 20))
    assert [(i.code, i.severity) for i in source.issues] == [("too-large", "unsafe")]


def test_headers_that_announce_huge_sizes(tmp_path: Path) -> None:
    huge = tarfile.TarInfo("huge")
    huge.size = 1 << 60
    data = huge.tobuf(tarfile.GNU_FORMAT) + b"x" * 2000
    files, source = walk(put(tmp_path, "t", data))
    assert files == {"huge": b"x" * 2000}
    assert codes(source) == ["truncated"]


def test_a_pax_header_bomb_is_not_held_in_memory(tmp_path: Path) -> None:
    pax = special("pax", tarfile.XHDTYPE)
    pax.size = 3 << 20
    data = pax.tobuf(tarfile.USTAR_FORMAT) + b"9" * (3 << 20) + tar_of([("hidden", b"1"), ("good", b"2")])
    files, source = walk(put(tmp_path, "t", data))
    assert files == {"good": b"2"}
    assert codes(source) == ["too-large"]


@pytest.mark.parametrize("records", [b"99999 path=x\n", b"path=x\n", b"5 a\n", b"-1 a=b\n", b"12 size=-44\n"])
def test_malformed_pax_records(tmp_path: Path, records: bytes) -> None:
    pax = special("pax", tarfile.XHDTYPE)
    pax.size = len(records)
    data = pax.tobuf(tarfile.USTAR_FORMAT) + records.ljust(512, b"\0") + tar_of([("x", b"1"), ("good", b"2")])
    files, source = walk(put(tmp_path, "t", data))
    assert files["good"] == b"2"
    assert codes(source) == ["unreadable"]


def test_sparse_members_are_named(tmp_path: Path) -> None:
    info = tarfile.TarInfo("GNUSparseFile.0/x")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": str(1 << 50)}
    gnu = special("s", tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT)
    data = gnu + tar_with((info, b""), (tarfile.TarInfo("good"), b""))
    files, source = walk(put(tmp_path, "t", data))
    assert set(files) == {"good"}
    assert codes(source) == ["unsupported", "unsupported"]


def test_names_that_are_not_utf8_can_be_printed(tmp_path: Path) -> None:
    info = tarfile.TarInfo("caf\udce9")
    files, _ = walk(put(tmp_path, "t", tar_with((info, b""))))
    assert set(files) == {"caf\\xe9"}
    (tmp_path / "d").mkdir()
    with open(os.fsencode(tmp_path / "d") + b"/caf\xe9", "wb") as file:  # noqa: PTH123 - a name in bytes
        file.write(b"1")
    assert walk(tmp_path / "d")[0] == {"caf\\xe9": b"1"}


def test_directory_with_links_loops_and_pipes(tmp_path: Path) -> None:
    top = tmp_path / "top"
    put(tmp_path, "secret", b"outside")
    put(top, "a/good", b"1")
    (top / "a/loop").symlink_to(top)
    (top / "a/out").symlink_to("../../secret")
    (top / "a/inside").symlink_to("good")
    os.mkfifo(top / "pipe")
    files, source = walk(top)
    assert files == {"a/good": b"1"}
    assert {(i.member, i.code, i.severity) for i in source.issues} == {
        ("a/loop", "link", "unsafe"),
        ("a/out", "link", "unsafe"),
        ("a/inside", "link", "incomplete"),
        ("pipe", "device", "unsafe"),
    }


def test_a_file_that_becomes_a_link_or_goes_away_is_not_followed(tmp_path: Path) -> None:
    for name in ("namespaces/a/x", "namespaces/a/y"):
        put(tmp_path / "d", name, b"1")
    source = b.open_source(tmp_path / "d")
    for entry in source.walk():
        place = tmp_path / "d" / entry.path
        place.unlink()
        if entry.path.endswith("x"):
            place.symlink_to("/etc/passwd")
        assert entry.read() == b""
        assert entry.truncated
    assert codes(source) == ["unreadable", "unreadable"]


def test_a_thousand_issues_are_counted_not_kept(tmp_path: Path) -> None:
    members = [(special(f"l{n}", tarfile.SYMTYPE, "x"), b"") for n in range(1000)]
    _, source = walk(put(tmp_path, "t", tar_with(*members)))
    assert len(source.issues) == 51
    assert source.issues[-1].detail == "950 more like these"


def test_a_cut_zip_is_read_by_its_local_headers(tmp_path: Path) -> None:
    data = zip_of(BUNDLE)
    files, source = walk(put(tmp_path, "z", data[: data.find(b"PK\x01\x02") + 20]))
    assert files == BUNDLE
    assert codes(source) == ["truncated"]
    out = io.BytesIO()

    class Unseekable(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, piece) -> int:  # type: ignore[no-untyped-def, override]
            return out.write(piece)

    with zipfile.ZipFile(Unseekable(), "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        for name, content in BUNDLE.items():
            archive.writestr(name, content)
    streamed = out.getvalue()
    assert walk(put(tmp_path, "z", streamed))[0] == BUNDLE
    assert walk(put(tmp_path, "z", streamed[: streamed.find(b"PK\x01\x02")]))[0] == BUNDLE


def test_damaged_and_encrypted_zip_members(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a": b"hello" * 50, "b": b"x"}, zipfile.ZIP_STORED))
    data[60] ^= 1
    files, source = walk(put(tmp_path, "z", bytes(data)))
    assert files["b"] == b"x"
    assert codes(source) == ["unreadable"]
    data = bytearray(zip_of({"a": b"x"}))
    data[data.find(b"PK\x01\x02") + 8] |= 1
    assert codes(walk(put(tmp_path, "z", bytes(data)))[1]) == ["unsupported"]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_damage_raises(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    seeds = [tar_of(BUNDLE), gzip.compress(tar_of(BUNDLE)), zip_of(BUNDLE), lzma.compress(tar_of(BUNDLE))]
    raw = bytearray(data.draw(st.sampled_from(seeds)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    path = tmp_path_factory.mktemp("fuzz") / "x"
    path.write_bytes(raw)
    walk(path)
