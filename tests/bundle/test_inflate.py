"""ISA-L inflates what zlib does, and where a file is damaged, zlib's word counts."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import analyzer.bundle as b
from analyzer.bundle import inflate
from analyzer.bundle.issues import StreamError, Tally
from tests.bundle.archives import put, tar_of

PIECE = 1 << 13


def _text(chance: random.Random, size: int) -> bytes:
    words = [b"%x" % chance.getrandbits(40) for _ in range(300)]
    return b"\n".join(b" ".join(chance.choices(words, k=12)) for _ in range(size // 100))


WHOLE = _text(random.Random(1), 1_200_000)
PACKED = gzip.compress(WHOLE, 6)


def _read(data: bytes) -> tuple[bytes, str]:
    def packed() -> Iterator[bytes]:
        file = io.BytesIO(data)
        return iter(lambda: file.read(PIECE), b"")

    out: list[bytes] = []
    meter = inflate.Meter(b.DEFAULT_LIMITS, Tally(b.DEFAULT_LIMITS).charge)
    try:
        out.extend(inflate.inflate_file(packed, "gzip", meter))
    except StreamError as error:
        return b"".join(out), f"{error.code}: {error.detail}"
    return b"".join(out), ""


def _both(data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[tuple[bytes, str], tuple[bytes, str]]:
    assert inflate._isal() is not None, "isal is a dependency, but was not loaded"
    fast = _read(data)
    with monkeypatch.context() as patched:
        patched.setattr(inflate, "_isal", lambda: None)
        return fast, _read(data)


def test_whole_and_concatenated_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (PACKED, PACKED + gzip.compress(b"more") + bytes(512)):
        fast, plain = _both(data, monkeypatch)
        assert fast == plain
        assert fast[0].startswith(WHOLE)
        assert not fast[1]


@pytest.mark.parametrize("part", range(12))
def test_cut_anywhere(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = PACKED
    fast, plain = _both(data[: len(data) * part // 12 + part], monkeypatch)
    assert fast == plain
    assert fast[1] == "truncated: the gzip data ends too early"


@pytest.mark.parametrize("seed", range(40))
def test_damaged_anywhere(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    data = bytearray(PACKED)
    for _ in range(chance.choice((1, 1, 50))):
        data[chance.randrange(10, len(data))] ^= 1 << chance.randrange(8)
    fast, plain = _both(bytes(data), monkeypatch)
    assert fast == plain
    assert fast[1]


def test_a_cut_archive_gives_the_same_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"must-gather/namespaces/n/pods/p{n}/c/c/logs/current.log": WHOLE[n::7] for n in range(7)}
    data = gzip.compress(tar_of(files))

    def members(name: str) -> object:
        source = b.open_source(put(tmp_path, name, data[: len(data) * 2 // 3]))
        return [(e.path, e.read(), e.truncated) for e in source.walk()], source.issues, source.bytes

    fast = members("a.tar.gz")
    monkeypatch.setattr(inflate, "_isal", lambda: None)
    assert fast == members("a.tar.gz")
