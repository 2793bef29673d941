"""What must not stand in a log that is handed on: tokens with their signature, access keys, private keys."""

from __future__ import annotations

from analyzer.evidence.aws_records import LiveSecret
from analyzer.evidence.origin import Quote
from analyzer.needles import count
from analyzer.redact import live_secrets

_SEARCHED, _SEARCHED_OF_LOG = 400, 8
"""Regions that may hold secrets and are searched for them, in all and of one log."""


class LogSecrets:
    """The secrets in any number of logs: where each kind stands first in each log, and never the secret."""

    def __init__(self) -> None:
        self.found: list[LiveSecret] = []
        self.searched = self._searched_here = 0
        self._kinds_here: set[str] = set()

    def begin_log(self) -> None:
        """Go on with another log."""
        self._searched_here, self._kinds_here = 0, set()

    def search(self, region: bytes, stop: int, lines: int, input_id: str, path: str) -> None:
        """Search a region of a log before ``stop``; ``lines`` of it stand before the region."""
        if self._searched_here >= _SEARCHED_OF_LOG or self.searched >= _SEARCHED:
            return
        self.searched += 1
        self._searched_here += 1
        for what, offset in live_secrets(region, urls=False):
            if offset < stop and what not in self._kinds_here:
                self._kinds_here.add(what)
                where = Quote(input_id, path, lines + count(region, b"\n", 0, offset) + 1, "(not shown)")
                self.found.append(LiveSecret(what, where))
