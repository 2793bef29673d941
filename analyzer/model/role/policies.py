"""The permission policies of a role as the exports give them, in layers, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from analyzer.engine.facts import Unknown, merge
from analyzer.evidence.origin import Where
from analyzer.evidence.records import PolicyDocument
from analyzer.frozen import frozen, replace
from analyzer.iam.layers import Layers
from analyzer.iam.policy import Document, Malformed, MissingDocument, Policy
from analyzer.model.joining.asks import NOT_JUDGED, Asks
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.role_choice import prefix_of
from analyzer.model.joining.roles import DESCRIPTION, OWNED, Role, RoleBook, policy_of
from analyzer.model.joining.urls import is_red_hats

Maker = Literal["ccoctl", "ROSA", "hosted"]


@frozen
class Version:
    """A version of an attached policy that is not the default."""

    policy: str
    arn: str
    version: str
    default: str | None
    document: Policy
    where: Where


@frozen
class RolePolicies:
    """The policies of one role; ``identity`` leaves the boundary out, ``missing`` asks for what lacks."""

    identity: Layers
    boundary: tuple[Document, ...] | None
    boundary_arn: str | None
    places: tuple[tuple[Policy, Where], ...]
    versions: tuple[Version, ...]
    missing: Unknown | None
    boundary_missing: Unknown | None

    @property
    def layers(self) -> Layers:
        """All layers that the exports of a role can hold."""
        return replace(self.identity, boundary=self.boundary)

    @property
    def names(self) -> list[str]:
        """The names of the identity policies."""
        return [one.name for one in self.identity.identity]

    def statements(self, effect: str, actions: Iterable[str]) -> list[Where]:
        """Give the places of the statements with this effect that speak of one of the actions.

        Each is the line that tells most: a Deny's effect, an Allow's resources.
        """
        wanted = [action.lower() for action in actions]
        telling = "Effect" if effect == "Deny" else "Resource"
        return [
            where.at(*statement.path, telling)
            for policy, where in self.places
            for statement in policy.statements
            if statement.effect == effect
            and any(statement.action_matcher.matches(action) is not False for action in wanted)
        ]

    def denying(self, actions: Iterable[str]) -> set[str]:
        """Give the names of the policies that hold a Deny of one of the actions."""
        wanted = [action.lower() for action in actions]
        return {
            policy.name
            for policy, _ in self.places
            for statement in policy.statements
            if statement.effect == "Deny"
            and any(statement.action_matcher.matches(action) is not False for action in wanted)
        }


def read_policies(role: Role, book: RoleBook, asks: Asks) -> RolePolicies:
    """Put a role's policies into layers."""
    documents: list[Document] = []
    places: list[tuple[Policy, Where]] = []
    asked: list[Unknown] = []

    def take(name: str, found: PolicyDocument | None, ask: Unknown, again: Unknown) -> None:
        read: Document = MissingDocument(name, "its document was not handed in")
        if found:
            read = policy_of(replace(found, name=name))
        documents.append(read)
        if found and isinstance(read, Policy):
            places.append((read, found.where))
        if isinstance(read, Malformed) or (isinstance(read, Policy) and read.ambiguous):
            asked.append(again)
        elif not isinstance(read, Policy):
            asked.append(ask)

    for name in dict.fromkeys([*role.inline, *(role.inline_names or ())]):
        what = f"inline policy {name} of role {role.name}"
        if name in role.conflicts:
            take(name, None, asks.role_policies(role.name, f"the exports of {what} disagree"), NOT_JUDGED)
            continue
        ask = asks.role_policies(role.name, f"{what} was not handed in")
        again = asks.role_policies(role.name, f"the export of {what} is not one clear policy document")
        take(name, role.inline.get(name), ask, again)
    for name, arn in role.attached or ():
        what = f"the document of policy {name}, attached to role {role.name},"
        disputed = arn in book.policies and book.policies[arn].disputed
        ask = asks.policy_document(
            arn, f"the exports of policy {name} disagree" if disputed else f"{what} was not handed in"
        )
        take(name, _default(book, arn), ask, asks.policy_document(arn, f"{what} cannot be read"))
    listed = role.inline_names is not None and role.attached is not None
    complete = listed and "attached" not in role.conflicts
    if not complete:
        why = f"the policies of role {role.name} were not all listed"
        if listed:
            why = f"the exports of role {role.name} disagree about its attached policies"
        asked.append(asks.role_policies(role.name, why))
    boundary, boundary_missing = _boundary(role, book, asks)
    return RolePolicies(
        identity=Layers(identity=tuple(documents), complete=complete),
        boundary=boundary,
        boundary_arn=role.boundary_arn,
        places=tuple(places),
        versions=tuple(_versions(role, book)),
        missing=merge(asked) if asked else None,
        boundary_missing=boundary_missing,
    )


def _boundary(role: Role, book: RoleBook, asks: Asks) -> tuple[tuple[Document, ...] | None, Unknown | None]:
    if role.boundary_arn is None:
        if role.boundary_known:
            return None, None
        why = f"the exports do not say whether role {role.name} has a permissions boundary"
        return None, asks.role(role.name, why)
    found = _default(book, role.boundary_arn)
    ask = asks.policy_document(
        role.boundary_arn, f"the document of the permissions boundary of role {role.name} was not handed in"
    )
    if found is None:
        return (MissingDocument(role.boundary_arn, "its document was not handed in"),), ask
    read = policy_of(replace(found, name=role.boundary_arn.rsplit("/", 1)[-1]))
    return (read,), None if isinstance(read, Policy) else ask


def boundary_place(role: Role, book: RoleBook) -> Where | None:
    """Give the place of the boundary's document."""
    found = _default(book, role.boundary_arn) if role.boundary_arn else None
    return found.where if found else None


def _default(book: RoleBook, arn: str) -> PolicyDocument | None:
    """Give the document of the version that is in force; None where it is not sure which that is."""
    policy = book.policies.get(arn)
    if policy is None or policy.disputed:
        return None
    for document in policy.documents:
        if document.is_default or (document.version and document.version == policy.default_version):
            return document
    only = policy.documents[0] if len(policy.documents) == 1 else None
    return only if only and only.is_default is None and not only.version else None


def _versions(role: Role, book: RoleBook) -> Iterable[Version]:
    for name, arn in role.attached or ():
        policy = book.policies.get(arn)
        default = _default(book, arn)
        if policy is None or default is None:
            continue
        for document in policy.documents:
            if document is default or not document.version or document.version == default.version:
                continue
            read = policy_of(replace(document, name=f"{name} {document.version}"))
            if isinstance(read, Policy):
                yield Version(name, arn, document.version, default.version, read, document.where)


def maker_of(role: Role, chain: Chain, issuer: str, *, hosted: bool | None) -> Maker | None:
    """Tell what made a role, None for a hand or a program that is not known.

    The policy of ccoctl's roles is meant to be the request's, word for word. ROSA and hosted control
    planes bring policies of their own, which grant less than the requests ask for, and work. An issuer
    of Red Hat's tells its service where the role's tags were not exported.
    """
    rosa = any(tag.startswith("rosa_") for tag in role.tags) or "red-hat-managed" in role.tags
    if rosa or any(":policy/service-role/ROSA" in arn for _, arn in role.attached or ()):
        return "ROSA"
    described = (role.description or "").startswith(DESCRIPTION)
    if described or any(tag.startswith(OWNED) for tag in role.tags):
        return "ccoctl"
    if hosted is not False:
        return "hosted"
    if is_red_hats(issuer):
        return "ROSA"
    return "ccoctl" if _has_ccoctls_names(role, chain) else None


def _has_ccoctls_names(role: Role, chain: Chain) -> bool:
    """Tell ccoctl's names: of the role, and of its one policy, which is inline and bears the role's.

    Many exports leave out tags and description; where they have others, something else made the role, and
    where there is no export of the role itself, beside its policies, it may have.
    """
    told = bool(role.tags or role.untagged or role.description or role.trust is None)
    named = prefix_of(role.name, chain.namespace, chain.secret_name) is not None
    return named and not told and list(role.inline) == [role.name] and not role.attached
