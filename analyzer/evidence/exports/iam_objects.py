"""IAM roles, managed policies and OIDC providers as the AWS CLI and SDKs print them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from analyzer.evidence import ccoctl
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, Listing, ManagedPolicy, PolicyDocument, ProviderRecord, RoleRecord
from analyzer.evidence.values import items, mapping, text

Spelling = Callable[[str], str]
"""How an export writes IAM's names: as they are, or with a small first letter (AWS Config)."""


def as_is(name: str) -> str:
    """Spell a name as the API does."""
    return name


def role(value: Mapping[str, Json], where: Where, *, whole: bool, spell: Spelling = as_is) -> RoleRecord:
    """Read one role object.

    ``whole`` says that the call behind it names a boundary where there is one: get-role and
    get-account-authorization-details do, list-roles does not.
    """
    boundary = text(mapping(value.get(spell("PermissionsBoundary"))).get(spell("PermissionsBoundaryArn")))
    if boundary is None:
        boundary = text(value.get(spell("PermissionsBoundary")))
    lost = boundary is None and bool(value.get(spell("PermissionsBoundary")))  # which one was taken out
    inline = tuple(inline_policies(value, where, spell))
    session = value.get(spell("MaxSessionDuration"))
    arn = text(value.get(spell("Arn")))
    inline_names = _inline_names(value.get(spell("RolePolicyList")), spell)
    return RoleRecord(
        name=text(value.get(spell("RoleName"))) or role_name_of(arn),
        arn=arn,
        trust=trust(value, where, spell),
        where=where,
        description=text(value.get(spell("Description"))),
        path=text(value.get(spell("Path"))),
        created=text(value.get(spell("CreateDate"))),
        max_session=session if isinstance(session, int) and not isinstance(session, bool) else None,
        boundary_arn=boundary,
        boundary_known=not lost
        and (whole or boundary is not None or spell("Tags") in value or inline_names is not None),
        tags=tags(value.get(spell("Tags")), spell),
        untagged=value.get(spell("Tags")) == [],
        inline=inline,
        inline_names=inline_names,
        attached=attached(value.get(spell("AttachedManagedPolicies")), spell),
        planned=ccoctl.is_create_role_input(value),
    )


def _inline_names(policies: Json, spell: Spelling) -> tuple[str, ...] | None:
    """Name the inline policies of a RoleDetail, also those whose document was taken out; None: not known.

    What a program put in the place of an entry (PowerShell's "@{…}"), or one without its name, is a policy
    that is not known.
    """
    if not isinstance(policies, list):
        return None
    found = [text(mapping(entry).get(spell("PolicyName"))) for entry in policies]
    names = tuple(name for name in found if name)
    return names if len(names) == len(found) else None


def trust(value: Mapping[str, Json], where: Where, spell: Spelling = as_is) -> PolicyDocument | None:
    """Give the trust policy as it stands, be it an object, text or URL-encoded text."""
    name = spell("AssumeRolePolicyDocument")
    if name not in value:
        return None
    return PolicyDocument(name="AssumeRolePolicyDocument", raw=value[name], where=where.at(name))


def inline_policies(
    value: Mapping[str, Json], where: Where, spell: Spelling = as_is
) -> Iterator[PolicyDocument]:
    """Yield the inline policies of one RoleDetail."""
    names, document = spell("RolePolicyList"), spell("PolicyDocument")
    for at, entry in enumerate(items(value.get(names))):
        name = text(mapping(entry).get(spell("PolicyName")))
        if name is not None and document in mapping(entry):
            yield PolicyDocument(name=name, raw=mapping(entry)[document], where=where.at(names, at, document))


def attached(value: Json, spell: Spelling = as_is) -> tuple[tuple[str, str], ...] | None:
    """Give (name, ARN) of each attached managed policy; None where the export does not tell all of them."""
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        return None
    entries = [mapping(entry) for entry in value]
    pairs = [(text(entry.get(spell("PolicyName"))), text(entry.get(spell("PolicyArn")))) for entry in entries]
    told = tuple((name or arn.rsplit("/", 1)[-1], arn) for name, arn in pairs if arn)
    return told if len(told) == len(pairs) else None


def role_policy(value: Mapping[str, Json], where: Where, role_name: str) -> RoleRecord:
    """Read get-role-policy's output, or PutRolePolicy's input: one inline policy of a role."""
    document = PolicyDocument(
        name=text(value.get("PolicyName")) or "",
        raw=value.get("PolicyDocument"),
        where=where.at("PolicyDocument"),
    )
    planned = ccoctl.is_put_role_policy_input(value)
    return RoleRecord(name=role_name, arn=None, trust=None, where=where, inline=(document,), planned=planned)


def managed_policy(value: Mapping[str, Json], where: Where, spell: Spelling = as_is) -> ManagedPolicy:
    """Read one managed policy with the versions that the export carries."""
    arn = text(value.get(spell("Arn")))
    default = text(value.get(spell("DefaultVersionId")))
    versions = spell("PolicyVersionList")
    documents = [
        policy_version(mapping(entry), where.at(versions, at), arn, default, spell)
        for at, entry in enumerate(items(value.get(versions)))
    ]
    return ManagedPolicy(
        arn=arn,
        name=text(value.get(spell("PolicyName"))) or (arn.rsplit("/", 1)[-1] if arn else None),
        default_version=default,
        documents=tuple(document for document in documents if document is not None),
        where=where,
    )


def policy_version(
    value: Mapping[str, Json], where: Where, arn: str | None, default: str | None, spell: Spelling = as_is
) -> PolicyDocument | None:
    """Read one version of a managed policy; None for a listed version without its document."""
    document = spell("Document")
    if document not in value:
        return None
    version = text(value.get(spell("VersionId")))
    flag = value.get(spell("IsDefaultVersion"))
    is_default = flag if isinstance(flag, bool) else None
    if is_default is None and default is not None and version is not None:
        is_default = version == default
    return PolicyDocument(
        name=arn.rsplit("/", 1)[-1] if arn else "",
        raw=value[document],
        where=where.at(document),
        arn=arn,
        version=version,
        is_default=is_default,
    )


def provider(value: Mapping[str, Json], where: Where) -> ProviderRecord:
    """Read one OIDC provider; an export of get-open-id-connect-provider has no ARN inside."""
    arn = text(value.get("OpenIDConnectProviderArn")) or text(value.get("Arn"))
    return ProviderRecord(
        url=text(value.get("Url")),
        arn=arn if arn and ":oidc-provider/" in arn else None,
        client_ids=names(value.get("ClientIDList")),
        thumbprints=names(value.get("ThumbprintList")),
        tags=tags(value.get("Tags")),
        where=where,
        planned=ccoctl.is_create_provider_input(value),
        created=text(value.get("CreateDate")),
    )


def role_listing(roles: list[RoleRecord], where: Where, *, truncated: bool) -> Listing | None:
    """Give what a listing of roles proves about roles that are not in it.

    No account is without a role (each has service-linked ones), so an empty list was filtered,
    and so was one whose roles all stand below one path: neither is complete.
    """
    paths = {role.path or "/" for role in roles}
    filtered = not roles or (
        "/" not in paths and len({path.split("/")[1] for path in paths if path.count("/") > 1}) <= 1
    )
    account = account_of(role.arn for role in roles)
    names = tuple(role.name for role in roles)
    return Listing("roles", account, not truncated and not filtered, names, where)


def account_of(arns: Iterator[str | None]) -> str | None:
    """Give the one account that all the ARNs are of; None where they disagree or there are none."""
    accounts = {arn.split(":")[4] for arn in arns if arn and arn.count(":") >= 5}
    accounts = {account for account in accounts if account.isdecimal()}
    return accounts.pop() if len(accounts) == 1 else None


def role_name_of(arn: str | None) -> str:
    """Give the last part of a role's ARN; "" without one."""
    return arn.rsplit("/", 1)[-1] if arn and ":role/" in arn else ""


def tags(value: Json, spell: Spelling = as_is) -> dict[str, str]:
    """Read tags, as IAM's list of Key and Value or as a plain mapping; a mask over them is one of a kind."""
    if isinstance(value, str) and is_masked(value):
        return {value: ""}
    if isinstance(value, Mapping):
        return {key: found for key, found in value.items() if isinstance(found, str)}
    key, name = spell("Key"), spell("Value")
    pairs = ((mapping(entry).get(key), mapping(entry).get(name)) for entry in items(value))
    return {key: found for key, found in pairs if isinstance(key, str) and isinstance(found, str)}


def names(value: Json) -> tuple[str, ...] | None:
    """Give the strings of a list; None where it is none, or where one was taken out."""
    if not isinstance(value, list):
        return None
    told = tuple(entry for entry in value if isinstance(entry, str))
    return told if len(told) == len(value) else None
