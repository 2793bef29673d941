"""Which outcomes concern which chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.engine import Outcome
from analyzer.findings.report import LINKS, Asked, Chain
from analyzer.frozen import replace


def by_chain(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Give the outcomes that concern each chain: its own and those of the links that it shares."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.rule.link in LINKS:
            for chain_id in dict.fromkeys(outcome.subject.chains):
                found.setdefault(chain_id, []).append(outcome)
    return found


def asked_beside(chains: Sequence[Chain], outcomes: Iterable[Outcome]) -> tuple[Asked, ...]:
    """Give the states that no chain shows: those of subjects on no chain, and of links that chains lack."""
    shown = {(check.rule, c.id) for c in chains for link in c.links for check in link.checks}
    return tuple(
        Asked(o.rule.id, o.subject.name, o.state)
        for o in outcomes
        if o.subject.kind != "chain" and not any((o.rule.id, c) in shown for c in o.subject.chains)
    )


AFTER_SECRET = frozenset(LINKS[LINKS.index("workload") + 1 :])
"""Links that a chain with long-lived keys does not go through."""


def without_static(outcomes: Sequence[Outcome], static: frozenset[str]) -> list[Outcome]:
    """Take chains with long-lived keys out of the links that their keys do not go through."""
    if not static:
        return list(outcomes)
    return [_freed(o, static) if o.rule.link in AFTER_SECRET else o for o in outcomes]


AT_WEBHOOK = frozenset({"workload", "provider", "issuer", "keys", "trust"})
"""Links that a ServiceAccount of the pod identity webhook goes through: it has no request and no Secret."""


_OF_ENVIRONMENT = frozenset({("workload-static-env", "pass"), ("workload-static-env", "unknown")})
"""What is asked of an account's pods as of a chain's: a key may come from a Secret that was not gathered."""


def for_webhook(outcomes: Sequence[Outcome], chains: frozenset[str]) -> list[Outcome]:
    """Take the webhook's chains out of what does not concern them.

    Of the checks of a chain, those of the trust policy are theirs, what their logs say where they were
    handed in, and what keeps their pods from using the role; else what their pods look like is asked about
    the ServiceAccount.
    """
    if not chains:
        return list(outcomes)
    return [o if _is_of_webhook(o) else _freed(o, chains) for o in outcomes]


def _is_of_webhook(outcome: Outcome) -> bool:
    if outcome.subject.kind != "chain":
        return outcome.rule.link in AT_WEBHOOK
    link, state = outcome.rule.link, outcome.state
    return (
        link == "trust"
        or (link == "operator" and state != "unknown")
        or (link, state) == ("workload", "fail")
        or (outcome.rule.id, state) in _OF_ENVIRONMENT
    )


WITHIN = frozenset({"request", "secret", "workload"})
"""Links inside a guest, which a consumer of its hosted control plane does not go through."""


def for_control_plane(
    outcomes: Sequence[Outcome], chains: frozenset[str], secrets: frozenset[str]
) -> list[Outcome]:
    """Take the chains of a hosted control plane out of what a guest's own consumers go through.

    No request says what such a one needs: of its permissions counts only what AWS itself denied. Of others,
    ``secrets``, the Secret alone is with the control plane.
    """
    if not secrets:
        return list(outcomes)
    freed = [_freed(o, secrets) if o.rule.link == "secret" else o for o in outcomes]
    return [_freed(o, chains) if _is_within(o) else o for o in freed]


def _is_within(outcome: Outcome) -> bool:
    return outcome.rule.link in WITHIN or (outcome.rule.link == "permissions" and outcome.state != "fail")


def _freed(outcome: Outcome, static: frozenset[str]) -> Outcome:
    subject = outcome.subject
    left = tuple(c for c in subject.chains if c not in static)
    if len(left) == len(subject.chains):
        return outcome
    if left:
        return replace(outcome, subject=replace(subject, chains=left))
    return Outcome(outcome.rule, subject, "not-applicable")
