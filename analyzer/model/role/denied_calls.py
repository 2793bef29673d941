"""The calls that AWS denied to a role, as the logs quote AWS: by the layer that AWS names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from analyzer.evidence.origin import Quote
from analyzer.evidence.records import Symptom
from analyzer.frozen import frozen
from analyzer.model.symptoms.logs import Recency, recency

_IDENTITY = ("identity policy", "no allow", "explicit deny")
_BOUNDARY = ("permissions boundary",)
_ORGANIZATION = ("service control policy", "resource control policy")


@frozen
class Denials:
    """Denied calls of one role.

    ``identity`` are those that AWS lays to the role's own policies, or where it names no layer; what
    it lays to a VPC endpoint's, a resource's or a session's policy is in none of them.
    """

    identity: tuple[Symptom, ...] = ()
    boundary: tuple[Symptom, ...] = ()
    organization: tuple[Symptom, ...] = ()

    def of_identity(self, action: str) -> list[Symptom]:
        """Give the denials of one action that the role's own policies may account for."""
        return [s for s in self.identity if s.action and s.action.lower() == action.lower()]


def read_denials(symptoms: Iterable[Symptom], role: str | None) -> Denials:
    """Sort denied actions by layer; what another caller was denied is left out."""
    found = [s for s in symptoms if s.action and _is_callers(s, role)]
    return Denials(
        identity=tuple(s for s in found if not s.layer or s.layer.startswith(_IDENTITY)),
        boundary=tuple(s for s in found if s.layer and s.layer.startswith(_BOUNDARY)),
        organization=tuple(s for s in found if s.layer and s.layer.startswith(_ORGANIZATION)),
    )


def _is_callers(symptom: Symptom, role: str | None) -> bool:
    return symptom.caller is None or role is None or f":assumed-role/{role}/" in symptom.caller


def actions_of(symptoms: Iterable[Symptom]) -> list[str]:
    """Give the denied actions, each once, in order."""
    found = {s.action.lower(): s.action for s in symptoms if s.action}
    return sorted(found.values(), key=str.lower)


def quotes_of(symptoms: Iterable[Symptom], limit: int = 5) -> list[Quote]:
    """Give the log lines, the first few."""
    return [s.quote for s in symptoms][:limit]


def recency_of(symptoms: Sequence[Symptom], now: datetime | None) -> Recency:
    """Tell whether the latest of them was still going on."""
    return recency(symptoms, now)
