"""What was decided on a trust policy, told as facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.origin import Where
from analyzer.iam.policy import Policy
from analyzer.iam.trust_fault import PRECEDENCE, Fault, Problem
from analyzer.model.joining.asks import Asks, not_judged
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import known

if TYPE_CHECKING:
    from analyzer.iam.trust import TrustDecision
    from analyzer.model.role.trust_policy import TrustPolicy

PROBLEMS: dict[str, tuple[Problem, ...]] = {
    problem.replace("-", "_"): (problem,)
    for problem in PRECEDENCE
    if problem not in ("extra-condition-never", "extra-condition-unknown")
}
"""The facts that each tell of one kind of fault, and what IAM's decision calls it."""
PROBLEMS["extra_condition"] = ("extra-condition-never", "extra-condition-unknown")
_NAMES = (
    "problem",
    "sentence",
    "expected",
    "found",
    "difference",
    "subjects_denied",
    "subjects_allowed",
    "admits_foreign",
    "statement",
    "conditions",
    "too_broad",
    "checks_audience",
    "stale",
    "length",
    *PROBLEMS,
)
_OF_THE_AUDIENCE = ("audience_mismatch", "wildcard_literal")
_UNUSED_WHERE_HOSTED = frozenset(
    {"system:serviceaccount:openshift-cluster-csi-drivers:aws-ebs-csi-driver-operator"}
)
"""Subjects that a request names and that need no role where the control plane is hosted.

HyperShift's own roles leave them out (its cmd/infra/aws/iam.go); ROSA's admit them.
"""


def all_facts(one: Fact | Unknown) -> Facts:
    """Give all ``trust.*`` facts as one and the same: what is not judged, or not known."""
    return {f"trust.{name}": one for name in _NAMES}


def told(trust: TrustPolicy, decisions: Mapping[str, TrustDecision], asks: Asks) -> Facts:
    """Tell of decisions by subject, at least one."""
    denied = [s for s, d in decisions.items() if d.allowed is False or d.problem is not None]
    if trust.view.hosted and len(decisions) > 1:
        decisions = {s: d for s, d in decisions.items() if s not in denied or s not in _UNUSED_WHERE_HOSTED}
        denied = [s for s in denied if s in decisions]
    decision = decisions[denied[0]] if denied else next(iter(decisions.values()))
    if not denied and any(d.allowed is None for d in decisions.values()):
        facts = all_facts(asks.namespace(trust.chain.namespace, "pods"))
    else:
        cite = _cited(trust, decision)
        facts = {
            "trust.subjects_denied": known(denied, cite),
            "trust.subjects_allowed": known([s for s, d in decisions.items() if d.allowed is True], cite),
            **_of_the_nearest(trust, decision),
            **_of_each_problem(trust, decisions, asks),
        }
    return facts | _of_lints(decision, trust.where)


def _cited(trust: TrustPolicy, of: TrustDecision | Fault) -> Where:
    return trust.where.at(*of.path) if isinstance(trust.policy, Policy) else trust.where


def _of_the_nearest(trust: TrustPolicy, decision: TrustDecision) -> Facts:
    """Tell what explains a decision: the clause of the nearest statement that fails."""
    cite = _cited(trust, decision)
    marked = decision.difference.marked() if decision.expected and decision.found else None
    waits = [decision.sentence] if decision.problem == "extra-condition-unknown" else []
    return {
        "trust.problem": known(decision.problem, cite),
        "trust.sentence": known(decision.sentence or None, cite),
        "trust.expected": known(decision.expected or None, derived=True),
        "trust.found": known(decision.found or None, cite),
        "trust.difference": known(f"{marked[0]} / {marked[1]}" if marked else None, cite),
        "trust.statement": _statement(trust, decision),
        "trust.conditions": known(waits, cite),
    }


def _statement(trust: TrustPolicy, decision: TrustDecision) -> Fact:
    if not isinstance(trust.policy, Policy) or decision.statement is None:
        return known(None, trust.where)
    statement = trust.policy.statements[decision.statement]
    return known(statement.sid or f"statement {decision.statement + 1}", trust.where.at(*statement.path))


def _of_each_problem(trust: TrustPolicy, decisions: Mapping[str, TrustDecision], asks: Asks) -> Facts:
    """Give a fact for each kind of fault: what is wrong, and for which subjects; null where it is not there.

    What an audience that is not known would show stays open, also beside another fault; and all of a text
    that is no policy document.
    """
    none = known(None, trust.where) if isinstance(trust.policy, Policy) else not_judged("trust-malformed")
    undecided = any("audience" in one.undecided for one in decisions.values())
    ask = asks.namespace(trust.chain.namespace, "pods")
    facts: Facts = {}
    for name, problems in PROBLEMS.items():
        found = {s: fault for s, d in decisions.items() if (fault := _first(d, problems)) is not None}
        if not found:
            unread = undecided and name in _OF_THE_AUDIENCE
            facts[f"trust.{name}"] = ask if unread else none
            continue
        fault = next(iter(found.values()))
        value = {
            "problem": fault.problem,
            "sentence": fault.sentence,
            "expected": fault.expected or None,
            "found": fault.found or None,
            "denied": list(found),
            "others": [subject for subject in decisions if subject not in found],
        }
        facts[f"trust.{name}"] = known(value, _cited(trust, fault))
    return facts


def _first(decision: TrustDecision, problems: tuple[Problem, ...]) -> Fault | TrustDecision | None:
    """Give the fault of one of these kinds: what explains the decision, or what stands beside it."""
    if decision.problem in problems:
        return decision
    return next((fault for fault in decision.faults if fault.problem in problems), None)


def _of_lints(decision: TrustDecision, where: Where) -> Facts:
    """Tell what works and should be looked at all the same."""
    by_code: dict[str, list[tuple[str, Where]]] = {}
    for lint in decision.lints:
        by_code.setdefault(lint.code, []).append((lint.text, where.at(*lint.path)))
    broad = by_code.get("missing-subject-condition", []) + by_code.get("subject-too-broad", [])
    no_audience, stale = by_code.get("no-audience-condition", []), by_code.get("stale-statement", [])
    long = by_code.get("too-long", [])
    return {
        "trust.too_broad": known(broad[0][0] if broad else None, *(w for _, w in broad)),
        "trust.checks_audience": known(not no_audience, *(w for _, w in no_audience)),
        "trust.stale": known([t for t, _ in stale], *(w for _, w in stale)),
        "trust.length": known(int(long[0][0].split()[0]) if long else 0, where),
    }
