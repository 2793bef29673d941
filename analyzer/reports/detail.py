"""How much of a report is said: a ladder from everything to the least that still helps."""

from __future__ import annotations

from analyzer.frozen import frozen, replace

_ALL = 10**6


@frozen
class Detail:
    """How many of each there is room for."""

    places: int = _ALL
    steps: int = _ALL
    others: int = _ALL
    warnings: int = _ALL
    unknowns: int = _ALL
    rows: int = _ALL
    why: bool = True
    disproof: bool = True
    sentences: int = _ALL
    """How many sentences of the reason: the repair is more urgent than all of it."""
    shares: bool = True
    """Whether each symptom that the cause explains has its numbers, or only its name."""
    quotes: bool = True
    tight: bool = False
    """No empty lines but those around the verdict."""
    infos: bool = True
    """Whether remarks have a line: they are counted at the end in any case."""
    asides: bool = True
    """Whether the inputs, verdicts that are no failure, and what the cause explains are told beside it."""

    def brief(self) -> Detail:
        """Give the detail for what is not the main point."""
        if self.places == _ALL:
            return self
        return replace(self, places=1, steps=1, why=False, disproof=False, quotes=False)


EVERYTHING = Detail()

_FULL = Detail(places=3, others=4, warnings=8, unknowns=3, rows=8)
_SHORT = Detail(places=1, others=1, warnings=1, unknowns=1, rows=2)
_TIGHT = replace(_SHORT, warnings=0, unknowns=0, tight=True, sentences=1)
_BARE = replace(_TIGHT, rows=0, disproof=False, shares=False, others=0)
_REPAIR = replace(_BARE, why=False, infos=False)

LADDER = (
    _FULL,
    replace(_FULL, places=2, others=3, warnings=6, rows=6),
    replace(_FULL, places=2, others=2, warnings=4, rows=6),
    replace(_FULL, places=2, others=2, warnings=3, unknowns=2, rows=4),
    replace(_FULL, places=2, others=1, warnings=2, unknowns=1, rows=3),
    replace(_SHORT, warnings=2, rows=3),
    _SHORT,
    replace(_SHORT, warnings=0),
    replace(_SHORT, warnings=0, tight=True),
    replace(_TIGHT, unknowns=1),
    _TIGHT,
    replace(_TIGHT, rows=0),
    replace(_TIGHT, rows=0, shares=False),
    replace(_BARE, disproof=True),
    _BARE,
    _REPAIR,
    replace(_REPAIR, asides=False),
    *(replace(_REPAIR, asides=False, steps=steps) for steps in (7, 6, 5, 4, 3, 2, 1)),
)
"""What a short answer tries in turn until it fits; a wide page gets further than a narrow one.

The steps of the main repair are the last to go: all else can be asked for when they are done.
"""
