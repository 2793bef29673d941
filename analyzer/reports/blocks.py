"""Findings, set the way compilers set their messages: claim, place, line, reason, repair."""

from __future__ import annotations

from analyzer.findings.report import Evidence, Finding, Fix
from analyzer.frozen import replace
from analyzer.reports.detail import Detail
from analyzer.reports.excerpt import gutter_of, quoted
from analyzer.reports.page import Page
from analyzer.reports.story import Findings, Story, log_lines, one_by_one, proofs
from analyzer.reports.wording import STATE_WORDS, counted, listed, minute, sentences

_SUMMARIES = 4
"""How many further failures have a line of their own, where there is no room for more."""


def draw_main(page: Page, story: Story, detail: Detail) -> list[str]:
    """Write the main finding in full, as far as the detail allows."""
    return _block(page, story, story.main, detail) if story.main else []


def draw_others(page: Page, story: Story, detail: Detail) -> list[str]:
    """Write further failures, each shorter than the main one; those alike share an entry."""
    lines: list[str] = []
    for group in story.others[: detail.others]:
        lines += ["", *_block(page, story, group, detail.brief())]
    left = story.others[detail.others :]
    lines += [draw_summary(page, story, group) for group in left[:_SUMMARIES]]
    if left[_SUMMARIES:]:
        lines.append(_more(page, [group[0].rule for group in left[_SUMMARIES:]]))
    return lines


def draw_rest(page: Page, story: Story, detail: Detail) -> list[str]:
    """Write warnings and remarks, one line for each rule.

    In full where the page is verbose; warnings also where nothing fails and there is room.
    """
    groups = [*story.warnings, *(story.infos if detail.infos else ()), *_orphans(story)]
    if page.verbose:
        groups += [group for shares in story.explained.values() for group in shares]
        lines = [line for group in groups for line in ["", *_block(page, story, group, detail)]]
        return [*lines, *([""] if story.muted else []), *_muted(page, story.muted)]
    full: list[str] = []
    if not story.main and not story.others and detail.places > 1:
        groups = groups[len(story.warnings) :]
        shorter = replace(detail.brief(), quotes=True, steps=detail.steps)
        full = [line for one in story.warnings for line in ["", *_block(page, story, one, shorter)]]
    most = detail.warnings + (len(groups) == detail.warnings + 1)
    lines = [draw_summary(page, story, group) for group in groups[:most]]
    if groups[most:]:
        lines.append(_more(page, [group[0].rule for group in groups[most:]]))
    if story.muted:
        rules = listed(sorted({f.rule for f in story.muted}), 4)
        lines.append(page.one_line("  muted: ", f"{counted(len(story.muted), 'finding')} ({rules})", "quiet"))
    if not lines:
        return full
    return [*full, "", *lines] if detail.warnings else lines


def _muted(page: Page, findings: Findings) -> list[str]:
    """Name what was accepted, and the reason: it is counted like everything else."""
    lines = []
    for finding in findings:
        text = f"{finding.message} (accepted: {finding.muted})"
        lines += page.paragraph(
            f"  muted {STATE_WORDS[finding.state]}[{finding.rule}]: ", text, "quiet", hang=4
        )
    return lines


def _orphans(story: Story) -> list[Findings]:
    """Symptoms whose cause has no entry of its own."""
    shown = {f.rule for f in story.main} | {group[0].rule for group in story.others}
    return [group for cause, groups in story.explained.items() if cause not in shown for group in groups]


def _more(page: Page, rules: list[str]) -> str:
    return page.one_line("  ", f"{page.signs.dots} {len(rules)} more: {', '.join(rules)} (-v for all)")


def _tag(page: Page, finding: Finding) -> str:
    return f"{page.signs.states[finding.state]} {STATE_WORDS[finding.state]}[{finding.rule}]"


def draw_summary(page: Page, story: Story, group: Findings) -> str:
    """Say a group of findings in one line."""
    first = group[0]
    number = f" {page.signs.times}{len(group)}" if len(group) > 1 else ""
    text = first.title if len(group) > 1 or first.state == "info" else first.message
    names = [story.name(c) for finding in group for c in finding.chains]
    if (len(group) > 1 or first.state == "info") and names:
        text += f": {listed(names)}"
    return page.one_line(f"{_tag(page, first)}{number}: ", text, first.state)


def draw_claim(page: Page, story: Story, group: Findings) -> list[str]:
    """Write what is claimed and where it is proven, without reason and repair."""
    first = group[0]
    lines = page.paragraph(f"{_tag(page, first)}: ", first.message, first.state, hang=4)
    pieces = proofs(first, 1)
    for piece in pieces:
        gutter = gutter_of(pieces)
        lines += quoted(page, piece, first.message, gutter, first=True, several=_several(story))[:1]
    return [*lines, *_like_it(page, story, group)]


def _block(page: Page, story: Story, group: Findings, detail: Detail) -> list[str]:
    first = group[0]
    lines = page.paragraph(f"{_tag(page, first)}: ", first.message, first.state, hang=4)
    if not detail.quotes:
        lines = [page.one_line(f"{_tag(page, first)}: ", first.message, first.state)]
    if not story.groups and first.state == "info" and not page.verbose:
        lines, detail = [], replace(detail, why=False)  # the verdict has said it
    symptoms = story.explained.get(first.rule, ()) if first.kind == "cause" else ()
    pieces = _pieces(first, symptoms, detail)
    gutter = gutter_of(pieces)
    for position, piece in enumerate(pieces):
        proven = first if piece in first.evidence else symptoms[0][0]
        quote = quoted(page, piece, proven.message, gutter, first=position == 0, several=_several(story))
        lines += quote if detail.quotes else quote[:1]
    lines += [] if page.verbose else _like_it(page, story, group)
    for remark in first.remarks if detail.quotes else ():
        lines += _note(page, "but", remark)
    lines += _candidates(page, first) if detail.quotes else []
    # what to do stands before what is good to know: a reader in a hurry stops here
    lines += _fix(page, first, detail)
    if symptoms and detail.quotes and detail.asides:
        lines += _explains(page, story, symptoms, detail)
    if detail.why and first.why:
        lines += _note(page, "why", sentences(first.why, detail.sentences))
    if detail.disproof and first.disproof:
        lines += _note(page, "would disprove", first.disproof)
    if page.verbose:
        for reference in first.references:
            lines += _note(page, "see", reference)
        lines += _like_it(page, story, group)  # behind what is about the first alone
    return lines


def _several(story: Story) -> bool:
    return len(story.report.inputs) > 1


def _pieces(finding: Finding, symptoms: tuple[Findings, ...], detail: Detail) -> tuple[Evidence, ...]:
    """Choose what to quote: the finding's own proofs, then one line of a log that it explains."""
    pieces = proofs(finding, detail.places)
    if detail.places > 1 and symptoms and symptoms[0][0].evidence:
        pieces = (*pieces, symptoms[0][0].evidence[0])
    return pieces


def _like_it(page: Page, story: Story, group: Findings) -> list[str]:
    """Name where else the same was found; in full where the page is verbose."""
    if len(group) == 1:
        return []
    if not page.verbose:
        names = [", ".join(story.name(c) for c in f.chains) or f.subject for f in group[1:]]
        own = any(f.fix != group[0].fix for f in group[1:])
        where = f"; -v has {'its' if len(names) == 1 else 'their'} steps" if own else ""
        return _note(page, "also", f"{len(names)} like this: {listed(names)}{where}")
    lines: list[str] = []
    done = list(group[0].fix)
    for finding in group[1:]:
        lines += _note(page, "also", finding.message)
        for piece in finding.evidence:
            lines += quoted(
                page,
                piece,
                finding.message,
                gutter_of(finding.evidence),
                first=False,
                several=_several(story),
            )
        for remark in finding.remarks:
            lines += _note(page, "but", remark)
        steps = one_by_one([done, finding.fix])[len(done) :]
        done += steps
        lines += [line for step in steps for line in _step(page, step)]
    return lines


def _candidates(page: Page, finding: Finding) -> list[str]:
    """Name the causes that are left behind a symptom, each with what would settle it."""
    if not page.verbose:
        links = dict.fromkeys(candidate.link for candidate in finding.candidates)
        return _note(page, "may come of", ", ".join(links)) if len(links) > 1 else []
    lines = []
    for candidate in finding.candidates:
        text = f"{candidate.link} ({', '.join(candidate.rules)})"
        lines += _note(
            page, "may come of", f"{text}: {candidate.evidence or 'nothing single'} would settle it"
        )
        if candidate.command:
            lines.append("         " + page.paint(candidate.command, "command"))
    return lines


def _explains(page: Page, story: Story, symptoms: tuple[Findings, ...], detail: Detail) -> list[str]:
    if detail.shares:
        return _note(page, "explains", "; ".join(_share(page, story, symptom) for symptom in symptoms))
    number = sum(len(group) for group in symptoms)
    rules = ", ".join(group[0].rule for group in symptoms)
    return [page.one_line("  = explains: ", f"{counted(number, 'symptom')} ({rules})", "title")]


def _share(page: Page, story: Story, group: Findings) -> str:
    number, last = log_lines(group)
    counts = f" ({counted(number, 'log line')}, last {minute(last)})" if number else ""
    who = [", ".join(story.name(c) for c in f.chains) or f.subject for f in group]
    names = listed(who, len(who) if page.verbose else 3)
    return f"{counted(len(group), f'{group[0].rule} finding')}{counts} in {names}"


def _fix(page: Page, finding: Finding, detail: Detail) -> list[str]:
    lines: list[str] = []
    for step in finding.fix[: detail.steps]:
        lines += _step(page, step)
    left = len(finding.fix) - detail.steps
    if left > 0 and detail.quotes:
        more = f"{page.signs.dots} {counted(left, 'more step')}: -v, or sts-doctor explain {finding.rule}"
        lines.append(page.one_line("         ", more))
    return lines


def _step(page: Page, step: Fix) -> list[str]:
    lines = _note(page, "fix", step.text)
    if step.command:
        lines.append("         " + page.paint(step.command, "command"))
    return lines


def _note(page: Page, name: str, text: str) -> list[str]:
    return page.paragraph(f"  = {name}: ", text, "title", hang=9)
