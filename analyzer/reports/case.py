"""The report as plain text for a support case, inside a ``~~~`` fence: paste it as it is.

To the customer: what is wrong, what to do, what to send, and nothing of where we keep the case. To
colleagues: the text report.
"""

from __future__ import annotations

from analyzer.findings.readiness import LINK
from analyzer.findings.report import Finding, Missing, Report, SimulatedError
from analyzer.frozen import replace
from analyzer.reports.formats import Options
from analyzer.reports.headline import errors_seen, failures_apart, sentence
from analyzer.reports.inert import inert, rewritten
from analyzer.reports.markup import block
from analyzer.reports.page import Page
from analyzer.reports.paths import cited_files
from analyzer.reports.story import Findings, Group, Story, one_by_one, proofs, says_something, tell
from analyzer.reports.text import render_text
from analyzer.reports.unknowns import alike
from analyzer.reports.wording import answer_lead, listed, minute, without_sts

WIDTH = 96
"""Case systems break lines that are longer."""

_LEAD = 10

_PROOFS = 2

_OURS = "sts-doctor "
"""How the commands begin that are for whoever has the inputs."""

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
    if options.ascii:
        story = tell(rewritten(story.report, Page(ascii=True).safe))
    page = Page(WIDTH, ascii=options.ascii, files=cited_files(story.report))
    causes = [group for group in (story.main, *story.others) if group and group[0].state == "fail"]
    parts = [
        [*_readiness(page, story.report), *_summary(page, story), *_cluster(page, story.report)],
        _found(page, story, causes),
        _steps(page, story.report, causes),
        _look(page, story),
        _requests(page, story),
        page.paragraph("Not needed: ", _NOT_NEEDED, hang=_LEAD) if story.report.missing else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _summary(page: Page, story: Story) -> list[str]:
    said = [f"{finding.title}." for finding in failures_apart(story)] if story.groups else []
    said += [_verdict(story, group) for group in story.groups] or [_without_chains(story)]
    lines: list[str] = []
    for text in said:
        lines += page.paragraph(" " * _LEAD if lines else "Summary:".ljust(_LEAD), text)
    return lines


_IN_PART = {
    "trust-subject-partial": "ServiceAccounts that cannot use AWS",
    "workload": "pods that cannot use AWS",
    "token": "a token that AWS does not accept",
}
"""Rules and links whose faults are of some pods: others of the operator may get through."""

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
    if group.state != "fail":
        return _HEADS.get(group.state, group.state)
    if group.link == "permissions":
        return "cannot do in AWS all that is asked for"
    if all(c.mechanism == "static-keys" for c in group.chains):
        return f"{'uses' if one else 'use'} long-lived keys in the place of STS"
    if all(c.mechanism == "none" for c in group.chains):
        return f"{'has' if one else 'have'} no credentials for AWS"
    if not all(c.verdict.simulated_error for c in group.chains):
        return f"{'is' if one else 'are'} not set up for STS as meant"
    part = _IN_PART.get(group.rule or "", _IN_PART.get(group.link or ""))
    return f"{'has' if one else 'have'} {part}" if part else _HEADS["fail"]


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


def _found(page: Page, story: Story, causes: list[Findings]) -> list[str]:
    """Tell each cause, the first of a kind with its reason: whoever is concerned must find his own."""
    lines = ["What we found:"] if causes else []
    for number, (first, *alike_it) in enumerate(causes, start=1):
        lines += page.paragraph(f"  {number}. ", first.message)
        lines += _seen_in(page, first, _PROOFS)
        for finding in alike_it:
            lines += page.paragraph("     Also: ", finding.message, hang=5)
            lines += _seen_in(page, finding, 1)
        for remark in dict.fromkeys(remark for finding in (first, *alike_it) for remark in finding.remarks):
            lines += page.paragraph("     Note: ", remark, hang=5)
        if first.why:
            lines += page.paragraph("     ", f"Why it matters: {first.why}", hang=5)
        if answer := _answer_to(story, first.rule):
            lead = f"     {answer_lead(answer.stage, answer.text)}: "
            lines += page.paragraph(lead, " ".join(answer.text.split()), hang=7)
    return lines


def _seen_in(page: Page, finding: Finding, most: int) -> list[str]:
    lines = []
    for piece in proofs(finding, most):
        excerpt = f": {piece.excerpt.strip()}" if says_something(piece) else ""
        place = f"{page.path(piece.file, WIDTH - 20)}:{piece.line}"
        lines += page.paragraph("     seen in ", place + excerpt, hang=7)
    return lines


def _answer_to(story: Story, rule: str) -> SimulatedError | None:
    """Give what a call is answered because of this cause; of several the first one met is answered alone."""
    for verdict in (chain.verdict for group in story.groups for chain in group.chains):
        error = verdict.simulated_error
        # reports of earlier versions do not say whose answer it is: where there is one cause, it is that
        of = (error.cause or (None if verdict.also else verdict.rule)) if error else None
        if error and of == rule:
            return error
    return None


def _readiness(page: Page, report: Report) -> list[str]:
    found = report.readiness
    return page.paragraph("Upgrade:".ljust(_LEAD), found.sentence, hang=_LEAD) if found else []


def _steps(page: Page, report: Report, causes: list[Findings]) -> list[str]:
    """Number all steps in one list: they are done in this order, those of an upgrade in its own."""
    ahead = report.readiness.steps if report.readiness else ()
    repairs = [*(f.fix for group in causes for f in group if f.link != LINK), ahead]
    steps = [step for step in one_by_one(repairs) if not (step.command or "").startswith(_OURS)]
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
    lines = ["Please send the output of these commands; they change nothing:"] if missing else []
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
