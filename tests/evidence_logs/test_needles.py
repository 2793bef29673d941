"""With StringZilla and without it the same lines are found, whatever a log holds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from analyzer import needles
from analyzer.evidence import log_records

_WORDS = [word for needle, beside in log_records._NEEDLES for word in (needle, *beside)]
_NOISE = [b"I0514 12:00:01.000000 1 main.go:1] ok", b"credentials", b"ec2.eu-west-1.amazonaws.com", b" "]


def _log(seed: int) -> bytes:
    chance = random.Random(seed)
    lines = []
    for _ in range(60):
        pieces = chance.choices(_NOISE, k=3) + chance.choices(_WORDS, k=chance.randrange(4))
        chance.shuffle(pieces)
        # cut and overlapping words are none
        lines.append(chance.choice([b"", b" "]).join(p[chance.randrange(3) :] for p in pieces))
    return b"\n".join(lines)


def _both(region: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[int, int], dict[int, int]]:
    fast = log_records._hits(region, len(region))
    with monkeypatch.context() as patched:
        patched.setattr(log_records, "find", bytes.find)
        return fast, log_records._hits(region, len(region))


@pytest.mark.parametrize("seed", range(30))
def test_the_same_lines_are_found(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, plain = _both(_log(seed), monkeypatch)
    assert fast == plain
    assert plain


def test_the_same_lines_are_found_in_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = list(Path("samples").rglob("*.log"))
    found = [_both(log.read_bytes(), monkeypatch) for log in logs]
    assert any(plain for _, plain in found)
    assert all(fast == plain for fast, plain in found)


@pytest.mark.parametrize("seed", range(40))
def test_the_library_looks_as_bytes_do(seed: int) -> None:
    assert needles.find is not bytes.find, "StringZilla is a dependency, but was not loaded"
    chance = random.Random(seed)
    for _ in range(200):
        data = bytes(chance.choices(b"ab\x00\xff", k=chance.randrange(300)))
        needle = bytes(chance.choices(b"ab\x00\xff", k=chance.randint(1, 9)))
        start = chance.randrange(len(data) + 20)
        stop = chance.randrange(len(data) + 20)
        assert needles.find(data, needle) == data.find(needle)
        assert needles.find(data, needle, start, stop) == data.find(needle, start, stop)
        assert needles.count(data, needle[:1], start, stop) == data.count(needle[:1], start, stop)
