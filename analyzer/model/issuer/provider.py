"""Facts about the IAM OIDC provider: is there one for this issuer, in the account of the roles."""

from __future__ import annotations

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.origin import Source, Where
from analyzer.evidence.records import Listing, ProviderRecord
from analyzer.model.issuer.provider_details import detail_facts
from analyzer.model.joining.asks import Asks, not_judged
from analyzer.model.joining.aws import issuer_fault, provider_arn, provider_of, without_scheme
from analyzer.model.joining.cluster import ClusterView, Facts, value_of
from analyzer.model.joining.objects import known
from analyzer.model.joining.providers import Providers
from analyzer.model.joining.roles import OWNED
from analyzer.model.joining.urls import url_difference


def provider_facts(
    view: ClusterView,
    providers: Providers,
    account: str | None,
    audiences: Fact | Unknown,
    asks: Asks,
    *,
    tied: bool = True,
) -> Facts:
    """Give the ``provider.*`` facts for one account; ``account`` is None where no role's is known.

    ``tied`` tells whether something of this cluster names the account: what the list of any other
    account lacks proves nothing.
    """
    facts = _provider_facts(view, providers, account, audiences, asks, tied=tied)
    facts["provider.settled"] = known(True)
    if view.rival is None:
        return facts
    other = _provider_facts(view.of_rival(), providers, account, audiences, asks, tied=tied)
    settled: Fact | Unknown = known(True)
    if any(_value(facts, name) != _value(other, name) for name in _DECIDING):
        settled = view.rival.waits
    found = other if _value(other, "present") is True and _value(facts, "present") is not True else facts
    return found | {"provider.settled": settled}


def _value(facts: Facts, name: str) -> object:
    return value_of(facts, f"provider.{name}")


def _provider_facts(
    view: ClusterView,
    providers: Providers,
    account: str | None,
    audiences: Fact | Unknown,
    asks: Asks,
    *,
    tied: bool,
) -> Facts:
    issuer = view.issuer
    if not issuer:
        blank = known(None) if issuer == "" else view.facts["cluster.issuer"]
        return {f"provider.{name}": blank for name in _NAMES} | {"provider.audiences_used": audiences}
    if (fault := issuer_fault(issuer)) is not None:
        waits = not_judged(fault)
        return {f"provider.{name}": waits for name in _NAMES} | {"provider.audiences_used": audiences}
    if account is None and len(providers.accounts) > 1:
        waits = asks.roles(
            "the exports are of several accounts, and nothing tells in which one the roles are"
        )
        return {f"provider.{name}": waits for name in _NAMES} | {"provider.audiences_used": audiences}
    record = providers.find(issuer, account)
    facts: Facts = {
        "provider.account": known(account) if account else asks.roles(),
        "provider.expected_arn": (
            known(provider_arn(view.partition, account, issuer), derived=True) if account else asks.roles()
        ),
        "provider.audiences_used": audiences,
    }
    facts |= _presence(issuer, view.partition, providers, account, record, asks, tied=tied)
    disputed = providers.disagree(issuer, account)
    facts |= detail_facts(record, audiences, asks, facts["provider.present"], disputed=disputed)
    facts["provider.duplicates"] = _duplicates(providers, record, facts["provider.present"], asks)
    facts["provider.duplicate_arns"] = _other_arns(facts["provider.duplicates"], view, account)
    return facts


_DECIDING = ("present", "near", "other_account")
_PRESENCE = (
    "present",
    "arn",
    "near",
    "near_arn",
    "near_difference",
    "other_account",
    "seen_elsewhere",
    "account_lack",
)
_NAMES = (
    "account",
    "expected_arn",
    *_PRESENCE,
    "client_ids",
    "audiences_used",
    "audiences_missing",
    "audiences_spare",
    "audiences_malformed",
    "audiences_worthless",
    "thumbprints_malformed",
    "duplicates",
    "duplicate_arns",
)


def _presence(
    issuer: str,
    partition: str,
    providers: Providers,
    account: str | None,
    record: ProviderRecord | None,
    asks: Asks,
    *,
    tied: bool,
) -> Facts:
    wanted = without_scheme(issuer)
    listed = [
        (arn, of[0], listing)
        for arn, listing in providers.listed_arns()
        if (of := provider_of(arn)) and of[1] == wanted
    ]
    here = [(arn, listing) for arn, owner, listing in listed if account is None or owner == account]
    if record is not None and not record.arn and not here and "://" in (record.url or ""):
        why = "the provider's Url was exported with a scheme, which IAM leaves out: a listing shows its ARN"
        return {f"provider.{name}": asks.providers(why) for name in _PRESENCE}
    if record is not None or here:
        where = record.where if record else here[0][1].where
        arn = record.arn if record and record.arn else (here[0][0] if here else None)
        return _found(present=known(True, where), arn=known(arn, where) if arn else asks.providers())
    if providers.stray(issuer, account):
        why = f"a provider for the issuer was exported, and the listing of account {account} does not have it"
        if account is None or providers.complete(account) is None:
            why = (
                "a provider for the issuer was exported, and the exports are of several accounts: "
                f"no listing tells whether it is in account {account}"
            )
        return {f"provider.{name}": asks.providers(why) for name in _PRESENCE}
    if not (tied or account is None):
        untied = asks.roles(f"nothing ties account {account}, which was exported, to this cluster")
        return {f"provider.{name}": untied for name in _PRESENCE}
    listing = providers.complete(account) if account else None
    expected = provider_arn(partition, account, issuer) if account else ""
    elsewhere = _elsewhere(wanted, providers, account)
    if listing is not None:
        near, difference = _near(wanted, providers, listing, account) or (None, None)
        near_arn = provider_arn(partition, account, near) if near and account else None
        return _found(
            listing.where,
            near=known(near, *_places_of(near, providers), listing.where),
            near_arn=known(near_arn, derived=True),
            near_difference=known(difference, listing.where),
            other_account=known(*elsewhere) if elsewhere else known(None, listing.where),
            account_lack=known("which has none", listing.where),
        )
    if expected in providers.gone:
        return _found(providers.gone[expected])
    return _unlisted(account, elsewhere, asks)


def _unlisted(account: str | None, elsewhere: tuple[str, Where] | None, asks: Asks) -> Facts:
    """Say what a provider in another account tells while that of the roles was not listed."""
    if elsewhere is None:
        return {f"provider.{name}": asks.providers() for name in _PRESENCE}
    owner, where = elsewhere
    return {f"provider.{name}": asks.providers_of(account, owner) for name in _PRESENCE} | {
        "provider.other_account": known(owner, where),
        "provider.seen_elsewhere": known(owner, where),
        "provider.account_lack": known("whose providers were not listed"),
    }


def _found(*proof: Source, **facts: Fact | Unknown) -> Facts:
    """Complete the facts of ``_PRESENCE``: what is not given is null, and absent by ``proof``."""
    absent = {"present": known(False, *proof)} | {name: known(None, *proof) for name in _PRESENCE[1:]}
    return {f"provider.{name}": fact for name, fact in (absent | facts).items()}


def _near(wanted: str, providers: Providers, listing: Listing, account: str | None) -> tuple[str, str] | None:
    """Find a provider of the account whose Url is almost the one that is wanted."""
    urls = [p[1] for arn in listing.names if (p := provider_of(arn))]
    urls += [r.url for r in providers.records if r.url and providers.account_of(r) in (None, account)]
    for url in dict.fromkeys(urls):
        difference = url_difference(wanted, url)
        if difference:
            return url, difference
    return None


def _places_of(url: str | None, providers: Providers) -> list[Where]:
    """Give where a provider was exported by itself, which shows more of it than a listing."""
    return [record.where.at("Url") for record in providers.records if url and record.url == url]


def _elsewhere(wanted: str, providers: Providers, account: str | None) -> tuple[str, Where] | None:
    """Find another account that has a provider for the issuer, and what shows it."""
    if account is None:
        return None
    owners = [
        (p[0], listing.where)
        for arn, listing in providers.listed_arns()
        if (p := provider_of(arn)) and p[1] == wanted
    ]
    owners += [
        (owner, r.where)
        for r in providers.records
        if without_scheme(r.url or "") == wanted and (owner := providers.account_of(r))
    ]
    return next((found for found in owners if found[0] != account), None)


def _duplicates(
    providers: Providers, record: ProviderRecord | None, present: Fact | Unknown, asks: Asks
) -> Fact | Unknown:
    """Providers that carry the same ccoctl tag as this issuer's, as far as its tags are known."""
    if record is None:
        return known([]) if isinstance(present, Fact) and present.value is False else asks.provider()
    tags = {t for t in record.tags if t.startswith(OWNED)}
    same = [r for r in providers.records if tags & set(r.tags)]
    urls = sorted({r.url or "" for r in same})
    if len(urls) > 1:
        return known(urls, *(r.where for r in same))
    if any(is_masked(tag) for one in providers.records for tag in one.tags):
        return asks.provider()
    listing = providers.complete(providers.account_of(record))
    listed = {p[1] for arn in listing.names if (p := provider_of(arn))} if listing else {""}
    read = {without_scheme(r.url or "") for r in providers.records}
    return known([], record.where) if listed <= read else Unknown()


def _other_arns(duplicates: Fact | Unknown, view: ClusterView, account: str | None) -> Fact | Unknown:
    """Give the ARNs of those that are not for the issuer in force."""
    if not isinstance(duplicates, Fact) or not isinstance(duplicates.value, list) or not account:
        return Unknown()
    own = without_scheme(view.issuer or "")
    others = [str(url) for url in duplicates.value if url != own]
    return known([provider_arn(view.partition, account, url) for url in others], derived=True)
