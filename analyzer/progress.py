"""What a run is doing, said to whoever waits for it; by default nobody does."""

from __future__ import annotations


class Progress:
    """The state object of a run: it is told each step, and shows nothing."""

    def step(self, doing: str) -> None:
        """Take note that the run now does this."""


SILENT = Progress()
