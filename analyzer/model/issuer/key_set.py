"""Facts about the key set (JWKS) that the issuer serves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.public_keys import jwk_problem
from analyzer.evidence.records import HttpAnswer, Json, KeySet
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
    listed = where.at("keys")
    bad = [f"{kid}: {problem}" for kid, problem in problems if problem]
    usable: Fact | Unknown = known(len(keys) - len(bad), listed)
    unusable: Fact | Unknown = known(bad, listed)
    if _is_of_ids_alone(keys):
        why = "of the key set that was handed in only the ids of its keys are left"
        usable = unusable = asks.jwks(uri, why)
    return {
        "jwks.answered": known(True, where),
        "jwks.error": known(None, where),
        "jwks.is_json": known(True, where),
        "jwks.key_ids": known(kids, listed),
        "jwks.usable": usable,
        "jwks.unusable": unusable,
        "jwks.duplicates": known([kid for kid, n in Counter(kids).items() if n > 1], listed),
    }


def _is_of_ids_alone(keys: Sequence[Mapping[str, Json]]) -> bool:
    """Tell a set that a filter took the keys out of: no publisher writes ids without any number."""
    return bool(keys) and all(key.get("kid") and set(key) <= {"kid", "kty", "use", "alg"} for key in keys)


def _differ(key_sets: Sequence[KeySet]) -> bool:
    return len({tuple(sorted(text(k.get("kid")) or "" for k in s.keys)) for s in key_sets}) > 1
