"""The report as Markdown for an issue or a ticket: verdict, links, findings with proof and repair."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.findings.report import Evidence, Fix, Report
from analyzer.reports.formats import Options
from analyzer.reports.headline import draw_verdict, errors_seen, failures_apart, sentence
from analyzer.reports.inert import inert, rewritten
from analyzer.reports.markup import block, code, prose, table
from analyzer.reports.page import Page
from analyzer.reports.paths import cited_files, short_paths
from analyzer.reports.story import Findings, Group, Story, one_by_one, proofs, says_something, tell
from analyzer.reports.unknowns import alike
from analyzer.reports.wording import STATE_WORDS, answer_lead, counted, exit_words, minute, place_of

_SIGNS = Page().signs.states


def render_markdown(report: Report, options: Options) -> str:
    """Write a report as Markdown that ends with a line end; options change nothing in it."""
    story = tell(report)
    parts = [
        _readiness(report),
        _head(story, "### Today" if report.readiness else "## sts-doctor"),
        _identity(report),
        _matrix(story),
        *(_finding(story, group, main=True) for group in [story.main] if group),
        *(_finding(story, group, main=False) for group in story.others),
        _rest(story),
        _unknown(story),
        _unread(report),
        ["### Notes", "", *(f"- {prose(text)}" for text in report.notices)] if report.notices else [],
        [_counts(report)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _state(state: str) -> str:
    return f"{_SIGNS[state]} {STATE_WORDS[state]}"


def _head(story: Story, title: str) -> list[str]:
    if not story.groups:
        # the text's own words, for inputs in which no chain can be judged
        said = " ".join(draw_verdict(Page(width=10**6), _inert(story))[0].split())
        return [f"{title}: {prose(said.removeprefix('VERDICT '))}"]
    first, *more = story.groups
    apart = [f"{_SIGNS['fail']} {STATE_WORDS['fail'].upper()} at {f.link} — {prose(f'{f.title}.')}"
             for f in failures_apart(story)]  # fmt: skip
    head, *beside = [*apart, _verdict(story, first)]
    lines = [f"{title}: {head}", *(line for text in beside for line in ("", text)), "", _who(story, first)]
    error = next((c.verdict.simulated_error for c in first.chains if c.verdict.simulated_error), None)
    if error:
        lines += ["", f"{answer_lead(error.stage, error.text)}: {code(' '.join(error.text.split()))}"]
    if more:
        lines += ["", *(f"- {_verdict(story, group)} ({_names(story, group)})" for group in more)]
    return lines


def _readiness(report: Report) -> list[str]:
    found = report.readiness
    if found is None:
        return []
    state = {"ready": "pass", "not-ready": "fail", "unknown": "unknown"}[found.state]
    return [f"## sts-doctor: {_SIGNS[state]} {prose(found.sentence)}", *_numbered(found.steps)]


def _inert(story: Story) -> Story:
    return tell(rewritten(story.report, inert))


def _verdict(story: Story, group: Group) -> str:
    where = f" at {group.link}" if group.state == "fail" and group.link else ""
    head = f"{_SIGNS[group.state]} {STATE_WORDS[group.state].upper()}{where}"
    return f"{head} — {prose(sentence(story, group))}"


def _who(story: Story, group: Group) -> str:
    noun = "operators" if all(chain.operator for chain in story.used) else "consumers"
    text = f"**{len(group.chains)} of {len(story.used)} {noun}**: {_names(story, group)}"
    errors = errors_seen(story, group)
    return f"{text} · {prose(errors)}" if errors else text


def _names(story: Story, group: Group) -> str:
    return ", ".join(code(story.name(chain.id)) for chain in group.chains)


def _identity(report: Report) -> list[str]:
    cluster = report.cluster
    sts = {True: "STS", False: "no STS", None: "not known whether STS is used"}[cluster.sts]
    mode = "not known" if cluster.credentials_mode is None else code(cluster.credentials_mode) or "default"
    rows = [
        ("cluster", code(cluster.id or "")),
        ("infrastructure", code(cluster.infra_name or "")),
        ("version", prose(f"OCP {cluster.version}") if cluster.version else ""),
        ("platform", prose(" ".join(p for p in (cluster.platform, cluster.region) if p))),
        ("credentials", f"{sts}, credentialsMode {mode}"),
        ("issuer", code(cluster.issuer or "")),
        ("judged as of", prose(minute(report.run.as_of)) if report.run.as_of else ""),
        ("inputs", ", ".join(f"{prose(i.kind)} ({counted(i.members, 'file')})" for i in report.inputs)),
    ]
    return table(["", ""], [[name, value or "not known"] for name, value in rows])


def _matrix(story: Story) -> list[str]:
    """Show every chain's links, those columns that apply to any of them."""
    chains = [chain for group in story.groups for chain in group.chains]
    if not chains:
        return []
    shown = [
        n for n, link in enumerate(chains[0].links)
        if any(chain.links[n].state != "not-applicable" for chain in chains)
    ]  # fmt: skip
    head = ["chain", *(chains[0].links[n].link for n in shown)]
    rows = [[code(story.name(c.id)), *(_state(c.links[n].state) for n in shown)] for c in chains]
    return table(head, rows)


def _finding(story: Story, group: Findings, *, main: bool) -> list[str]:
    first = group[0]
    lines = [
        f"### {_state(first.state)}: {prose(first.title)} ({code(first.rule)})",
        "",
        prose(first.message),
    ]
    for piece in proofs(first, 3 if main else 1):
        lines += ["", *_proof(story, piece)]
    for finding in group[1:]:
        lines += ["", f"**Also:** {prose(finding.message)}"]
        for piece in proofs(finding, 1):
            lines += ["", *_proof(story, piece)]
    symptoms = story.explained.get(first.rule, ()) if first.kind == "cause" else ()
    if symptoms:
        parts = [f"{counted(len(s), 'finding')} of {code(s[0].rule)}" for s in symptoms]
        lines += ["", f"**Explains:** {', '.join(parts)}"]
    for remark in dict.fromkeys(remark for finding in group for remark in finding.remarks):
        lines += ["", f"**Note:** {prose(remark)}"]
    if first.why:
        lines += ["", f"**Why:** {prose(first.why)}"]
    lines += _steps(group)
    if first.disproof:
        lines += ["", f"**Would disprove it:** {prose(first.disproof)}"]
    return lines


def _proof(story: Story, piece: Evidence) -> list[str]:
    role = f" ({prose(piece.role)})" if piece.role else ""
    path = short_paths(cited_files(story.report), 10**6, "…")[piece.file]
    place = f"{code(f'{path}:{piece.line}')}{role}"
    return [f"{place}:", "", *block([piece.excerpt.strip()], "text")] if says_something(piece) else [place]


def _steps(group: Findings) -> list[str]:
    steps = one_by_one(finding.fix for finding in group)
    return ["", "**Fix:**", *_numbered(steps)] if steps else []


def _numbered(steps: Sequence[Fix]) -> list[str]:
    lines = [""] if steps else []
    for number, step in enumerate(steps, start=1):
        lead = f"{number}. "
        lines.append(lead + (prose(step.text) or "Run:"))
        if step.command:
            lines += ["", *(" " * len(lead) + line for line in block([step.command], "sh")), ""]
    return lines[:-1] if lines and not lines[-1] else lines


def _rest(story: Story) -> list[str]:
    shown = {f.rule for f in story.main} | {group[0].rule for group in story.others}
    orphans = [g for cause, groups in story.explained.items() if cause not in shown for g in groups]
    lines = [_line(group) for group in [*story.warnings, *story.infos, *orphans] if group != story.main]
    lines += [
        f"- accepted {code(f.rule)}: {prose(f.message)} Reason: {prose(f.muted or '')}" for f in story.muted
    ]
    return ["### Also seen", "", *lines] if lines else []


def _line(group: Findings) -> str:
    first = group[0]
    number, text = (f" ×{len(group)}", first.title) if group[1:] else ("", first.message)
    return f"- {_state(first.state)} {code(first.rule)}{number}: {prose(text)}"


def _unknown(story: Story) -> list[str]:
    missing = story.report.missing
    if not missing:
        return []
    lines = [f"### Not known ({len(missing)}), most decisive first"]
    for group in alike(missing):
        first = group[0]
        more = f" ×{len(group)}" if len(group) > 1 else ""
        where = f" On {prose(first.where_to_run)}:" if first.where_to_run else ""
        secret = " The answer holds a secret." if first.sensitivity == "secret" else ""
        lines += ["", f"- **{prose(first.evidence)}**{more}: {prose(first.why)}.{secret}{where}", ""]
        lines += [f"  {line}" for line in block([item.command for item in group], "sh")]
    return lines


def _unread(report: Report) -> list[str]:
    if not report.errors:
        return []
    lines = [f"- {code(place_of(e, report))}: {prose(e.detail or e.code)}" for e in report.errors]
    return ["### Not read", "", *lines]


def _counts(report: Report) -> str:
    counts = report.counts
    numbers = {
        "pass": counts.passed, "fail": counts.fail, "warn": counts.warn, "info": counts.info,
        "unknown": counts.unknown, "n/a": counts.not_applicable, "error": counts.error,
    }  # fmt: skip
    said = " · ".join(f"{n} {name}" for name, n in numbers.items() if n or name != "error")
    return f"{sum(numbers.values())} checks: {said} · {exit_words(report)}"
