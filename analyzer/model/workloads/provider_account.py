"""Which account has the IAM OIDC provider for the issuer, as far as it matters for the role in a Secret."""

from __future__ import annotations

from analyzer.engine.facts import Cite, Fact, Unknown
from analyzer.model.joining.aws import RoleArn, parse_role_arn, provider_of, without_scheme
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import value_of
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known


def named_role(chain: Chain) -> RoleArn | None:
    """Give the role that a readable Secret names; None where its ARN is none."""
    written = chain.credentials.role_arn if chain.credentials else None
    return parse_role_arn(written) if written else None


def is_told_of_all(chain: Chain, joined: Joined) -> bool:
    """Tell whether the account of the Secret's role is that of all roles, whose listing has no provider."""
    arn = named_role(chain)
    elsewhere = value_of(joined.view.facts, "issuer.elsewhere")
    return elsewhere is not None and arn is not None and arn.account == joined.asks.account


def provider_account(joined: Joined, account: str | None) -> Fact | Unknown:
    """The account with a provider for the issuer: that of all roles, where the role is there and it has one.

    Else the only one that has; null where a complete listing has none. Another's says nothing of all roles
    while the listing of their own account may have one too.
    """
    found, rival = _provider_account(joined, joined.view.issuer, account), joined.view.rival
    if rival is None or (isinstance(found, Fact) and found.value):
        return found
    return _provider_account(joined, rival.issuer, account)


def _provider_account(joined: Joined, issuer: str | None, account: str | None) -> Fact | Unknown:
    if not issuer:
        return joined.view.facts["cluster.issuer"] if issuer is None else known(None)
    wanted = without_scheme(issuer)
    owners: dict[str, Cite] = {}
    for arn, listing in joined.providers.listed_arns():
        found = provider_of(arn)
        if found and found[1] == wanted:
            owners[found[0]] = listing.where
    for record in joined.providers.records:
        owner = joined.providers.account_of(record)
        if owner and without_scheme(record.url or "") == wanted:
            owners.setdefault(owner, record.where)
    if account is not None and account == joined.asks.account:
        if account in owners:
            return known(account, owners[account])
        if owners and not joined.providers.complete(account):
            return joined.asks.providers_of(account, next(iter(owners)))
    if len(owners) == 1:
        return known(*owners.popitem())
    return known(None) if not owners and joined.providers.complete(None) else joined.asks.providers()
