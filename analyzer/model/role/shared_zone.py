"""Whether a role may assume the one that serves a private zone in another account."""

from __future__ import annotations

from analyzer.engine.facts import Fact, Unknown, merge
from analyzer.iam.coverage import ActionVerdict
from analyzer.iam.entries import Entry
from analyzer.model.joining.objects import known
from analyzer.model.role.permission_causes import zone_role_refuses
from analyzer.model.role.permission_judged import Judged
from analyzer.model.role.permission_scope import judge


def _zone_row(judged: Judged) -> ActionVerdict | None:
    arn = judged.setting.private_zone_role
    if arn is None:
        return None
    rows = judge([Entry(("sts:AssumeRole",), arn)], judged.held.identity, judged.setting)
    return rows[0] if rows else None


def zone_lacks(judged: Judged) -> bool:
    """Tell whether no policy of the role lets it assume the zone's role."""
    row = _zone_row(judged)
    return row is not None and row.verdict == "denied" and row.denial == "implicit"


def shared_vpc_problem(judged: Judged) -> Fact | Unknown:
    """Say what keeps the role from assuming the role of the private zone."""
    arn, row = judged.setting.private_zone_role, _zone_row(judged)
    if arn is None or row is None:
        return judged.missing if arn is not None and judged.hidden is not None else known(None)
    if row.verdict == "denied" and row.denial == "implicit":
        return known(f"no policy of role {judged.role.name} allows sts:AssumeRole on it", judged.role.where)
    refuses, where = zone_role_refuses(arn, judged.role, judged.book, judged.asks)
    if refuses and not isinstance(where, Unknown):
        return known(f"its trust policy does not let role {judged.role.name} assume it", where)
    if row.verdict == "unknown":
        return merge([judged.missing, *([where] if isinstance(where, Unknown) else [])])
    if refuses is None:
        return where if isinstance(where, Unknown) else judged.asks.zone_role(arn)
    return known(None)
