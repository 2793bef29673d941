"""What a run is doing, said to whoever waits for it; by default nobody does."""

from __future__ import annotations

import time
from itertools import pairwise


class Progress:
    """The state object of a run: it is told each step, and shows nothing."""

    def step(self, doing: str) -> None:
        """Take note that the run now does this."""


class Timed(Progress):
    """Tells another, and notes how long each step took: on the clock, and of the processor."""

    def __init__(self, told: Progress) -> None:
        self._told = told
        self._steps: list[tuple[str, float, float]] = []

    def step(self, doing: str) -> None:
        """Begin a step; the one before has ended."""
        self._steps.append((doing, time.perf_counter(), time.process_time()))
        self._told.step(doing)

    def lines(self) -> list[str]:
        """Say what each step took, and the start before the first; the last one ends now."""
        now = ("", time.perf_counter(), time.process_time())
        first = self._steps[0][2] if self._steps else now[2]
        rows: list[tuple[str, float | None, float]] = [("starting", None, first)]
        rows += [(a[0], b[1] - a[1], b[2] - a[2]) for a, b in pairwise([*self._steps, now])]
        rows.append(("in all", None, now[2]))
        return [
            f"{'' if clock is None else f'{clock:.2f}':>7} {work:7.2f} s  {what}"
            for what, clock, work in rows
        ]


SILENT = Progress()
