"""What is read first: the verdict, who is concerned, the proof, and the next step."""

from __future__ import annotations

from analyzer.findings.report import Finding, Fix, Missing
from analyzer.frozen import frozen
from analyzer.reports.headline import errors_seen, failures_apart, nothing_open, sentence
from analyzer.reports.html.anchors import Anchors
from analyzer.reports.html.proof import Quote, quote
from analyzer.reports.story import Group, Story, proofs
from analyzer.reports.unknowns import alike
from analyzer.reports.wording import (
    NO_CHAIN,
    NOT_BY_STS,
    STATE_WORDS,
    answer_lead,
    counted,
    listed,
    without_sts,
)


@frozen
class Line:
    """One verdict: ``names`` are those of the operators that it is on."""

    state: str
    word: str
    link: str | None
    text: str
    names: tuple[str, ...]


_STEPS = 3
"""Steps of the repair that stand beside the proof; the finding has them all."""


@frozen
class Headline:
    """The verdict as a whole: the first line large, the others below it."""

    first: Line
    others: tuple[Line, ...]
    share: str
    errors: str
    answer_lead: str
    answer: str | None
    message: str | None
    proof: Quote | None
    repair: tuple[Fix, ...]
    steps: int
    anchor: str | None
    missing: Missing | None
    also: tuple[str, ...]


def draw_verdict(story: Story, anchors: Anchors) -> Headline:
    """Judge as the text does: failures beside the chains first, then the verdicts by their weight."""
    lines = [*_apart(story), *(_line(story, group) for group in story.groups)]
    if not story.groups:
        lines.append(_without_chains(story))
    group = story.groups[0] if story.groups else None
    apart = bool(_apart(story))
    main = _main(story, apart)
    failing = group is not None and group.state in ("fail", "suspected") and not apart
    error = None
    if group is not None and failing:
        error = next((c.verdict.simulated_error for c in group.chains if c.verdict.simulated_error), None)
    proof = next(iter(proofs(main, 1)), None) if main else None
    also = (
        tuple(dict.fromkeys(rule for chain in group.chains for rule in chain.verdict.also)) if group else ()
    )
    is_open = lines[0].state == "unknown" or (
        lines[0].state == "suspected" and not (group and nothing_open(group.chains))
    )
    missing = _decisive(story, group) if is_open else None
    # Where the cause is not proven, what would prove it comes before any repair.
    repair = tuple(s for s in main.fix if s.text or s.command)[:_STEPS] if main and not missing else ()
    return Headline(
        first=lines[0],
        others=tuple(lines[1:]),
        share=_share(story, group) if group is not None and not apart else "",
        errors=errors_seen(story, group) if group is not None and failing else "",
        answer_lead=answer_lead(error.stage, error.text) if error else "",
        answer=" ".join(error.text.split()) if error else None,
        message=main.message if main and main.message.rstrip(".") != lines[0].text.rstrip(".") else None,
        proof=quote(proof, main.message) if main and proof else None,
        also=() if apart else also,
        repair=repair,
        steps=len(main.fix) if main else 0,
        anchor=anchors.finding(main) if main else None,
        missing=missing,
    )


def gap_groups(story: Story) -> list[list[Missing]]:
    """Give what is missing, most decisive first, similar pieces together."""
    return alike(story.report.missing)


def _apart(story: Story) -> list[Line]:
    """Give what fails beside the chains, where none of them fails."""
    by_rule = {f.rule: f for f in failures_apart(story)}
    if not story.groups and story.main and story.main[0].rule in by_rule:
        del by_rule[story.main[0].rule]
    return [Line("fail", STATE_WORDS["fail"], f.link, f"{f.title}.", ()) for f in by_rule.values()]


def _main(story: Story, apart: bool) -> Finding | None:
    if apart:
        return next(
            f for f in story.report.findings if f.state == "fail" and f.kind != "symptom" and not f.muted
        )
    return story.main[0] if story.main else None


def _line(story: Story, group: Group) -> Line:
    link = group.link if group.state == "fail" else None
    names = tuple(story.name(chain.id) for chain in group.chains)
    return Line(group.state, STATE_WORDS[group.state], link, sentence(story, group), names)


def _share(story: Story, group: Group) -> str:
    noun = "operator" if all(chain.operator for chain in story.used) else "consumer"
    names = [story.name(chain.id) for chain in group.chains]
    common = story.report.common_cause
    same = "The same break on " if common and common.rule == group.rule and len(names) > 1 else ""
    return f"{same}{len(names)} of {counted(len(story.used), noun)}: {listed(names, 12)}"


def _decisive(story: Story, group: Group | None) -> Missing | None:
    ids = {chain.id for chain in group.chains} if group else set()
    return next((m for m in story.report.missing if not ids or not m.chains or ids & set(m.chains)), None)


def _without_chains(story: Story) -> Line:
    first = story.main[0] if story.main else None
    if first is not None and first.state == "fail":
        return Line("fail", STATE_WORDS["fail"], first.link, f"{first.title}.", ())
    if story.report.cluster.sts is False:
        text = first.title if first and first.title else without_sts(story.report.cluster.platform)
        return Line("not-applicable", "n/a", None, f"{text.rstrip('.')}.", ())
    if story.report.chains:
        return Line("not-applicable", "n/a", None, NOT_BY_STS, ())
    return Line("unknown", "unknown", None, NO_CHAIN, ())
