"""How much of a report is said: a ladder from everything to the least that still helps."""

from __future__ import annotations

from dataclasses import dataclass, replace

_ALL = 10**6


@dataclass(frozen=True, slots=True)
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
    quotes: bool = True
    tight: bool = False
    """No empty lines but those around the verdict."""

    def brief(self) -> Detail:
        """Give the detail for what is not the main point."""
        if self.places == _ALL:
            return self
        return replace(self, places=1, steps=1, why=False, disproof=False, quotes=False)


EVERYTHING = Detail()

LADDER = (
    Detail(places=3, steps=6, others=4, warnings=8, unknowns=3, rows=8),
    Detail(places=2, steps=6, others=3, warnings=6, unknowns=3, rows=6),
    Detail(places=2, steps=3, others=2, warnings=4, unknowns=3, rows=6),
    Detail(places=2, steps=2, others=2, warnings=3, unknowns=2, rows=4),
    Detail(places=2, steps=2, others=1, warnings=2, unknowns=1, rows=3),
    Detail(places=1, steps=2, others=1, warnings=2, unknowns=1, rows=3),
    Detail(places=1, steps=2, others=1, warnings=1, unknowns=1, rows=2),
    Detail(places=1, steps=2, others=1, warnings=0, unknowns=1, rows=2),
    Detail(places=1, steps=2, others=1, warnings=0, unknowns=1, rows=2, tight=True),
    Detail(places=1, steps=2, others=1, warnings=0, unknowns=1, rows=2, tight=True, disproof=False),
    Detail(places=1, steps=2, others=1, warnings=0, unknowns=1, rows=0, tight=True, disproof=False),
    Detail(places=1, steps=1, others=1, warnings=0, unknowns=1, rows=0, tight=True, disproof=False),
    Detail(
        places=1, steps=1, others=1, warnings=0, unknowns=1, rows=0, tight=True, why=False, disproof=False
    ),
)
"""What a short answer tries in turn until it fits; a wide page gets further than a narrow one."""
