"""A scan from the first path to the last row: find, enlist, judge, count."""

from __future__ import annotations

import signal
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.bundle.s3 import spelled
from analyzer.errors import DoctorError, NothingToRead
from analyzer.fleet.find import find_bundles
from analyzer.fleet.judge import Bounds, rules_version
from analyzer.fleet.ledger import Ledger, Task
from analyzer.fleet.row import Row
from analyzer.fleet.supervisor import Supervisor
from analyzer.fleet.work import Work
from analyzer.frozen import frozen
from analyzer.options import Options

if TYPE_CHECKING:
    from analyzer.fleet.cluster import ClusterSupervisor


@frozen
class Shard:
    """One part of ``of`` parts of a fleet, counted from 1; a bundle's part follows from its path."""

    number: int = 1
    of: int = 1

    def holds(self, path: str) -> bool:
        """Tell whether a bundle belongs to this part."""
        return zlib.crc32(path.encode("utf-8", "surrogateescape")) % self.of == self.number - 1


@dataclass(slots=True)
class Tally:
    """How far a scan is."""

    found: int = 0
    elsewhere: int = 0
    """Bundles that belong to other shards."""
    todo: int = 0
    done: int = 0
    unchanged: int = 0
    in_part: int = 0
    """Bundles that were judged though not all of them could be read."""
    outcomes: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)
    interrupted: bool = False

    @property
    def rate(self) -> float:
        """Bundles an hour so far."""
        return 3600 * self.done / max(time.monotonic() - self.started, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at this rate, None before the first bundle is done."""
        return (self.todo - self.done) / self.rate * 3600 if self.done else None

    def count(self, row: Row | None) -> None:
        """Count a bundle that is finished."""
        self.done += 1
        if row is None:
            self.unchanged += 1
        else:
            self.outcomes[row.outcome] += 1
            self.in_part += row.outcome == "judged" and row.reason is not None
            self.verdicts[row.verdict or "-"] += 1


Progress = Callable[[Tally, Task, Row | None], None]


def scan(
    paths: Sequence[Path],
    database: Path,
    options: Options,
    *,
    jobs: int = 1,
    bounds: Bounds | None = None,
    shard: Shard | None = None,
    cluster: str | None = None,
    progress: Progress = lambda _tally, _task, _row: None,
) -> Tally:
    """Judge every bundle under some paths that the database has no result of by the same rules.

    Raises NothingToRead where no bundle is found, UsageProblem for a path that does not exist or a
    database that cannot be used. An interrupt (SIGINT, SIGTERM) lets the bundles in work finish; a
    second one ends them, and they stay to do. With ``cluster``, the address of a Dask scheduler, its
    workers judge instead of ``jobs`` processes here.
    """
    bounds, shard = bounds or Bounds(), shard or Shard()
    new, empty = not database.exists(), False
    ledger, tally = Ledger(database), Tally()
    try:
        rules = _enlist(ledger, paths, shard, tally, options)

        def done(task: Task, row: Row | None) -> None:
            tally.count(row)
            progress(tally, task, row)

        supervisor = _supervisor(Work(ledger, bounds, rules, done), options, cluster or jobs)
        with _interrupts(supervisor, tally):
            tally.started = time.monotonic()
            supervisor.run()
        return tally
    except DoctorError:
        empty = new and not tally.done  # it would look like the database of a scan
        raise
    finally:
        ledger.close(drop=empty)


def _enlist(ledger: Ledger, paths: Sequence[Path], shard: Shard, tally: Tally, options: Options) -> str:
    """Take in what is found, and give the rules that judge it. Raises NothingToRead and UsageProblem."""
    rules = rules_version(options)
    tally.found, tally.todo = ledger.enlist(_listed(paths, shard, tally), rules)
    if not tally.found and not tally.elsewhere:
        names = ", ".join(spelled(path) for path in paths)
        raise NothingToRead(f"no bundle found in {names}", do="Pass must-gathers or directories of them")
    return rules


def _supervisor(work: Work, options: Options, where: str | int) -> Supervisor | ClusterSupervisor:
    if isinstance(where, int):
        return Supervisor(work, options, where)
    from analyzer.fleet.cluster import ClusterSupervisor

    return ClusterSupervisor(work, options, where)


def _listed(paths: Sequence[Path], shard: Shard, tally: Tally) -> Iterator[tuple[str, tuple[str, ...], str]]:
    for found in find_bundles(paths):
        if shard.holds(spelled(found.path)):
            yield spelled(found.path), tuple(map(spelled, found.beside)), found.stamp()
        else:
            tally.elsewhere += 1


class _interrupts:  # noqa: N801  (reads as a word: with _interrupts(...))
    """Turns interrupts into requests to stop while it is entered."""

    def __init__(self, supervisor: Supervisor | ClusterSupervisor, tally: Tally) -> None:
        self._supervisor, self._tally = supervisor, tally

    def __enter__(self) -> None:
        self._before = {s: signal.signal(s, self._stop) for s in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, *_: object) -> None:
        self._tally.interrupted = True
        self._supervisor.stop()
