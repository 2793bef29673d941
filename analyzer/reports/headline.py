"""The verdict: which operators are broken, at which link, since when, and what STS answers."""

from __future__ import annotations

from analyzer.findings.report import Chain

from .page import Page
from .story import Group, Story
from .wording import RECENCY_WORDS, STATE_WORDS, listed, minute

_LEAD = "VERDICT".ljust(9)
_HANG = " " * len(_LEAD)


def draw_verdict(page: Page, story: Story) -> list[str]:
    """Write one entry for each group of chains, the worst first."""
    if not story.groups:
        return _without_chains(page, story)
    lines: list[str] = []
    for position, group in enumerate(story.groups):
        lead = _LEAD if position == 0 else _HANG
        lines += _entry(page, story, group, lead, full=position == 0 or page.verbose)
    return lines


def _entry(page: Page, story: Story, group: Group, lead: str, full: bool) -> list[str]:
    where = f" at {group.link}" if group.state == "fail" and group.link else ""
    head = f"{lead}{page.signs.states[group.state]} {STATE_WORDS[group.state].upper()}{where}"
    said = _sentence(story, group)
    names = listed([story.name(c.id) for c in group.chains], len(group.chains) if page.verbose else 8)
    if not full:
        text = f"{said} ({names})" if group.state != "pass" else names
        return page.paragraph(f"{head} {page.signs.dash} ", text, group.state, hang=len(_LEAD) + 2)
    lines = page.paragraph(f"{head} {page.signs.dash} ", said, group.state, hang=len(_LEAD) + 2)
    for text in (f"{_share(story, group)}: {names}", *_circumstances(page, story, group)):
        lines += page.paragraph(_HANG, text, hang=len(_LEAD) + 2)
    return lines


def _sentence(story: Story, group: Group) -> str:
    """Say a verdict in one short sentence: the title of its rule where there is one."""
    verdict = group.chains[0].verdict
    finding = next((f for f in story.report.findings if f.rule == group.rule), None)
    if finding is None or not finding.title:
        return verdict.sentence
    if group.state == "suspected":
        tail = verdict.sentence.removeprefix(finding.message).strip()
        return f"{finding.title}, and the cause is not proven. {tail}".strip()
    return f"{finding.title}."


def _share(story: Story, group: Group) -> str:
    operators = all(chain.operator for chain in story.used)
    noun = "operators" if operators else "consumers"
    common = story.report.common_cause
    same = "same break explains " if common and common.rule == group.rule else ""
    return f"{same}{len(group.chains)} of {len(story.used)} {noun}"


def _circumstances(page: Page, story: Story, group: Group) -> list[str]:
    """Say when the errors were, what STS answers, and what would settle an open question."""
    verdicts = [chain.verdict for chain in group.chains]
    recency = next((r for r in ("ongoing", "stopped") if any(v.recency == r for v in verdicts)), "unknown")
    starts = [v.since for v in verdicts if v.since]
    since = f" since {minute(min(starts))}" if starts else ""
    texts = [RECENCY_WORDS[recency].format(since=since)] if group.state in ("fail", "suspected") else []
    error = next((v.simulated_error for v in verdicts if v.simulated_error), None)
    if error:
        texts.append(f"STS answers: {' '.join(error.text.split())}")
    if group.state == "suspected":
        texts += _open_questions(story, group.chains)
    return [text for text in texts if text]


def _open_questions(story: Story, chains: tuple[Chain, ...]) -> list[str]:
    ids = {chain.id for chain in chains}
    links = {
        link.link: None
        for chain in chains
        for link in chain.links
        if link.state == "unknown" and link.link != "operator"
    }
    asked = [m.evidence for m in story.report.missing if ids & set(m.chains)]
    texts = [f"candidates: {', '.join(links)}"] if links else []
    return [*texts, f"settled by: {listed(asked, 4)} (see not known)"] if asked else texts


def _without_chains(page: Page, story: Story) -> list[str]:
    """Judge inputs in which nothing has to authenticate through STS."""
    report = story.report
    first = story.main[0] if story.main else None
    if first is not None and first.state == "fail":
        state, text = "fail", f"{first.title}."
    elif report.cluster.sts is False:
        state, text = "not-applicable", "This cluster does not use STS, so there is no chain to check."
    elif report.chains:
        state, text = "not-applicable", "None of the chains uses STS."
    else:
        state, text = "unknown", "No consumer of a role is in these inputs, so no chain can be checked."
    lead = f"{_LEAD}{page.signs.states[state]} {STATE_WORDS[state].upper()} {page.signs.dash} "
    return page.paragraph(lead, text, state, hang=len(_LEAD) + 2)
