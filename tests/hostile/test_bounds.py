"""Bounds that no suite can afford to reach: each made small, and what is said when it is passed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.bundle import digest_of, source
from analyzer.evidence import gather
from analyzer.session import analyze, fix
from samples.bundle import bundle_files
from samples.cluster import Cluster


def laid(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_more_objects_than_are_kept_are_refused_and_the_rest_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "MOST_OBJECTS", 20)
    report = analyze([laid(tmp_path, bundle_files(Cluster()))])
    (found,) = [e for e in report.errors if e.code == "too-many-objects"]
    assert "more than 20 objects" in found.detail
    assert report.exit_code == 5
    assert report.cluster.version


def test_more_requests_than_can_be_judged_are_refused_and_the_rest_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "MOST_REQUESTS", 3)
    report = analyze([laid(tmp_path, bundle_files(Cluster()))])
    (found,) = [e for e in report.errors if e.code == "too-many-objects"]
    assert "more than 3 CredentialsRequests" in found.detail
    assert report.exit_code == 5
    assert report.cluster.version
    assert len([chain for chain in report.chains if chain.request]) <= 3


def test_a_giant_gets_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_LARGEST", 3)
    small, giant = tmp_path / "a", tmp_path / "b"
    small.write_bytes(b"abc")
    giant.write_bytes(b"abcd")
    assert digest_of([small])
    assert digest_of([giant]) is None
    assert digest_of([small, small]) is None


@pytest.mark.parametrize("kid", [["a"], {"a": 1}, 7, None, True])
def test_a_key_id_of_any_type_ends_no_repair(tmp_path: Path, kid: object) -> None:
    sample = Path(__file__).resolve().parents[2] / "samples" / "kid-rotated"
    files = {p.relative_to(sample).as_posix(): p.read_bytes() for p in sample.rglob("*") if p.is_file()}
    (name,) = [n for n in files if n.endswith("/keys.json")]
    published = json.loads(files[name])
    published["keys"].append({**published["keys"][0], "kid": kid})
    files[name] = json.dumps(published).encode()
    mended = fix([laid(tmp_path, files)])
    assert any("jwks-key-missing" in repair.rules for repair in mended.repairs)
