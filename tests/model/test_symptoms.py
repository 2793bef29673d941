"""Whether an error was still going on when the bundle was gathered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analyzer.evidence.origin import Quote
from analyzer.evidence.records import Symptom
from analyzer.model.symptoms import recency

NOW = datetime(2025, 3, 4, 12, tzinfo=UTC)


def errors(count: int, *, ago: int, logs_end: int, file: str = "current.log") -> Symptom:
    """Give errors a minute apart; ``ago`` and ``logs_end`` are minutes before the gather."""
    last = NOW - timedelta(minutes=ago)
    first = last - timedelta(minutes=count - 1)
    quote = Quote("i1", f"namespaces/a/pods/b/c/c/logs/{file}", 1, "an error")
    end = NOW - timedelta(minutes=logs_end)
    return Symptom("no-provider", "a", "b", "c", "an error", count, first, last, quote, log_end=end)


@pytest.mark.parametrize(
    "found, said",
    [
        (errors(9, ago=5, logs_end=0), "ongoing"),
        (errors(9, ago=50, logs_end=0), "stopped"),
        (errors(1, ago=50, logs_end=0), "unknown"),
        (errors(1, ago=50, logs_end=40), "ongoing"),
        (errors(1, ago=20, logs_end=0), "ongoing"),
        (errors(1, ago=70, logs_end=0), "stopped"),
        (errors(9, ago=20, logs_end=12, file="previous.log"), "stopped"),
        (errors(1, ago=20, logs_end=12, file="previous.log"), "stopped"),
        (errors(9, ago=20, logs_end=17, file="previous.log"), "ongoing"),
    ],
)
def test_whether_it_goes_on(found: Symptom, said: str) -> None:
    assert recency([found], NOW) == said
