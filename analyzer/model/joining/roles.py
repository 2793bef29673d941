"""Roles as the exports describe them together.

Several exports speak of one role (get-role has its trust, get-role-policy its permissions); here
they become one ``Role``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from analyzer.evidence.aws_records import RoleAssignment
from analyzer.evidence.exports.file_names import without_call_words
from analyzer.evidence.origin import Source
from analyzer.evidence.records import FailedCall, Listing, ManagedPolicy, PolicyDocument, RoleRecord
from analyzer.frozen import field, frozen, replace, slotted
from analyzer.iam.document import decode
from analyzer.iam.policy import Malformed, Policy, parse_policy
from analyzer.model.joining.aws import parse_role_arn
from analyzer.model.joining.callers import Callers
from analyzer.patterns import later

_TRUSTED = later(r":oidc-provider/([^\"'\\\s]+)")

DESCRIPTION = "OpenShift role for "
"""What ccoctl's descriptions of roles begin with; then comes the Secret, as <namespace>/<name>."""

OWNED = "openshift.io/cloud-credential-operator/"
"""Prefix of the tag that ccoctl puts on what it makes; the rest is its ``--name``."""


@slotted
class Role:
    """One role, united from its records."""

    name: str
    arn: str | None = None
    account: str | None = None
    trust: PolicyDocument | None = None
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    untagged: bool = False
    max_session: int | None = None
    created: str | None = None
    boundary_arn: str | None = None
    boundary_known: bool = False
    inline: dict[str, PolicyDocument] = field(default_factory=dict)
    inline_names: tuple[str, ...] | None = None
    attached: tuple[tuple[str, str], ...] | None = None
    page: set[str] = field(default_factory=set)
    where: Source | None = None
    conflicts: list[str] = field(default_factory=list)
    """What exports of the role disagree about: "trust", "attached", and the names of inline policies."""

    @property
    def trust_text(self) -> str:
        """The trust policy as text, for looking at what it names."""
        return _text_of(self.trust)


_SURE = 12
"""Letters of a role's name that stand in a path by no accident."""


@frozen
class RoleBook:
    """All roles and managed policies of the exports, and how complete the listings are."""

    roles: tuple[Role, ...]
    policies: dict[str, ManagedPolicy]
    listings: tuple[Listing, ...]
    failures: tuple[FailedCall, ...]
    assigned: tuple[RoleAssignment, ...] = ()
    """Roles that a tool says it made for an operator, exported or not."""
    lists: tuple[RoleRecord, ...] = ()
    """Lists of policies of which no other export tells whose they are."""
    callers: Callers = field(default_factory=Callers)
    accounts: frozenset[str] = frozenset()
    """The accounts that the other exports show."""

    def by_arn(self, arn: str) -> Role | None:
        """Find a role by its ARN; one exported without an ARN is found by its name."""
        parsed = parse_role_arn(arn)
        for role in self.roles:
            if role.arn == arn:
                return role
        if parsed is None:
            return None
        return next((r for r in self.roles if r.arn is None and r.name == parsed.name), None)

    def elsewhere(self, arn: str) -> Role | None:
        """Find the role of this ARN's name and account under another path: then this ARN is no role's.

        A name is given once in an account, whatever the path (IAM's limits of names).
        """
        wanted = parse_role_arn(arn)
        if wanted is None or self.by_arn(arn) is not None:
            return None
        for role in self.roles:
            parsed = parse_role_arn(role.arn) if role.arn else None
            if parsed and (parsed.account, parsed.name) == (wanted.account, wanted.name):
                return role if parsed.partition == wanted.partition else None
        return None

    def missing(self, name: str, account: str | None) -> Source | None:
        """Give the proof that no role of that name is in the account, or None where there is none."""
        for call in self.failures:
            told = call.code == "NoSuchEntity" and call.operation == "GetRole" and call.subject == name
            if told and self._may_be_of(call.where, account):
                return call.where
        for listing in self.listings:
            if listing.what != "roles" or not listing.complete:
                continue
            told = account is not None and listing.account is not None
            same = listing.account == account if told else self._may_be_of(listing.where, account)
            if same and name.lower() not in {n.lower() for n in listing.names}:
                return listing.where
        return None

    def _may_be_of(self, where: Source, account: str | None) -> bool:
        of_roles = (role.account for role in self.roles if role.account)
        return self.callers.may_have_answered(account, where, self.accounts.union(of_roles))


def _text_of(policy: PolicyDocument | None) -> str:
    """Give a document as text, without the percent-encoding in which the API hands it out."""
    raw = policy.raw if policy else ""
    value, _, problem = decode(raw) if isinstance(raw, str) else (raw, (), None)
    return str(raw) if problem else json.dumps(value)


def trusted_issuers(trust: PolicyDocument | None) -> set[str]:
    """Give the issuers, without scheme, of the OIDC providers that a trust policy names anywhere."""
    return set(_TRUSTED.findall(_text_of(trust)))


def unite(
    records: Iterable[RoleRecord],
    policies: Iterable[ManagedPolicy],
    listings: Iterable[Listing],
    failures: Iterable[FailedCall],
    assigned: Iterable[RoleAssignment] = (),
    *,
    callers: Callers | None = None,
    accounts: frozenset[str] = frozenset(),
) -> RoleBook:
    """Make one ``Role`` of all records of a role; what is only planned is left out.

    What Terraform remembers comes last: an export of the account wins over it.
    """
    slots = _Slots()
    resolved = sorted(_hints_resolved(list(records)), key=lambda one: one.last_seen)
    named = {record.name for record in resolved if record.name and not lists_only(record)}
    for record in resolved:
        if record.planned or not record.name:
            continue
        arn = parse_role_arn(record.arn) if record.arn else None
        account = arn.account if arn else None
        _add(slots.of(record.name, account), record, account)
    for role in slots.found.values():
        _withhold_last_pages(role)
    return RoleBook(
        tuple(slots.found.values()),
        _join_policies(list(policies), slots.found.values()),
        _but_for_pages(list(listings)),
        tuple(failures),
        tuple(assigned),
        tuple(record for record in resolved if lists_only(record) and record.name not in named),
        callers or Callers(),
        accounts,
    )


def _but_for_pages(listings: Sequence[Listing]) -> tuple[Listing, ...]:
    """Take no last page for the whole list: an earlier page beside it names roles that it lacks.

    Nobody can tell whether a page between the two is missing.
    """
    parts = [one for one in listings if one.what == "roles" and not one.complete]
    return tuple(
        replace(one, complete=False) if any(_goes_beyond(part, one) for part in parts) else one
        for one in listings
    )


def _goes_beyond(part: Listing, whole: Listing) -> bool:
    same = part.account is None or whole.account in (None, part.account)
    return whole.what == part.what and same and not set(part.names) <= set(whole.names)


def _hints_resolved(records: Sequence[RoleRecord]) -> Iterable[RoleRecord]:
    """Give answers that name no role the role whose name their file holds.

    The name of ``list-role-policies-aws-prod-.json`` loses its ends when the words of the call are taken
    off; the role ``aws-prod-`` loses the same ones. Capitals, blanks and dashes may be others in a file's
    name than in the role's.
    """
    named = {r.name for r in records if r.arn}
    for record in records:
        if lists_only(record) and record.name not in named:
            file = record.where.file
            fits = [n for n in named if n in file and without_call_words(n) == record.name]
            record = replace(record, name=fits[0] if len(fits) == 1 else _spelt(file, named) or record.name)
        yield record


def lists_only(record: RoleRecord) -> bool:
    """Tell the answer of a call that lists a role's policies and does not name the role."""
    listed = record.inline_names is not None or record.attached is not None or bool(record.page)
    return listed and record.arn is None and record.trust is None and not record.inline


def _spelt(file: str, named: set[str]) -> str | None:
    """Find the one role whose name a path holds, spelt as names of files are."""
    path = _letters(file)
    fits = [name for name in named if len(_letters(name)) >= _SURE and _letters(name) in path]
    longest = max(fits, key=len, default=None)
    return longest if all(_letters(name) in _letters(longest or "") for name in fits) else None


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _join_policies(policies: Sequence[ManagedPolicy], roles: Iterable[Role]) -> dict[str, ManagedPolicy]:
    """Unite the records of each managed policy.

    An answer of get-policy-version names no policy: the name of its file is the only hint that there
    is, taken where it holds the name of exactly one policy that is known.
    """
    roles = list(roles)
    named = {name: arn for role in roles for name, arn in role.attached or ()}
    named |= {role.boundary_arn.rsplit("/", 1)[-1]: role.boundary_arn for role in roles if role.boundary_arn}
    named |= {p.name: p.arn for p in policies if p.name and p.arn}
    merged: dict[str, ManagedPolicy] = {}
    for policy in policies:
        arn = policy.arn or _named_in(policy.where.file.rsplit("/", 1)[-1], named)
        if arn:
            before = merged.get(arn)
            merged[arn] = policy if before is None else _join_policy(before, policy)
    return merged


def _named_in(file: str, named: dict[str, str]) -> str | None:
    fits = [name for name in named if name in file]
    longest = max(fits, key=len, default=None)
    if longest is None or any(name not in longest for name in fits):
        return None
    return named[longest]


class _Slots:
    """Roles by name and account, in the order in which they became known."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str | None], Role] = {}
        self._accounts: dict[str, list[str | None]] = {}

    def of(self, name: str, account: str | None) -> Role:
        """Give the role that a record belongs to: records without an ARN join the only one of that name."""
        exact = self.found.get((name, account))
        if exact is not None:
            return exact
        accounts = self._accounts.setdefault(name, [])
        if account is None and len(accounts) == 1:
            return self.found[(name, accounts[0])]
        if account is not None and None in accounts:
            accounts.remove(None)
            role = self.found.pop((name, None))
        else:
            role = Role(name)
        accounts.append(account)
        self.found[(name, account)] = role
        return role


def _add(role: Role, record: RoleRecord, account: str | None) -> None:
    role.arn, role.account = role.arn or record.arn, role.account or account
    role.description = role.description or record.description
    role.tags.update(record.tags)
    role.untagged |= record.untagged
    role.max_session = role.max_session or record.max_session
    role.created = role.created or record.created
    if record.boundary_known:
        role.boundary_known, role.boundary_arn = True, record.boundary_arn or role.boundary_arn
    if record.trust is not None:
        if role.trust is not None and not record.last_seen and _differs(role.trust.raw, record.trust.raw):
            role.conflicts.append("trust")
        role.trust = role.trust or record.trust
    _add_policies(role, record)
    if role.where is None or (record.trust is not None and role.trust is record.trust):
        role.where = record.where


def _add_policies(role: Role, record: RoleRecord) -> None:
    """Add a record's policies; what it and those before it disagree about is in dispute, not the first's."""
    role.page.update(record.page)
    for document in record.inline:
        # What a tool remembers and a newer listing does not name is gone.
        if record.last_seen and role.inline_names is not None and document.name not in role.inline_names:
            continue
        held = role.inline.setdefault(document.name, document)
        if held is not document and not record.last_seen and _differs(held.raw, document.raw):
            role.conflicts.append(document.name)
    if record.inline_names is not None and (role.inline_names is None or not record.last_seen):
        if role.inline_names is not None:
            role.conflicts += set(role.inline_names) ^ set(record.inline_names)
        role.inline_names = record.inline_names
    if record.attached is not None and (role.attached is None or not record.last_seen):
        if role.attached is not None and _arns(role.attached) != _arns(record.attached):
            role.conflicts.append("attached")
        role.attached = record.attached


def _withhold_last_pages(role: Role) -> None:
    """Take no last page for the list of a role's policies: an earlier one names others."""
    arns = {name for name in role.page if name.startswith("arn:")}
    if role.inline_names is not None and role.page - arns - set(role.inline_names):
        role.inline_names = None
    if role.attached is not None and arns - _arns(role.attached):
        role.attached = None


def _arns(attached: Sequence[tuple[str, str]]) -> set[str]:
    return {arn for _, arn in attached}


def _differs(one: object, other: object) -> bool:
    documents = [decode(raw) if isinstance(raw, str) else (raw, (), None) for raw in (one, other)]
    if any(problem for _, _, problem in documents):
        return one != other
    return documents[0][0] != documents[1][0]


def _join_policy(one: ManagedPolicy, other: ManagedPolicy) -> ManagedPolicy:
    texts = {d.version: d.raw for d in one.documents if d.version}
    return ManagedPolicy(
        one.arn,
        one.name or other.name,
        one.default_version or other.default_version,
        one.documents + other.documents,
        one.where,
        one.disputed
        or len(_defaults(one) | _defaults(other)) > 1
        or any(d.version in texts and _differs(texts[d.version], d.raw) for d in other.documents),
    )


def _defaults(policy: ManagedPolicy) -> set[str]:
    """Give the versions that the exports of a policy say to be the default."""
    told = {d.version for d in policy.documents if d.is_default and d.version}
    return told | ({policy.default_version} if policy.default_version else set())


def policy_of(document: PolicyDocument) -> Policy | Malformed:
    """Parse a policy document, telling the parser of the keys that its file names twice."""
    where = document.where
    path = where.place.path
    repeats = [
        tuple(repeated[len(path) :])
        for repeated in where.place.document.repeated
        if tuple(repeated[: len(path)]) == path
    ]
    return parse_policy(document.raw, name=document.name, duplicates=repeats)
