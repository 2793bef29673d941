"""The report as plain text for a support case, inside a ``~~~`` fence: paste it as it is.

To the customer: what is wrong, what to do, what to send, and nothing of where we keep the case. To
colleagues: the text report.
"""

from __future__ import annotations

from analyzer.findings.readiness import LINK
from analyzer.findings.report import Finding, Missing, Report
from analyzer.frozen import replace
from analyzer.reports.formats import Options
from analyzer.reports.headline import errors_seen, sentence
from analyzer.reports.inert import inert, rewritten
from analyzer.reports.markup import block
from analyzer.reports.page import Page
from analyzer.reports.paths import short_path
from analyzer.reports.story import Group, Story, proofs, says_something, tell
from analyzer.reports.text import render_text
from analyzer.reports.unknowns import alike
from analyzer.reports.wording import answer_lead, listed, minute, without_sts

WIDTH = 96
"""Case systems break lines that are longer."""

_LEAD = 10

_PROOFS = 2

_NOT_NEEDED = "AWS access keys, private keys, the pull secret, a token's signature. Please do not send them."


def render_case(report: Report, options: Options) -> str:
    """Write a report for a case in the voice that the options name; the text ends with a line end."""
    if options.voice == "internal":
        plain = replace(options, color=False, width=WIDTH)
        body = render_text(report, plain) + f"{report.tool.name} {report.tool.version}\n"
    else:
        body = _to_customer(tell(rewritten(report, inert)), options)
    return "\n".join(block(body.rstrip("\n").split("\n"), mark="~")) + "\n"


def _to_customer(story: Story, options: Options) -> str:
    page = Page(WIDTH, ascii=options.ascii)
    if options.ascii:
        story = tell(rewritten(story.report, page.safe))
    causes = [group[0] for group in (story.main, *story.others) if group]
    parts = [
        [*_readiness(page, story.report), *_summary(page, story), *_cluster(page, story.report)],
        _found(page, story, [f for f in causes if f.state == "fail"]),
        _steps(page, story.report, [f for f in causes if f.state == "fail"]),
        _look(page, story),
        _requests(page, story),
        page.paragraph("Not needed: ", _NOT_NEEDED, hang=_LEAD) if story.report.missing else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _summary(page: Page, story: Story) -> list[str]:
    lines: list[str] = []
    for position, group in enumerate(story.groups):
        lead = "Summary:".ljust(_LEAD) if not position else " " * _LEAD
        lines += page.paragraph(lead, _verdict(story, group))
    if not lines:
        return page.paragraph("Summary:".ljust(_LEAD), _without_chains(story))
    return lines


_HEADS = {
    "fail": "cannot use AWS",
    "suspected": "may not be able to use AWS",
    "unknown": "cannot be judged yet",
    "warn": "can use AWS, with a warning",
    "pass": "can use AWS",
}


def _verdict(story: Story, group: Group) -> str:
    names = listed([story.name(chain.id) for chain in group.chains], 6)
    noun = "operators" if all(chain.operator for chain in story.used) else "consumers"
    head = f"{len(group.chains)} of {len(story.used)} {noun} {_head(group)} ({names})."
    errors = errors_seen(story, group)
    since = f" {errors[:1].upper()}{errors[1:]}." if errors else ""
    return f"{head} {sentence(story, group)}{since}"


def _head(group: Group) -> str:
    """Say what a verdict means to the operators: not every fault keeps them from AWS today."""
    one = len(group.chains) == 1
    if group.state == "fail" and group.link == "permissions":
        return "cannot do in AWS all that is asked for"
    if group.state == "fail" and all(c.mechanism == "static-keys" for c in group.chains):
        return f"{'uses' if one else 'use'} long-lived keys in the place of STS"
    refused = any(c.verdict.simulated_error for c in group.chains)
    if group.state == "fail" and group.link == "mode" and not refused:
        return f"{'is' if one else 'are'} not set up for STS as meant"
    return _HEADS.get(group.state, group.state)


def _without_chains(story: Story) -> str:
    if story.main:
        return story.main[0].message
    if story.report.cluster.sts is False:
        return without_sts(story.report.cluster.platform)
    return "No operator that signs in to AWS is in what we have, so nothing can be judged yet."


def _cluster(page: Page, report: Report) -> list[str]:
    cluster = report.cluster
    known = [
        f"OCP {cluster.version}" if cluster.version else "",
        " ".join(part for part in (cluster.platform, cluster.region) if part),
        f"cluster {cluster.id}" if cluster.id else "",
        f"infra {cluster.infra_name}" if cluster.infra_name else "",
    ]
    kinds = list(dict.fromkeys(kind for item in report.inputs for kind in item.kind.split(", ")))
    when = (
        f" of {minute(report.run.as_of)}" if report.run.as_of and report.run.as_of_from == "timestamp" else ""
    )
    checked = [kind + (when if kind.startswith("must-gather") else "") for kind in kinds]
    lines = page.paragraph("Cluster:".ljust(_LEAD), page.joined(known) or "not known")
    return lines + page.paragraph("Checked:".ljust(_LEAD), ", ".join(checked) or "nothing")


def _found(page: Page, story: Story, causes: list[Finding]) -> list[str]:
    lines = ["What we found:"] if causes else []
    for number, finding in enumerate(causes, start=1):
        lines += page.paragraph(f"  {number}. ", finding.message)
        for piece in proofs(finding, _PROOFS):
            excerpt = f": {piece.excerpt.strip()}" if says_something(piece) else ""
            place = f"{short_path(piece.file, WIDTH - 20, page.signs.dots)}:{piece.line}"
            lines += page.paragraph("     seen in ", place + excerpt, hang=7)
        if finding.why:
            lines += page.paragraph("     ", f"Why it matters: {finding.why}", hang=5)
        verdicts = [c.verdict for group in story.groups for c in group.chains]
        errors = [v.simulated_error for v in verdicts if v.rule == finding.rule]
        answer = next((error for error in errors if error), None)
        if answer:
            lead = f"     {answer_lead(answer.stage, answer.text)}: "
            lines += page.paragraph(lead, " ".join(answer.text.split()), hang=7)
    return lines


def _readiness(page: Page, report: Report) -> list[str]:
    found = report.readiness
    return page.paragraph("Upgrade:".ljust(_LEAD), found.sentence, hang=_LEAD) if found else []


def _steps(page: Page, report: Report, causes: list[Finding]) -> list[str]:
    """Number all steps in one list: they are done in this order, those of an upgrade in its own."""
    ahead = report.readiness.steps if report.readiness else ()
    mended = (step for finding in causes if finding.link != LINK for step in finding.fix)
    steps = list(dict.fromkeys([*mended, *ahead]))
    lines = ["Please do:"] if steps else []
    for number, step in enumerate(steps, start=1):
        lead = f"  {number}. "
        lines += page.paragraph(lead, step.text)
        lines += [" " * len(lead) + step.command] if step.command else []
    return lines


def _look(page: Page, story: Story) -> list[str]:
    lines = ["Please also look at:"] if story.warnings else []
    for group in story.warnings:
        names = [story.name(chain) for finding in group for chain in finding.chains]
        whom = f" ({listed(names, 6)})" if group[1:] and names else ""
        lines += page.paragraph("  - ", (group[0].title + "." if group[1:] else group[0].message) + whom)
    return lines


def _requests(page: Page, story: Story) -> list[str]:
    """List the commands whose output is missing, the most decisive first, by where they are run."""
    missing = story.report.missing
    lines = ["Please send the output of these commands; they only read:"] if missing else []
    for number, group in enumerate(alike(missing), start=1):
        lead = f"  {number}. "
        lines += page.paragraph(lead, _asked(group))
        lines += [" " * len(lead) + item.command for item in group]
    return lines


def _asked(group: list[Missing]) -> str:
    first = group[0]
    where = f"On {first.where_to_run}: " if first.where_to_run else ""
    more = f" (and {len(group) - 1} more of this kind)" if group[1:] else ""
    secret = (
        " The answer holds a secret: send it only where your rules allow."
        if first.sensitivity == "secret"
        else ""
    )
    return f"{where}{first.why}{more}.{secret}"
