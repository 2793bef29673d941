"""Logs without a kubelet's stamps: klog writes the day and the time, but no year."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.evidence.logs.scan import LogScan
from analyzer.evidence.logs.years import dated_file, dated_symptom, in_year

GATHERED = datetime(2024, 3, 12, 10, 33, tzinfo=UTC)
ERROR = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"


@pytest.mark.parametrize(
    "moment, near, said",
    [
        ("1972-03-12T10:27:00Z", GATHERED, "2024-03-12T10:27:00Z"),
        ("1972-04-01T10:27:00Z", GATHERED, "2024-04-01T10:27:00Z"),
        ("1972-12-31T10:27:00Z", GATHERED, "2023-12-31T10:27:00Z"),
        ("1972-01-01T00:00:00Z", datetime(2023, 12, 31, 23, tzinfo=UTC), "2024-01-01T00:00:00Z"),
        ("1972-02-29T10:27:00Z", GATHERED, "2024-02-29T10:27:00Z"),
        ("1972-02-29T10:27:00Z", datetime(2022, 3, 1, tzinfo=UTC), None),
        ("2021-03-12T10:27:00Z", GATHERED, "2021-03-12T10:27:00Z"),
        ("1972-03-12T10:27:00Z", None, None),
    ],
)
def test_the_year_is_the_nearest_to_the_gather(moment: str, near: datetime | None, said: str | None) -> None:
    expected = datetime.fromisoformat(said) if said else None
    assert in_year(datetime.fromisoformat(moment), near) == expected


def scanned(*stamps: str) -> LogScan:
    scan = LogScan()
    log = "".join(f"{stamp}       1 controller.go:329] {ERROR}\n" for stamp in stamps)
    scan.feed("a", "machine-controller.log", [log.encode()])
    return scan


def test_a_log_of_klog_alone_is_dated() -> None:
    scan = scanned("E0312 10:00:00.000001", "E0312 10:27:00.000002")
    (symptom,) = scan.symptoms()
    placed, file = dated_symptom(symptom, GATHERED), dated_file(scan.files[0], GATHERED)
    assert placed.first == file.first == datetime(2024, 3, 12, 10, 0, 0, 1, tzinfo=UTC)
    assert placed.last == placed.log_end == file.last == datetime(2024, 3, 12, 10, 27, 0, 2, tzinfo=UTC)
    unknown = dated_symptom(symptom, None)
    assert (unknown.first, unknown.last, unknown.log_end) == (None, None, None)


def test_a_log_over_new_year() -> None:
    (symptom,) = scanned("E1231 23:00:00.000001", "E0101 01:00:00.000001").symptoms()
    placed = dated_symptom(symptom, datetime(2024, 1, 1, 2, tzinfo=UTC))
    assert placed.first == datetime(2023, 12, 31, 23, 0, 0, 1, tzinfo=UTC)
    assert placed.last == datetime(2024, 1, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["E1332 10:00:00.000001", "E0230 10:00:00.000001"])
def test_what_is_no_day_is_no_time(stamp: str) -> None:
    assert scanned(stamp).files[0].first is None
