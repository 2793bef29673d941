"""Times that a log gives without a year: those of klog, where no kubelet stamped its lines (``oc logs``)."""

from __future__ import annotations

from datetime import datetime

from analyzer.evidence.logs.text import NO_YEAR
from analyzer.evidence.records import LogFile, Symptom
from analyzer.frozen import replace


def dated_file(file: LogFile, gathered: datetime | None) -> LogFile:
    """Give the window of a log the year of the gather, or the one beside it."""
    first, last = _window(file.first, file.last, gathered)
    return file if (first, last) == (file.first, file.last) else replace(file, first=first, last=last)


def dated_symptom(symptom: Symptom, gathered: datetime | None) -> Symptom:
    """Do the same for the times of a symptom."""
    first, last = _window(symptom.first, symptom.last, gathered)
    if (first, last) == (symptom.first, symptom.last):
        return symptom
    return replace(symptom, first=first, last=last, log_end=in_year(symptom.log_end, gathered))


def _window(
    first: datetime | None, last: datetime | None, gathered: datetime | None
) -> tuple[datetime | None, datetime | None]:
    # Without the year, what was before New Year looked like the later.
    times = sorted(t for t in (in_year(first, gathered), in_year(last, gathered)) if t)
    return (times[0], times[-1]) if times else (None, None)


def in_year(moment: datetime | None, near: datetime | None) -> datetime | None:
    """Put a time that was written without a year in the one that brings it nearest; None without ``near``."""
    if moment is None or moment.year != NO_YEAR:
        return moment
    if near is None:
        return None
    years = (near.year - 1, near.year, near.year + 1)
    leap = (moment.month, moment.day) == (2, 29)
    fitting = [moment.replace(year=year) for year in years if not leap or _is_leap(year)]
    return min(fitting, key=lambda placed: abs(placed - near), default=None)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
