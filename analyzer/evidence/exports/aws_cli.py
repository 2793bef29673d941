"""Answers of the AWS CLI and SDKs, told by their shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from analyzer.evidence import ccoctl
from analyzer.evidence.exports import iam_objects
from analyzer.evidence.exports.failures import failure_in_object
from analyzer.evidence.exports.file_names import role_name_hint
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import CallerIdentity, Json, Listing, ManagedPolicy, ProviderRecord, RoleRecord
from analyzer.evidence.values import items, mapping, text
from analyzer.frozen import replace


def _truncated(value: Mapping[str, Json]) -> bool:
    # What was made of the raw API's XML has it as text.
    cut_off = str(value.get("IsTruncated")).lower() == "true"
    return cut_off or bool(value.get("Marker") or value.get("NextToken"))


def _roles(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    if not isinstance(value.get("Roles"), list):
        return
    entries = [(at, entry) for at, entry in enumerate(items(value["Roles"])) if _is_role(entry)]
    if len(entries) < len(items(value["Roles"])):
        return
    roles = [iam_objects.role(mapping(entry), where.at("Roles", at), whole=False) for at, entry in entries]
    yield from roles
    yield iam_objects.role_listing(roles, where.at("Roles"), truncated=_truncated(value))


def _details(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    if not isinstance(value.get("RoleDetailList"), list):
        return
    roles = [
        iam_objects.role(mapping(entry), where.at("RoleDetailList", at), whole=True)
        for at, entry in enumerate(items(value["RoleDetailList"]))
        if _is_role(entry)
    ]
    yield from roles
    # Without roles it was made with a filter for something else, and lists no role at all.
    if roles:
        # an entry that shows no role is one of which it was taken out which
        cut = _truncated(value) or len(roles) < len(items(value["RoleDetailList"]))
        yield iam_objects.role_listing(roles, where.at("RoleDetailList"), truncated=cut)


def _one_role(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    inner, place = value, where
    if isinstance(value.get("Role"), Mapping):
        inner, place = mapping(value["Role"]), where.at("Role")
    if not _is_role(inner):
        return
    record = iam_objects.role(inner, place, whole=inner is not value or ccoctl.is_create_role_input(inner))
    _enter_role(reading, record.name)
    yield record


def _is_role(value: Json) -> bool:
    entry = mapping(value)
    if "PolicyDocument" in entry or "InstanceProfileName" in entry:
        return False
    arn = text(entry.get("Arn")) or ""
    return ":role/" in arn or (isinstance(entry.get("RoleName"), str) and "AssumeRolePolicyDocument" in entry)


def _role_policy(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    name = text(value.get("RoleName"))
    if name is None or "PolicyDocument" not in value or "PolicyName" not in value:
        return
    _enter_role(reading, name)
    yield iam_objects.role_policy(value, where, name)


def _inline_names(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    names = value.get("PolicyNames")
    if not isinstance(names, list):
        return
    record = RoleRecord(_role_of(value, reading, "inline"), None, None, where)
    listed = iam_objects.names(names)
    # Half a list would look like the whole: a page of several tells only what the others lack.
    if listed is not None:
        yield replace(record, page=listed) if _truncated(value) else replace(record, inline_names=listed)


def _attached(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    pairs = iam_objects.attached(value.get("AttachedPolicies"))
    if pairs is None:
        return
    record = RoleRecord(_role_of(value, reading, "attached"), None, None, where)
    page = tuple(arn for _, arn in pairs)
    yield replace(record, page=page) if _truncated(value) else replace(record, attached=pairs)


def _enter_role(reading: Reading, name: str) -> None:
    if name != reading.role:
        reading.role, reading.answered = name, set()


def _role_of(value: Mapping[str, Json], reading: Reading, answer: str) -> str:
    """Name the role of an answer that does not: the wrapper's, the command's, the one before, the path's."""
    role = mapping(value.get("Role"))
    named = text(value.get("RoleName")) or text(value.get("Role")) or text(role.get("RoleName"))
    told = reading.command.role if reading.command else None
    if named or told:
        return named or told or ""
    if reading.role is not None:
        # A second list for one role is another role's, whose get-role failed.
        fits = answer not in reading.answered
        reading.answered.add(answer)
        return reading.role if fits else ""
    return role_name_hint(reading.path)


def _policies(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    for at, entry in enumerate(items(value.get("Policies"))):
        if _is_managed_policy(entry):
            yield iam_objects.managed_policy(mapping(entry), where.at("Policies", at))
    one, place = (value["Policy"], where.at("Policy")) if "Policy" in value else (value, where)
    if _is_managed_policy(one):
        reading.last_policy = iam_objects.managed_policy(mapping(one), place)
        yield reading.last_policy


def _is_managed_policy(value: Json) -> bool:
    entry = mapping(value)
    arn = text(entry.get("Arn")) or ""
    return arn.startswith("arn:") and ":iam::" in arn and ":policy/" in arn


def _policy_versions(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read get-policy-version, which names no policy: a wrapper or the get-policy before it may."""
    arn = text(value.get("PolicyArn"))
    if arn is None and reading.command is not None:
        arn = reading.command.options.get("policy-arn")
    before = reading.last_policy
    if "PolicyVersion" in value:
        entries = [(mapping(value["PolicyVersion"]), where.at("PolicyVersion"))]
    elif isinstance(value.get("Versions"), list):
        versions = enumerate(items(value["Versions"]))
        entries = [(mapping(entry), where.at("Versions", at)) for at, entry in versions]
    else:
        return
    default = before.default_version if before is not None else None
    if arn is None and before is not None:
        arn = before.arn
    documents = tuple(
        found for entry, place in entries if (found := iam_objects.policy_version(entry, place, arn, default))
    )
    reading.last_policy = None if "PolicyVersion" in value else before
    if documents:
        name = arn.rsplit("/", 1)[-1] if arn else None
        default = default or next((found.version for found in documents if found.is_default), None)
        yield ManagedPolicy(arn, name, default, documents, where)


def _providers(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    listed = value.get("OpenIDConnectProviderList")
    if isinstance(listed, list):
        arns = [text(mapping(entry).get("Arn")) for entry in listed]
        for at, arn in enumerate(arns):
            if arn:
                place = where.at("OpenIDConnectProviderList", at)
                yield ProviderRecord(None, arn, None, None, {}, place)
        names = tuple(arn for arn in arns if arn)
        account = iam_objects.account_of(iter(arns))
        place = where.at("OpenIDConnectProviderList")
        complete = not _truncated(value) and all(arns)
        yield Listing("providers", account, complete, names, place)
    listed_alone = value.keys() == {"Arn"} and ":oidc-provider/" in (text(value["Arn"]) or "")
    named = isinstance(value.get("OpenIDConnectProviderArn"), str) or listed_alone
    if named or (isinstance(value.get("Url"), str) and isinstance(value.get("ClientIDList"), list)):
        yield iam_objects.provider(value, where)


def _identity(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    account, arn = text(value.get("Account")), text(value.get("Arn"))
    if account and arn and "UserId" in value and re.fullmatch(r"\d{12}", account):
        yield CallerIdentity(account, arn, where)


def _failure(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    if failure := failure_in_object(value, where):
        yield failure


_CLI = "AWS export"
SHAPES = (
    Shape(_CLI, ("Roles",), _roles),
    Shape(_CLI, ("RoleDetailList",), _details),
    Shape(_CLI, ("Role", "AssumeRolePolicyDocument", "Arn"), _one_role),
    Shape(_CLI, ("PolicyDocument",), _role_policy),
    Shape(_CLI, ("PolicyNames",), _inline_names),
    Shape(_CLI, ("AttachedPolicies",), _attached),
    Shape(_CLI, ("Policies", "Policy", "Arn"), _policies),
    Shape(_CLI, ("PolicyVersion", "Versions"), _policy_versions),
    Shape(_CLI, ("OpenIDConnectProviderList", "OpenIDConnectProviderArn", "ClientIDList", "Arn"), _providers),
    Shape(_CLI, ("Account",), _identity),
    Shape(_CLI, ("Error",), _failure),
)
