"""Hiding files never makes a fault appear: what is not there is unknown, and nothing else."""

import random
from functools import cache
from pathlib import Path

import pytest

from analyzer.errors import DoctorError
from analyzer.session import analyze
from samples.bundle import write_files
from samples.scenarios import SCENARIOS

NAMES = ("healthy", "kid-rotated", "provider-gone", "trust-wrong-service-account")


@cache
def files_of(name: str) -> dict[str, bytes]:
    return dict(SCENARIOS[name].files())


def causes(files: dict[str, bytes], folder: Path) -> set[tuple[str, tuple[str, ...]]]:
    write_files(folder, files)
    try:
        report = analyze([folder])
    except DoctorError:
        return set()
    return {(f.rule, f.chains) for f in report.findings if f.state == "fail" and f.kind == "cause"}


@pytest.mark.parametrize("seed", range(12))
def test_hidden_files_make_no_new_cause(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    files = files_of(NAMES[seed % len(NAMES)])
    whole = {rule for rule, _ in causes(files, tmp_path / "whole")}
    share = chance.uniform(0.3, 0.98)
    left = {path: data for path, data in files.items() if chance.random() < share}
    assert {rule for rule, _ in causes(left, tmp_path / "left")} <= whole
