"""From outcomes to judgement: findings, the verdict on each chain, what is missing, the common cause."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, cast

from analyzer.engine import Missing as Asked
from analyzer.engine import Outcome
from analyzer.engine.facts import AFTER
from analyzer.findings.report import (
    LINKS,
    Chain,
    Check,
    CommonCause,
    Counts,
    Evidence,
    Finding,
    FindingState,
    Fix,
    Link,
    LinkState,
    Missing,
    ReadError,
    RoleRef,
    SimulatedError,
    Verdict,
)
from analyzer.frozen import frozen

Recency = Literal["ongoing", "stopped", "unknown"]

_FOUND = ("fail", "warn", "info")
_SEVERITIES = ("critical", "high", "medium", "low", "info")
_KINDS = ("cause", "symptom", "hygiene")
_EVIDENCE_LIMIT = 20


@frozen
class ChainInfo:
    """What the report says of a chain beside its outcomes. ``uses_sts`` is None where not known."""

    id: str
    request: str | None
    operator: str | None
    mechanism: str
    service_accounts: tuple[str, ...]
    role: RoleRef
    uses_sts: bool | None
    recency: Recency
    since: str | None
    in_part: bool = False
    """Whether only some rules were asked: then nothing is said of a whole link or chain."""


def outcomes_of(chain_id: str, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Give the outcomes that concern a chain: its own and those of the links that it shares."""
    return [o for o in outcomes if chain_id in o.subject.chains and o.rule.link in LINKS]


AFTER_SECRET = frozenset(LINKS[LINKS.index("workload") + 1 :])
"""Links that a chain with long-lived keys does not go through."""


def without_static(outcomes: Sequence[Outcome], static: frozenset[str]) -> list[Outcome]:
    """Take chains with long-lived keys out of the links that their keys do not go through."""
    if not static:
        return list(outcomes)
    return [_freed(o, static) if o.rule.link in AFTER_SECRET else o for o in outcomes]


AT_WEBHOOK = frozenset({"workload", "provider", "issuer", "keys", "trust"})
"""Links that a ServiceAccount of the pod identity webhook goes through: it has no request and no Secret."""


def for_webhook(outcomes: Sequence[Outcome], chains: frozenset[str]) -> list[Outcome]:
    """Take the webhook's chains out of what does not concern them.

    Of the checks of a chain, those of the trust policy are theirs; what their pods look like is asked
    about the ServiceAccount.
    """
    if not chains:
        return list(outcomes)
    return [
        _freed(o, chains)
        if o.rule.link not in (("trust",) if o.subject.kind == "chain" else AT_WEBHOOK)
        else o
        for o in outcomes
    ]


def _freed(outcome: Outcome, static: frozenset[str]) -> Outcome:
    subject = outcome.subject
    left = tuple(c for c in subject.chains if c not in static)
    if len(left) == len(subject.chains):
        return outcome
    if left:
        return replace(outcome, subject=replace(subject, chains=left))
    return Outcome(outcome.rule, subject, "not-applicable")


def judge_chain(info: ChainInfo, outcomes: Sequence[Outcome]) -> Chain:
    """Give the links and the verdict of one chain; ``outcomes`` are those that concern it."""
    causes = _causes(outcomes)
    links = tuple(_link(name, [o for o in outcomes if o.rule.link == name], causes) for name in LINKS)
    if info.mechanism == "webhook":
        links = tuple(replace(link, waits_for=None) if link.link == "permissions" else link for link in links)
    if info.uses_sts is False:
        links = tuple(Link(link.link, "not-applicable", ()) for link in links)  # one verdict, no wall
    return Chain(
        id=info.id,
        request=info.request,
        operator=info.operator,
        mechanism=info.mechanism,
        service_accounts=info.service_accounts,
        role_arn=info.role,
        links=links,
        verdict=replace(_verdict(info, outcomes, links, causes), since=info.since),
    )


def _causes(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Give the causes that are proven, the decisive one first."""
    return sorted((o for o in outcomes if o.rule.kind == "cause" and o.state == "fail"), key=_decisiveness)


def _link(name: str, outcomes: Sequence[Outcome], causes: Sequence[Outcome]) -> Link:
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
    waits = None
    if state == "unknown":
        waits = _comes_first(outcomes, causes)
    elif state == "not-applicable" and name in _HIDDEN_BY:
        waits = next((o.rule.id for o in causes if o.rule.id in _HIDDEN_BY[name]), None)
    return Link(name, state, tuple(Check(o.rule.id, o.state) for o in outcomes), waits)


_NO_ISSUER = ("mode-issuer-unset", "issuer-not-https", "issuer-placeholder")
_HIDDEN_BY = {
    "provider": _NO_ISSUER,
    "issuer": _NO_ISSUER[:1],
    "keys": _NO_ISSUER,
    "trust": _NO_ISSUER,
    "permissions": ("trust-role-missing",),
}
"""Links that have nothing to be judged by while one of these is found: no issuer, or no role."""


def _comes_first(outcomes: Sequence[Outcome], causes: Sequence[Outcome]) -> str | None:
    """Name the proven cause that all open checks of a link wait for; None where evidence would settle one."""
    open_checks = [o for o in outcomes if o.state == "unknown"]
    items = [m for o in open_checks for m in o.missing]
    if any(m.command for m in items):
        return None
    waited = {m.evidence.removeprefix(AFTER) for m in items if m.evidence.startswith(AFTER)}
    return next((o.rule.id for o in causes if o.rule.id in waited), None)


def _verdict(
    info: ChainInfo, outcomes: Sequence[Outcome], links: Sequence[Link], causes: Sequence[Outcome]
) -> Verdict:
    if info.uses_sts is False:
        return Verdict("not-applicable", None, None, "STS is not used here.", "unknown", None)
    if causes:
        first = causes[0]
        also = tuple(dict.fromkeys(o.rule.id for o in causes if o.rule.id != first.rule.id))
        return Verdict(
            "fail", first.rule.link, first.rule.id, first.message, info.recency, _simulated(causes),
            also=also,
        )  # fmt: skip
    symptoms = [o for o in outcomes if o.rule.kind == "symptom" and o.state == "fail"]
    if symptoms:
        return _suspected(info, symptoms, outcomes)
    unknown = [link.link for link in links if link.state == "unknown" and link.link != "operator"]
    warned = [o for o in outcomes if o.state == "warn"]
    signs = [o for o in warned if o.rule.kind == "symptom"]
    if signs and unknown and (info.recency != "stopped" or len(signs) > _log_signs(signs)):
        return _suspected(info, signs, outcomes)
    if unknown:
        sentence = _open(unknown, warned, fits=_length_fits(outcomes))
        return Verdict("unknown", unknown[0], None, sentence, info.recency, None)
    if warned:
        first = min(warned, key=_decisiveness)
        return Verdict("warn", first.rule.link, first.rule.id, first.message, info.recency, None)
    holds = "What was asked of the chain holds." if info.in_part else "Every link of the chain holds."
    return Verdict("pass", None, None, holds, info.recency, None)


def _open(unknown: Sequence[str], warned: Sequence[Outcome], *, fits: bool) -> str:
    """Say what is left open on a chain without a fault, and what is to be heeded all the same."""
    opening = "No fault shows"
    if warned:
        first = min(warned, key=_decisiveness)
        more = len({o.rule.id for o in warned}) - 1
        others = f" (and {more} more)" if more else ""
        opening = f"No fault shows, but a warning{others}, {first.rule.id}: {first.message.rstrip('.')}"
    if list(unknown) == ["secret"] and fits:
        rest = (
            "All that is left open is the Secret's value, of which a must-gather keeps the byte length alone"
        )
        return f"{opening}. {rest}; that fits."
    return f"{opening}; {_listed(unknown)} cannot be judged from these inputs."


def _length_fits(outcomes: Sequence[Outcome]) -> bool:
    return any(o.rule.id == "secret-length-mismatch" and o.state == "pass" for o in outcomes)


def _log_signs(signs: Sequence[Outcome]) -> int:
    return sum(o.rule.id.startswith("log-") for o in signs)


def _decisiveness(outcome: Outcome) -> tuple[int, int, str]:
    """Order causes: the earliest link, then the worst, then by id."""
    rule = outcome.rule
    return LINKS.index(rule.link), _SEVERITIES.index(rule.severity), rule.id


def _simulated(causes: Iterable[Outcome]) -> SimulatedError | None:
    """What STS answers: the error of the earliest cause that makes it answer one."""
    error = next((o.sts_error for o in causes if o.sts_error), None)
    return SimulatedError(error.stage, error.text) if error else None


def _suspected(info: ChainInfo, symptoms: Sequence[Outcome], outcomes: Sequence[Outcome]) -> Verdict:
    """Name the links that are still open behind the first symptom, those that it points at before others.

    Only causes of that symptom count: its error tells how far the call came, a condition tells nothing.
    """
    first = min(
        symptoms, key=lambda o: (o.rule.id.startswith("operator-"), _SEVERITIES.index(o.rule.severity))
    )
    open_links = {o.rule.link for o in outcomes if o.state == "unknown" and first.rule.id in o.rule.explains}
    links = [link for link in dict.fromkeys((*first.rule.points_at, *LINKS)) if link in open_links]
    if links:
        tail = f" The cause lies at {_listed(links, 'or')}: what would settle it is listed as missing."
    else:
        pointed = first.rule.points_at
        tail = f" No fault shows at {_listed(pointed, 'or')} in these inputs." if pointed else ""
    link = links[0] if links else None
    return Verdict("suspected", link, first.rule.id, first.message + tail, info.recency, None)


def _listed(words: Sequence[str], conjunction: str = "and") -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


# --- findings ---------------------------------------------------------------------------------


def make_findings(outcomes: Sequence[Outcome], relevant: frozenset[str]) -> tuple[Finding, ...]:
    """Make findings of failed outcomes, the worst first; equal ones on several chains become one.

    ``relevant`` are the chains that STS must serve: a shared cause concerns only those.
    """
    groups: dict[tuple[str, str, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.state in _FOUND:
            subject = "" if outcome.subject.kind == "chain" else outcome.subject.name
            groups.setdefault((outcome.rule.id, subject, outcome.message), []).append(outcome)
    failed: dict[str, set[str]] = {}
    for outcome in outcomes:
        if outcome.state in _FOUND:
            failed.setdefault(outcome.rule.id, set()).update(outcome.subject.chains)
    findings = [_finding(group, relevant, outcomes, failed) for group in groups.values()]
    return tuple(sorted(findings, key=_rank))


def _rank(finding: Finding) -> tuple[int, int, int, int, str, tuple[str, ...]]:
    link = LINKS.index(finding.link) if finding.link in LINKS else len(LINKS)
    return (
        _FOUND.index(finding.state),
        _KINDS.index(finding.kind),
        link,
        _SEVERITIES.index(finding.severity),
        finding.rule,
        finding.chains,
    )


def _finding(
    group: Sequence[Outcome],
    relevant: frozenset[str],
    outcomes: Sequence[Outcome],
    failed: dict[str, set[str]],
) -> Finding:
    first, rule = group[0], group[0].rule
    chains = tuple(sorted({c for o in group for c in o.subject.chains if c in relevant}))
    proofs = [proof for outcome in group for proof in outcome.proofs][:_EVIDENCE_LIMIT]
    explained_by = sorted(
        {
            o.rule.id
            for o in outcomes
            if o.state == "fail" and rule.id in o.rule.explains and set(o.subject.chains) & set(chains)
        }
    )
    explains = [s for s in rule.explains if failed.get(s, set()) & set(chains)]
    subject = first.subject.name if first.subject.kind != "chain" else ", ".join(chains) or first.subject.name
    return Finding(
        rule=rule.id,
        link=rule.link,
        kind=cast('Literal["cause", "symptom", "hygiene"]', rule.kind),
        state=cast(FindingState, first.state),
        severity=cast('Literal["critical", "high", "medium", "low", "info"]', rule.severity),
        chains=chains,
        subject=subject,
        title=rule.title,
        message=first.message,
        why=first.why,
        evidence=tuple(
            Evidence(p.cite.input, p.cite.file, p.cite.line, p.cite.column, p.cite.excerpt, p.role)
            for p in proofs
        ),
        fix=tuple(Fix(f.text, f.command) for f in first.fix),
        disproof=first.disproof,
        references=rule.references,
        fingerprint=_fingerprint(
            rule.id, first.subject.kind, _stable_names(first.subject.kind, first.subject.name, chains)
        ),
        explains=tuple(explains),
        explained_by=tuple(explained_by),
    )


def _stable_names(kind: str, name: str, chains: tuple[str, ...]) -> tuple[str, ...]:
    """What tells apart the findings of one rule from gather to gather: no pod and no file."""
    if kind == "chain":
        return chains
    return (name,) if kind in ("workload", "subscription", "request", "upgrade") else ()


def _fingerprint(rule: str, kind: str, chains: tuple[str, ...]) -> str:
    """Name a finding by what stays the same from gather to gather."""
    return hashlib.sha256("\n".join((rule, kind, *chains)).encode()).hexdigest()[:16]


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
    sentence = f"{shared[rule].message} It breaks {count} of {used} chains."
    beside = [o for o in shared.values() if o.rule.kind == "cause" and o.rule.id != rule]
    beside = [o for o in beside if len(set(o.subject.chains) & set(ids)) > 1]
    names = tuple(o.rule.id for o in sorted(beside, key=_decisiveness))
    return CommonCause(rule, shared[rule].rule.link, ids, sentence, names)


# --- what is missing --------------------------------------------------------------------------


def find_missing(
    outcomes: Sequence[Outcome], chains: Sequence[Chain], unused: frozenset[str]
) -> tuple[Missing, ...]:
    """Group unknowns by the evidence that would settle them, the most decisive first.

    A piece counts once for each rule and chain that waits for it, three times where the chain is
    suspected, and ten times where the rule could explain an error that is there.
    What only chains in ``unused`` wait for comes last: nothing signs in with their Secrets.
    """
    suspected = {c.id for c in chains if c.verdict.state == "suspected"}
    used = {c.id for c in chains if c.verdict.state != "not-applicable"}
    weights: Counter[str] = Counter()
    seen = {
        (o.rule.id, c)
        for o in outcomes
        if o.rule.id.startswith("log-") and o.state in _FOUND
        for c in o.subject.chains
    }
    rows: dict[str, tuple[Outcome, set[str], set[str]]] = {}
    texts: dict[str, Asked] = {}
    for outcome in outcomes:
        if outcome.state != "unknown":
            continue
        concerned = set(outcome.subject.chains) & used
        for item in outcome.missing:
            if not item.command:
                continue
            texts.setdefault(item.evidence, item)
            _, rules, ids = rows.setdefault(item.evidence, (outcome, set(), set()))
            rules.add(outcome.rule.id)
            ids.update(concerned)
            explains = any((s, c) in seen for s in outcome.rule.explains for c in concerned)
            weights[item.evidence] += (len(concerned) + 2 * len(concerned & suspected)) * (
                10 if explains else 1
            )
    order = sorted(rows, key=lambda key: (bool(rows[key][2]) and rows[key][2] <= unused, -weights[key], key))
    return tuple(
        Missing(
            key, texts[key].why, texts[key].command, texts[key].where_to_run, texts[key].sensitivity,
            tuple(sorted(rows[key][1])), tuple(sorted(rows[key][2])),
        )
        for key in order
    )  # fmt: skip


def count(outcomes: Iterable[Outcome]) -> Counts:
    """Count outcomes by state; the sum is rules times subjects."""
    found = Counter(o.state for o in outcomes)
    return Counts(
        found["pass"], found["fail"], found["warn"], found["info"], found["unknown"],
        found["not-applicable"], found["error"],
    )  # fmt: skip


def rule_errors(outcomes: Iterable[Outcome]) -> list[ReadError]:
    """List the rules that could not be evaluated: a defect of ours, never hidden."""
    return [ReadError("", o.rule.id, "rule-error", o.error) for o in outcomes if o.state == "error"]
