"""What ``rosa describe cluster`` says of another cluster, which lies among the exports."""

from __future__ import annotations

from analyzer.evidence.aws_records import ClusterDescription, RoleAssignment
from analyzer.evidence.gathered import Evidence, Problem
from analyzer.evidence.masks.shapes import is_masked
from analyzer.frozen import replace
from analyzer.model.joining.cluster import ClusterView, value_of
from analyzer.model.joining.related import infra_name, is_related


def without_others_described(evidence: Evidence, view: ClusterView) -> tuple[Evidence, list[Problem]]:
    """Leave out descriptions of other clusters with the roles that they name, and say so.

    A description ends with the cluster itself: the roles before it in its file are its own.
    """
    gone: set[int] = set()
    notes = []
    before: dict[tuple[str, str], list[int]] = {}
    for record in evidence.loose:
        if isinstance(record, RoleAssignment):
            before.setdefault((record.where.input, record.where.file), []).append(id(record))
        elif isinstance(record, ClusterDescription):
            roles = before.pop((record.where.input, record.where.file), [])
            if other := _other(record, view):
                gone.update((id(record), *roles))
                notes.append(Problem(record.where.input, record.where.file, "other-cluster", other, "note"))
    if not gone:
        return evidence, []
    return replace(evidence, loose=[one for one in evidence.loose if id(one) not in gone]), notes


def _other(one: ClusterDescription, view: ClusterView) -> str | None:
    """Say whose a description is, by id, infrastructure name or issuer; None where it may be ours."""
    own_id = value_of(view.facts, "cluster.id")
    told: str | None
    for told, own in ((one.id, own_id), (one.infra_name, infra_name(view)), (one.issuer, view.issuer)):
        if not told or not isinstance(own, str) or not own or is_masked(told) or is_masked(own):
            continue
        same = is_related(told, view) if told is one.issuer else told.lower() == own.lower()
        return None if same else f"rosa's description of another cluster was left out: {told}, not {own}"
    return None
