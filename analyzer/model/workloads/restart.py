"""What to restart so that pods begin anew: what made them, as their names in a gather are soon gone."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.evidence.records import Workload


def owners(found: Sequence[Workload]) -> list[str]:
    """Give what made the pods, as ``deployment/name`` and its like, each once."""
    return sorted({one.owner for one in found if one.owner is not None})


def to_restart(found: Sequence[Workload]) -> list[str]:
    """Give what ``oc rollout restart`` takes: what made the pods; all of such kinds where one is unknown."""
    known = owners(found)
    if known and not without_owner(found):
        return known
    return [",".join(sorted({"deployment", *(one.partition("/")[0] for one in known)}))]


def without_owner(found: Sequence[Workload]) -> list[str]:
    """Give the names of the pods of which nothing tells what made them."""
    return [one.name for one in found if one.kind == "Pod" and one.owner is None]
