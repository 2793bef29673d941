"""Facts about what takes away or narrows what a role's policies grant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.iam.coverage import ActionVerdict
from analyzer.model.joining.cluster import ClusterView, Facts
from analyzer.model.joining.objects import known
from analyzer.model.role.denied_calls import quotes_of
from analyzer.model.role.permission_causes import grouped
from analyzer.model.role.permission_judged import SHOWN, Judged, is_logged
from analyzer.model.role.policies import boundary_place
from analyzer.model.role.shared_zone import zone_lacks

_DOUBT, _DENIES = " may deny it", " denies it"
_DENIED_WORDS = "with an explicit deny in a permissions boundary"
_NOT_ALLOWED_WORDS = "because no permissions boundary allows it"


def denied_facts(judged: Judged) -> Facts:
    """Give what a Deny in the role's own policies takes."""
    rows = [row for row in judged.rows if row.verdict == "denied" and row.denial == "explicit"]
    needed = [row for row in rows if judged.features.needs(row.action) or is_logged(row, judged.denials)]
    actions = sorted({row.action for row in needed})
    places = judged.held.statements("Deny", actions)
    logged = sorted({row.action for row in needed if is_logged(row, judged.denials)})
    spare = sorted({row.action for row in rows} - set(actions))
    denying = judged.held.denying([*actions, *spare])
    attached = judged.role.attached or ()
    return {
        "denied": judged.listed(actions, *places, denies=True),
        "denied_logged": known(logged),
        "denied_optional": judged.listed(spare, *judged.held.statements("Deny", spare), denies=True),
        "denied_summary": known(_summary(actions, spare)),
        "denied_inline": known(min(denying & set(judged.role.inline), default=None)),
        "denied_attached": known(min((arn for name, arn in attached if name in denying), default=None)),
    }


def boundary_facts(judged: Judged) -> Facts:
    """Give what the permissions boundary takes of what the role's own policies grant."""
    held, role = judged.held, judged.role
    cut, narrowed = [], []
    open_still = held.boundary is not None and judged.hidden is not None
    for alone, whole in zip(judged.rows, judged.limited, strict=False):
        if alone.verdict in ("denied", "unknown") and whole.denial != "boundary":
            # A policy that was not read may grant what the boundary then narrows.
            open_still = open_still or (alone.verdict == "unknown" and held.boundary is not None)
            continue
        if whole.denial == "boundary":
            cut.append(whole)
        elif alone.verdict == "granted" and whole.verdict in ("partial", "conditional"):
            narrowed.append(whole)
        open_still = open_still or whole.verdict == "unknown"
    said = {s.action.lower(): s for s in judged.denials.boundary if s.action}
    needed = [row for row in cut if judged.features.needs(row.action) or row.action.lower() in said]
    actions = sorted({row.action for row in needed})
    spare = sorted({row.action for row in cut} - set(actions))
    stated = sorted({row.action for row in cut if any(why.endswith(_DENIES) for why in row.reasons)})
    all_stated = bool(actions) and set(actions) <= set(stated)
    narrowed = [row for row in narrowed if judged.features.needs(row.action)]
    logged = sorted({row.action for row in [*needed, *narrowed] if row.action.lower() in said})
    narrow = grouped(narrowed, {row.action: _limits(row) for row in narrowed})
    quotes = quotes_of(said[action.lower()] for action in logged)
    cite = [boundary_place(role, judged.book), role.where, *quotes]
    unknown = held.boundary_missing

    def listed(value: list[str]) -> Fact | Unknown:
        if not value and unknown is not None:
            return unknown
        return judged.missing if not value and open_still else known(value, *cite)

    arn = known(held.boundary_arn, role.where)
    return {
        "boundary": arn if held.boundary is not None or unknown is None else unknown,
        "boundary_cuts": listed(actions),
        "boundary_optional": listed(spare),
        "boundary_logged": known(logged, *quotes),
        "boundary_narrow": listed(narrow),
        "boundary_summary": known(_summary(actions, spare, narrow)),
        "boundary_denied": known(stated, *cite),
        "boundary_words": known(_DENIED_WORDS if all_stated else _NOT_ALLOWED_WORDS),
    }


def _summary(needed: Sequence[str], spare: Sequence[str], narrow: Sequence[str] = ()) -> str | None:
    told = [", ".join(needed)] if needed else []
    told += [f"{', '.join(spare)} (nothing shows that it is needed here)"] if spare else []
    told += [f"in part: {'; '.join(narrow)}"] if narrow else []
    return "; ".join(told) or None


# --- narrower than asked ----------------------------------------------------------------------


def narrow_facts(judged: Judged, view: ClusterView) -> Facts:
    """Split what is granted in part by what narrows it: resources, or conditions that are not known."""
    open_rows = [
        row
        for row in judged.rows
        if row.verdict in ("partial", "conditional")
        and (judged.features.needs(row.action) or is_logged(row, judged.denials))
        and not (row.action.lower() == "sts:assumerole" and zone_lacks(judged))
    ]
    by_resource = [row for row in open_rows if row.verdict == "partial" or not row.clauses]
    by_condition = [row for row in open_rows if row not in by_resource]
    return _narrowing("narrow", by_resource, judged, view) | _narrowing(
        "conditional", by_condition, judged, view
    )


def _narrowing(name: str, rows: list[ActionVerdict], judged: Judged, view: ClusterView) -> Facts:
    logged = [row for row in rows if is_logged(row, judged.denials)]
    actions = [row.action for row in rows]
    quotes = [q for row in logged for q in quotes_of(judged.denials.of_identity(row.action), 2)]
    places = [*judged.held.statements("Allow", actions), *judged.held.statements("Deny", actions)]
    told = grouped(rows, {row.action: _limits(row) for row in rows})
    fact = judged.listed(told, *quotes, *places, denies=True)
    if name == "narrow" and rows and not logged and not view.region:
        fact = judged.asks.config("infrastructures.config.openshift.io")
    return {name: fact, f"{name}_logged": known(sorted({row.action for row in logged}), *quotes)}


def _counted(where: str) -> str:
    """Count statements from one, as people do."""
    return re.sub(r"\bstatement (\d{1,4})$", lambda found: f"statement {int(found[1]) + 1}", where)


def _limits(row: ActionVerdict) -> str:
    """Say under what limits an action is granted."""
    clauses = [f"{c.operator} {c.key} [{', '.join(c.values)}]" for c in row.clauses]
    if row.verdict == "partial":
        shown = ", ".join(row.patterns[:SHOWN]) + (" and more" if len(row.patterns) > SHOWN else "")
        return f"only on {shown}" + (f" if {' and '.join(clauses)}" if clauses else "")
    doubts = [_counted(one.removesuffix(_DOUBT)) for one in row.reasons if one.endswith(_DOUBT)]
    if clauses:
        denying = f" (a Deny in {'; '.join(doubts)})" if doubts else ""
        return f"depending on {' and '.join(dict.fromkeys(clauses))}{denying}"
    return f"not on every resource: a Deny takes some away ({'; '.join(doubts)})"
