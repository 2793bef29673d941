"""A small sample of what ``make mutate`` and ``make fuzz`` do at length."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.mutate import damaged
from tests.fuzz.targets import TARGETS
from tests.fuzz.whole import damaged_sample, run_on


@pytest.mark.parametrize("number", [*range(4), 46])
def test_a_damaged_sample_gives_a_valid_report(tmp_path: Path, number: int) -> None:
    run_on(damaged_sample(number), tmp_path, every=number == 0)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_reader_takes_any_bytes(name: str) -> None:
    target, rng = TARGETS[name], random.Random(name)
    seeds = target.seeds()
    for _ in range(25 if name != "report" else 4):
        target.run(damaged(rng.choice(seeds), rng, seeds))
    for data in (b"", b"\0", b"\xff" * 100, b"\xef\xbb\xbf", b"{", b"[]", b"---", b'"\\ud800"'):
        target.run(data)
