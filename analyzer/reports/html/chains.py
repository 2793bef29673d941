"""The chain as a picture of boxes in two lanes, and the matrix of operators and links."""

from __future__ import annotations

from collections import Counter, defaultdict

from analyzer.findings.report import LINKS, Chain, Link, LinkFact
from analyzer.frozen import frozen
from analyzer.reports.html.anchors import Anchors
from analyzer.reports.story import Story
from analyzer.reports.wording import STATE_WORDS

AT_AWS = LINKS.index("provider")
"""Links from here on are judged by AWS, those before lie in the cluster."""

_ON_BOX = 3
_DRAWN = 6
"""Breaks that are drawn; the table has all chains."""

_MEANINGS = {
    "mode": "how the cluster gets credentials",
    "operator": "who needs AWS",
    "request": "what it asks for",
    "secret": "which role it is told",
    "workload": "pods that sign in",
    "token": "what they present",
    "provider": "whom the account trusts",
    "issuer": "who vouches for tokens",
    "keys": "what tokens are verified with",
    "trust": "who may take the role",
    "permissions": "what the role may do",
}


@frozen
class Box:
    """One link in the picture. ``way`` says how it is reached: "whole", "broken" or "beyond" a break."""

    link: str
    number: int
    meaning: str
    state: str
    way: str
    facts: tuple[LinkFact, ...]
    more: tuple[LinkFact, ...]
    tally: str
    rule: str | None
    anchor: str | None
    waits_for: str | None


@frozen
class Picture:
    """A chain, its boxes in two lanes, and where its own entry in the page is."""

    id: str
    anchor: str
    name: str
    chain: Chain
    state: str
    lanes: tuple[tuple[Box, ...], tuple[Box, ...]]
    failed: tuple[str, ...]

    @property
    def facts(self) -> list[LinkFact]:
        """All facts of the chain, in the order of its links."""
        return [fact for lane in self.lanes for box in lane for fact in (*box.facts, *box.more)]


@frozen
class Cell:
    """A state in the matrix, and the anchor of what was found there."""

    link: str
    state: str
    anchor: str | None
    breaks: bool


@frozen
class Row:
    """One chain in the matrix."""

    name: str
    anchor: str
    chain: Chain
    cells: tuple[Cell, ...]


def drawn(story: Story) -> list[str]:
    """Choose the chains to draw: one for the verdict, and one for each further break.

    Of chains that are alike it is the one that shows most.
    """
    known = Counter(f.chain for f in story.report.facts if f.value not in (None, "none"))

    def telling(chain: Chain) -> tuple[int, int]:
        return sum(link.state in ("fail", "warn") for link in chain.links), known[chain.id]

    groups = [g for n, g in enumerate(story.groups) if n == 0 or g.state in ("fail", "suspected")]
    return [max(group.chains, key=telling).id for group in groups[:_DRAWN]]


class Places:
    """What is known and what was found at each link of each chain."""

    def __init__(self, story: Story, anchors: Anchors) -> None:
        self._facts: dict[tuple[str, str | None], list[LinkFact]] = defaultdict(list)
        for fact in story.report.facts:
            self._facts[(fact.link, fact.chain)].append(fact)
        self._found: dict[tuple[str, str], tuple[str, str]] = {}
        for finding in story.report.findings:
            for chain in finding.chains if finding.state != "info" else ():
                place = (finding.link, chain)
                self._found.setdefault(place, (finding.rule, anchors.finding(finding)))

    def facts(self, link: str, chain: str) -> list[LinkFact]:
        """Give the facts on a link: the chain's own, then those that all chains share."""
        return [*self._facts.get((link, chain), ()), *self._facts.get((link, None), ())]

    def found(self, link: str, chain: str) -> tuple[str | None, str | None]:
        """Give rule and anchor of the first thing found there: causes come before symptoms."""
        return self._found.get((link, chain), (None, None))


def draw_chains(story: Story, anchors: Anchors) -> list[Picture]:
    """Draw every chain of the report."""
    places = Places(story, anchors)
    return [_draw_chain(story, chain, anchors, places) for chain in story.report.chains]


def _draw_chain(story: Story, chain: Chain, anchors: Anchors, places: Places) -> Picture:
    broken = _break(chain)
    boxes = []
    for number, link in enumerate(chain.links, 1):
        mine = places.facts(link.link, chain.id)
        if link.state == "not-applicable" and chain.verdict.state == "not-applicable" and number > 1:
            mine = []
        shown = _ON_BOX + (link.state == "fail")
        rule, anchor = places.found(link.link, chain.id)
        way = "whole" if broken is None or number < broken else "broken" if number == broken else "beyond"
        boxes.append(
            Box(
                link.link, number, _MEANINGS.get(link.link, ""), link.state, way,
                tuple(mine[:shown]), tuple(mine[shown:]), _tally(link), rule, anchor, link.waits_for,
            )
        )  # fmt: skip
    split = next((n for n, b in enumerate(boxes) if LINKS.index(b.link) >= AT_AWS), len(boxes))
    failed = tuple(box.link for box in boxes if box.state == "fail")
    return Picture(
        chain.id, anchors.chains[chain.id], story.name(chain.id), chain, chain.verdict.state,
        (tuple(boxes[:split]), tuple(boxes[split:])), failed,
    )  # fmt: skip


def draw_matrix(story: Story, anchors: Anchors) -> list[Row]:
    """Give one row for each chain that STS must serve, the worst first as in the verdict."""
    places = Places(story, anchors)
    chains = [chain for group in story.groups for chain in group.chains]
    return [
        Row(
            story.name(chain.id),
            anchors.chains[chain.id],
            chain,
            tuple(
                Cell(
                    link.link, link.state, places.found(link.link, chain.id)[1],
                    chain.verdict.state == "fail" and chain.verdict.link == link.link,
                )
                for link in chain.links
            ),
        )
        for chain in chains
    ]  # fmt: skip


def _break(chain: Chain) -> int | None:
    """Give the number of the link at which a chain breaks."""
    if chain.verdict.state != "fail":
        return None
    return next((n for n, x in enumerate(chain.links, 1) if x.link == chain.verdict.link), None)


def _tally(link: Link) -> str:
    """Sum up the checks of a link: ``7 checks: 6 pass, 1 fail``."""
    counts = Counter(check.state for check in link.checks if check.state != "not-applicable")
    total = sum(counts.values())
    if not total:
        return "no check applies"
    states = [f"{counts[s]} {STATE_WORDS[s]}" for s in STATE_WORDS if counts[s]]
    return f"{total} check{'s' if total > 1 else ''}: {', '.join(states)}"
