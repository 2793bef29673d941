"""The bundles that runs are measured on: the same each time, with every line put in to be found again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.cli.app import app
from bench.__main__ import missing
from bench.bundle import pack, write_bundle


def test_a_small_bundle_is_reproducible_and_its_lines_are_found(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    manifest = write_bundle(first, 2)
    assert vars(write_bundle(second, 2)) == vars(manifest)
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in files)
    assert 1_500_000 < manifest.bytes < 8_000_000
    archive = tmp_path / "bundle.tar.gz"
    pack(first / manifest.folder, archive)
    assert len(manifest.injected) == 40
    assert missing(manifest, first / manifest.folder) == missing(manifest, archive) == []
    manifest.injected.append({"namespace": "team-00", "pod": "none", "line": 1})
    assert missing(manifest, archive) == ["team-00/none:1"]


def test_timings_name_every_step_and_leave_stdout_to_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    run = CliRunner().invoke(app, ["analyze", "--timings", "-f", "json", "samples/mint-mode"])
    assert json.loads(run.stdout)["schema_version"] == "1"
    steps = [line.partition(" s  ")[2].split()[0] for line in run.stderr.splitlines()[1:]]
    assert steps == ["starting", "loading", "reading", "joining", "judging", "writing", "in"]
