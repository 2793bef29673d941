"""Other people's cases: all agree but those in ``disagreements.json``, each with AWS's own sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.iam.api import evaluate_policy_line, evaluate_trust_line
from analyzer.iam.grammar import validate_document
from tests.iam.support import corpus

DISAGREEMENTS = json.loads((Path(__file__).parent / "disagreements.json").read_text())

pytestmark = pytest.mark.shared


def agreed(prefix: str, found: dict[str, tuple[object, object]]) -> None:
    """Every case agrees, or stands in the table with exactly these two answers."""
    listed = {
        one["id"]: (one["theirs"], one["ours"]) for one in DISAGREEMENTS if one["id"].startswith(prefix)
    }
    differing = {name: answers for name, answers in found.items() if answers[0] != answers[1]}
    assert differing == listed


def test_arsenal() -> None:
    cases = corpus("arsenal")
    found = {
        case["id"]: (case["expected"]["response"], evaluate_policy_line(case)["decision"]) for case in cases
    }
    assert len(found) == 121
    agreed("arsenal/", found)


def test_floci_web_identity() -> None:
    cases = corpus("floci-webidentity")
    found = {case["id"]: (case["expected"], evaluate_trust_line(case)["allowed"]) for case in cases}
    assert len(found) == 20
    agreed("floci/", found)


def test_grammar() -> None:
    cases = corpus("moto-grammar")
    found = {case["id"]: (case["valid"], not validate_document(case["document"])) for case in cases}
    assert len(found) == 132
    agreed("moto/", found)
    texts = [
        case["awsError"] in {problem.reason for problem in validate_document(case["document"])}
        for case in cases
        if not case["valid"]
    ]
    assert sum(texts) >= 75


def test_every_disagreement_has_its_sentence() -> None:
    for one in DISAGREEMENTS:
        assert one["aws"].endswith(".")
        assert one["source"]
        assert one["why"]
