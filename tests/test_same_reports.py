"""With the libraries for speed and without them the reports are the same, byte for byte."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from analyzer import needles, redact, session
from analyzer.bundle import inflate, lists
from analyzer.evidence import gathered, members
from analyzer.evidence.logs import scan
from analyzer.evidence.loose import files, sniff
from analyzer.evidence.masks import translation
from analyzer.reports.json import render_json
from tests.data import DATA

SAMPLES = sorted(path.parent for path in Path("samples").glob("*/must-gather*"))
WAYS = ("with StringZilla alone", "with nothing")


def _without(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needles, "_aho_corasick", None)
    if way == "with nothing":
        monkeypatch.setattr(inflate, "_isal", lambda: None)
        for module in (needles, lists, translation):
            monkeypatch.setattr(module, "find", bytes.find)
        for module in (lists, scan):
            monkeypatch.setattr(module, "count", bytes.count)


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read anew what other tests let whole runs share."""
    monkeypatch.setattr(members, "cut_list", lists.cut_list)
    monkeypatch.setattr(members, "live_secrets", redact.live_secrets)
    monkeypatch.setattr(files, "read_loose", sniff.read_loose)
    monkeypatch.setattr(gathered, "parse_item", lists.parse_item)


def _same(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = render_json(session.analyze(paths))
    for way in WAYS:
        with monkeypatch.context() as patched:
            _without(way, patched)
            assert render_json(session.analyze(paths)) == whole, way


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_every_sample(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _same([sample], monkeypatch)


def test_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "bundle.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(SAMPLES[0], "bundle")
    _same([archive], monkeypatch)


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    ["must-gather", "iam-export-samples", "ccoctl-dryrun-rendered", "credrequests"],
)
def test_real_files(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _same([DATA / name], monkeypatch)
