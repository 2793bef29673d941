"""The state of each link of one chain."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine import Outcome
from analyzer.engine.facts import AFTER
from analyzer.findings.report import Check, Link, LinkState

_NO_ISSUER = ("mode-issuer-unset", "issuer-not-https", "issuer-placeholder")
_HIDDEN_BY = {
    "provider": _NO_ISSUER,
    "issuer": _NO_ISSUER[:1],
    "keys": (*_NO_ISSUER, "discovery-unreachable", "discovery-not-json", "issuer-private-bucket"),
    "trust": _NO_ISSUER,
    "permissions": ("trust-role-missing",),
}
"""Links that have nothing to be judged by while one of these is found: no issuer, no answer, or no role."""


def judge_link(name: str, outcomes: Sequence[Outcome], causes: Sequence[Outcome]) -> Link:
    """Judge a link by its outcomes; ``causes`` are the proven ones of the chain, the decisive one first."""
    states = {o.state for o in outcomes}
    state: LinkState = "not-applicable"
    if states & {"pass", "info"}:
        state = "pass"
    if states & {"unknown", "error"}:
        state = "unknown"
    if "warn" in states:
        state = "warn"
    if "fail" in states:
        state = "fail"
    hidden = next((o.rule.id for o in causes if o.rule.id in _HIDDEN_BY.get(name, ())), None)
    if hidden and state == "pass" and all(o.state == "not-applicable" for o in outcomes if _is_cause(o)):
        state = "not-applicable"  # what passes beside it says nothing of the link
    waits = None
    if state == "unknown":
        waits = _comes_first(outcomes, causes)
    elif state == "not-applicable":
        waits = hidden
    return Link(name, state, tuple(Check(o.rule.id, o.state) for o in outcomes), waits)


def _is_cause(outcome: Outcome) -> bool:
    return outcome.rule.kind == "cause"


def _comes_first(outcomes: Sequence[Outcome], causes: Sequence[Outcome]) -> str | None:
    """Name the proven cause that all open checks of a link wait for; None where evidence would settle one."""
    open_checks = [o for o in outcomes if o.state == "unknown"]
    items = [m for o in open_checks for m in o.missing]
    if any(m.command for m in items):
        return None
    waited = {m.evidence.removeprefix(AFTER) for m in items if m.evidence.startswith(AFTER)}
    return next((o.rule.id for o in causes if o.rule.id in waited), None)
