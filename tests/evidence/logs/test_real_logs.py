"""The logs of real clusters without STS trouble: nothing to say."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO

import pytest

from analyzer.evidence.logs.scan import LogScan
from tests.data import BUNDLE, DATA

pytestmark = pytest.mark.shared


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(1 << 20):
        yield piece


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


def test_a_rotated_log() -> None:
    scan, rotated = LogScan(), next((DATA / "must-gather").glob("omc/**/rotated/*[0-9]"))
    file = scan.feed("a", rotated.as_posix(), [rotated.read_bytes()])
    assert (file.namespace, file.pod, file.container) == ("test-namespace", "test-pod", "test-container")
    assert file.first is not None
    assert file.first.date() == datetime(2023, 11, 2, tzinfo=UTC).date()
    assert scan.symptoms() == ()
