"""Facts about the key set (JWKS) that the issuer serves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzer.evidence.public_keys import jwk_problem
from analyzer.evidence.records import HttpAnswer, KeySet
from analyzer.evidence.values import text
from analyzer.model.issuer.answers import bad_answer_facts
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import known


def key_set_facts(
    key_sets: Sequence[KeySet], answers: Sequence[HttpAnswer], asks: Asks, uri: str | None
) -> Facts:
    """Give the ``jwks.*`` facts; ``answers`` are the bad ones, ``uri`` is where the keys should be."""
    names = (
        "jwks.answered",
        "jwks.error",
        "jwks.is_json",
        "jwks.key_ids",
        "jwks.usable",
        "jwks.unusable",
        "jwks.duplicates",
    )
    if (answers and key_sets) or _differ(key_sets):
        return dict.fromkeys(names, asks.jwks(uri, "the key sets that were handed in disagree"))
    if answers:
        return bad_answer_facts("jwks", answers) | {name: known(None) for name in names[3:]}
    if not key_sets:
        return dict.fromkeys(names, asks.jwks(uri))
    keys, where = key_sets[0].keys, key_sets[0].where
    kids = [kid for key in keys if (kid := text(key.get("kid")))]
    problems = [(text(key.get("kid")) or "a key without kid", jwk_problem(key)) for key in keys]
    return {
        "jwks.answered": known(True, where),
        "jwks.error": known(None, where),
        "jwks.is_json": known(True, where),
        "jwks.key_ids": known(kids, where.at("keys")),
        "jwks.usable": known(sum(problem is None for _, problem in problems), where.at("keys")),
        "jwks.unusable": known(
            [f"{kid}: {problem}" for kid, problem in problems if problem], where.at("keys")
        ),
        "jwks.duplicates": known([kid for kid, n in Counter(kids).items() if n > 1], where.at("keys")),
    }


def _differ(key_sets: Sequence[KeySet]) -> bool:
    return len({tuple(sorted(text(k.get("kid")) or "" for k in s.keys)) for s in key_sets}) > 1
