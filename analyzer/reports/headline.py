"""The verdict: which operators are broken, at which link, since when, and what STS answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from analyzer.findings.report import Chain, Finding
from analyzer.reports.page import Page
from analyzer.reports.story import Group, Story
from analyzer.reports.unknowns import alike, title_of
from analyzer.reports.wording import (
    NO_CHAIN,
    NOT_BY_STS,
    RECENCY_WORDS,
    STATE_WORDS,
    answer_lead,
    counted,
    listed,
    minute,
    without_sts,
)

_LEAD = "VERDICT".ljust(9)
_HANG = " " * len(_LEAD)

_TOGETHER = timedelta(hours=1)

TROUBLE = ("fail", "suspected")
"""Verdicts on chains that do not work, be the cause proven or not."""

_ENTRIES = 5
"""How many verdicts a short answer gives; each is about another break."""


def draw_verdict(page: Page, story: Story, *, brief: bool = False, asides: bool = True) -> list[str]:
    """Write one entry for each group of chains, the worst first; ``brief`` cuts what STS answers.

    Without ``asides`` what shows no trouble has one line beside what does.
    """
    if not story.groups:
        return _without_chains(page, story)
    lines = _draw_failures_apart(page, story)
    most = len(story.groups) if page.verbose else _ENTRIES
    if not asides:
        most = min(most, max(1, sum(group.state in TROUBLE for group in story.groups)))
    for position, group in enumerate(story.groups[:most]):
        lead = _HANG if lines else _LEAD
        lines += _entry(page, story, group, lead, full=position == 0 or page.verbose, brief=brief)
    left = story.groups[most:]
    if left:
        states = ", ".join(dict.fromkeys(STATE_WORDS[group.state] for group in left))
        names = listed([story.name(chain.id) for group in left for chain in group.chains])
        more = f"{page.signs.dots} {counted(len(left), 'more verdict')} (-v for all), {states}: {names}"
        lines.append(page.one_line(_HANG, more))
    return lines


def draw_today(page: Page, story: Story) -> list[str]:
    """Write the verdicts in a line each, for an answer that is about something else."""
    if not story.groups:
        lines = _without_chains(page, story)
        return ["", lines[0].replace("VERDICT", "TODAY  ", 1), *lines[1:]]
    if not any(link.checks for chain in story.used for link in chain.links):
        return []  # only the release was asked about
    lines = []
    for group in story.groups[:_ENTRIES]:
        lead = _HANG if lines else "TODAY".ljust(len(_LEAD))
        lines += _entry(page, story, group, lead, full=False, brief=True)
    if left := story.groups[_ENTRIES:]:
        lines.append(
            page.one_line(_HANG, f"{page.signs.dots} {counted(len(left), 'more verdict')} (-v for all)")
        )
    if any(group.state in TROUBLE for group in story.groups):
        lines += page.paragraph(_HANG, "Proof and repair: -v, or sts-doctor analyze.")
    return ["", *lines]


def failures_apart(story: Story) -> list[Finding]:
    """Give what fails beside the chains, one of a kind, where none of them fails: no verdict may hide it."""
    if any(group.state == "fail" for group in story.groups):
        return []
    failed = [f for f in story.report.findings if f.state == "fail" and f.kind != "symptom" and not f.muted]
    return list({f.rule: f for f in reversed(failed)}.values())


def _draw_failures_apart(page: Page, story: Story) -> list[str]:
    lines: list[str] = []
    for finding in failures_apart(story):
        head = (
            f"{page.signs.states['fail']} {STATE_WORDS['fail'].upper()} at {finding.link} {page.signs.dash} "
        )
        lead = _HANG if lines else _LEAD
        lines += page.paragraph(lead + head, f"{finding.title}.", "fail", hang=len(_LEAD) + 2)
    return lines


def _entry(page: Page, story: Story, group: Group, lead: str, *, full: bool, brief: bool) -> list[str]:
    where = f" at {group.link}" if group.state == "fail" and group.link else ""
    head = f"{lead}{page.signs.states[group.state]} {STATE_WORDS[group.state].upper()}{where}"
    said = sentence(story, group)
    names = listed([story.name(c.id) for c in group.chains], len(group.chains) if page.verbose else 8)
    errors = errors_seen(story, group)
    if not full:
        beside = "; ".join(filter(None, [names, errors, _further(group)]))
        text = f"{said} ({beside})" if group.state != "pass" else names
        return page.paragraph(f"{head} {page.signs.dash} ", text, group.state, hang=len(_LEAD) + 2)
    lines = page.paragraph(f"{head} {page.signs.dash} ", said, group.state, hang=len(_LEAD) + 2)
    lines += page.paragraph(_HANG, _share(page, story, group, errors), hang=len(_LEAD) + 2)
    answer = _answer(group)
    if answer:
        in_full = page.paragraph(_HANG, answer, hang=len(_LEAD) + 2)
        lines += [page.one_line(_HANG, answer)] if brief else in_full
    for text in _circumstances(page, story, group):
        lines += page.paragraph(_HANG, text, hang=len(_LEAD) + 2)
    return lines


def sentence(story: Story, group: Group) -> str:
    """Say a verdict in one short sentence: the title of its rule where there is one."""
    chain = next((c for c in group.chains if c.verdict.recency == "ongoing"), group.chains[0])
    verdict = chain.verdict
    found = [f for f in story.report.findings if f.rule == group.rule]
    finding = next((f for f in found if chain.id in f.chains), found[0] if found else None)
    if finding is None or not finding.title:
        return verdict.sentence
    if group.state == "suspected":
        tail = verdict.sentence.removeprefix(finding.message).removeprefix(".").strip()
        return f"{finding.title}, and the cause is not proven. {tail}".strip()
    muted = [f.muted for f in story.report.findings if f.rule == group.rule and f.state == finding.state]
    reason = "; ".join(dict.fromkeys(text for text in muted if text))
    accepted = f" Accepted: {reason.rstrip('.')}." if reason and None not in muted else ""
    return f"{finding.title}.{accepted}"


def names_in_headline(page: Page, group: Group) -> bool:
    """Tell whether the verdict names its operators; many are named once, above their chain."""
    return page.verbose or len(group.chains) <= 3


def _share(page: Page, story: Story, group: Group, errors: str) -> str:
    """Say how many are concerned, who, since when, and whether it still goes on."""
    operators = all(chain.operator for chain in story.used)
    noun = "operators" if operators else "consumers"
    common = story.report.common_cause
    same = "same break on " if common and common.rule == group.rule else ""
    names = f": {', '.join(story.name(c.id) for c in group.chains)}" if names_in_headline(page, group) else ""
    return page.joined([f"{same}{len(group.chains)} of {len(story.used)} {noun}{names}", errors])


def _further(group: Group) -> str:
    """Name the causes that each of the chains has behind the first: mended alone, that does not help."""
    shared = [
        rule for rule in group.chains[0].verdict.also if all(rule in c.verdict.also for c in group.chains)
    ]
    return f"also {listed(shared, 2)}" if shared else ""


def errors_seen(story: Story, group: Group) -> str:
    """Say since when errors show, whether they go on, and whose they are where one chain alone has any.

    Nothing where they show none. Those on chains without a fault have mostly stopped, which must be said.
    """
    met = [c for c in group.chains if c.verdict.recency != "unknown"]
    recency = next((r for r in ("ongoing", "stopped") if any(c.verdict.recency == r for c in met)), "unknown")
    of = f" of {story.name(met[0].id)}" if len(met) == 1 < len(group.chains) else ""
    since = _since(sorted(c.verdict.since for c in group.chains if c.verdict.since))
    said = RECENCY_WORDS[recency].format(of=of, since=since)
    others = _of_another_cause(story, group) if said else ""
    return f"{said}, {others}" if others else said


def _of_another_cause(story: Story, group: Group) -> str:
    """Say of errors that the cause of the verdict does not explain whose they are, proven or not."""
    ids = {chain.id for chain in group.chains}
    found = [f for f in story.report.findings if f.state == "fail" and ids & set(f.chains)]
    met = [f for f in found if f.kind == "symptom" and f.rule.startswith("log-")]
    if group.state != "fail" or not met or any(group.rule in f.explained_by for f in met):
        return ""
    others = list(dict.fromkeys(rule for f in met for rule in f.explained_by))
    if others:
        return f"of {listed(others)}"
    return f"of a cause that is not proven: {listed(list(dict.fromkeys(f.rule for f in met)))}"


def _since(starts: Sequence[str]) -> str:
    """Say when errors began: hours apart on several chains, where another fault broke one before."""
    if not starts:
        return ""
    try:
        apart = datetime.fromisoformat(starts[-1]) - datetime.fromisoformat(starts[0]) > _TOGETHER
    except (ValueError, TypeError):  # a saved report may hold anything
        apart = False
    return f" since {minute(starts[0])}{', some later' if apart else ''}"


def _answer(group: Group) -> str | None:
    """Say what the call is answered while it is broken."""
    error = next((c.verdict.simulated_error for c in group.chains if c.verdict.simulated_error), None)
    return f"{answer_lead(error.stage, error.text)}: {' '.join(error.text.split())}" if error else None


def _circumstances(page: Page, story: Story, group: Group) -> list[str]:
    """Say what cannot be judged before that, and what would settle an open question."""
    texts = []
    each = [{link.link: link.waits_for for link in chain.links if link.waits_for} for chain in group.chains]
    waiting = {link: rule for link, rule in each[0].items() if all(link in other for other in each)}
    if waiting:
        causes = list(dict.fromkeys(waiting.values()))
        mended = f"{' and '.join(causes)} {'is' if len(causes) == 1 else 'are'} mended"
        texts.append(f"cannot be judged until {mended}: {', '.join(waiting)}")
    if group.state == "suspected":
        texts += _open_questions(page, story, group.chains)
    return texts


def nothing_open(chains: tuple[Chain, ...]) -> bool:
    """Tell whether none of what is left open could lead to the error that was seen."""
    verdicts = [chain.verdict for chain in chains]
    return all(v.link is None or (v.hint is not None and not v.candidate_links) for v in verdicts)


def _open_questions(page: Page, story: Story, chains: tuple[Chain, ...]) -> list[str]:
    if nothing_open(chains):
        return []
    ids = {chain.id for chain in chains}
    asked = [
        title_of(page, kind) for kind in alike(tuple(m for m in story.report.missing if ids & set(m.chains)))
    ]
    return [f"settled by: {listed(asked, 4)} (see not known)"] if asked else []


def _without_chains(page: Page, story: Story) -> list[str]:
    """Judge inputs in which nothing has to authenticate through STS."""
    report = story.report
    first = next((f for f in story.main if f.link != "upgrade"), None)  # what that lacks is of another day
    if first is not None and first.state == "fail":
        state, text = "fail", f"{first.title}."
    elif report.cluster.sts is False:
        state = "not-applicable"
        text = first.message if first else without_sts(report.cluster.platform)
    elif report.chains:
        state, text = "not-applicable", NOT_BY_STS
    else:
        state, text = "unknown", NO_CHAIN
    lead = f"{_LEAD}{page.signs.states[state]} {STATE_WORDS[state].upper()} {page.signs.dash} "
    return page.paragraph(lead, text, state, hang=len(_LEAD) + 2)
