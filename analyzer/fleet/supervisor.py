"""Processes, one for each bundle, and their supervisor, which alone writes the ledger.

A bundle's process is forked with the rules already loaded, so it starts in milliseconds; whatever
becomes of it (killed, out of memory, endless), the supervisor sees its pipe end, and the row says
what happened. Where the supervisor dies, its rows are on disk; a new one starts with the rest.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import selectors
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from analyzer.fleet.judge import Bounds, judge_bundle, rules_version
from analyzer.fleet.ledger import Ledger, Task
from analyzer.fleet.row import Row, now, pack, unpack
from analyzer.session import Options

_PIECE = 1 << 16
_UNCHANGED = b"unchanged"
_LARGEST = 256 << 20
"""Bytes of a result that are taken from a pipe."""


@dataclass(slots=True)
class _Child:
    """One bundle's process: the pipe that it answers through, and when it has to be done."""

    task: Task
    pid: int
    pipe: int
    deadline: float
    data: bytearray = field(default_factory=bytearray)
    killed: str | None = None


Done = Callable[[Task, Row | None], None]
"""Told of every bundle that is finished; None is an unchanged one."""


class Supervisor:
    """Keeps a number of processes busy until nothing is left to do or ``stop`` was called."""

    def __init__(self, ledger: Ledger, options: Options, bounds: Bounds, jobs: int, done: Done) -> None:
        self._ledger, self._options, self._bounds, self._jobs, self._done = (
            ledger,
            options,
            bounds,
            jobs,
            done,
        )
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}
        self._stopping = False
        self._rules = rules_version(options)

    def run(self) -> None:
        """Judge everything that the ledger has to do."""
        gc.collect()
        gc.freeze()  # what is loaded by now is shared with every child, untouched
        try:
            while True:
                self._fill()
                if not self._children:
                    return
                self._wait()
        finally:
            self._abandon()
            gc.unfreeze()

    def stop(self) -> None:
        """Start nothing more; called again, end what runs. What was not finished stays to do."""
        if self._stopping:
            for child in self._children.values():
                _kill(child, "interrupted")
        self._stopping = True

    def _fill(self) -> None:
        while not self._stopping and len(self._children) < self._jobs:
            task = self._ledger.take()
            if task is None:
                return
            if task.tries > self._bounds.tries:
                # the supervisor itself died with it so often
                self._finish(
                    task, Row("crashed", "the whole scan ended while it was in work", self._rules, now())
                )
                continue
            child = self._start(task)
            self._children[child.pipe] = child
            self._selector.register(child.pipe, selectors.EVENT_READ, child)

    def _start(self, task: Task) -> _Child:
        reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            for other in self._children:
                os.close(other)
            _work(task, self._options, self._bounds, writing)
        os.close(writing)
        return _Child(task, pid, reading, time.monotonic() + self._bounds.seconds)

    def _wait(self) -> None:
        left = min(child.deadline for child in self._children.values()) - time.monotonic()
        for key, _ in self._selector.select(max(0.0, min(left, 1.0))):
            child: _Child = key.data
            piece = os.read(child.pipe, _PIECE)
            if piece and len(child.data) < _LARGEST:
                child.data += piece
            else:
                self._reap(child)
        for child in list(self._children.values()):
            if child.killed is None and time.monotonic() > child.deadline:
                _kill(child, f"it took longer than {self._bounds.seconds} s")

    def _reap(self, child: _Child) -> None:
        self._selector.unregister(child.pipe)
        os.close(child.pipe)
        del self._children[child.pipe]
        status = _ended(child.pid)
        if child.killed == "interrupted":
            self._ledger.put_back(child.task, counted=False)
            return
        if bytes(child.data) == _UNCHANGED and status == 0:
            self._ledger.keep(child.task)
            self._done(child.task, None)
            return
        row = self._row(child, status)
        if row.outcome in ("crashed", "timeout", "too-big") and child.task.tries < self._bounds.tries:
            self._ledger.put_back(child.task)
        else:
            self._finish(child.task, row)

    def _row(self, child: _Child, status: int) -> Row:
        if status == 0 and not child.killed:
            with contextlib.suppress(ValueError, TypeError):
                return unpack(bytes(child.data))
        tries = f" ({child.task.tries} tries)" if child.task.tries > 1 else ""
        if child.killed:
            return Row("timeout", f"{child.killed}{tries}", self._rules, now())
        how = f"signal {-status}" if status < 0 else f"exit code {status}"
        return Row("crashed", f"its process ended with {how}{tries}", self._rules, now())

    def _finish(self, task: Task, row: Row) -> None:
        self._ledger.store(task, row)
        self._done(task, row)

    def _abandon(self) -> None:
        for child in list(self._children.values()):
            _kill(child, "interrupted")
            _ended(child.pid)
            os.close(child.pipe)
            self._ledger.put_back(child.task, counted=False)
        self._children.clear()
        self._selector.close()


def _work(task: Task, options: Options, bounds: Bounds, writing: int) -> NoReturn:
    """Judge one bundle in this process, answer through the pipe, and end."""
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _limit(bounds)
        row = judge_bundle(task.path, task.beside, options, task.sha256)
        _send(writing, _UNCHANGED if row is None else pack(row))
        code = 0
    except BaseException:
        code = 70
    finally:
        os._exit(code)


def _limit(bounds: Bounds) -> None:
    size = bounds.memory << 20
    for name, limit in (("RLIMIT_AS", size), ("RLIMIT_CPU", bounds.seconds + 5), ("RLIMIT_CORE", 0)):
        kind = getattr(resource, name, None)
        if kind is not None:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (limit, limit))


def _send(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def _kill(child: _Child, why: str) -> None:
    child.killed = child.killed or why
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)


def _ended(pid: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return -signal.SIGKILL
