"""Which of the exported roles a chain must use.

A role is tied to a request by ccoctl's naming (``<name>-<namespace>-<secret>`` cut at 64), by its
description or by ROSA's tags, and to this cluster by that ``<name>`` or by the issuer that its trust
policy names. A role that only fits the request is not taken: an account often holds the roles of
several clusters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from analyzer.engine.facts import Cite
from analyzer.frozen import frozen
from analyzer.iam.glob import matches
from analyzer.model.joining.aws import ROLE_NAME_LIMIT, parse_role_arn
from analyzer.model.joining.roles import DESCRIPTION, OWNED, Role, RoleBook
from analyzer.patterns import later

_PATTERN = later(r'"(system:[^"\s*?]*[*?][^"\s]*)"')
"""A pattern for subjects."""


def role_name(name: str, namespace: str, secret: str) -> str:
    """Give the name that ccoctl gives a role: cut at 64 characters, without a hash."""
    return f"{name}-{namespace}-{secret}"[:ROLE_NAME_LIMIT]


def prefix_of(role: str, namespace: str, secret: str) -> str | None:
    """Give the ``--name`` with which ccoctl would have made this role for that Secret, or None."""
    tail = f"-{namespace}-{secret}"
    if role.endswith(tail) and len(role) > len(tail):
        return role[: -len(tail)]
    if len(role) != ROLE_NAME_LIMIT:
        return None
    for cut in range(len(tail) - 1, len(f"-{namespace}"), -1):
        if role.endswith(tail[:cut]):
            return role[:-cut]
    return None


def candidates(book: RoleBook, namespace: str, secret: str) -> list[tuple[Role, str]]:
    """Give the roles that could have been made for a Secret, each with how that shows."""
    found = []
    for role in book.roles:
        rosa = (role.tags.get("operator_namespace"), role.tags.get("operator_name"))
        if role.description == f"{DESCRIPTION}{namespace}/{secret}":
            found.append((role, "description"))
        elif rosa == (namespace, secret):
            found.append((role, "tags"))
        elif prefix_of(role.name, namespace, secret) is not None:
            found.append((role, "name"))
    return found


@frozen
class Naming:
    """The ``--name`` values that are known to be this cluster's, and whether roles follow them."""

    prefixes: frozenset[str]
    followed: bool


def naming(book: RoleBook, targets: Sequence[tuple[str, str]], issuer: str, known: Iterable[str]) -> Naming:
    """Find the ``--name`` of this cluster's roles.

    ``targets`` are the (namespace, secret) of all chains, ``issuer`` the URL without scheme ("" where
    unset), ``known`` the names that the issuer's bucket or the provider's tags give. Else the name
    that most roles trusting this issuer share, else the only one that the export shows.
    """
    votes: Counter[str] = Counter()
    all_prefixes: Counter[str] = Counter()
    for namespace, secret in targets:
        for role, _ in candidates(book, namespace, secret):
            prefix = prefix_of(role.name, namespace, secret)
            if prefix is None:
                continue
            all_prefixes[prefix] += 1
            if issuer and names_issuer(role, issuer):
                votes[prefix] += 1
    sure = frozenset(known)
    if sure & set(all_prefixes):
        return Naming(sure, followed=True)
    if votes:
        best = votes.most_common(1)[0][1]
        return Naming(frozenset(p for p, n in votes.items() if n == best), followed=True)
    if len(all_prefixes) == 1:
        return Naming(frozenset(all_prefixes), followed=True)
    return Naming(sure, followed=False)


def names_issuer(role: Role, issuer: str) -> bool:
    """Tell whether a role's trust policy names this issuer as a provider or in a condition key."""
    text = role.trust_text
    return f':oidc-provider/{issuer}"' in text or f'"{issuer}:' in text


def admits(role: Role, subjects: Sequence[str]) -> bool:
    """Tell whether a role's trust policy names every one of these subjects, of which there are some."""
    return bool(subjects) and all(_names(role, subject) for subject in subjects)


def names_any(role: Role, subjects: Sequence[str]) -> bool:
    """Tell whether a role's trust policy names one of these subjects."""
    return any(_names(role, subject) for subject in subjects)


def _names(role: Role, subject: str) -> bool:
    """Tell whether a trust policy names a subject as it is, or by a pattern."""
    text = role.trust_text
    return f'"{subject}"' in text or any(matches(p, subject) for p in set(_PATTERN.findall(text)))


def choose(
    book: RoleBook, namespace: str, secret: str, subjects: Sequence[str], issuer: str, names: Naming
) -> tuple[Role, str] | None:
    """Choose the role that a chain must use among the exported ones, or None where none is sure."""
    fits = candidates(book, namespace, secret)
    named = [(r, how) for r, how in fits if prefix_of(r.name, namespace, secret) in names.prefixes]
    if not named:  # a long --name leaves only a part of the namespace: such a name is told by the whole
        whole = {role_name(p, namespace, secret) for p in names.prefixes}
        named = [(r, "name") for r in book.roles if r.name in whole]
    if len(named) == 1:
        return named[0]
    tagged = [(r, how) for r, how in fits if any(f"{OWNED}{p}" in r.tags for p in names.prefixes)]
    if len(tagged) == 1:
        return tagged[0]
    trusting = [(r, how) for r, how in fits if issuer and names_issuer(r, issuer)]
    if len(trusting) == 1:
        return trusting[0]
    if fits:
        return None
    admitting = [
        r
        for r in book.roles
        if issuer and names_issuer(r, issuer) and any(f'"{s}"' in r.trust_text for s in subjects)
    ]
    return (admitting[0], "trust policy") if len(admitting) == 1 else None


@frozen
class RoleChoice:
    """The role that a chain must use: its ARN as far as known, and how it was found.

    ``exists`` is None where the exports do not tell; ``proof`` is where they do.
    """

    arn: str | None
    name: str | None
    how: str
    role: Role | None
    exists: bool | None
    proof: Cite | None = None
    comes_first: str = "trust-role-missing"
    """The rule of the fault that keeps the role from being judged where ``exists`` is False."""

    @property
    def account(self) -> str | None:
        """The account of the ARN."""
        parsed = parse_role_arn(self.arn) if self.arn else None
        return parsed.account if parsed else None
