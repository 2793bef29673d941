"""How much of a report is said: a ladder from everything to the least that still helps."""

from __future__ import annotations

from dataclasses import replace

from analyzer.frozen import frozen

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
    quotes: bool = True
    tight: bool = False
    """No empty lines but those around the verdict."""

    def brief(self) -> Detail:
        """Give the detail for what is not the main point."""
        if self.places == _ALL:
            return self
        return replace(self, places=1, steps=1, why=False, disproof=False, quotes=False)


EVERYTHING = Detail()

_SHORT = Detail(places=1, steps=2, others=1, warnings=1, unknowns=1, rows=2)
_TIGHT = replace(_SHORT, warnings=0, tight=True, sentences=1)
_BARE = replace(_TIGHT, rows=0, disproof=False)

LADDER = (
    Detail(places=3, steps=6, others=4, warnings=8, unknowns=3, rows=8),
    Detail(places=2, steps=6, others=3, warnings=6, unknowns=3, rows=6),
    Detail(places=2, steps=3, others=2, warnings=4, unknowns=3, rows=6),
    Detail(places=2, steps=2, others=2, warnings=3, unknowns=2, rows=4),
    Detail(places=2, steps=2, others=1, warnings=2, unknowns=1, rows=3),
    replace(_SHORT, warnings=2, rows=3),
    _SHORT,
    replace(_SHORT, warnings=0),
    replace(_SHORT, warnings=0, tight=True),
    _TIGHT,
    replace(_TIGHT, rows=0),
    _BARE,
    replace(_BARE, unknowns=0),
    replace(_BARE, unknowns=0, others=0),
    replace(_BARE, unknowns=0, others=0, why=False),
    replace(_BARE, steps=1),
    replace(_BARE, steps=1, why=False),
)
"""What a short answer tries in turn until it fits; a wide page gets further than a narrow one."""
