"""The same scan on a Dask cluster: workers judge, and this process alone writes the ledger.

Paths must mean the same on every worker: a shared file system, or object storage. Each bundle has a
bounded process of its own there too. Where a worker dies, the scheduler gives its bundles to others;
where the scheduler dies, every result so far is in the ledger, and a new scan goes on.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, cast

from analyzer.errors import DoctorError, UsageProblem
from analyzer.fleet.ledger import Task
from analyzer.fleet.process import UNCHANGED
from analyzer.fleet.row import unpack
from analyzer.fleet.work import Work
from analyzer.fleet.worker import judge_apart, rules_here
from analyzer.options import Options
from analyzer.patterns import later

if TYPE_CHECKING:
    from distributed import Client, Future

_AHEAD = 3
"""Bundles that are handed to the scheduler for each thread of its workers: none waits for this process."""

_ADDRESS = later(r"(?:tcp|tls|ws|wss|ucx|ucxx)://(?:[^\s/:]+|\[[0-9a-fA-F:.]+\]):\d{1,5}")

_PATIENCE = 15
"""Seconds that the scheduler has to answer."""


class ClusterLost(DoctorError):
    """The scheduler went away in mid-scan; what was finished is kept."""

    exit_code = 6


class ClusterSupervisor:
    """Hands bundles to a cluster until nothing is left to do or ``stop`` was called."""

    def __init__(self, work: Work, options: Options, address: str) -> None:
        self._work, self._options, self._address = work, options, address
        self._finished: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._tasks: dict[str, tuple[Task, Future]] = {}
        self._stops = 0

    def run(self) -> None:
        """Judge everything that there is to do.

        Raises UsageProblem where the cluster cannot be reached or judges by other rules, ClusterLost
        where it goes away.
        """
        with _connected(self._address) as client:
            self._check_rules(client)
            try:
                self._loop(client)
            except OSError:
                raise self._lost() from None
            finally:
                self._abandon()

    def stop(self) -> None:
        """Start nothing more; called again, wait for nothing either. What was not finished stays to do."""
        self._stops += 1

    def _loop(self, client: Client) -> None:
        while self._stops < 2:
            self._hand_out(client)
            if not self._tasks:
                return
            try:
                future = self._finished.get(timeout=1)
            except queue.Empty:
                if client.status != "running":
                    raise self._lost() from None
                continue
            self._take_in(future)

    def _hand_out(self, client: Client) -> None:
        room = _AHEAD * max(1, sum(client.nthreads().values())) - len(self._tasks)
        while room > 0 and not self._stops:
            task = self._work.take()
            if task is None:
                return
            future = client.submit(
                judge_apart, task.path, task.beside, self._options, task.sha256, self._work.bounds,
                key=f"bundle-{task.id}-{task.tries}-{os.getpid()}", pure=False, retries=0,
            )  # fmt: skip
            self._tasks[future.key] = (task, future)
            future.add_done_callback(self._finished.put)
            room -= 1

    def _take_in(self, future: Future) -> None:
        task, _ = self._tasks.pop(future.key)
        came = outcome_of(future)
        if came is None:
            self._work.put_back(task)
            raise self._lost()
        if isinstance(came, bytes):
            self._keep(task, came)
        else:
            self._work.settle(task, self._work.crashed(_why(came)))
        future.release()

    def _keep(self, task: Task, answer: bytes) -> None:
        row = None if answer == UNCHANGED else unpack(answer)
        if row is not None and row.rules != self._work.rules:
            self._work.put_back(task)
            raise self._other_rules("a worker", row.rules)
        self._work.settle(task, row)

    def _abandon(self) -> None:
        for task, future in self._tasks.values():
            with contextlib.suppress(Exception):
                future.cancel()
            self._work.put_back(task)
        self._tasks.clear()

    def _check_rules(self, client: Client) -> None:
        try:
            client.wait_for_workers(1, timeout=30)
        except TimeoutError:
            raise UsageProblem(
                f"the scheduler at {self._address} has no workers", do="Start some: dask worker ADDRESS"
            ) from None
        for worker, rules in client.run(rules_here, self._options).items():
            if rules != self._work.rules:
                raise self._other_rules(f"worker {worker}", rules)

    def _other_rules(self, who: str, rules: str | None) -> UsageProblem:
        return UsageProblem(
            f"{who} judges by {rules}, this program by {self._work.rules}",
            do="Install the same version of sts-doctor and the same --rules on every worker",
        )

    def _lost(self) -> ClusterLost:
        return ClusterLost(
            f"the scheduler at {self._address} went away", do="The results so far are kept; scan again"
        )


def outcome_of(future: Future) -> bytes | BaseException | None:
    """Give a task's answer or its error; None where the scheduler went away, be it between two questions."""
    try:
        if future.status == "finished":
            return cast(bytes, future.result())
        came = future.exception() if future.status == "error" else None
    except CancelledError:
        return None
    return None if isinstance(came, CancelledError) else came


def _why(error: BaseException) -> str:
    if type(error).__name__ == "KilledWorker":
        return "every worker that had it was killed"
    return f"the worker failed: {type(error).__name__}"


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise UsageProblem("--cluster needs Dask", do="Install sts-doctor[cluster]") from None
    if not _ADDRESS.fullmatch(address):
        raise UsageProblem(f"--cluster takes an address such as tcp://host:8786, not {address!r}")
    logging.getLogger("distributed").setLevel(
        logging.CRITICAL
    )  # what it would say is said in a row, or raised
    try:
        return Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError):
        raise UsageProblem(
            f"no scheduler answers at {address} within {_PATIENCE} s", do="Start one: dask scheduler"
        ) from None
