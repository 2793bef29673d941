"""One role beside one request: everything that the facts about permissions are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.engine.facts import Cite, Fact, Unknown, merge
from analyzer.frozen import frozen, replace
from analyzer.iam.coverage import ActionVerdict
from analyzer.iam.entries import Entry
from analyzer.iam.policy import Document, Policy
from analyzer.iam.resources import includes
from analyzer.model.joining.asks import NOT_JUDGED, Asks
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.objects import known
from analyzer.model.joining.roles import Role, RoleBook
from analyzer.model.role.denied_calls import Denials
from analyzer.model.role.permission_causes import Features
from analyzer.model.role.permission_scope import Setting, judge
from analyzer.model.role.policies import Maker, RolePolicies
from analyzer.model.role.simulated import Simulated

SHOWN = 12
"""How many resources or actions a sentence names before it says that there are more."""


@frozen
class Judged:
    """One role beside one request, with everything that its facts are made of."""

    chain: Chain
    role: Role
    held: RolePolicies
    maker: Maker | None
    entries: tuple[Entry, ...]
    rows: list[ActionVerdict]
    limited: list[ActionVerdict]
    setting: Setting
    features: Features
    denials: Denials
    book: RoleBook
    asks: Asks
    simulated: Simulated
    differing: tuple[str, ...]
    """What AWS's own simulation decides otherwise than the policies, as phrases."""

    @property
    def missing(self) -> Unknown:
        """What to ask for where the role's policies or the request leave something open."""
        left = [one for one in (self.held.missing, self.hidden) if one is not None]
        return merge([*(left or [NOT_JUDGED]), *map(self.asks.config, self.setting.unread)])

    @property
    def hidden(self) -> Unknown | None:
        """What to ask for where actions were masked in the request: they may be any."""
        request = self.chain.request
        if request is None or not request.hides_actions:
            return None
        return self.asks.release() if request.origin == "release" else self.asks.requests()

    def listed(self, value: Sequence[str], *cites: Cite | None, denies: bool = False) -> Fact | Unknown:
        """Make a list fact; an empty list is known only where nothing is left open.

        ``denies`` marks what a Deny brings about: one may stand in any document that is not there.
        """
        unread = (denies and self.held.missing is not None) or self.hidden is not None
        if not value and (unread or any(row.verdict == "unknown" for row in self.rows)):
            return self.missing
        return known(list(value), *cites)

    def under_deny(self) -> list[ActionVerdict]:
        """Give what a Deny takes and no statement allows either: it is missing when the Deny is gone."""
        taken = {(row.entry, row.action) for row in self.rows if row.denial == "explicit"}
        if not taken:
            return []
        allows = tuple(map(_allows_of, self.held.identity.identity))
        rows = judge(self.entries, replace(self.held.identity, identity=allows), self.setting)
        return [row for row in rows if row.verdict == "denied" and (row.entry, row.action) in taken]

    def denied_by_finer(self) -> bool:
        """Tell whether what the logs deny is granted in part or in another version, or taken by a Deny."""
        rows = [row for row in self.rows if row.verdict in ("partial", "conditional", "denied")]
        return any(self.denials.of_identity(row.action) for row in rows)

    def told(self, rows: Iterable[ActionVerdict]) -> list[Cite]:
        """Give the places where AWS's simulation speaks of rows."""
        found = (self.simulated.of(row.action) for row in rows)
        return [result.where for result in found if result is not None]

    def asked(self, rows: Iterable[ActionVerdict]) -> list[Cite]:
        """Give the entries of the request that rows are of."""
        request = self.chain.request
        path = ("spec", "providerSpec", "statementEntries")
        found = dict.fromkeys(row.entry for row in rows)
        return [request.where.at(*path, index) for index in found] if request else []


def _allows_of(document: Document) -> Document:
    if not isinstance(document, Policy):
        return document
    return replace(document, statements=tuple(s for s in document.statements if s.effect == "Allow"))


def is_logged(row: ActionVerdict, denials: Denials) -> bool:
    """Tell whether a log shows an action denied on something that is not plainly granted."""
    return any(
        s.resource in (None, "*") or not any(includes(pattern, s.resource or "") for pattern in row.patterns)
        for s in denials.of_identity(row.action)
    )
