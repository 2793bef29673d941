"""One bundle's result as the columns of the results database."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime

from analyzer.bundle.issues import MORE
from analyzer.findings.report import LINKS, Chain, Report, to_json
from analyzer.frozen import frozen
from analyzer.reports.paths import short_path

_STATES = ("fail", "suspected", "warn", "unknown", "pass", "not-applicable")
"""Verdicts, the worst first: a bundle's is the worst of its chains'."""

_READ = ("private-key", "rule-error")
"""Codes of errors that leave nothing of the input unread."""
_NO_EXPORT = ("must-gather", "not recognised", "empty")
"""Kinds of inputs in which nothing of AWS can be: a note beside a bundle is no export."""
_NAMED = 3
_PATH = 80
_ESCAPING = ("utf-8", "backslashreplace")
"""Half of a surrogate pair is written as JSON does."""

Column = str | int | float | None


@frozen
class Row:
    """What became of a bundle. ``reason`` says why there is no verdict, or that it rests on a part."""

    outcome: str
    reason: str | None = None
    rules: str | None = None
    finished: str | None = None
    seconds: float | None = None
    peak_mib: float | None = None
    sha256: str | None = None
    size: int | None = None
    """Bytes that the bundle's members hold."""
    members: int | None = None
    exit_code: int | None = None
    verdict: str | None = None
    link: str | None = None
    rule: str | None = None
    sentence: str | None = None
    common: bool | None = None
    """Whether one cause on a shared link explains several chains."""
    chains: int | None = None
    """Chains that STS must serve."""
    broken: int | None = None
    """Chains with the bundle's verdict."""
    gaps: int | None = None
    """Pieces of evidence that are missing."""
    cluster_id: str | None = None
    infra_name: str | None = None
    version: str | None = None
    region: str | None = None
    partition: str | None = None
    sts: bool | None = None
    issuer: str | None = None
    gathered: str | None = None
    alone: bool | None = None
    """Whether the must-gather was all that there was to read."""
    since: str | None = None
    chain_rows: tuple[tuple[Column, ...], ...] = ()
    finding_rows: tuple[tuple[Column, ...], ...] = ()
    missing_rows: tuple[tuple[Column, ...], ...] = ()
    report: bytes | None = None
    """The report as JSON, packed by zlib."""


def now() -> str:
    """Give the time for ``finished``: RFC 3339, UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def row_of(report: Report, *, rules: str) -> Row:
    """Read a report into columns."""
    used = [chain for chain in report.chains if chain.verdict.state != "not-applicable"]
    state, link, rule, sentence, broken = _verdict(report, used)
    cluster = report.cluster
    sinces = [chain.verdict.since for chain in broken if chain.verdict.since]
    return Row(
        outcome="refused" if report.exit_code == 5 else "judged",
        reason=_refusal(report) if report.exit_code == 5 else _in_part(report),
        rules=rules,
        finished=now(),
        sha256=report.inputs[0].sha256,
        size=sum(i.bytes for i in report.inputs),
        members=sum(i.members for i in report.inputs),
        exit_code=report.exit_code,
        verdict=state,
        link=link,
        rule=rule,
        sentence=sentence,
        common=report.common_cause is not None,
        chains=len(used),
        broken=len(broken),
        gaps=len(report.missing),
        cluster_id=cluster.id,
        infra_name=cluster.infra_name,
        version=cluster.version,
        region=cluster.region,
        partition=cluster.partition,
        sts=cluster.sts,
        issuer=cluster.issuer,
        gathered=report.run.as_of,
        alone=all(i.kind in _NO_EXPORT for i in report.inputs),
        since=min(sinces, default=None),
        chain_rows=tuple(_chain(chain) for chain in report.chains),
        finding_rows=tuple(
            (n, f.rule, f.link, f.kind, f.state, f.severity, json.dumps(f.chains), f.subject, f.title,
             f.message, f.fingerprint, f.muted)
            for n, f in enumerate(report.findings)
        ),
        missing_rows=tuple(
            (n, m.evidence, m.why, m.command, json.dumps(m.decides)) for n, m in enumerate(report.missing)
        ),
        report=zlib.compress(json.dumps(to_json(report), ensure_ascii=False).encode(*_ESCAPING), 6),
    )  # fmt: skip


def _chain(chain: Chain) -> tuple[Column, ...]:
    said = chain.verdict
    return (
        chain.id, chain.request, chain.operator, chain.mechanism, said.state, said.link, said.rule,
        said.recency, said.since,
    )  # fmt: skip


def _verdict(
    report: Report, used: list[Chain]
) -> tuple[str, str | None, str | None, str | None, list[Chain]]:
    """Give the bundle's verdict: the worst state, and the break that most chains with it share."""
    apart = next(
        (f for f in report.findings if f.state == "fail" and f.kind != "symptom" and not f.muted), None
    )
    if not used:
        if apart is not None:
            return "fail", apart.link, apart.rule, apart.message, []
        sts = "STS is not used here." if report.cluster.sts is False else "No chain was found to judge."
        return ("not-applicable" if report.cluster.sts is False else "unknown"), None, None, sts, []
    state = next(s for s in _STATES if any(c.verdict.state == s for c in used))
    if state != "fail" and apart is not None:
        return "fail", apart.link, apart.rule, apart.message, []
    worst = [c for c in used if c.verdict.state == state]
    votes = Counter((c.verdict.link, c.verdict.rule) for c in worst)
    link, rule = max(votes, key=lambda key: (votes[key], -_place(key[0])))
    sentence = next(c.verdict.sentence for c in worst if (c.verdict.link, c.verdict.rule) == (link, rule))
    return state, link, rule, sentence, worst


def _place(link: str | None) -> int:
    return LINKS.index(link) if link in LINKS else len(LINKS)


def _refusal(report: Report) -> str:
    return next((f"{e.member}: {e.detail}".lstrip(": ") for e in report.errors), "refused as hostile")


def _in_part(report: Report) -> str | None:
    """Name what could not be read, the inputs themselves before their members; None where all was."""
    broken = [e for e in report.errors if e.code not in _READ and not e.detail.endswith(MORE)]
    broken.sort(key=lambda e: bool(e.member))
    said = [f"{short_path(e.member, _PATH, '…')}: {e.detail}" if e.member else e.detail for e in broken]
    more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return f"read in part: {'; '.join(said[:_NAMED])}{more}" if said else None


def pack(row: Row) -> bytes:
    """Write a row for a pipe: one line of JSON, then the packed report as it is."""
    plain = {name: value for name, value in asdict(row).items() if name != "report"}
    return json.dumps(plain).encode() + b"\n" + (row.report or b"")


def unpack(data: bytes) -> Row:
    """Read a row from what ``pack`` wrote; raises ValueError for anything else."""
    head, mark, report = data.partition(b"\n")
    if not mark:
        raise ValueError("cut short")
    plain = json.loads(head)
    for name in ("chain_rows", "finding_rows", "missing_rows"):
        plain[name] = tuple(tuple(line) for line in plain[name])
    return Row(**plain, report=report or None)
