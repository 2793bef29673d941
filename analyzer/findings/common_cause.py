"""The one cause on a shared link that breaks several chains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzer.engine import Outcome
from analyzer.findings.order import decisiveness
from analyzer.findings.report import Chain, CommonCause


def find_common_cause(chains: Sequence[Chain], outcomes: Sequence[Outcome]) -> CommonCause | None:
    """Name the one cause on a shared link that is the verdict on several chains."""
    shared = {
        o.rule.id: o for o in outcomes if o.state == "fail" and o.subject.kind in ("cluster", "provider")
    }
    votes = Counter(c.verdict.rule for c in chains if c.verdict.state == "fail" and c.verdict.rule in shared)
    if not votes:
        return None
    rule, count = votes.most_common(1)[0]
    if rule is None or count < 2:
        return None
    ids = tuple(c.id for c in chains if c.verdict.rule == rule)
    used = sum(c.verdict.state != "not-applicable" for c in chains)
    sentence = f"{shared[rule].message} It breaks {count} of {used} chains.{_behind(chains, rule)}"
    beside = [o for o in shared.values() if o.rule.kind == "cause" and o.rule.id != rule]
    beside = [o for o in beside if len(set(o.subject.chains) & set(ids)) > 1]
    names = tuple(o.rule.id for o in sorted(beside, key=decisiveness))
    return CommonCause(rule, shared[rule].rule.link, ids, sentence, names)


def _behind(chains: Sequence[Chain], rule: str) -> str:
    """Count the chains that break before it, and would there too."""
    more = sum(rule in c.verdict.also for c in chains)
    if not more:
        return ""
    return (
        " 1 more has it behind another fault." if more == 1 else f" {more} more have it behind other faults."
    )
