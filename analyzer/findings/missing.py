"""What is missing: the evidence that unknowns wait for, the most decisive first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.engine import Missing as Asked
from analyzer.engine import Outcome
from analyzer.findings.order import FOUND
from analyzer.findings.report import Chain, Missing
from analyzer.frozen import field, slotted
from analyzer.patterns import later

_IN_BUNDLE = later(
    r"credentialsrequests|config:.*|(?:logs|namespace|configmap|objects):openshift-.*", re.DOTALL
)
_WORTH_A_BUNDLE = 3
MUST_GATHER = "oc adm must-gather --dest-dir=must-gather && tar -czf must-gather.tar.gz must-gather"
"""Pieces of a cluster from which on one bundle is less work than each by itself."""


@slotted
class _Piece:
    """One piece of evidence: who asks for it, the rules and chains that wait for it, and its weight."""

    asked: Asked
    rules: set[str] = field(default_factory=set)
    chains: set[str] = field(default_factory=set)
    weight: int = 0


def find_missing(
    outcomes: Sequence[Outcome], chains: Sequence[Chain], unused: frozenset[str]
) -> tuple[Missing, ...]:
    """Group unknowns by the evidence that would settle them, the most decisive first.

    A piece counts once for each rule and chain that waits for it, three times where the chain is
    suspected, and ten times where the rule could explain an error that is there.
    What only chains in ``unused`` wait for comes last: nothing signs in with their Secrets.
    """
    suspected = {c.id for c in chains if c.verdict.state == "suspected"}
    used = {c.id for c in chains if c.verdict.state != "not-applicable"}
    errors = {
        (o.rule.id, chain)
        for o in outcomes
        if o.rule.id.startswith("log-") and o.state in FOUND
        for chain in o.subject.chains
    }
    pieces: dict[str, _Piece] = {}
    for outcome, asked in _asked(outcomes):
        waiting = set(outcome.subject.chains) & used
        piece = pieces.setdefault(asked.evidence, _Piece(asked))
        piece.rules.add(outcome.rule.id)
        piece.chains |= waiting
        explains = any((symptom, c) in errors for symptom in outcome.rule.explains for c in waiting)
        piece.weight += (len(waiting) + 2 * len(waiting & suspected)) * (10 if explains else 1)

    def rank(piece: _Piece) -> tuple[bool, int, str]:
        only_unused = bool(piece.chains) and piece.chains <= unused
        return only_unused, -piece.weight, piece.asked.evidence

    return tuple(_missing(piece) for piece in sorted(pieces.values(), key=rank))


def bundle_first(missing: Sequence[Missing]) -> tuple[Missing, ...]:
    """Ask for one must-gather in the place of all that it holds, where there is no bundle yet."""
    held = [item for item in missing if _IN_BUNDLE.fullmatch(item.evidence)]
    if len(held) < _WORTH_A_BUNDLE:
        return tuple(missing)
    whole = Missing(
        evidence="must-gather",
        why="no must-gather was handed in: it holds modes, requests, pods, logs and signing keys",
        command=MUST_GATHER,
        where_to_run=held[0].where_to_run,
        sensitivity=held[0].sensitivity,
        decides=tuple(sorted({rule for item in held for rule in item.decides})),
        chains=tuple(sorted({chain for item in held for chain in item.chains})),
    )
    return (whole, *(item for item in missing if item not in held))


def _asked(outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, Asked]]:
    """Give what an unknown outcome waits for, as far as a command gets it."""
    for outcome in outcomes:
        if outcome.state == "unknown":
            yield from ((outcome, asked) for asked in outcome.missing if asked.command)


def _missing(piece: _Piece) -> Missing:
    asked = piece.asked
    return Missing(
        evidence=asked.evidence,
        why=asked.why,
        command=asked.command,
        where_to_run=asked.where_to_run,
        sensitivity=asked.sensitivity,
        decides=tuple(sorted(piece.rules)),
        chains=tuple(sorted(piece.chains)),
    )
