"""Whether a cluster is ready for a release, and what to prepare, in the order in which it is done."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine import Outcome
from analyzer.findings.report import Finding, Readiness

LINK = "upgrade"
LAST = "upgrade-annotation"
"""Setting the annotation vouches for all the rest, so it comes last."""

_ORDER = (
    "upgrade-request-new",
    "upgrade-secret-renamed",
    "upgrade-actions-new",
    "upgrade-service-account-new",
    LAST,
)


def judge_readiness(
    target: str | None, findings: Sequence[Finding], outcomes: Sequence[Outcome]
) -> Readiness | None:
    """Sum up the rules about an upgrade; None where no release to go to was given.

    The steps are those of the findings, each command once.
    """
    asked = [o for o in outcomes if o.rule.link == LINK]
    if not asked:
        return None
    release = target or "the release"
    failed = sorted((f for f in findings if f.link == LINK and f.state == "fail"), key=_order)
    steps = tuple({step.command or step.text: step for f in failed for step in f.fix}.values())
    broken = sorted({f.rule for f in findings if f.link != LINK and f.state == "fail" and f.kind == "cause"})
    tail = f" Today's faults come first: {', '.join(broken)}." if broken else ""
    missing = dict.fromkeys(m.evidence for o in asked if o.state == "unknown" for m in o.missing if m.command)
    lacks = f" without {', '.join(missing)}" if missing else ""
    is_open = any(o.state in ("unknown", "error") for o in asked)
    if failed:
        number = f"{len(failed)} preparation{'s' if len(failed) > 1 else ''}"
        more = f" Whether more is needed cannot be judged{lacks}." if is_open else ""
        return Readiness(
            target, "not-ready", f"Not ready for {release}: {number} to make.{more}{tail}", steps
        )
    if is_open:
        sentence = f"Whether it is ready for {release} cannot be judged{lacks}.{tail}"
        return Readiness(target, "unknown", sentence, ())
    return Readiness(target, "ready", f"Ready for {release}: nothing is to be prepared.{tail}", ())


def _order(finding: Finding) -> tuple[int, str]:
    return _ORDER.index(finding.rule) if finding.rule in _ORDER else 0, finding.subject
