"""Roots are told from paths alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import analyzer.bundle as b

PATHS = {
    "mg/img/cluster-scoped-resources/core/nodes.yaml": ("mg/img", "cluster-scoped-resources/core/nodes.yaml"),
    "namespaces/ns/core/pods.yaml": ("", "namespaces/ns/core/pods.yaml"),
    "a.tar.gz!/namespaces/ns/core/pods.yaml": ("a.tar.gz!", "namespaces/ns/core/pods.yaml"),
    "img/namespaces/all/namespaces/ns/core/pods.yaml": ("img/namespaces/all", "namespaces/ns/core/pods.yaml"),
    "img/namespaces/all/cluster-scoped-resources/core/x.yaml": (
        "img/namespaces/all",
        "cluster-scoped-resources/core/x.yaml",
    ),
    "img/cluster-scoped-resources/core/namespaces/ns.yaml": (
        "img",
        "cluster-scoped-resources/core/namespaces/ns.yaml",
    ),
    "img/cluster-scoped-resources/core/namespaces/a/b.yaml": (
        "img",
        "cluster-scoped-resources/core/namespaces/a/b.yaml",
    ),
    "img/host_service_logs/masters/kubelet_service.log": (
        "img",
        "host_service_logs/masters/kubelet_service.log",
    ),
    "img/sos_commands/namespaces/lsns": None,
    "img/version": None,
    "namespaces": None,
    "": None,
}


@pytest.mark.parametrize("path, expected", PATHS.items())
def test_split_root(path: str, expected: tuple[str, str] | None) -> None:
    assert b.split_root(path) == expected


def test_notes_beside_and_above_roots() -> None:
    assert b.note_of("mg/timestamp") == ("mg", "timestamp")
    assert b.note_of("mg/img/gather.logs") == ("mg/img", "gather.logs")
    assert b.note_of("watermark.txt") == ("", "watermark.txt")
    assert b.note_of("mg/img/other") is None
    assert b.is_above("mg", "mg/img")
    assert b.is_above("mg/img", "mg/img")
    assert b.is_above("", "x")
    assert not b.is_above("mg/im", "mg/img")


def test_timestamps_are_the_earliest_and_the_latest_in_utc() -> None:
    data = (
        b"2021-08-03 12:11:56.91501602 +0200 CEST m=+1.651641915\n"
        b"2021-08-03 10:14:13.632016778 +0000 UTC m=+138.368642668\r\n"
        b"2021-08-03 10:12:00 +0000 UTC\n"
        b"2021-13-03 10:12:00 +0000 UTC\n"
        b"9999-12-31 23:59:59 -2300 X\nnoise\n"
    )
    assert b.parse_timestamps(data) == (
        datetime(2021, 8, 3, 10, 11, 56, 915016, tzinfo=UTC),
        datetime(2021, 8, 3, 10, 14, 13, 632016, tzinfo=UTC),
    )
    assert b.parse_timestamps(b"") is None
