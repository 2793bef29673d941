"""Errors that are no longer logged because the same program's calls now stop before they get that far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.evidence.records import Symptom
from analyzer.frozen import replace
from analyzer.model.symptoms.logs import OFTEN, fell_silent

_STAGES = {
    "token-file": 0, "no-credentials": 0, "invalid-token": 0, "sts-unreachable": 0, "no-provider": 1,
    "incorrect-audience": 2, "missing-claim": 2, "verification-key": 3, "thumbprint": 3,
    "token-expired": 4, "assume-role-denied": 5, "action-denied": 6,
}  # fmt: skip
"""How far a call comes that ends with an error of a class: the order of the stages of the rules."""


def mark_overtaken(symptoms: Sequence[Symptom]) -> list[Symptom]:
    """Mark errors after which their container logged another of an earlier stage, often and to the end.

    Nothing tells whether what they were of was mended: no call has come that far since.
    """
    in_logs = [s for s in symptoms if s.source == "log" and s.klass in _STAGES]
    steady = [s for s in in_logs if s.count >= OFTEN and not fell_silent(s)]
    return [replace(s, overtaken=True) if _is_overtaken(s, steady) else s for s in symptoms]


def _is_overtaken(symptom: Symptom, steady: Iterable[Symptom]) -> bool:
    stage = _STAGES.get(symptom.klass)
    if stage is None or symptom.source != "log" or symptom.last is None:
        return False
    return any(
        _STAGES[other.klass] < stage
        and (other.pod, other.container) == (symptom.pod, symptom.container)
        and other.last is not None
        and other.last > symptom.last
        for other in steady
    )
