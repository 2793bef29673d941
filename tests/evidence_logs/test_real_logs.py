"""The logs of real clusters without STS trouble: nothing to say."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from analyzer.evidence.logs import LogScan

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "must-gather"
BUNDLE = DATA / "must-gather-aws.tar.xz"
ROTATED = next(iter(DATA.glob("omc/**/rotated/*[0-9]")), None) if DATA.is_dir() else None

pytestmark = pytest.mark.shared


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(1 << 20):
        yield piece


@pytest.mark.skipif(not BUNDLE.is_file(), reason="shared/data/must-gather/must-gather-aws.tar.xz is absent")
def test_a_healthy_cluster_has_no_symptom() -> None:
    scan = LogScan()
    with tarfile.open(BUNDLE, "r|xz") as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".log"):
                stream = archive.extractfile(member)
                assert stream is not None
                scan.feed("a", member.name, pieces(stream))
    assert scan.symptoms() == ()
    pods = [file for file in scan.files if file.namespace]
    assert len(pods) == 1330
    assert all((file.first is None) == file.empty for file in pods)
    assert all(file.first <= file.last for file in pods if file.first and file.last)
    assert sum(file.empty for file in pods) == 870


@pytest.mark.skipif(ROTATED is None, reason="shared/data/must-gather/omc has no rotated log")
def test_a_rotated_log() -> None:
    assert ROTATED is not None
    scan = LogScan()
    file = scan.feed("a", ROTATED.as_posix(), [ROTATED.read_bytes()])
    assert (file.namespace, file.pod, file.container) == ("test-namespace", "test-pod", "test-container")
    assert file.first is not None
    assert file.first.date() == datetime(2023, 11, 2, tzinfo=UTC).date()
    assert scan.symptoms() == ()
