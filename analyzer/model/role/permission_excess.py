"""What a role is granted beyond what is asked for: more actions, risky ones, and some that do not exist."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.facts import Cite, Fact, Unknown
from analyzer.evidence.records import CredentialsRequest
from analyzer.iam.entries import Entry
from analyzer.iam.excess import Excess, excess, may_be_asked_for
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import known
from analyzer.model.role.asked import entries_of
from analyzer.model.role.permission_causes import misspelt
from analyzer.model.role.permission_judged import SHOWN, Judged


def excess_facts(judged: Judged, sharing: Sequence[Chain]) -> Facts:
    """Give what the role is granted and no request that uses it asks for."""
    asked = [e for c in (judged.chain, *sharing) for e in _all_entries(c)]
    if judged.setting.private_zone_role:
        asked.append(Entry(("sts:AssumeRole",), judged.setting.private_zone_role))
    found = excess(asked, judged.held.identity)
    typos = misspelt(judged.held.places)
    unknown = {action.lower() for action in found.actions} & {_first_word(lint.text) for lint, _ in typos}
    told = [action for action in found.actions if action.lower() not in unknown]
    cites = [where for _, where in judged.held.places]

    def listed(value: list[str], places: Sequence[Cite]) -> Fact | Unknown:
        return known(value, *places) if value or found.complete else judged.missing

    requested = {action.lower() for entry in asked for action in entry.actions}
    lacking = {row.action.lower() for row in judged.rows if row.verdict == "denied"}
    wrong = [(lint, where) for lint, where in typos if _first_word(lint.text) not in requested]
    wrong = [
        (lint, w) for lint, w in wrong if not lacking & {x.strip(",:").lower() for x in lint.text.split()}
    ]
    more = listed(_more(told, found.total - len(unknown)), cites)
    levels = listed(_levels(found, len(unknown)), cites)
    risks = listed([f"{risk.policy} {risk.text}" for risk in found.risks], _risky(judged, found))
    if any(request.hides_actions for c in (judged.chain, *sharing) for request in _requests(c)):
        # it may be what is masked there
        more, levels = (judged.asks.requests() if told else one for one in (more, levels))
        if any(may_be_asked_for(risk) for risk in found.risks):
            risks = judged.asks.requests()
    return {
        "excess": more,
        "excess_levels": levels,
        "risks": risks,
        "unknown_actions": listed([lint.text for lint, _ in wrong], [where for _, where in wrong]),
    }


def _first_word(text: str) -> str:
    return text.split()[0].strip("'\"").lower() if text else ""


def _more(told: list[str], total: int) -> list[str]:
    rest = total - min(len(told), SHOWN)
    return told[:SHOWN] + ([f"{rest} more"] if rest > 0 else [])


def _levels(found: Excess, unknown: int) -> list[str]:
    counts = {
        level: count - (unknown if level == "not in the catalogue" else 0)
        for level, count in found.levels.items()
    }
    return [f"{count} {level}" for level, count in counts.items() if count > 0]


def _risky(judged: Judged, found: Excess) -> list[Cite]:
    by_name = {policy.name: where for policy, where in judged.held.places}
    return [by_name[risk.policy].at(*risk.path) for risk in found.risks if risk.policy in by_name]


def _all_entries(chain: Chain) -> list[Entry]:
    return [entry for one in _requests(chain) for entry in entries_of(one) or ()]


def _requests(chain: Chain) -> list[CredentialsRequest]:
    return [one for one in (chain.in_cluster, chain.in_release) if one is not None]
