"""AWS's own verdicts beside ours: where they differ, AWS's counts, and that is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from analyzer.evidence.aws_records import SimulatedAction
from analyzer.frozen import replace
from analyzer.iam.context import UNKNOWN, Context
from analyzer.iam.coverage import ActionVerdict, Scope, cover
from analyzer.iam.entries import Entry
from analyzer.iam.layers import Layers
from analyzer.model.role.simulated import Simulated


def overrule(
    rows: Sequence[ActionVerdict], simulated: Simulated, layers: Layers
) -> tuple[list[ActionVerdict], list[str]]:
    """Put AWS's verdicts in the place of ours; gives the rows and what was decided otherwise, as phrases."""
    told: list[str] = []
    judged = []
    for row in rows:
        result = simulated.of(row.action)
        wins = _verdict(row, result, layers) if result else None
        if result is not None and wins is not None and row.verdict != "unknown":
            told.append(f"{row.action}: AWS's simulation says {result.decision}, the policies {_said(row)}")
        judged.append(wins or row)
    return judged, list(dict.fromkeys(told))


def _said(row: ActionVerdict) -> str:
    return f"say {row.verdict}" + (f" ({row.denial})" if row.denial else "")


def _verdict(row: ActionVerdict, result: SimulatedAction, layers: Layers) -> ActionVerdict | None:
    """Give the row that AWS's verdict makes of ours; None where they agree, or speak of different things."""
    if result.decision == "allowed":
        return None if row.verdict == "granted" else _as(row, "granted", result)
    if result.organization is False or result.boundary is False:
        return None
    if result.decision == "explicitDeny":
        agreed = row.verdict == "denied" and row.denial == "explicit"
        return None if agreed else _as(row, "explicit", result)
    # On one resource the role may still be allowed what it is not on all: only a plain grant contradicts.
    if row.verdict == "unknown" or (row.verdict == "granted" and _on_everything(row, layers)):
        return _as(row, "implicit", result)
    return None


def _as(
    row: ActionVerdict, what: Literal["granted", "implicit", "explicit", "boundary"], result: SimulatedAction
) -> ActionVerdict:
    reasons = (f"AWS's own simulation says {result.decision}",)
    if what == "granted":
        return replace(row, verdict="granted", denial=None, reasons=reasons, patterns=(), clauses=())
    return replace(row, verdict="denied", denial=what, reasons=reasons, patterns=(), clauses=())


def _on_everything(row: ActionVerdict, layers: Layers) -> bool:
    entry = Entry(actions=(row.action,), resource="*")
    found = cover([entry], layers, context=Context.of({}, default=UNKNOWN), scope=Scope()).actions
    return bool(found) and all(one.verdict == "granted" for one in found)


def under_boundary(
    limited: Sequence[ActionVerdict], rows: Sequence[ActionVerdict], simulated: Simulated
) -> list[ActionVerdict]:
    """Give the rows as the permissions boundary leaves them, AWS's verdicts put in the place of ours."""
    cut = {result.action.lower() for result in simulated.denied_by("boundary")}
    judged = []
    for whole, alone in zip(limited, rows, strict=False):
        if whole.action.lower() in cut:
            judged.append(_as(alone, "boundary", simulated.denied_by("boundary")[0]))
        elif simulated.of(whole.action) is not None and whole.denial != "boundary":
            judged.append(alone)
        else:
            judged.append(whole)
    return judged
