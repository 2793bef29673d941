"""The report as text for a terminal or a ticket: verdict, chain, proof, repair, what is not known."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.findings.report import Chain, Counts, Readiness, Report
from analyzer.frozen import replace
from analyzer.reports.blocks import draw_main, draw_others, draw_rest
from analyzer.reports.detail import EVERYTHING, LADDER, Detail
from analyzer.reports.formats import Options
from analyzer.reports.heading import draw_heading
from analyzer.reports.headline import draw_verdict, names_in_headline
from analyzer.reports.inert import rewritten
from analyzer.reports.page import NARROWEST, Page
from analyzer.reports.paths import cited_files
from analyzer.reports.picture import alike, draw_chain, draw_matrix
from analyzer.reports.story import Story, tell
from analyzer.reports.unknowns import draw_unknowns
from analyzer.reports.upgrade import LADDER as UPGRADE_LADDER
from analyzer.reports.upgrade import Brevity, draw_readiness, draw_upgrade
from analyzer.reports.wording import counted, exit_words, listed, place_of

DEFAULT = Options()

LINES = 40
"""How long an answer is that nobody asked to be longer."""

_REMARKS = 2
"""How many remarks on single files there is room for."""

TIGHT = range(5, 12)
"""The parts after the main finding: where room is short they follow each other without an empty line."""


def render_text(report: Report, options: Options = DEFAULT) -> str:
    """Write a report as text that ends with a line end.

    The width holds for all lines but commands, values that are to be copied, and paths where verbose.
    Colour adds SGR codes and nothing else; with ``ascii`` every character is ASCII. Whatever strings the
    report holds, nothing in the text acts on a terminal but those codes.
    """
    page = Page(max(options.width, NARROWEST), options.color, options.ascii, options.verbose)
    # Excerpts stay as they are until they are quoted: their columns count the original characters.
    story = tell(rewritten(report, page.safe, frozenset({"excerpt"})))
    page = replace(page, files=cited_files(story.report))
    readiness = None if options.verbose else report.readiness
    answers = (
        (_draw_upgrade(page, story, readiness, brevity) for brevity in UPGRADE_LADDER)
        if readiness is not None
        else (_draw(page, story, detail) for detail in ((EVERYTHING,) if options.verbose else LADDER))
    )
    lines: list[str] = []
    for lines in answers:
        if len(lines) <= LINES:
            break
    return "\n".join(lines) + "\n"


def _draw_upgrade(page: Page, story: Story, found: Readiness, brevity: Brevity) -> list[str]:
    return [
        *draw_heading(page, story.report),
        *draw_upgrade(page, story, found, brevity),
        *_unread(page, story.report),
        *_notices(page, story.report),
        "",
        *_last(page, story.report),
    ]


def _draw(page: Page, story: Story, detail: Detail) -> list[str]:
    main, readiness = draw_main(page, story, detail), story.report.readiness
    parts = [
        draw_heading(page, story.report, inputs=detail.asides),
        draw_readiness(page, readiness, len(readiness.steps)) if readiness else [],
        ["", *draw_verdict(page, story, brief=not detail.infos, asides=detail.asides)],
        _picture(page, story, detail),
        ["", *main] if main else [],
        draw_others(page, story, detail),
        draw_rest(page, story, detail),
        draw_unknowns(page, story, detail),
        _unread(page, story.report),
        _notices(page, story.report),
        _remarks(page, story.report),
        _chains(page, story) if page.verbose else [],
        ["", *_last(page, story.report)],
    ]
    if detail.tight:
        close = TIGHT if detail.infos else range(3, TIGHT.stop)
        parts = [part[1:] if n in close and part and not part[0] else part for n, part in enumerate(parts)]
    return [line for part in parts for line in part]


def _picture(page: Page, story: Story, detail: Detail) -> list[str]:
    """Draw the chain that the verdict is about, and how the others differ from it."""
    if not story.groups:
        return []
    first = story.groups[0]
    shown = max(first.chains, key=_telling)
    matrix = draw_matrix(page, story, detail.rows)
    names = listed([story.name(c.id) for c in first.chains])
    alone = len(story.groups) == 1 and names_in_headline(page, first)
    if not matrix and not all(alike(page, shown, chain) for chain in first.chains):
        # no table tells of the others: what is drawn must not be taken for theirs
        names, alone = f"{story.name(shown.id)}; others of this verdict differ (-v for all)", False
    title = [] if alone else [page.one_line("chain".ljust(9), names, "title")]
    return ["", *title, *draw_chain(page, shown), *matrix]


def _telling(chain: Chain) -> tuple[int, int]:
    """How much a chain shows: of those with one verdict the one with most broken links is drawn."""
    states = [link.state for link in chain.links]
    return states.count("fail") + states.count("warn"), states.count("fail")


def _unread(page: Page, report: Report) -> list[str]:
    """Say which parts of the inputs could not be read, and which rules could not be asked."""
    if not report.errors:
        return []
    warn = page.signs.states["warn"]
    texts = [f"{place_of(e, report)}: {e.detail or e.code}" for e in report.errors]
    if page.verbose:
        return ["", *(line for text in texts for line in page.paragraph(f"{warn} not read: ", text, "warn"))]
    more = f" (and {len(texts) - 1} more, -v for all)" if len(texts) > 1 else ""
    lead = f"{warn} {counted(len(texts), 'problem')} with reading: "
    return ["", page.paint(lead, "warn") + page.cut(texts[0], page.width - len(lead + more)) + more]


def _notices(page: Page, report: Report) -> list[str]:
    """Say what must be known of the run itself."""
    most = len(report.notices) if page.verbose else 2
    lead = f"{page.signs.states['warn']} "
    lines = [line for text in report.notices[:most] for line in page.paragraph(lead, text, "warn")]
    if report.notices[most:]:
        lines.append(f"  {page.signs.dots} {len(report.notices) - most} more: -v for all")
    return lines


def _remarks(page: Page, report: Report) -> list[str]:
    """Say what was noted of the inputs; what was noted of several files is said once where room is short."""
    lead = f"{page.signs.states['warn']} "
    if page.verbose:
        texts = [f"{i.path}: {text}" for i in report.inputs for text in i.warnings]
        return [line for text in texts for line in page.paragraph(lead, text, "warn")]
    read = {(e.input, e.detail) for e in report.errors}
    alike: dict[str, list[str]] = {}
    for i in report.inputs:
        for warning in i.warnings:
            if not any(warning.endswith(detail) for of, detail in read if of == i.id):
                if i.members == 1:
                    place, text = i.path, warning.removeprefix(f"{i.path}: ")
                else:
                    place, colon, text = warning.partition(": ")
                    if not colon:
                        place, text = i.path, warning
                alike.setdefault(text, []).append(place)
    lines = [
        line
        for text, places in list(alike.items())[:_REMARKS]
        for line in page.paragraph(lead, f"{_and_more(places)}: {text}", "warn")
    ]
    if len(alike) > _REMARKS:
        lines.append(f"  {page.signs.dots} {len(alike) - _REMARKS} more: -v for all")
    return lines


def _and_more(places: Sequence[str]) -> str:
    return places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"


def _chains(page: Page, story: Story) -> list[str]:
    """List the chains with their roles, so that names and ARNs can be looked up."""
    lines = ["", page.paint("chains:", "title")] if story.report.chains else []
    for chain in story.report.chains:
        role = f"{chain.role_arn.value or 'role not known'} ({chain.role_arn.how})"
        state = page.state(chain.verdict.state)
        accounts = f"ServiceAccounts {', '.join(chain.service_accounts) or 'none'}"
        lines += page.paragraph(f"  {state} ", f"{chain.id} [{chain.mechanism}]", chain.verdict.state)
        lines += page.paragraph("    ", page.joined([role, accounts]))
    return lines


def _last(page: Page, report: Report) -> list[str]:
    counts: Counts = report.counts
    numbers = [
        (counts.passed, "pass"),
        (counts.fail, "fail"),
        (counts.warn, "warn"),
        (counts.info, "info"),
        (counts.unknown, "unknown"),
        (counts.not_applicable, "n/a"),
    ]
    if counts.error:
        numbers.append((counts.error, "error"))
    total = sum(number for number, _ in numbers)
    text = page.joined([*(f"{number} {word}" for number, word in numbers), exit_words(report)])
    return page.paragraph(f"{counted(total, 'check')}: ", text, hang=4)
