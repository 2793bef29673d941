"""In whose account AWS gave an answer that names none: an empty list, or that there is no such thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.evidence.gathered import Evidence
from analyzer.evidence.origin import Source
from analyzer.evidence.records import CallerIdentity, FailedCall
from analyzer.frozen import field, frozen
from analyzer.patterns import later

_CALLER = later(r"\bUser: arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):")


@frozen
class Callers:
    """The accounts of those who made the exports, by input and folder."""

    places: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def account_at(self, where: Source) -> str | None:
        """Give the account of the only caller whose identity, or refusal, lies beside an answer."""
        found = self.places.get(_place(where), frozenset())
        return next(iter(found)) if len(found) == 1 else None

    def may_have_answered(self, account: str | None, where: Source, shown: Iterable[str]) -> bool:
        """Tell whether an answer that names no account may be this account's.

        It is that of the caller beside it, else that of whatever was exported: ``shown`` are the accounts
        that other exports show.
        """
        if account is None:
            return True
        if (caller := self.account_at(where)) is not None:
            return caller == account
        known = self.accounts.union(shown)
        return not known or account in known

    @property
    def accounts(self) -> frozenset[str]:
        """All accounts that callers are of."""
        return frozenset().union(*self.places.values())


def read_callers(evidence: Evidence) -> Callers:
    """Collect who the callers were: as STS said, and as AWS names them where it refuses a call."""
    places: dict[tuple[str, str], set[str]] = {}
    for caller in evidence.of(CallerIdentity):
        places.setdefault(_place(caller.where), set()).add(caller.account)
    for call in evidence.of(FailedCall):
        if call.denied and (named := _CALLER.search(call.message)):
            places.setdefault(_place(call.where), set()).add(named[1])
    return Callers({place: frozenset(accounts) for place, accounts in places.items()})


def _place(where: Source) -> tuple[str, str]:
    return where.input, where.file.rpartition("/")[0]
