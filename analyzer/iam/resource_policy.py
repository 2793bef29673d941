"""What the policy of a resource grants to a principal, in its own account and across accounts.

Source: IAM User Guide, "Policy evaluation logic", "Evaluating policies within a single account" and
"Cross-account policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from analyzer.frozen import frozen
from analyzer.iam.conditions import conditions_hold
from analyzer.iam.evaluate import Hit, Request
from analyzer.iam.logic import Ternary, all3, any3
from analyzer.iam.match import account_of, principal_forms, role_of_session, split_arn
from analyzer.iam.policy import Document, Policy, Principal, Statement

# For these the policy of the resource must allow, whatever the identity policies say.
_RESOURCE_DECIDES = ("kms:", "sts:assumerole")


class Naming(IntEnum):
    """How a Principal element names the caller: not at all, by account, by role or ``*``, itself."""

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    ITSELF = 3


@frozen
class Grant:
    """What the resource's policy says: ``direct`` grants by itself, ``delegated`` to the account."""

    given: bool = False
    cross_account: bool = False
    direct: Ternary = False
    delegated: Ternary = False
    deny: Ternary = False
    unlimited: bool = False
    required: bool = False
    hits: tuple[Hit, ...] = ()

    def with_identity(self, identity: Ternary) -> Ternary:
        """Return what the identity policies and the resource's policy grant together."""
        named = any3((self.direct, self.delegated))
        if self.cross_account:
            return all3((identity, named))
        if self.required:
            return any3((self.direct, all3((identity, self.delegated))))
        return any3((identity, self.direct))


def resource_grant(request: Request, document: Document | None) -> Grant:
    """Return what the policy of a resource grants; ``document`` None: the resource has no policy."""
    cross = _cross_account(request)
    if document is None:
        return Grant(cross_account=cross)
    required = request.action.lower().startswith(_RESOURCE_DECIDES)
    if not isinstance(document, Policy):
        hit = Hit("resource", document, None, None)
        return Grant(True, cross, None, None, None, required=required, hits=(hit,))
    direct: Ternary = False
    delegated: Ternary = False
    deny: Ternary = False
    unlimited = False
    hits: list[Hit] = []
    for statement in document.statements:
        naming = _naming(statement, request)
        verdict = _applies(statement, request, naming)
        if verdict is False:
            continue
        hits.append(Hit("resource", document, statement, verdict))
        if statement.effect == "Deny":
            deny = any3((deny, verdict))
        elif naming is Naming.ACCOUNT:
            delegated = any3((delegated, verdict))
        else:
            direct = any3((direct, verdict))
            unlimited = unlimited or (verdict is True and naming is Naming.ITSELF)
    return Grant(True, cross, direct, delegated, deny, unlimited, required, tuple(hits))


def _applies(statement: Statement, request: Request, naming: Naming | None) -> Ternary:
    if naming is Naming.NOT:
        return False
    resources = statement.resource_matcher
    return all3(
        (
            None if naming is None else True,
            statement.action_matcher.matches(request.action.lower()),
            # A trust policy names no resource: it is about the role that carries it.
            not resources.given or resources.matches(request.resource, request.context, short=False),
            conditions_hold(statement.conditions, request.context),
        )
    )


def _naming(statement: Statement, request: Request) -> Naming | None:
    """Return how the statement names the caller; None when the caller is not known."""
    if statement.principals is not None:
        return _best(statement.principals, request)
    if statement.not_principals is None:
        return Naming.NOT
    excepted = _best(statement.not_principals, request)
    if excepted is None:
        return None
    return Naming.NOT if excepted >= Naming.ROLE else Naming.ROLE


def _best(principals: Iterable[Principal], request: Request) -> Naming | None:
    found = [_named_by(one, request) for one in principals]
    known = [naming for naming in found if naming is not None]
    best = max(known, default=Naming.NOT)
    return None if best is Naming.NOT and len(known) < len(found) else best


def _named_by(one: Principal, request: Request) -> Naming | None:
    if one.value == "*" and one.kind in ("*", "AWS"):
        return Naming.ROLE
    caller = request.principal
    if caller is None:
        return None
    if one.value == caller:
        return Naming.ITSELF if _is_final(caller) or one.kind != "AWS" else Naming.ROLE
    if one.kind != "AWS":
        return Naming.NOT
    if one.value in principal_forms(caller, request.role_arn):
        return Naming.ROLE
    arn = split_arn(one.value)
    whole_account = arn is None or arn.resource == "root"
    same = account_of(one.value) is not None and account_of(one.value) == account_of(caller)
    return Naming.ACCOUNT if whole_account and same else Naming.NOT


def _is_final(caller: str) -> bool:
    """Whether an ARN is a user or a session: what calls, not a role that sessions are made of."""
    arn = split_arn(caller)
    if arn is None:
        return False
    return role_of_session(caller) is not None or arn.resource.startswith(("user/", "federated-user/"))


def _cross_account(request: Request) -> bool:
    theirs = request.resource_account or account_of(request.resource)
    mine = account_of(request.principal) if request.principal else None
    return theirs is not None and mine is not None and theirs != mine
