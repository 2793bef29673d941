"""The IAM OIDC provider that the issuer needs, as a subject: once for all, again for who is apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.engine.facts import Fact, Subject, Unknown
from analyzer.frozen import replace
from analyzer.model.issuer.provider import provider_facts
from analyzer.model.joining.aws import provider_arn
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.mounted_tokens import USUAL_AUDIENCES, aws_tokens
from analyzer.model.joining.objects import known
from analyzer.model.subjects.chain import ChainModel
from analyzer.model.subjects.repairs import provider_repairs
from analyzer.model.subjects.webhook_chains import audiences_of
from analyzer.model.symptoms.logs import recency

_GIVEN_BY_USERS = ("stsIAMRoleARN", "pod env")
"""How a role is found that no installer made."""


def provider_subjects(joined: Joined, webhooks: Sequence[ChainModel]) -> tuple[Subject, list[Subject]]:
    """Give the provider as the operators need it, and as those do whose tokens have another audience."""
    outside = _of_other_accounts(joined)
    apart = {name for subject in outside for name in subject.chains}
    lacking = [chain for chain in _not_accepted(joined) if chain.id not in apart]
    other = [*outside, *_of_chains(joined, lacking), *_of_webhook(joined, webhooks)]
    return _of_operators(joined, other), other


def _of_operators(joined: Joined, other: Sequence[Subject]) -> Subject:
    apart = {name for subject in other for name in subject.chains}
    chains = [c for c in joined.chains if c.id not in apart]
    tokens = [t for c in chains if not c.optional for w in c.workloads for t in aws_tokens(w)]
    audiences: Fact | Unknown
    if tokens:
        audiences = known(sorted({t.audience or "" for t in tokens}), *(t.where for t in tokens))
    else:
        audiences = Fact(["openshift"], derived=True) if joined.chains else joined.asks.requests()
    account = joined.asks.account
    audiences = _accepted_kinds(audiences, joined)
    # where AWS says now that the roles' account has none, the list of an account that lacks it fits
    said = any(
        s.klass == "no-provider" and s.issuer == joined.view.issuer and recency([s], joined.now) == "ongoing"
        for s in joined.evidence.symptoms
    )
    facts = joined.view.facts | provider_facts(
        joined.view, joined.providers, account, audiences, joined.asks, tied=joined.account_tied or said
    )
    facts |= provider_repairs(joined, facts)
    used = [a for s in other for a in _list(s.facts["provider.audiences_used"])]
    spare = facts["provider.audiences_spare"]
    if isinstance(spare, Fact) and isinstance(spare.value, list):
        facts["provider.audiences_spare"] = replace(spare, value=[a for a in spare.value if a not in used])
    return Subject("provider", _name(joined), facts, tuple(c.id for c in chains))


def _of_other_accounts(joined: Joined) -> list[Subject]:
    """Ask about the provider once more for operators that a user gave a role of another account.

    STS looks for it there. That a Secret of the release's own names another account is that Secret's fault.
    """
    account = joined.asks.account
    found: dict[str, list[Chain]] = {}
    for chain in joined.chains:
        choice = joined.choices[chain.id]
        if account and choice.account and choice.account != account and choice.how in _GIVEN_BY_USERS:
            found.setdefault(choice.account, []).append(chain)
    return _of_each_account(joined, found)


def _of_each_account(joined: Joined, chains: Mapping[str, Sequence[Chain]]) -> list[Subject]:
    """Ask about the provider once more in each of some accounts, for the chains whose roles are there."""
    issuer = joined.view.issuer
    subjects: list[Subject] = []
    for owner, of_owner in chains.items():
        arn = provider_arn(joined.view.partition, owner, issuer) if issuer else None
        there = replace(joined, asks=replace(joined.asks, account=owner, provider_arn=arn))
        subjects += _of_chains(there, of_owner)
    return subjects


def _not_accepted(joined: Joined) -> list[Chain]:
    """Find the operators whose tokens have an audience that the provider lacks, where it takes the others'.

    What it lacks breaks these alone.
    """
    record = joined.providers.find(joined.view.issuer, joined.asks.account) if joined.view.issuer else None
    if record is None or record.client_ids is None:
        return []
    lacked = set(USUAL_AUDIENCES) - set(record.client_ids)
    used = [c for c in joined.chains if not c.optional and _audiences(c)]
    lacking = [c for c in used if lacked & _audiences(c)]
    return lacking if len(lacking) < len(used) else []


def _of_webhook(joined: Joined, models: Sequence[ChainModel]) -> list[Subject]:
    """Ask about the provider once more for the webhook's chains: their tokens have another audience.

    Only chains whose role is in the account of the cluster's own roles use that provider; where one of
    the two is not known, it is taken for the same. For a role of another account STS looks there.
    """
    account = joined.asks.account
    same: list[Chain] = []
    elsewhere: dict[str, list[Chain]] = {}
    for model in models:
        owner = model.role.account
        here = owner is None or account is None or owner == account
        (same if here else elsewhere.setdefault(owner or "", [])).append(model.chain)
    return [*_of_chains(joined, same), *_of_each_account(joined, elsewhere)]


def _of_chains(joined: Joined, chains: Sequence[Chain]) -> list[Subject]:
    """Ask about the provider once more for some chains alone; nothing where there are none."""
    if not chains:
        return []
    places = [t.where for c in chains for w in c.workloads for t in aws_tokens(w)]
    used = sorted({a for c in chains for a in audiences_of(c)})
    audiences: Fact | Unknown = known(used, *places, derived=not places)
    if not any(c.webhook_account for c in chains):
        audiences = _accepted_kinds(audiences, joined)
    account = joined.asks.account
    facts = joined.view.facts | provider_facts(
        joined.view, joined.providers, account, audiences, joined.asks, tied=joined.account_tied
    )
    # asked about the operators; a role of one's own may be in an account that nobody listed
    facts["provider.audiences_spare"], facts["provider.seen_elsewhere"] = known([]), known(None)
    facts |= provider_repairs(joined, facts)
    return [Subject("provider", _name(joined), facts, tuple(c.id for c in chains))]


def _accepted_kinds(audiences: Fact | Unknown, joined: Joined) -> Fact | Unknown:
    """Leave out audiences that are wrong whatever the provider lists: the pod's own finding says those."""
    if not isinstance(audiences, Fact) or not isinstance(audiences.value, list):
        return audiences
    record = joined.providers.find(joined.view.issuer, joined.asks.account) if joined.view.issuer else None
    good = {*USUAL_AUDIENCES, *((record.client_ids or ()) if record else ())}
    return Fact([a for a in audiences.value if a in good], audiences.cites, audiences.derived)


def _audiences(chain: Chain) -> set[str]:
    return {t.audience or "" for w in chain.workloads for t in aws_tokens(w)}


def _list(fact: Fact | Unknown) -> list[object]:
    return fact.value if isinstance(fact, Fact) and isinstance(fact.value, list) else []


def _name(joined: Joined) -> str:
    return joined.asks.provider_arn or joined.view.issuer or "provider"
