"""Processes, one for each bundle, and their supervisor, which alone writes the ledger.

A bundle's process is forked with the rules already loaded, so it starts in milliseconds; whatever
becomes of it (killed, out of memory, endless), the supervisor sees its pipe end, and the row says
what happened. Where the supervisor dies, its rows are on disk; a new one starts with the rest.
"""

from __future__ import annotations

import gc
import selectors
import time
from functools import partial

from analyzer.fleet.judge import judge_bundle
from analyzer.fleet.ledger import Task
from analyzer.fleet.process import Child, start
from analyzer.fleet.work import Work
from analyzer.options import Options
from analyzer.session import warm_up

_INTERRUPTED = "interrupted"


class Supervisor:
    """Keeps a number of processes busy until nothing is left to do or ``stop`` was called."""

    def __init__(self, work: Work, options: Options, jobs: int) -> None:
        self._work, self._options, self._jobs = work, options, jobs
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, tuple[Task, Child]] = {}
        self._stopping = False

    def run(self) -> None:
        """Judge everything that there is to do."""
        warm_up(self._options)
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
            for _, child in list(self._children.values()):
                child.kill(_INTERRUPTED)
        self._stopping = True

    def _fill(self) -> None:
        while not self._stopping and len(self._children) < self._jobs:
            task = self._work.take()
            if task is None:
                return
            judge = partial(judge_bundle, task.path, task.beside, self._options, task.sha256)
            child = start(judge, self._work.bounds, (*self._children, self._work.lock))
            self._children[child.pipe] = task, child
            self._selector.register(child.pipe, selectors.EVENT_READ)

    def _wait(self) -> None:
        left = min(child.deadline for _, child in self._children.values()) - time.monotonic()
        for key, _ in self._selector.select(max(0.0, min(left, 1.0))):
            if not self._children[key.fd][1].receive():
                self._reap(key.fd)
        for _, child in self._children.values():
            if child.killed is None and time.monotonic() > child.deadline:
                child.kill(f"it took longer than {self._work.bounds.seconds} s")

    def _reap(self, pipe: int) -> None:
        self._selector.unregister(pipe)
        task, child = self._children.pop(pipe)
        row = child.end(self._work.rules)
        if child.killed == _INTERRUPTED:
            self._work.put_back(task)
        else:
            self._work.settle(task, row)

    def _abandon(self) -> None:
        for pipe, (_, child) in list(self._children.items()):
            child.kill(_INTERRUPTED)
            self._reap(pipe)
        self._selector.close()
