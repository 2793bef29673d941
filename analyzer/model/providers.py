"""Facts about the IAM OIDC provider: is there one for this issuer, in the account of the roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from urllib.parse import urlsplit

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.origin import Quote, Source
from analyzer.evidence.records import CallerIdentity, FailedCall, Listing, ProviderRecord
from analyzer.frozen import frozen
from analyzer.model.asks import Asks, not_judged
from analyzer.model.aws import is_https, provider_arn, provider_of, without_scheme
from analyzer.model.cluster import ClusterView, Facts
from analyzer.model.objects import known
from analyzer.model.roles import OWNED
from analyzer.model.workloads import USUAL_AUDIENCES
from analyzer.patterns import later

_THUMBPRINT = later(r"[0-9A-Fa-f]{40}")
_THUMBPRINT_LIMIT = 5
_QUOTES = 3


@frozen
class Providers:
    """All exported providers and listings, and what they say of one issuer in one account."""

    records: tuple[ProviderRecord, ...]
    listings: tuple[Listing, ...]
    caller: str | None
    """The only account that the exports were made in, None where there are none or several."""
    gone: Mapping[str, Source] = field(default_factory=dict)
    """ARNs of which AWS answered that there is no such provider, each with the place of that answer."""

    def account_of(self, record: ProviderRecord) -> str | None:
        """Give a record's account: by its ARN, by a listing that holds its Url, else the caller's."""
        parsed = provider_of(record.arn) if record.arn else None
        if parsed:
            return parsed[0]
        url = without_scheme(record.url or "")
        listed = {p[0] for li in self.listings for a in li.names if (p := provider_of(a)) and p[1] == url}
        return next(iter(listed)) if len(listed) == 1 else self.caller

    def find(self, issuer: str, account: str | None) -> ProviderRecord | None:
        """Find the detailed record for an issuer, Url compared to the byte."""
        wanted = without_scheme(issuer)
        return next(
            (
                r
                for r in self.records
                if without_scheme(r.url or "") == wanted
                and (account is None or self.account_of(r) in (None, account))
            ),
            None,
        )

    def listed_arns(self) -> list[tuple[str, Listing]]:
        """Give every provider ARN of every listing."""
        return [(arn, listing) for listing in self.listings for arn in listing.names]

    def complete(self, account: str | None) -> Listing | None:
        """Give a complete listing of that account's providers, if one was handed in."""
        for listing in self.listings:
            accounts = {p[0] for a in listing.names if (p := provider_of(a))}
            own = listing.account or (next(iter(accounts)) if len(accounts) == 1 else self.caller)
            if listing.complete and (account is None or own is None or own == account):
                return listing
        return None


def read_providers(evidence: Evidence) -> Providers:
    """Collect providers and listings; what ccoctl only planned is left out."""
    callers = {c.account for c in evidence.of(CallerIdentity)}
    return Providers(
        tuple(r for r in evidence.of(ProviderRecord) if not r.planned),
        tuple(li for li in evidence.of(Listing) if li.what == "providers"),
        callers.pop() if len(callers) == 1 else None,
        {
            call.subject: call.where
            for call in evidence.of(FailedCall)
            if call.operation == "GetOpenIDConnectProvider" and call.code == "NoSuchEntity" and call.subject
        },
    )


def provider_facts(
    view: ClusterView,
    providers: Providers,
    account: str | None,
    audiences: Fact | Unknown,
    asks: Asks,
    *,
    said: Sequence[Quote] = (),
) -> Facts:
    """Give the ``provider.*`` facts for one account; ``account`` is None where no role's is known.

    ``said`` are log lines of now in which AWS says that the roles' account has none for this issuer.
    """
    issuer = view.issuer
    if not issuer:
        blank = known(None) if issuer == "" else view.facts["cluster.issuer"]
        return {f"provider.{name}": blank for name in _NAMES} | {"provider.audiences_used": audiences}
    if not is_https(issuer):
        waits = not_judged("issuer-not-https")
        return {f"provider.{name}": waits for name in _NAMES} | {"provider.audiences_used": audiences}
    record = providers.find(issuer, account)
    facts: Facts = {
        "provider.account": known(account) if account else asks.roles(),
        "provider.expected_arn": (
            known(provider_arn(view.partition, account, issuer), derived=True) if account else asks.roles()
        ),
        "provider.audiences_used": audiences,
    }
    facts |= _presence(issuer, view.partition, providers, account, record, asks, said)
    facts |= _details(record, audiences, asks, facts["provider.present"])
    facts["provider.duplicates"] = _duplicates(providers, record, facts["provider.present"], asks)
    return facts


_NAMES = (
    "account",
    "present",
    "expected_arn",
    "arn",
    "near",
    "near_arn",
    "near_difference",
    "other_account",
    "client_ids",
    "audiences_used",
    "audiences_missing",
    "audiences_spare",
    "audiences_malformed",
    "thumbprints_malformed",
    "duplicates",
)


def _presence(
    issuer: str,
    partition: str,
    providers: Providers,
    account: str | None,
    record: ProviderRecord | None,
    asks: Asks,
    said: Sequence[Quote],
) -> Facts:
    wanted = without_scheme(issuer)
    arns = [
        (arn, p[0], listing)
        for arn, listing in providers.listed_arns()
        if (p := provider_of(arn)) and p[1] == wanted
    ]
    here = [(arn, listing) for arn, owner, listing in arns if account is None or owner == account]
    if record is not None or here:
        where = record.where if record else here[0][1].where
        arn = record.arn if record and record.arn else (here[0][0] if here else None)
        return {
            "provider.present": known(True, where),
            "provider.arn": known(arn, where) if arn else asks.providers(),
            "provider.near": known(None),
            "provider.near_arn": known(None),
            "provider.near_difference": known(None),
            "provider.other_account": known(None),
        }
    listing = providers.complete(account) if account else None
    expected = provider_arn(partition, account, issuer) if account else ""
    if listing is None and expected in providers.gone:
        none = known(None, providers.gone[expected])
        names = ("arn", "near", "near_arn", "near_difference", "other_account")
        facts: Facts = {"provider.present": known(False, providers.gone[expected])}
        return facts | {f"provider.{name}": none for name in names}
    elsewhere = _elsewhere(wanted, providers, account)
    if listing is None and elsewhere and said:
        # A list of another account alone proves nothing: there may be one in each.
        there = next((found.where for arn, owner, found in arns if owner == elsewhere), None)
        facts = {f"provider.{n}": known(None) for n in ("arn", "near", "near_arn", "near_difference")}
        facts["provider.present"] = known(False, *said[:_QUOTES])
        return facts | {"provider.other_account": known(elsewhere, there, *said[:_QUOTES])}
    if listing is None:
        return dict.fromkeys(
            (
                "provider.present",
                "provider.arn",
                "provider.near",
                "provider.near_arn",
                "provider.near_difference",
                "provider.other_account",
            ),
            asks.providers(),
        )
    near = _near(wanted, providers, listing)
    return {
        "provider.present": known(False, listing.where),
        "provider.arn": known(None, listing.where),
        "provider.near": known(near[0] if near else None, listing.where),
        "provider.near_arn": known(
            provider_arn(partition, account, near[0]) if near and account else None, derived=True
        ),
        "provider.near_difference": known(near[1] if near else None, listing.where),
        "provider.other_account": known(elsewhere, listing.where),
    }


def _near(wanted: str, providers: Providers, listing: Listing) -> tuple[str, str] | None:
    urls = [p[1] for arn in listing.names if (p := provider_of(arn))]
    urls += [r.url for r in providers.records if r.url]
    for url in dict.fromkeys(urls):
        difference = url_difference(wanted, url)
        if difference:
            return url, difference
    return None


def url_difference(wanted: str, found: str) -> str | None:
    """Say how a provider's Url differs from the issuer, if only by slash, case, port, path or scheme."""
    for scheme in ("http://", "https://"):
        if found.startswith(scheme) and found.removeprefix(scheme) == wanted:
            return f"it carries the scheme {scheme}"
    if found == wanted:
        return None
    if found.rstrip("/") == wanted.rstrip("/"):
        return "a trailing slash"
    if found.lower() == wanted.lower():
        return "capital letters"
    try:
        one, other = urlsplit(f"//{wanted}"), urlsplit(f"//{found}")
    except ValueError:  # no host that is one
        return None
    if one.hostname != other.hostname:
        return None
    try:
        ports = one.port, other.port
    except ValueError:
        return "the port"
    if ports[0] != ports[1]:
        return "the port"
    shared_host = (one.hostname or "").startswith(("oidc.", "rh-oidc.")) or "/" in wanted
    return None if shared_host and other.path.strip("/") else "the path"


def _elsewhere(wanted: str, providers: Providers, account: str | None) -> str | None:
    if account is None:
        return None
    owners = [p[0] for arn, _ in providers.listed_arns() if (p := provider_of(arn)) and p[1] == wanted]
    owners += [
        owner
        for r in providers.records
        if without_scheme(r.url or "") == wanted and (owner := providers.account_of(r))
    ]
    return next((owner for owner in owners if owner != account), None)


def _details(
    record: ProviderRecord | None, audiences: Fact | Unknown, asks: Asks, present: Fact | Unknown
) -> Facts:
    names = (
        "client_ids",
        "audiences_missing",
        "audiences_spare",
        "audiences_malformed",
        "thumbprints_malformed",
    )
    if isinstance(present, Fact) and present.value is False:
        return {f"provider.{name}": known(None) for name in names}
    if record is None or record.client_ids is None:
        return {f"provider.{name}": asks.provider() for name in names}
    ids, where = record.client_ids, record.where.at("ClientIDList")
    facts: Facts = {"provider.client_ids": known(list(ids), where)}
    used = audiences.value if isinstance(audiences, Fact) and isinstance(audiences.value, list) else None
    cites = audiences.cites if isinstance(audiences, Fact) else ()
    if used is None:
        assert isinstance(audiences, Unknown)  # noqa: S101  (a fact about audiences is a list)
        facts["provider.audiences_missing"] = facts["provider.audiences_spare"] = audiences
    else:
        missing = [a for a in used if a not in ids]
        spare = [a for a in USUAL_AUDIENCES if a not in ids and a not in used]
        facts["provider.audiences_missing"] = known(missing, where, *cites)
        facts["provider.audiences_spare"] = known(spare, where)
    facts["provider.audiences_malformed"] = known([repr(a) for a in ids if is_malformed(a)], where)
    prints = record.thumbprints
    facts["provider.thumbprints_malformed"] = known(
        bad_thumbprints(prints or ()), record.where.at("ThumbprintList")
    )
    return facts


def is_malformed(audience: str) -> bool:
    """Tell an audience that no token carries: with blanks or invisible characters, or nearly AWS's own."""
    if audience != audience.strip() or not audience.isprintable() or not audience.isascii():
        return True
    near = {"sts.amazon.com", "sts.aws.com", "sts.amazonaws.com/", "https://sts.amazonaws.com"}
    return audience in near or (audience not in USUAL_AUDIENCES and audience.lower() in USUAL_AUDIENCES)


def bad_thumbprints(prints: Iterable[str]) -> list[str]:
    """Give what cannot be a thumbprint, and a phrase where there are too many."""
    values = list(prints)
    bad = [t for t in values if not _THUMBPRINT.fullmatch(t) or len(set(t.lower())) == 1]
    return bad + ([f"{len(values)} entries"] if len(values) > _THUMBPRINT_LIMIT else [])


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
    listing = providers.complete(providers.account_of(record))
    listed = {p[1] for arn in listing.names if (p := provider_of(arn))} if listing else {""}
    read = {without_scheme(r.url or "") for r in providers.records}
    return known([], record.where) if listed <= read else Unknown()


def known_names(providers: Providers, issuer: str) -> set[str]:
    """Give the ccoctl ``--name`` values that the tags of this issuer's provider show."""
    wanted: Sequence[str] = (without_scheme(issuer),) if issuer else ()
    return {
        tag.removeprefix(OWNED)
        for r in providers.records
        if without_scheme(r.url or "") in wanted
        for tag in r.tags
        if tag.startswith(OWNED)
    }
