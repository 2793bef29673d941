"""What runs on a worker of a cluster: beside it a process that forks one process for each bundle.

The worker is full of threads and must not be forked, nor end with a bundle. So each of its threads
has a companion, a process with the rules loaded, which bounds and outlives the bundles' processes
as the supervisor of a local scan does. It ends with its worker.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path

from analyzer.bundle.s3 import is_remote, prepare
from analyzer.errors import DoctorError
from analyzer.fleet.judge import Bounds, judge_bundle, rules_version
from analyzer.fleet.process import UNCHANGED, Child, start
from analyzer.fleet.row import pack
from analyzer.options import Options
from analyzer.session import warm_up


class Companion:
    """A process of this module, seen from the worker."""

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "analyzer.fleet.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def ask(self, *request: object) -> bytes:
        """Have a bundle judged; raises EOFError or OSError where the companion is gone."""
        self._connection.send(request)
        return self._connection.recv_bytes()

    def close(self) -> None:
        """End it, and the bundle in work."""
        self._connection.close()
        self._process.kill()
        self._process.wait()


_idle: list[Companion] = []
"""Companions that wait for a thread; taking from and adding to a list are atomic."""


def judge_apart(
    path: str, beside: Sequence[str], options: Options, known: str | None, bounds: Bounds
) -> bytes:
    """Judge one bundle in a process of its own and give its packed row, or ``UNCHANGED``.

    Raises DoctorError where the companion is killed.
    """
    try:
        companion = _idle.pop()
    except IndexError:
        companion = Companion()
    try:
        answer = companion.ask(path, beside, options, known, bounds)
    except (EOFError, OSError):
        companion.close()
        raise DoctorError("the process beside the worker ended") from None
    _idle.append(companion)
    return answer


def rules_here(options: Options) -> str:
    """Name the judgement of this worker."""
    try:
        return rules_version(options)
    except DoctorError as error:
        return f"no rules ({error})"


def serve(connection: Connection) -> None:
    """Judge what is asked for, one bundle after the other, until the worker hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warm_for: Options | None = None
    while True:
        try:
            path, beside, options, known, bounds = connection.recv()
        except (EOFError, ConnectionError):
            return
        if options != warm_for:
            warm_up(options)
            warm_for = options
        if is_remote(Path(path)):
            with suppress(DoctorError):  # said by the bundle's process
                prepare()
        rules = rules_version(options)
        judge = partial(judge_bundle, path, beside, options, known)
        child = start(judge, bounds, [connection.fileno()])
        answered = _await(child, connection, bounds)
        row = child.end(rules)
        if not answered:
            return
        connection.send_bytes(UNCHANGED if row is None else pack(row))


def _await(child: Child, connection: Connection, bounds: Bounds) -> bool:
    """Wait for an answer; False where the worker hung up, which never speaks in between."""
    while True:
        ready = wait([child.pipe, connection], max(0.0, child.deadline - time.monotonic()))
        if connection in ready:
            child.kill("the worker ended")
            return False
        if not ready:
            child.kill(f"it took longer than {bounds.seconds} s")
            child.deadline += 60
        elif not child.receive():
            return True


if __name__ == "__main__":
    os.set_inheritable(int(sys.argv[1]), False)
    serve(Connection(int(sys.argv[1])))
