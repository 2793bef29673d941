"""Whether a cluster is ready for a release, and what to prepare, in the order in which it is done."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine import Fact, Outcome
from analyzer.findings.report import Finding, Readiness
from analyzer.frozen import frozen

LINK = "upgrade"
NEW = "upgrade-request-new"
LAST = "upgrade-annotation"
"""Setting the annotation vouches for all the rest, so it comes last."""

_ORDER = (
    NEW,
    "upgrade-secret-renamed",
    "upgrade-actions-new",
    "upgrade-service-account-new",
    LAST,
)

_NAMED = 3
"""How many releases on the way are named one by one."""


@frozen
class Way:
    """The minor release to go to, as far as it is told, and the cluster's own.

    ``older`` is True for a release before the cluster's; ``between`` are those that lie on the way.
    """

    target: str | None
    cluster: str | None
    older: bool
    between: tuple[str, ...]


def judge_readiness(way: Way, findings: Sequence[Finding], outcomes: Sequence[Outcome]) -> Readiness | None:
    """Sum up the rules about an upgrade; None where no release to go to was given.

    The steps are those of the findings, each command once.
    """
    asked = [o for o in outcomes if o.rule.link == LINK]
    if not asked:
        return None
    target = way.target
    release = target or "the release"
    if way.older:
        sentence = (
            f"{release} is older than the cluster's {way.cluster}: OpenShift does not go back to an earlier "
            "minor release."
        )
        return Readiness(target, "unknown", sentence, ())
    if all(o.state == "not-applicable" for o in asked):
        sentence = f"Whether it is ready for {release} was not judged: the cluster does not use STS."
        return Readiness(target, "unknown", sentence, ())
    failed = sorted((f for f in findings if f.link == LINK and f.state == "fail"), key=_order)
    steps = tuple({step.command or step.text: step for f in failed for step in f.fix}.values())
    broken = sorted({f.rule for f in findings if f.link != LINK and f.state == "fail" and f.kind == "cause"})
    tail = f" {_unsettled(release, asked)}" if _unsettled(release, asked) else ""
    tail += f" Today's faults come first: {', '.join(broken)}." if broken else ""
    if way.between:
        tail += f" The way there goes through {_releases(way.between)}: ask the same of each."
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


def _releases(between: Sequence[str]) -> str:
    """Name releases that follow each other; many by the first and the last."""
    return f"{between[0]} to {between[-1]}" if len(between) > _NAMED else ", ".join(between)


def _unsettled(release: str, asked: Sequence[Outcome]) -> str:
    """Name the requests that are new, and of which nobody knows whether all is there for them."""
    names = [
        o.subject.name
        for o in asked
        if o.rule.id == NEW and o.state == "unknown"
        if isinstance(new := o.subject.facts.get("upgrade.new"), Fact) and new.value is True
    ]
    if not names:
        return ""
    noun = "CredentialsRequests" if len(names) > 1 else "CredentialsRequest"
    listed = ", ".join(sorted(names))
    return f"{release} brings {noun} {listed}: whether namespace, Secret and role are there is not known."


def _order(finding: Finding) -> tuple[int, str]:
    return _ORDER.index(finding.rule) if finding.rule in _ORDER else 0, finding.subject
