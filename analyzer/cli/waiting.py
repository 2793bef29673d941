"""Progress on a terminal: which step is running, once the run has taken a second."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from analyzer.progress import SILENT, Progress

DELAY = 1.0
"""Seconds after which a person begins to wonder."""


@contextmanager
def waiting(*, quiet: bool) -> Iterator[Progress]:
    """Show the steps of what runs inside on stderr, if that is a terminal; leave nothing behind."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield SILENT
        return
    shown = _Shown()
    try:
        yield shown
    finally:
        shown.stop()


class _Shown(Progress):
    """A line that a timer draws and each second renews."""

    def __init__(self) -> None:
        import threading

        self._doing = "starting"
        self._begun = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._thread.start()

    def step(self, doing: str) -> None:
        self._doing = doing

    def stop(self) -> None:
        """Take the line away."""
        self._ended.set()
        self._thread.join()

    def _draw(self) -> None:
        if self._ended.wait(DELAY):
            return
        from rich.console import Console
        from rich.text import Text

        from analyzer.reports.inert import inert

        console = Console(stderr=True, highlight=False)
        with console.status("") as status:
            while True:
                seconds = int(time.monotonic() - self._begun)
                # rich reads markup and passes escapes through: it gets inert text, as text
                status.update(Text(f"{inert(self._doing)} ({seconds} s)", no_wrap=True, overflow="ellipsis"))
                if self._ended.wait(0.5):
                    return
