"""The IAM OIDC providers of the exports, and what they say of one issuer in one account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from analyzer.evidence.gathered import Evidence
from analyzer.evidence.origin import Source
from analyzer.evidence.records import CallerIdentity, FailedCall, Listing, ProviderRecord
from analyzer.frozen import frozen
from analyzer.model.aws import provider_of, without_scheme
from analyzer.model.roles import OWNED


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
        """Find the detailed record for an issuer, by the exact Url, unless a listing contradicts it."""
        stray = self.stray(issuer, account)
        return next(
            (
                r
                for r in self._records_of(issuer)
                if r is not stray and (account is None or self.account_of(r) in (None, account))
            ),
            None,
        )

    def stray(self, issuer: str, account: str | None) -> ProviderRecord | None:
        """Give a record for an issuer that bears no account, and that the account's listing does not have.

        An answer to get-open-id-connect-provider names no ARN: this one is of another account, or one of
        the two is older than the provider.
        """
        if account is None or self.complete(account) is None:
            return None
        wanted = without_scheme(issuer)
        if any((of := provider_of(arn)) and of[1] == wanted for arn, _ in self.listed_arns()):
            return None
        return next((r for r in self._records_of(issuer) if not (r.arn and provider_of(r.arn))), None)

    def _records_of(self, issuer: str) -> Iterator[ProviderRecord]:
        wanted = without_scheme(issuer)
        return (r for r in self.records if without_scheme(r.url or "") == wanted)

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
