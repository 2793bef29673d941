"""The IAM OIDC providers of the exports, and what they say of one issuer in one account."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from analyzer.evidence.gathered import Evidence
from analyzer.evidence.origin import Source
from analyzer.evidence.records import CallerIdentity, FailedCall, Listing, ProviderRecord, RoleRecord
from analyzer.frozen import field, frozen, replace
from analyzer.model.joining.aws import parse_role_arn, provider_of, without_scheme
from analyzer.model.joining.callers import Callers, read_callers
from analyzer.model.joining.roles import OWNED
from analyzer.patterns import later

_ACCOUNT = later(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_TIME = later(r"20\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d")


@frozen
class Providers:
    """All exported providers and listings, and what they say of one issuer in one account."""

    records: tuple[ProviderRecord, ...]
    listings: tuple[Listing, ...]
    caller: str | None
    """The only account that the exports were made in, None where there are none or several."""
    gone: Mapping[str, Source] = field(default_factory=dict)
    """ARNs of which AWS answered that there is no such provider, each with the place of that answer."""
    accounts: frozenset[str] = frozenset()
    """The accounts that the exports show: of callers, roles and providers, and in the paths of answers."""
    callers: Callers = field(default_factory=Callers)

    def account_of(self, record: ProviderRecord) -> str | None:
        """Give a record's account: by its ARN, by a listing that holds its Url, else the only caller's.

        Where the listings of several accounts do, it is that beside which the record lies.
        """
        parsed = provider_of(record.arn) if record.arn else None
        if parsed:
            return parsed[0]
        url = without_scheme(record.url or "")
        listed = {p[0]: li for li in self.listings for a in li.names if (p := provider_of(a)) and p[1] == url}
        beside = [owner for owner, listing in listed.items() if _beside(record.where, listing.where)]
        if len(listed) > 1 and len(beside) == 1:
            return beside[0]
        if len(listed) != 1:
            return None if len(self.accounts) > 1 else self.caller
        (owner,) = listed
        return owner if self._only_there(owner) or beside else None

    def _only_there(self, owner: str) -> bool:
        """Tell whether every other account's listing was handed in: what none of them names is not there."""
        return all(self.complete(account) for account in self.accounts if account != owner)

    def find(self, issuer: str, account: str | None) -> ProviderRecord | None:
        """Find the detailed record for an issuer, by the exact Url, unless a listing contradicts it."""
        return next(self._of(issuer, account), None)

    def disagree(self, issuer: str, account: str | None) -> bool:
        """Tell whether the exports of the issuer's provider name different audiences."""
        asked = (r for r in self._of(issuer, account) if r.client_ids is not None and not r.last_seen)
        return len({frozenset(r.client_ids or ()) for r in asked}) > 1

    def _of(self, issuer: str, account: str | None) -> Iterator[ProviderRecord]:
        stray = self.stray(issuer, account)
        return (
            r
            for r in self._records_of(issuer)
            if r is not stray and (account is None or self._may_be_in(account, r))
        )

    def _may_be_in(self, account: str, record: ProviderRecord) -> bool:
        """Tell a record of the account; one that tells none is taken for it where there is no other.

        A path may keep a record out or settle whose it is among several; it proves no other account.
        """
        owner = self.account_of(record)
        if not record.arn and (told := account_in(record.where.file)):
            return told == account
        return owner == account or (owner is None and len(self.accounts) < 2)

    def stray(self, issuer: str, account: str | None) -> ProviderRecord | None:
        """Give a record for an issuer that bears no account, and that may be another account's.

        An answer to get-open-id-connect-provider names no ARN. Where the account's listing does not have
        it, it is of another account, or one of the two is older than the provider. Where several accounts
        were exported and no listing has it, it may be of any of them.
        """
        if account is None or (self.complete(account) is None and len(self.accounts) < 2):
            return None
        wanted = without_scheme(issuer)
        if any((of := provider_of(arn)) and of[1] == wanted for arn, _ in self.listed_arns()):
            return None
        bare = (r for r in self._records_of(issuer) if not (r.arn and provider_of(r.arn)))
        return next((r for r in bare if account_in(r.where.file) != account), None)

    def _records_of(self, issuer: str) -> Iterator[ProviderRecord]:
        wanted = without_scheme(issuer)
        for record in self.records:
            named = provider_of(record.arn) if record.arn else None
            if without_scheme(record.url or "") == wanted and (named is None or named[1] == wanted):
                yield record

    def listed_arns(self) -> list[tuple[str, Listing]]:
        """Give every provider ARN of every listing."""
        return [(arn, listing) for listing in self.listings for arn in listing.names]

    def complete(self, account: str | None) -> Listing | None:
        """Give a complete listing of that account's providers, if one was handed in."""
        for listing in self.listings:
            accounts = {p[0] for a in listing.names if (p := provider_of(a))}
            own = listing.account or (next(iter(accounts)) if len(accounts) == 1 else None)
            own = (
                own or account_in(listing.where.file) or self.callers.account_at(listing.where) or self.caller
            )
            several = len(self.accounts | self.callers.accounts) > 1
            may_be = self.callers.may_have_answered(account, listing.where, self.accounts)
            unsure = own is None and (several or not may_be)
            if listing.complete and not unsure and (account is None or own is None or own == account):
                return listing
        return None


def _beside(one: Source, other: Source) -> bool:
    return one.input == other.input and one.file.rpartition("/")[0] == other.file.rpartition("/")[0]


def account_in(path: str) -> str | None:
    """Give the only account id in a path; a time of the same length (202403121030) is none."""
    found = {number for number in _ACCOUNT.findall(path) if not _TIME.fullmatch(number)}
    return found.pop() if len(found) == 1 else None


def read_providers(evidence: Evidence) -> Providers:
    """Collect providers and listings; what ccoctl only planned is left out."""
    callers = {c.account for c in evidence.of(CallerIdentity)}
    beside = read_callers(evidence)
    listings = tuple(li for li in evidence.of(Listing) if li.what == "providers")
    found = (_as_listed(r, listings) for r in evidence.of(ProviderRecord) if not r.planned)
    records = tuple(sorted(found, key=lambda r: r.last_seen))
    roles = (parse_role_arn(r.arn) for r in evidence.of(RoleRecord) if r.arn and not r.planned)
    arns = (*(r.arn for r in records), *(arn for li in listings for arn in li.names))
    accounts = {role.account for role in roles if role}
    accounts |= {of[0] for arn in arns if arn and (of := provider_of(arn))}
    accounts |= {told for r in (*records, *listings) if (told := account_in(r.where.file))}
    accounts |= callers
    return Providers(
        records,
        listings,
        next(iter(callers)) if len(callers) == 1 else None,
        {
            call.subject: call.where
            for call in evidence.of(FailedCall)
            if call.operation == "GetOpenIDConnectProvider" and call.code == "NoSuchEntity"
            if call.subject and _was_asked(call, beside, accounts)
        },
        frozenset(accounts),
        beside,
    )


def _was_asked(call: FailedCall, callers: Callers, accounts: Collection[str]) -> bool:
    """Tell whether it was the account of the ARN that answered: every account knows of its own alone."""
    of = provider_of(call.subject or "")
    return callers.may_have_answered(of[0] if of else None, call.where, accounts)


def _as_listed(record: ProviderRecord, listings: Sequence[Listing]) -> ProviderRecord:
    """Give a record whose Url has a scheme the ARN that has it too; others write one that IAM leaves out."""
    if record.arn or not record.url or "://" not in record.url:
        return record
    named = (arn for li in listings for arn in li.names if (of := provider_of(arn)) and of[1] == record.url)
    return replace(record, arn=next(named, None))


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
