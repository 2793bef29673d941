"""Literals looked for in bytes, by the processor's vector instructions where there are libraries for it.

``find`` and ``count`` take and give what the methods of ``bytes`` do. Over megabytes StringZilla is five
times as fast as these; in a single line there is nothing to gain. ``Needles`` are several literals looked
for at once: ahocorasick_rs (the extra ``fast``) goes over the bytes once for all of them, StringZilla once
for each, in blocks that stay in the processor's first cache meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from itertools import repeat
from typing import Any

try:
    from stringzilla import count, find
except ImportError:  # no wheel for this kind of processor
    find, count = bytes.find, bytes.count
_aho_corasick: Any = None
with suppress(ImportError):
    _aho_corasick = import_module("ahocorasick_rs")

_FEW = 4
"""Words for which the automaton is slower than one search for each."""
_PIECE = 1 << 18
_BLOCK = 3 << 13
"""Bytes, of the 32 KiB that the first cache of most processors has."""

__all__ = ["Needles", "count", "find", "places"]


class Needles:
    """Literals, none of them empty, that are looked for together."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self.words = tuple(words)
        self._longest = max(map(len, self.words), default=0)

    @cached_property
    def _automaton(self) -> Any:
        # Only a search for the leftmost word goes by vectors; of words that overlap it gives one.
        leftmost = _aho_corasick.MatchKind.LeftmostFirst
        return _aho_corasick.BytesAhoCorasick(self.words, matchkind=leftmost)

    def are_in(self, data: bytes) -> bool:
        """Tell whether one of them is there."""
        if _aho_corasick is None or len(self.words) < _FEW:
            return any(True for _ in self._blocks(data, len(data)))
        view = memoryview(data)
        # All matches of a piece are listed: a file that is nothing else would fill the memory at once.
        pieces = (view[at : at + _PIECE + self._longest] for at in range(0, len(view), _PIECE))
        return any(self._automaton.find_matches_as_indexes(piece) for piece in pieces)

    def found_in(self, data: bytes) -> frozenset[bytes]:
        """Give those of them that are there."""
        return frozenset(word for word in self.words if find(data, word) >= 0)

    def places(self, data: bytes, stop: int) -> list[tuple[int, int]]:
        """Give where they are before ``stop``, in order, each with the word's position among the words.

        Of each word it may be the first place alone in each line; words must not overlap each other.
        """
        if _aho_corasick is not None:
            matches = self._automaton.find_matches_as_indexes(memoryview(data)[:stop])
            return [(begin, which) for which, begin, _ in matches]
        found = []
        for begin, end in self._blocks(data, stop):
            for which, word in enumerate(self.words):
                place = find(data, word, begin, end)
                while 0 <= place < begin + _BLOCK:
                    found.append((place, which))
                    line_end = data.find(b"\n", place, end)
                    place = find(data, word, end if line_end < 0 else line_end, end)
        return sorted(found)

    def _blocks(self, data: bytes, stop: int) -> Iterator[tuple[int, int]]:
        """Yield begin and end of the blocks in which one of them is; a block goes on to the end of a word."""
        for begin in range(0, stop, _BLOCK):
            end = min(begin + _BLOCK + self._longest - 1, stop)
            if max(map(find, repeat(data), self.words, repeat(begin), repeat(end)), default=-1) >= 0:
                yield begin, end


def places(data: bytes, needle: bytes) -> Iterator[int]:
    """Yield every place of a needle."""
    place = find(data, needle)
    while place >= 0:
        yield place
        place = find(data, needle, place + 1)
