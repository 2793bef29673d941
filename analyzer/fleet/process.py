"""A process for one bundle: forked, bounded in time and memory, and a row whatever becomes of it."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from analyzer.fleet.judge import Bounds
from analyzer.fleet.row import Row, now, pack, unpack

UNCHANGED = b"unchanged"
"""What stands in the place of a packed row where the content is what it was."""

_PIECE = 1 << 16
_LARGEST = 256 << 20
"""Bytes of a result that are taken from a pipe."""


@dataclass(slots=True)
class Child:
    """One bundle's process: the pipe that it answers through, and when it has to be done."""

    pid: int
    pipe: int
    deadline: float
    """On the monotonic clock."""
    data: bytearray = field(default_factory=bytearray)
    killed: str | None = None
    """Why it was killed, if it was."""

    def receive(self) -> bool:
        """Take what it has answered, waiting for it; False where nothing more comes."""
        piece = os.read(self.pipe, _PIECE)
        self.data += piece
        return bool(piece) and len(self.data) < _LARGEST

    def kill(self, why: str) -> None:
        """End it; the first reason stands."""
        self.killed = self.killed or why
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def end(self, rules: str) -> Row | None:
        """Wait for its end and give its row, or one that says what became of it; None is unchanged."""
        if len(self.data) >= _LARGEST:
            self.kill("its result is too large")
        os.close(self.pipe)
        status = _status(self.pid)
        if status == 0 and not self.killed:
            if self.data == UNCHANGED:
                return None
            with contextlib.suppress(ValueError, TypeError):
                return unpack(bytes(self.data))
        if self.killed:
            return Row("timeout", self.killed, rules, now())
        how = f"signal {-status}" if status < 0 else f"exit code {status}"
        return Row("crashed", f"its process ended with {how}", rules, now())


def start(judge: Callable[[], Row | None], bounds: Bounds, others: Iterable[int] = ()) -> Child:
    """Fork a process that judges one bundle; ``others`` are descriptors that are none of its business."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        for other in (reading, *others):
            os.close(other)
        _work(judge, bounds, writing)
    os.close(writing)
    return Child(pid, reading, time.monotonic() + bounds.seconds)


def _work(judge: Callable[[], Row | None], bounds: Bounds, writing: int) -> NoReturn:
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _limit(bounds)
        row = judge()
        _send(writing, UNCHANGED if row is None else pack(row))
        code = 0
    except BaseException:
        code = 70
    finally:
        os._exit(code)


def _limit(bounds: Bounds) -> None:
    size = _mapped() + (bounds.memory << 20)
    for name, limit in (("RLIMIT_AS", size), ("RLIMIT_CPU", bounds.seconds + 5), ("RLIMIT_CORE", 0)):
        kind = getattr(resource, name, None)
        if kind is not None:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (limit, limit))


def _mapped() -> int:
    """Give the bytes of address space that were there before the fork; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def _send(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def _status(pid: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return -signal.SIGKILL
