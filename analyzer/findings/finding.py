"""Findings: what failed, with its proof and repair, equal ones on several chains told once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal, cast

from analyzer.engine import Outcome
from analyzer.findings.explaining import explained, explains
from analyzer.findings.order import FOUND, KINDS, SEVERITIES
from analyzer.findings.report import LINKS, Evidence, Finding, FindingState, Fix

_EVIDENCE_LIMIT = 20


def make_findings(outcomes: Sequence[Outcome], relevant: frozenset[str]) -> tuple[Finding, ...]:
    """Make findings of failed outcomes, the worst first; equal ones on several chains become one.

    ``relevant`` are the chains that STS must serve: a shared cause concerns only those.
    """
    groups: dict[tuple[str, str, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.state in FOUND:
            subject = "" if outcome.subject.kind == "chain" else outcome.subject.name
            groups.setdefault((outcome.rule.id, subject, outcome.message), []).append(outcome)
    findings = [_finding(group, relevant, outcomes) for group in groups.values()]
    return tuple(sorted(findings, key=_rank))


def _rank(finding: Finding) -> tuple[int, int, int, int, str, tuple[str, ...]]:
    link = LINKS.index(finding.link) if finding.link in LINKS else len(LINKS)
    return (
        FOUND.index(finding.state),
        KINDS.index(finding.kind),
        link,
        SEVERITIES.index(finding.severity),
        finding.rule,
        finding.chains,
    )


def _finding(group: Sequence[Outcome], relevant: frozenset[str], outcomes: Sequence[Outcome]) -> Finding:
    first, rule = group[0], group[0].rule
    chains = tuple(sorted({c for o in group for c in o.subject.chains if c in relevant}))
    proofs = [proof for outcome in group for proof in outcome.proofs][:_EVIDENCE_LIMIT]
    beside = [o for o in outcomes if o.state in FOUND and set(o.subject.chains) & set(chains)]
    explained_by = {o.rule.id for o in beside if o.state == "fail" and explains(o.rule, first)}
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
        explains=tuple(explained(rule, beside)),
        explained_by=tuple(sorted(explained_by)),
    )


def _stable_names(kind: str, name: str, chains: tuple[str, ...]) -> tuple[str, ...]:
    """What tells apart the findings of one rule from gather to gather: no pod and no file."""
    if kind == "chain":
        return chains
    return (name,) if kind in ("workload", "subscription", "request", "upgrade") else ()


def _fingerprint(rule: str, kind: str, chains: tuple[str, ...]) -> str:
    """Name a finding by what stays the same from gather to gather."""
    return hashlib.sha256("\n".join((rule, kind, *chains)).encode()).hexdigest()[:16]
