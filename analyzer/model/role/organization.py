"""What the organization denies: by AWS's words in a log, by its simulation, by policies handed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from analyzer.engine.facts import Cite, Unknown
from analyzer.evidence.aws_records import SimulatedAction
from analyzer.frozen import frozen
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import known
from analyzer.model.role.denied_calls import Denials, actions_of, quotes_of, recency_of

_NAMES = ("denied", "layer", "caller", "recency", "proof", "bearing", "account")
BEARING = ("shown", "given", "among others", "not listed")
"""How sure it is that a policy bears on the account, the surest first."""
_RECENCY = {
    "ongoing": "ongoing at gather time", "stopped": "stopped at gather time",
    "unknown": "and nothing tells whether it still would",
}  # fmt: skip


@frozen
class Denied:
    """What one source says: the actions, the layer, the words of proof, and where it stands."""

    actions: tuple[str, ...]
    layer: str
    proof: str
    cites: tuple[Cite, ...]
    bearing: str = "shown"
    """One of ``BEARING``: AWS or a listing shows it; it was handed in, alone or not; a listing lacks it."""


def organization_facts(
    said: Denials,
    simulated: Sequence[SimulatedAction],
    policies: Sequence[Denied],
    caller: str,
    now: datetime | None,
) -> Facts:
    """Give the ``permissions.organization_*`` facts; not known where nothing speaks of the organization."""
    found = [s for s in (*_logged(said, now), *_simulated(simulated), *policies) if s.actions]
    if not found:
        # A policy handed in that denies nothing proves nothing: others stand beside it in no export.
        return {f"permissions.organization_{name}": Unknown() for name in _NAMES}
    cites = [cite for source in found for cite in source.cites]
    actions = sorted({action for source in found for action in source.actions}, key=str.lower)
    layers = sorted({source.layer for source in found})
    logged = said.organization
    only_logged = bool(logged) and all(source.proof.startswith("AWS says so") for source in found)
    values: dict[str, object] = {
        "denied": actions,
        "layer": " and a ".join(layers),
        "caller": next((s.caller for s in logged if s.caller), None) or caller,
        "recency": recency_of(logged, now) if only_logged else "unknown",
        "proof": "; ".join(source.proof for source in found),
        "bearing": min((source.bearing for source in found), key=BEARING.index),
    }
    facts: Facts = {f"permissions.organization_{n}": known(value, *cites) for n, value in values.items()}
    account = _account_in(str(values["caller"]))
    return facts | {"permissions.organization_account": known(account, *cites) if account else Unknown()}


def _account_in(caller: str) -> str | None:
    found = caller.split(":", 5)[4:5]
    return found[0] if found and found[0].isdigit() else None


def _logged(said: Denials, now: datetime | None) -> list[Denied]:
    found = said.organization
    if not found:
        return []
    layers = " and a ".join(sorted({s.layer.partition(":")[0] for s in found if s.layer}))
    proof = f"AWS says so in a log, {_RECENCY[recency_of(found, now)]}"
    return [Denied(tuple(actions_of(found)), layers, proof, tuple(quotes_of(found)))]


def _simulated(found: Sequence[SimulatedAction]) -> list[Denied]:
    actions = tuple(dict.fromkeys(result.action for result in found))
    cites = tuple(result.where for result in found[:5])
    proof = "AWS's own simulation says that the organization does not allow it"
    return [Denied(actions, "policy of the organization", proof, cites)] if found else []
