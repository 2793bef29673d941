"""The verdict on one chain: the cause on its earliest broken link, or what is suspected or left open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from analyzer.engine import Fact, Outcome
from analyzer.engine.rule import STAGES
from analyzer.findings.links import judge_link
from analyzer.findings.order import SEVERITIES, decisiveness
from analyzer.findings.report import LINKS, Chain, Link, RoleRef, SimulatedError, Verdict
from analyzer.frozen import frozen, replace

Recency = Literal["ongoing", "stopped", "unknown"]


@frozen
class ChainInfo:
    """What the report says of a chain beside its outcomes. ``uses_sts`` is None where not known."""

    id: str
    request: str | None
    operator: str | None
    mechanism: str
    service_accounts: tuple[str, ...]
    role: RoleRef
    uses_sts: bool | None
    recency: Recency
    since: str | None
    in_part: bool = False
    """Whether only some rules were asked: then nothing is said of a whole link or chain."""
    unasked: bool = False
    """Whether no rule that was asked applies to any chain: then none of them passes either."""
    signed_in: bool = False
    """Whether a sign-in that worked was recorded, not long before the gather."""


def judge_chain(info: ChainInfo, outcomes: Sequence[Outcome]) -> Chain:
    """Give the links and the verdict of one chain; ``outcomes`` are those that concern it."""
    causes = _causes(outcomes)
    links = tuple(judge_link(name, [o for o in outcomes if o.rule.link == name], causes) for name in LINKS)
    if info.mechanism == "webhook":
        links = tuple(replace(link, waits_for=None) if link.link == "permissions" else link for link in links)
    if info.uses_sts is False:
        links = tuple(Link(link.link, "not-applicable", ()) for link in links)  # one verdict, no wall
    return Chain(
        id=info.id,
        request=info.request,
        operator=info.operator,
        mechanism=info.mechanism,
        service_accounts=info.service_accounts,
        role_arn=info.role,
        links=links,
        verdict=replace(_verdict(info, outcomes, causes), since=info.since),
    )


def _causes(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Give the causes that are proven, the decisive one first."""
    return sorted((o for o in outcomes if o.rule.kind == "cause" and o.state == "fail"), key=decisiveness)


def _verdict(info: ChainInfo, outcomes: Sequence[Outcome], causes: Sequence[Outcome]) -> Verdict:
    if info.uses_sts is False:
        return Verdict("not-applicable", None, None, "STS is not used here.", "unknown", None)
    if causes:
        first = causes[0]
        also = tuple(dict.fromkeys(o.rule.id for o in causes if o.rule.id != first.rule.id))
        return Verdict(
            "fail", first.rule.link, first.rule.id, first.message, info.recency,
            _simulated(causes, outcomes), also=also,
        )  # fmt: skip
    symptoms = [o for o in outcomes if o.rule.kind == "symptom" and o.state == "fail"]
    if symptoms:
        if _log_signs(symptoms) == 0 and info.recency == "ongoing":
            # An error of now, be it one that may pass, says more of the cause than a condition.
            symptoms += [o for o in outcomes if o.state == "warn" and _is_log_line(o)]
        return _suspected(info, symptoms, outcomes)
    unknown = _links_left_open(outcomes)
    warned = [o for o in outcomes if o.state == "warn"]
    signs = [o for o in warned if o.rule.kind == "symptom"]
    if signs and unknown and (info.recency != "stopped" or len(signs) > _log_signs(signs)):
        return _suspected(info, signs, outcomes)
    if unknown:
        fits = _length_fits(outcomes) and not info.in_part
        stopped = info.recency == "stopped"
        sentence = _open(unknown, warned, fits=fits, in_part=info.in_part, stopped=stopped)
        sentence += " AWS let it sign in within a day of the gather." if info.signed_in else ""
        return Verdict("unknown", unknown[0], None, sentence, info.recency, None)
    if warned:
        first = min(warned, key=decisiveness)
        return Verdict("warn", first.rule.link, first.rule.id, first.message, info.recency, None)
    if info.unasked:
        return Verdict("unknown", None, None, "Nothing was asked of the chains.", info.recency, None)
    holds = "What was asked of the chain holds." if info.in_part else "Every link of the chain holds."
    return Verdict("pass", None, None, holds, info.recency, None)


def _links_left_open(outcomes: Iterable[Outcome]) -> list[str]:
    """Name the links on which something is not known; a warning beside it settles nothing of that."""
    left = {o.rule.link for o in outcomes if o.state in ("unknown", "error")}
    return [name for name in LINKS if name in left and name != "operator"]


def _open(
    unknown: Sequence[str], warned: Sequence[Outcome], *, fits: bool, in_part: bool, stopped: bool
) -> str:
    """Say what is left open on a chain without a fault, and what is to be heeded all the same."""
    opening = "No fault shows in what was asked" if in_part else "No fault shows"
    if warned:
        first = min(warned, key=decisiveness)
        more = len({o.rule.id for o in warned}) - 1
        others = f" (and {more} more)" if more else ""
        # Its title, not its message, which names this chain alone: chains with one warning are told together.
        of_the_past = " of errors that have stopped" if stopped and _is_log_line(first) else ""
        opening += f", but a warning{of_the_past}{others}, {first.rule.id}: {first.rule.title}"
    if list(unknown) == ["secret"] and fits:
        rest = (
            "All that is left open is the Secret's value, of which a must-gather keeps the byte length alone"
        )
        return f"{opening}. {rest}; that fits."
    return f"{opening}; {_listed(unknown)} cannot be judged from these inputs."


def _length_fits(outcomes: Sequence[Outcome]) -> bool:
    return any(o.rule.id == "secret-length-mismatch" and o.state == "pass" for o in outcomes)


def _log_signs(signs: Sequence[Outcome]) -> int:
    return sum(map(_is_log_line, signs))


def _is_log_line(sign: Outcome) -> bool:
    return sign.rule.id.startswith("log-")


def _simulated(causes: Sequence[Outcome], outcomes: Sequence[Outcome]) -> SimulatedError | None:
    """What STS answers: the error of the stage that it gets to first, whichever link the cause is on.

    Nothing where a cause in the Secret or the pods keeps the program from asking at all, or where an error
    that none of the causes explains shows that the call ends before them. A cause whose own answer came out
    empty may leave STS content with today's tokens.
    """
    if any(o.rule.link in ("secret", "workload") and o.rule.sts_error is None for o in causes):
        return None
    asked = [(STAGES.index(o.rule.sts_error.stage), n) for n, o in enumerate(causes) if o.rule.sts_error]
    if asked and _ends_before(min(asked)[0], causes, outcomes):
        return None
    met = causes[min(asked)[1]] if asked else None
    error = met.sts_error if met else None
    return SimulatedError(error.stage, error.text, met.rule.id) if met and error else None


def _ends_before(stage: int, causes: Sequence[Outcome], outcomes: Sequence[Outcome]) -> bool:
    explained = {symptom for cause in causes for symptom in cause.rule.explains}
    met = [o.rule for o in outcomes if o.rule.kind == "symptom" and o.state == "fail"]
    return any(rule.stage and STAGES.index(rule.stage) < stage and rule.id not in explained for rule in met)


def _tells_less(sign: Outcome) -> tuple[bool, bool, int, int]:
    """Order symptoms by what they tell of the cause: errors of now tell most, conditions least.

    Of several the one comes first with which a call gets least far.
    """
    facts = (sign.subject.facts.get(name) for name in sign.rule.check.refs)
    values = [fact.value for fact in facts if isinstance(fact, Fact)]
    met_now = any(isinstance(value, Mapping) and value.get("recency") == "ongoing" for value in values)
    stage = STAGES.index(sign.rule.stage) if sign.rule.stage else len(STAGES)
    return sign.rule.id.startswith("operator-"), not met_now, stage, SEVERITIES.index(sign.rule.severity)


def _suspected(info: ChainInfo, symptoms: Sequence[Outcome], outcomes: Sequence[Outcome]) -> Verdict:
    """Name the links that are still open behind the first symptom, those that it points at before others.

    Only causes of that symptom count: its error tells how far the call came, a condition tells nothing.
    What already warns of such a cause is named first, where the error tells at which stage the call ended.
    """
    first = min(symptoms, key=_tells_less)
    behind = [o for o in outcomes if first.rule.id in o.rule.explains]
    hints = sorted((o for o in behind if o.state == "warn" and first.rule.stage), key=decisiveness)
    opened = {o.rule.link for o in behind if o.state == "unknown"}
    hinted = {o.rule.link for o in hints}
    judged = {o.rule.link for o in outcomes if o.state != "not-applicable"}
    pointed = [link for link in first.rule.points_at if link in judged]
    links = [link for link in (pointed or LINKS) if link in opened]
    if info.in_part:  # a rule that was not asked may hold the cause, on whichever link
        tail = f"Of what was asked, {_listed(links)} cannot be judged from these inputs." if links else ""
    elif links:
        sure = first.state == "fail" or _is_log_line(first)
        lies = "the cause lies" if sure else "a cause in AWS would lie"
        tail = f"{lies} at {_listed(links, 'or')}: what would settle it is listed as missing."
        tail = f"Else {tail}" if hints else tail[0].upper() + tail[1:]
    else:
        tail = _nothing_at([link for link in pointed if link not in hinted], opened)
    if hints:
        tail = f"A warning may explain it, {hints[0].rule.id}: {hints[0].rule.title}. {tail}".rstrip()
    places = [link for link in dict.fromkeys((*pointed, *LINKS)) if link in {*links, *hinted}]
    link = places[0] if places and not info.in_part else None
    said = first.message if first.message.endswith(".") or not tail else f"{first.message}."
    return Verdict(
        "suspected", link, first.rule.id, f"{said} {tail}".rstrip(), info.recency, None,
        candidate_links=() if info.in_part else tuple(links), hint=hints[0].rule.id if hints else None,
    )  # fmt: skip


def _nothing_at(pointed: Sequence[str], opened: Collection[str]) -> str:
    """Say where no fault shows of the links that a symptom points at, and which others are open."""
    rest = [link for link in LINKS if link in opened]
    left = f"; {_listed(rest)} cannot be judged" if rest else ""
    return f"No fault shows at {_listed(pointed, 'or')} in these inputs{left}." if pointed else ""


def _listed(words: Sequence[str], conjunction: str = "and") -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"
