"""The short answer of ``upgrade``: ready or not, what to prepare, its proof; then how it stands today."""

from __future__ import annotations

from analyzer.findings.readiness import LINK
from analyzer.findings.report import Missing, Readiness
from analyzer.frozen import frozen
from analyzer.reports.blocks import draw_claim, draw_summary
from analyzer.reports.detail import Detail
from analyzer.reports.heading import LEAD
from analyzer.reports.headline import draw_today
from analyzer.reports.page import Page
from analyzer.reports.story import Findings, Story, by_rule
from analyzer.reports.unknowns import draw_unknowns
from analyzer.reports.wording import counted


@frozen
class Brevity:
    """How much is said: steps, whether with words beside their commands, and findings with their message."""

    steps: int
    words: bool
    claims: int
    unknowns: int


LADDER = (
    Brevity(8, words=True, claims=4, unknowns=2),
    Brevity(8, words=True, claims=3, unknowns=1),
    Brevity(8, words=True, claims=1, unknowns=1),
    Brevity(6, words=False, claims=1, unknowns=0),
    Brevity(5, words=False, claims=0, unknowns=0),
    Brevity(4, words=False, claims=0, unknowns=0),
)


def draw_upgrade(page: Page, story: Story, found: Readiness, brevity: Brevity) -> list[str]:
    """Write what stands between the heading and the counts."""
    return [
        *draw_readiness(page, found, brevity.steps, words=brevity.words),
        *_proofs(page, story, brevity),
        *draw_today(page, story),
        *_open(page, story, brevity),
    ]


def draw_readiness(page: Page, found: Readiness, most: int, *, words: bool = True) -> list[str]:
    """Say whether the cluster is ready for the release to go to, and what to do first."""
    state = {"ready": "pass", "not-ready": "fail", "unknown": "unknown"}[found.state]
    lines = page.paragraph(f"UPGRADE  {page.signs.states[state]} ", found.sentence, state, hang=LEAD + 2)
    for number, step in enumerate(found.steps[:most], 1):
        lead = f"{' ' * LEAD}{number}. "
        if step.command and not words:
            lines.append(lead + page.paint(step.command, "command"))
            continue
        lines += page.paragraph(lead, step.text)
        if step.command:
            lines.append(" " * len(lead) + page.paint(step.command, "command"))
    if (left := len(found.steps) - most) > 0:
        more = f"{page.signs.dots} {counted(left, 'more step')} (-v for all)"
        lines.append(page.one_line(" " * LEAD, more))
    return ["", *lines]


def _proofs(page: Page, story: Story, brevity: Brevity) -> list[str]:
    """Give the findings on the release, failures with the place that proves them; the steps stand above."""
    rank = ("fail", "warn", "info")
    heard = [f for f in story.report.findings if f.link == LINK and f.muted is None]
    groups: list[Findings] = sorted(by_rule(heard), key=lambda group: rank.index(group[0].state))
    lines: list[str] = []
    for position, group in enumerate(groups):
        if position < brevity.claims and group[0].state == "fail":
            lines += draw_claim(page, story, group)
        else:
            lines.append(draw_summary(page, story, group))
    return ["", *lines] if lines else []


def _open(page: Page, story: Story, brevity: Brevity) -> list[str]:
    """Ask for what the readiness waits for; the rest is only named."""
    waits = any(_decides(item) for item in story.report.missing)
    return draw_unknowns(page, story, Detail(unknowns=brevity.unknowns if waits else 0), first=_decides)


def _decides(item: Missing) -> bool:
    return any(rule.startswith(f"{LINK}-") for rule in item.decides)
