"""README.md of a set of repairs: the order, the commands, and what stays open."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.findings.regional import in_region, region_apart
from analyzer.findings.report import Report
from analyzer.fix.mend import Mended
from analyzer.fix.repair import Repair, Step
from analyzer.patterns import later
from analyzer.reports.inert import inert
from analyzer.reports.markup import cell, code, prose
from analyzer.reports.wording import counted

_TO_FILL = later(r"<[A-Za-z_ ]+>")
_ORDER = ("provider", "discovery", "keys", "trust", "policy", "secret")


def ordered(repairs: Sequence[Repair]) -> list[Repair]:
    """Sort repairs as they are to be applied: what AWS must know first, the Secrets that name it last."""

    def place(repair: Repair) -> tuple[int, str]:
        kind = repair.key.partition(":")[0].partition("-")[0]
        return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), repair.key)

    return sorted(repairs, key=place)


def write_readme(mended: Mended) -> str:
    """Write what to do, in order; nothing here was applied."""
    repairs, cluster = ordered(mended.repairs), mended.before.cluster
    region = region_apart(cluster.partition, cluster.region)
    lines = ["# Repairs", "", *_head(mended, repairs)]
    backups = [step for repair in repairs for step in repair.backup]
    if backups:
        first = [Step("", "mkdir -p -m 700 backup"), *backups]
        lines += ["", "## 1. Save what is there", "", *_fence(first, region)]
    for number, repair in enumerate(repairs, 2 if backups else 1):
        lines += ["", f"## {number}. {prose(repair.title)}", "", f"Mends: {', '.join(repair.rules)}."]
        lines += [f"File: {code(d.path)}" for d in repair.documents]
        lines += [f"- {prose(note)}" for note in repair.notes]
        lines += ["", *_fence(repair.apply, region)]
    if repairs or mended.left:
        lines += _verdicts(mended.before, mended.after)
    lines += _left(mended)
    if repairs:
        steps = [step for repair in reversed(repairs) for step in repair.rollback]
        lines += [
            "",
            "## To take it all back",
            "",
            "In this order, the last repair first:",
            "",
            *_fence(steps, region),
        ]
    return "\n".join(lines) + "\n"


def outcome(mended: Mended) -> str:
    """Say in a sentence or two how much was mended; that nothing fails is not that all is known."""
    if mended.repairs:
        number = counted(len(mended.repairs), "repair")
        if any(finding.state == "fail" for finding in mended.before.findings):
            return f"{number}. Nothing was applied."
        return f"No check fails; {number} for what may be better. Nothing was applied."
    if mended.left:
        return "No document can be offered for what is left."
    missing = len(mended.before.missing)
    left_open = f" Evidence is missing ({missing}): sts-doctor collect names it." if missing else ""
    if mended.unexplained:
        return f"No document can be offered: what fails are symptoms, and no cause is proven.{left_open}"
    return f"Nothing to mend: no check fails.{left_open}"


def _head(mended: Mended, repairs: Sequence[Repair]) -> list[str]:
    cluster = mended.before.cluster
    whose = (
        f"Cluster {cluster.infra_name or cluster.id or 'not known'}, issuer {cluster.issuer or 'not known'}."
    )
    if not repairs:
        return [prose(whose), "", prose(outcome(mended))]
    return [
        prose(whose),
        "",
        "Nothing was applied. Each document was judged by the same rules as the inputs, in the place of what"
        " is there now, and with it the findings that it mends are gone. The exports may be older than the"
        " account: compare each document with what the first step saves before you go on.",
        "",
        "Run the commands in this folder, in this order, with the right account and cluster.",
    ]


def _fence(steps: Sequence[Step], region: str | None) -> list[str]:
    lines = ["```sh"]
    for step in steps:
        if step.text:
            lines.append(f"# {inert(step.text)}")
        lines += [inert(in_region(step.command, region))] if step.command else []
    return [*lines, "```"]  # a line begins with # or with a program's name: none can close the fence


def _verdicts(before: Report, after: Report) -> list[str]:
    lines = [
        "",
        "## What our own rules say with these documents",
        "",
        "| chain | before | with them |",
        "|---|---|---|",
    ]
    later = {chain.id: chain.verdict for chain in after.chains}
    for chain in before.chains:
        then = later.get(chain.id)
        was = f"{chain.verdict.state} {chain.verdict.rule or ''}".strip()
        now = f"{then.state} {then.rule or ''}".strip() if then else "-"
        lines.append("| " + " | ".join(cell(prose(text)) for text in (chain.id, was, now)) + " |")
    if any(chain.verdict.state == "suspected" for chain in after.chains):
        lines += ["", "The logs are still the old ones: what they show keeps a chain suspected until new"
                  " ones are gathered."]  # fmt: skip
    return lines


def _left(mended: Mended) -> list[str]:
    if not mended.left:
        return []
    lines = ["", "## What is not mended here"]
    for left in mended.left:
        lines += ["", f"- {left.finding.state} `{left.finding.rule}`: {prose(left.finding.message)}"]
        lines.append(f"  Why no document: {prose(left.reason)}")
        for fix in left.finding.fix:
            lines.append(f"  - {prose(fix.text)}")
            # what has to be filled in first stands in the rule: sts-doctor explain
            whole = fix.command and not _TO_FILL.search(fix.command)
            lines += ["", f"        {inert(fix.command or '')}", ""] if whole else []
    return lines
