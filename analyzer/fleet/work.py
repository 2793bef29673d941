"""What is to do and what becomes of it, the same whoever judges: processes here or a cluster."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.fleet.judge import Bounds
from analyzer.fleet.ledger import Ledger, Task
from analyzer.fleet.row import Row, now
from analyzer.frozen import replace

Done = Callable[[Task, Row | None], None]
"""Told of every bundle that is finished; None is an unchanged one."""

_AGAIN = ("crashed", "timeout", "too-big", "unreadable")
"""Outcomes that may be the machine's fault, or the network's: such a bundle is tried again."""


class Work:
    """Takes bundles from a ledger and writes their rows, each tried as often as the bounds say."""

    def __init__(self, ledger: Ledger, bounds: Bounds, rules: str, done: Done) -> None:
        self._ledger, self._done = ledger, done
        self.bounds, self.rules = bounds, rules
        self.lock = ledger.lock

    def take(self) -> Task | None:
        """Claim the next bundle, None where none is left; one that ended whole scans becomes a row."""
        while (task := self._ledger.take()) is not None:
            if task.tries <= self.bounds.tries:
                return task
            self._finish(task, self.crashed("the whole scan ended while it was in work"))
        return None

    def settle(self, task: Task, row: Row | None) -> None:
        """Write what came out, or let the bundle be tried again; None is an unchanged one."""
        if row is None:
            self._ledger.keep(task)
            self._done(task, None)
            return
        if row.outcome in _AGAIN:
            if task.tries < self.bounds.tries:
                self._ledger.put_back(task)
                return
            row = replace(row, reason=f"{row.reason} ({task.tries} tries)") if task.tries > 1 else row
        self._finish(task, row)

    def put_back(self, task: Task) -> None:
        """Say that a bundle was not tried after all."""
        self._ledger.put_back(task, counted=False)

    def crashed(self, reason: str) -> Row:
        """Make the row of a bundle that cannot be judged."""
        return Row("crashed", reason, self.rules, now())

    def _finish(self, task: Task, row: Row) -> None:
        self._ledger.store(task, row)
        self._done(task, row)
