"""Compare the Principal element of a trust policy's statement with a token's provider."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.iam.document import Path
from analyzer.iam.logic import Ternary, any3, not3
from analyzer.iam.match import split_arn
from analyzer.iam.policy import Principal, Statement
from analyzer.iam.text_difference import most_alike
from analyzer.iam.trust_fault import Fault
from analyzer.iam.webidentity import BUILT_IN, WebIdentity, provider_account, provider_suffix, strip_scheme

SAME_ACCOUNT = "the provider is in the role's account"


def allow_principal(statement: Statement, identity: WebIdentity) -> tuple[Fault | None, int, tuple[str, ...]]:
    """Return the fault of the Principal element, how near it is (0 to 4), and what is assumed."""
    if statement.principals is None:
        return _no_principal(statement), 0, ()
    federated = [one for one in statement.principals if one.kind == "Federated"]
    for one in federated:
        same, assumes = _same_provider(one.value, identity)
        if same:
            return None, 4, assumes
    wanted = identity.provider_arn or identity.prefix or ""
    if not federated:
        return _other_principal(statement.principals, wanted, (*statement.path, "Principal"))
    if identity.prefix is None:
        return _unknown_provider(federated), 4, ()
    nearest = federated[most_alike([one.value for one in federated], wanted) or 0]
    wanted = _wanted_arn(identity, nearest.value)
    if not nearest.value.strip():
        return Fault("placeholder", nearest.path, wanted, nearest.value, "Federated is empty"), 3, ()
    if not _is_oidc(nearest.value):
        sentence = f"{nearest.value} is no OIDC provider"
        return Fault("principal-wrong", nearest.path, wanted, nearest.value, sentence), 1, ()
    sentence = f"the statement trusts {nearest.value}, the token's provider is {wanted}"
    close = _nearly_same(nearest.value, identity)
    return Fault("provider-mismatch", nearest.path, wanted, nearest.value, sentence), 3 if close else 2, ()


def _no_principal(statement: Statement) -> Fault:
    if statement.not_principals is not None:
        path, found = (*statement.path, "NotPrincipal"), "NotPrincipal"
        sentence = "a trust policy cannot allow by NotPrincipal"
        return Fault("principal-wrong", path, "Principal", found, sentence, holds=None)
    sentence = "the statement names no Principal: it is no statement of a trust policy"
    return Fault("malformed", statement.path, "Principal", "", sentence, holds=None)


def _unknown_provider(federated: list[Principal]) -> Fault:
    first = federated[0]
    sentence = "the token's provider is not known"
    return Fault("provider-mismatch", first.path, "", first.value, sentence, holds=None, missing="provider")


def _other_principal(
    principals: Iterable[Principal], wanted: str, path: Path
) -> tuple[Fault | None, int, tuple[str, ...]]:
    listed = list(principals)
    if not listed:
        return Fault("placeholder", path, wanted, "", "Principal is empty"), 3, ()
    for one in listed:
        if one.value == "*" and one.kind in ("*", "AWS"):
            sentence = "Principal * is no way to trust a web identity: Federated must name its provider"
            return Fault("principal-wrong", one.path, wanted, "*", sentence, holds=None), 1, ()
    nearest = listed[most_alike([one.value for one in listed], wanted) or 0]
    sentence = f"the principal is of kind {nearest.kind}, a web identity needs Federated"
    return Fault("principal-wrong", nearest.path, wanted, nearest.value, sentence), 1, ()


def _wanted_arn(identity: WebIdentity, like: str) -> str:
    """Return the ARN of the token's provider; what is not known of it is taken from a similar one."""
    if identity.provider_arn is not None or identity.prefix in BUILT_IN:
        return identity.provider_arn or identity.prefix or ""
    arn = split_arn(like)
    if arn is None:
        return identity.prefix or ""
    account = identity.role_account or arn.account
    return f"arn:{arn.partition}:iam::{account}:oidc-provider/{identity.prefix}"


def _is_oidc(value: str) -> bool:
    return value in BUILT_IN or ":saml-provider/" not in value


def _same_provider(value: str, identity: WebIdentity) -> tuple[bool, tuple[str, ...]]:
    if identity.provider_arn is not None:
        return value == identity.provider_arn, ()
    if identity.issuer is None:
        return False, ()
    if value in BUILT_IN:
        return value == strip_scheme(identity.issuer), ()
    if provider_suffix(value) != strip_scheme(identity.issuer):
        return False, ()
    if identity.role_account is None:
        return True, (SAME_ACCOUNT,)
    return provider_account(value) == identity.role_account, ()


def _nearly_same(value: str, identity: WebIdentity) -> bool:
    """Whether only scheme, case, a trailing slash or the account tell two providers apart."""
    mine, theirs = identity.prefix or "", provider_suffix(value) or strip_scheme(value)
    return strip_scheme(theirs).rstrip("/").casefold() == strip_scheme(mine).rstrip("/").casefold()


def deny_principal(statement: Statement, identity: WebIdentity) -> Ternary:
    """Return whether a Deny statement speaks of the token's provider."""
    if statement.not_principals is not None:
        return not3(any3(_names(one, identity) for one in statement.not_principals))
    return any3(_names(one, identity) for one in statement.principals or ())


def _names(one: Principal, identity: WebIdentity) -> Ternary:
    if one.value == "*" and one.kind in ("*", "AWS"):
        return True
    if one.kind != "Federated":
        return False
    if identity.prefix is None:
        return None
    same, assumes = _same_provider(one.value, identity)
    return None if same and assumes else same
