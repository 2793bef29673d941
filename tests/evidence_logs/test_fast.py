"""With the extra ``fast`` and without it the same lines are found, whatever a log holds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from analyzer.evidence import log_records

pytest.importorskip("ahocorasick_rs")

_WORDS = [word for needle, beside in log_records._NEEDLES for word in (needle, *beside)]
_NOISE = [b"I0514 12:00:01.000000 1 main.go:1] ok", b"credentials", b"ec2.eu-west-1.amazonaws.com", b" "]


def _log(seed: int) -> bytes:
    chance = random.Random(seed)
    lines = []
    for _ in range(60):
        pieces = chance.choices(_NOISE, k=3) + chance.choices(_WORDS, k=chance.randrange(4))
        chance.shuffle(pieces)
        # cut and overlapping words: the matcher takes the leftmost and goes on behind it
        lines.append(chance.choice([b"", b" "]).join(p[chance.randrange(3) :] for p in pieces))
    return b"\n".join(lines)


def _both(region: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[int, int], dict[int, int]]:
    fast = log_records._hits(region)
    with monkeypatch.context() as patched:
        patched.setattr(log_records, "_matcher", lambda: None)
        return fast, log_records._hits(region)


@pytest.mark.parametrize("seed", range(150))
def test_the_same_lines_are_found(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, plain = _both(_log(seed), monkeypatch)
    assert fast == plain
    assert plain


def test_the_same_lines_are_found_in_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = list(Path("samples").rglob("*.log"))
    found = [_both(log.read_bytes(), monkeypatch) for log in logs]
    assert any(plain for _, plain in found)
    assert all(fast == plain for fast, plain in found)
