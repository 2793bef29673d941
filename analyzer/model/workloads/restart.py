"""What to restart so that pods begin anew: what made them, as their names in a gather are soon gone."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.evidence.records import Workload


def owners(found: Sequence[Workload]) -> list[str]:
    """Give what made the pods, as ``deployment/name`` and its like, each once."""
    return sorted({one.owner for one in found if one.owner is not None})


def to_restart(found: Sequence[Workload]) -> list[str]:
    """Give what ``oc rollout restart`` takes: what made the pods, else all Deployments of the namespace."""
    return ["deployment"] if without_owner(found) else owners(found) or ["deployment"]


def without_owner(found: Sequence[Workload]) -> list[str]:
    """Give the names of the pods of which nothing tells what made them."""
    return [one.name for one in found if one.kind == "Pod" and one.owner is None]
