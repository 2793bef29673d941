"""What could not be told: grouped by the evidence that is missing, each with the command that gets it."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.findings.report import Missing
from analyzer.reports.detail import Detail
from analyzer.reports.page import Page
from analyzer.reports.story import Story
from analyzer.reports.wording import listed


def draw_unknowns(
    page: Page, story: Story, detail: Detail, first: Callable[[Missing], bool] | None = None
) -> list[str]:
    """Write the missing evidence, the most decisive first, similar pieces as one entry.

    ``first`` picks what was asked about: it comes before all, and the rest is only named.
    """
    missing = story.report.missing
    if not missing:
        return []
    groups = alike(missing) if not page.verbose else [[item] for item in missing]
    # behind a symptom, what settles its candidates comes before what settles most checks
    settles = {c.evidence for finding in story.main[:1] for c in finding.candidates}
    groups.sort(key=lambda group: all(item.evidence not in settles for item in group))
    # where no cause is proven, the missing evidence is the next step
    proven = bool(story.groups) and story.groups[0].state == "fail"
    most = max(detail.unknowns, 0 if proven else 1)
    if first is not None:
        groups.sort(key=lambda group: not any(first(item) for item in group))
        most = min(detail.unknowns, sum(any(first(item) for item in group) for group in groups))
    if not most:
        names = listed([title_of(page, group) for group in groups], 6)
        return ["", page.one_line(f"not known ({len(missing)}): ", f"{names} (-v for all)", "title")]
    lines = ["", page.paint(f"not known ({len(missing)}), most decisive first:", "title")]
    for group in groups[:most]:
        lines += _entry(page, story, group)
    left = groups[most:]
    if left:
        names = listed([title_of(page, group) for group in left], 6)
        lines.append(page.one_line("  ", f"{page.signs.dots} {len(left)} more: {names} (-v for all)"))
    return lines


def alike(missing: tuple[Missing, ...]) -> list[list[Missing]]:
    """Put pieces of the same kind together: ``role:a`` and ``role:b``."""
    groups: dict[str, list[Missing]] = {}
    for item in missing:
        groups.setdefault(item.evidence.split(":", 1)[0], []).append(item)
    return list(groups.values())


def title_of(page: Page, group: list[Missing]) -> str:
    """Name missing evidence by its key; several of one kind by the kind and their number."""
    if len(group) == 1:
        return group[0].evidence
    return f"{group[0].evidence.split(':', 1)[0]} {page.signs.times}{len(group)}"


def _whom(story: Story, group: list[Missing]) -> str:
    """Name the chains that a group of pieces concerns; all of them have a shorter name."""
    chains = list(dict.fromkeys(chain for item in group for chain in item.chains))
    if len(chains) == len(story.used) == len(group):
        return "one for each operator" if all(c.operator for c in story.used) else "one for each consumer"
    return listed([story.name(chain) for chain in chains] or [item.evidence for item in group])


def _entry(page: Page, story: Story, group: list[Missing]) -> list[str]:
    first = group[0]
    title = title_of(page, group) + (f", {_whom(story, group)}" if len(group) > 1 else "")
    text = first.why
    text += f". On {first.where_to_run}" if first.where_to_run else ". Ask"
    text += ", the answer holds a secret:" if first.sensitivity == "secret" else ":"
    lines = page.paragraph(f"  {page.signs.states['unknown']} {title}: ", text, "unknown", 4)
    lines.append("      " + page.paint(first.command, "command"))
    if page.verbose:
        lines += page.paragraph("    decides: ", ", ".join(first.decides))
        lines += page.paragraph("    for: ", ", ".join(first.chains)) if first.chains else []
    return lines
