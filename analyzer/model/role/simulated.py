"""What AWS itself simulated for a role."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.evidence.aws_records import SimulatedAction
from analyzer.frozen import frozen


@frozen
class Simulated:
    """What AWS simulated for one role, by action in small letters.

    Only verdicts on ``*`` are compared: what holds for one resource says nothing of the others. One
    that lacked a condition key that the policies ask for is left out: AWS did not know it either.
    """

    results: tuple[SimulatedAction, ...] = ()

    def of(self, action: str) -> SimulatedAction | None:
        """Give the verdict on an action on everything."""
        return next((r for r in self.results if r.action.lower() == action.lower() and _counts(r)), None)

    def denied_by(self, layer: str) -> list[SimulatedAction]:
        """Give the actions that AWS says the organization, or the boundary, does not allow."""
        flag = "organization" if layer == "organization" else "boundary"
        return [result for result in self.results if getattr(result, flag) is False]


def _counts(result: SimulatedAction) -> bool:
    return result.resource == "*" and not (result.missing_keys and result.decision != "allowed")


def read_simulated(found: Iterable[SimulatedAction], role: str | None) -> Simulated:
    """Keep what was simulated for a role, given by its name."""
    return Simulated(tuple(result for result in found if role is not None and result.role == role))
