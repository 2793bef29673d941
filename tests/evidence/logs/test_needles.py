"""With the libraries for it and without them the same lines are found, whatever a log holds."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from analyzer import needles
from analyzer.evidence.logs import regions
from analyzer.needles import Needles

_WORDS = [word for needle, beside in regions._NEEDLES for word in (needle, *beside)]
_WORDS += regions._OF_SECRETS
_NOISE = [b"I0514 12:00:01.000000 1 main.go:1] ok", b"credentials", b"ec2.eu-west-1.amazonaws.com", b" "]
WAYS = ("ahocorasick_rs", "StringZilla", "plain Python")


def _use(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for literals in one of the ways."""
    if way == "ahocorasick_rs":
        monkeypatch.setattr(needles, "_FEW", 0)
    else:
        monkeypatch.setattr(needles, "_aho_corasick", None)
    if way == "plain Python":
        monkeypatch.setattr(needles, "find", bytes.find)


def _log(seed: int) -> bytes:
    chance = random.Random(seed)
    lines = []
    for _ in range(60):
        pieces = chance.choices(_NOISE, k=3) + chance.choices(_WORDS, k=chance.randrange(4))
        chance.shuffle(pieces)
        # cut and overlapping words are none
        lines.append(chance.choice([b"", b" "]).join(p[chance.randrange(3) :] for p in pieces))
    return b"\n".join(lines)


def _each_way(region: bytes, monkeypatch: pytest.MonkeyPatch) -> list[regions.Hits]:
    found = []
    for way in WAYS:
        with monkeypatch.context() as patched:
            _use(way, patched)
            found.append(regions.look(region, len(region)))
    return found


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="neither library has wheels for this Python")
def test_the_libraries_are_there() -> None:
    assert needles.find is not bytes.find, "StringZilla is a dependency, but was not loaded"
    assert needles._aho_corasick is not None, "the extra fast is a part of what tests need"


@pytest.mark.parametrize("seed", range(30))
def test_the_same_lines_are_found(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = _each_way(_log(seed), monkeypatch)
    assert first.lines
    assert others == [first, first]


def test_the_same_lines_are_found_in_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [_each_way(log.read_bytes(), monkeypatch) for log in Path("samples").rglob("*.log")]
    assert any(first.lines for first, *_ in found)
    assert all(others == [first, first] for first, *others in found)


def test_no_needle_hides_another_that_overlaps_it() -> None:
    """Of two words that overlap one library finds the first alone: that must be enough for the line."""
    for one, beside in regions._NEEDLES:
        for other in regions._ALL.words:
            overlap = any(one.endswith(other[:size]) for size in range(1, min(len(one), len(other))))
            assert one == other or other not in one
            assert one == other or not (beside and overlap), (one, other)


@pytest.mark.parametrize("block", [1, 2, 3, 8, 64, 1024])
@pytest.mark.parametrize("way", WAYS)
def test_places_are_found_in_order(way: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _use(way, monkeypatch)
    monkeypatch.setattr(needles, "_BLOCK", block)
    chance = random.Random(7)
    words = Needles([b"ab", b"cd", b"\xff"])
    for _ in range(300):
        data = bytes(chance.choices(b"abcd\n\xff ", k=chance.randrange(80)))
        stop = chance.randrange(len(data) + 1)
        begin, first = 0, set()
        for line in data[:stop].split(b"\n"):
            first |= {(begin + line.index(word), n) for n, word in enumerate(words.words) if word in line}
            begin += len(line) + 1
        found = words.places(data, stop)
        assert found == sorted(found)
        assert first <= set(found)
        assert all(data[:stop].startswith(words.words[which], place) for place, which in found)
        assert words.are_in(data) == any(word in data for word in words.words)


@pytest.mark.parametrize("seed", range(40))
def test_the_library_looks_as_bytes_do(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        data = bytes(chance.choices(b"ab\x00\xff", k=chance.randrange(300)))
        needle = bytes(chance.choices(b"ab\x00\xff", k=chance.randint(1, 9)))
        start = chance.randrange(len(data) + 20)
        stop = chance.randrange(len(data) + 20)
        assert needles.find(data, needle) == data.find(needle)
        assert needles.find(data, needle, start, stop) == data.find(needle, start, stop)
        assert needles.count(data, needle[:1], start, stop) == data.count(needle[:1], start, stop)


@pytest.mark.parametrize("way", WAYS)
def test_a_word_is_found_wherever_a_piece_ends(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _use(way, monkeypatch)
    monkeypatch.setattr(needles, "_PIECE", 4)
    monkeypatch.setattr(needles, "_BLOCK", 4)
    for at in range(12):
        assert Needles([b"word", b"other"]).are_in(b"." * at + b"word" + b"." * (12 - at))
        assert not Needles([b"word", b"other"]).are_in(b"." * at + b"wor")
    assert not Needles([b"word"]).are_in(b"")
