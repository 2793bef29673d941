"""Answers of AWS calls saved as files, told by their shape: one file may hold many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from analyzer.bundle.document import Document
from analyzer.evidence import aws_roles, ccoctl
from analyzer.evidence.aws_failures import failure_in_object
from analyzer.evidence.kubernetes import items, mapping, text
from analyzer.evidence.origin import Where
from analyzer.evidence.records import (
    BucketAccess,
    CallerIdentity,
    Json,
    Listing,
    ManagedPolicy,
    ProviderRecord,
    RoleRecord,
)

MARKS = (
    b"RoleName",
    b"AssumeRolePolicyDocument",
    b"PolicyNames",
    b"AttachedPolicies",
    b"PolicyArn",
    b"PolicyVersion",
    b"Versions",
    b"DefaultVersionId",
    b"Policies",
    b"Roles",
    b"RoleDetailList",
    b"OpenIDConnectProvider",
    b"ClientIDList",
    b"Account",
    b"PublicAccessBlockConfiguration",
    b"PolicyStatus",
)
"""Beginnings of keys, of which each answer that is read here holds at least one."""

_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_CALL_WORDS = re.compile(
    r"(?:(?:aws|iam|get|list|create|put|show|role|roles|policy|policies|attached|inline|managed|names?|version|"
    r"versions|v\d+|output|export|exports|result|trust|document|json|yaml|yml|txt|out|log|err|error|stderr|"
    r"data|files?|detail|details|permissions?|\d{1,3})(?:[-_.]+|$))+",
    re.IGNORECASE,
)
_FOLDERS = 2
_DEEPEST = 2
_MOST_ITEMS = 50_000


@dataclass(slots=True)
class _File:
    """What is known of the file while its documents are read in order."""

    path: str
    role: str | None = None
    answered: set[str] = field(default_factory=set)
    last_policy: ManagedPolicy | None = None
    budget: int = _MOST_ITEMS


def read_aws(input_id: str, path: str, documents: Iterable[Document]) -> list[object]:
    """Read every AWS answer in the documents of one file; anything else is passed over."""
    file = _File(path)
    records: list[object] = []
    for document in documents:
        records.extend(_read(document.value, Where(input_id, document.at()), file, 0))
    return _united_listings(records)


def role_name_hint(path: str) -> str:
    """Guess the role from the names of the file and the two folders above; "" where nothing fits.

    The words of the call are taken off both ends: ``list-attached-role-policies-<role>.json``.
    """
    *folders, name = path.split("/")
    stem = re.sub(r"(?i)\.(?:json|ya?ml|txt|out|log)$", "", name)
    found = [_without_call_words(stem)]
    # A folder says less: "exports" or "case-0123" are no roles, so it must look like a long name.
    nearest = (_without_call_words(folder) for folder in reversed(folders[-_FOLDERS:]))
    found += [folder for folder in nearest if folder.count("-") >= 2 and len(folder) >= 12]
    fitting = [name for name in found if _NAME.fullmatch(name) and re.search(r"[A-Za-z]{2}", name)]
    return max(fitting, key=len, default="")


def _without_call_words(name: str) -> str:
    if match := _CALL_WORDS.match(name):
        name = name[match.end() :]
    words = re.split(r"([-_.]+)", name)
    while words and (not words[-1] or _CALL_WORDS.fullmatch(words[-1]) or not words[-1].strip("-_.")):
        # "…-cloud-credentials-policy": the last word is the call's unless it stands alone.
        words.pop()
    return "".join(words)


def _read(value: Json, where: Where, file: _File, depth: int) -> Iterator[object]:
    file.budget -= 1
    if file.budget < 0 or depth > _DEEPEST:
        return
    if isinstance(value, list):
        yield from _read_array(value, where, file, depth)
        return
    if not isinstance(value, Mapping) or ("apiVersion" in value and "kind" in value):
        return
    found = list(_read_object(value, where, file))
    yield from found
    if not found:
        for key, child in value.items():
            if isinstance(child, Mapping):
                yield from _read(child, where.at(key), file, depth + 1)


def _read_array(value: list[Json], where: Where, file: _File, depth: int) -> Iterator[object]:
    if value and all(isinstance(entry, Mapping) and "PolicyArn" in entry for entry in value):
        yield from _attached({"AttachedPolicies": value}, where, file)
        return
    for at, entry in enumerate(value):
        yield from _read(entry, where.at(at), file, depth + 1)


def _read_object(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    for reader in (_roles, _details, _one_role, _role_policy, _inline_names, _attached):
        yield from reader(value, where, file)
    for reader in (_policies, _policy_versions, _providers, _identity, _bucket_access):
        yield from reader(value, where, file)
    if failure := failure_in_object(value, where):
        yield failure


def _bucket_access(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    """get-public-access-block and get-bucket-policy-status of S3: neither names its bucket."""
    block = mapping(value.get("PublicAccessBlockConfiguration"))
    if block:
        bars = [name for name in ("BlockPublicPolicy", "RestrictPublicBuckets") if block.get(name) is True]
        phrase = f"its public access block sets {' and '.join(bars)}" if bars else None
        yield BucketAccess(phrase, where.at("PublicAccessBlockConfiguration"))
    status = mapping(value.get("PolicyStatus"))
    if isinstance(status.get("IsPublic"), bool):
        phrase = None if status["IsPublic"] else "its bucket policy does not make it public"
        yield BucketAccess(phrase, where.at("PolicyStatus"))


def _truncated(value: Mapping[str, Json]) -> bool:
    return value.get("IsTruncated") is True or bool(value.get("Marker") or value.get("NextToken"))


def _roles(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    if not isinstance(value.get("Roles"), list):
        return
    entries = [(at, entry) for at, entry in enumerate(items(value["Roles"])) if _is_role(entry)]
    if len(entries) < len(items(value["Roles"])):
        return
    roles = [aws_roles.role(mapping(entry), where.at("Roles", at), whole=False) for at, entry in entries]
    yield from roles
    yield aws_roles.role_listing(roles, where.at("Roles"), truncated=_truncated(value))


def _details(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    if not isinstance(value.get("RoleDetailList"), list):
        return
    roles = [
        aws_roles.role(mapping(entry), where.at("RoleDetailList", at), whole=True)
        for at, entry in enumerate(items(value["RoleDetailList"]))
        if _is_role(entry)
    ]
    yield from roles
    # Without roles it was made with a filter for something else, and lists no role at all.
    if roles:
        yield aws_roles.role_listing(roles, where.at("RoleDetailList"), truncated=_truncated(value))


def _one_role(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    inner, place = value, where
    if isinstance(value.get("Role"), Mapping):
        inner, place = mapping(value["Role"]), where.at("Role")
    if not _is_role(inner):
        return
    record = aws_roles.role(inner, place, whole=inner is not value or ccoctl.is_create_role_input(inner))
    _enter_role(file, record.name)
    yield record


def _is_role(value: Json) -> bool:
    entry = mapping(value)
    if "PolicyDocument" in entry or "InstanceProfileName" in entry:
        return False
    arn = text(entry.get("Arn")) or ""
    return ":role/" in arn or (isinstance(entry.get("RoleName"), str) and "AssumeRolePolicyDocument" in entry)


def _role_policy(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    name = text(value.get("RoleName"))
    if name is None or "PolicyDocument" not in value or "PolicyName" not in value:
        return
    _enter_role(file, name)
    yield aws_roles.role_policy(value, where, name)


def _inline_names(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    names = value.get("PolicyNames")
    if not isinstance(names, list):
        return
    record = RoleRecord(_role_of(value, file, "inline"), None, None, where)
    # Half a list would look like the whole: a page of several is as good as none.
    listed = None if _truncated(value) else tuple(name for name in names if isinstance(name, str))
    yield replace(record, inline_names=listed)


def _attached(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    pairs = aws_roles.attached(value.get("AttachedPolicies"))
    if pairs is None:
        return
    record = RoleRecord(_role_of(value, file, "attached"), None, None, where)
    yield replace(record, attached=None if _truncated(value) else pairs)


def _enter_role(file: _File, name: str) -> None:
    if name != file.role:
        file.role, file.answered = name, set()


def _role_of(value: Mapping[str, Json], file: _File, answer: str) -> str:
    """Name the role of an answer that does not name it: the wrapper's, the one before it, the path's."""
    role = mapping(value.get("Role"))
    named = text(value.get("RoleName")) or text(value.get("Role")) or text(role.get("RoleName"))
    if named:
        return named
    if file.role is not None:
        # A second list for one role is another role's, whose get-role failed.
        fits = answer not in file.answered
        file.answered.add(answer)
        return file.role if fits else ""
    return role_name_hint(file.path)


def _policies(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    for at, entry in enumerate(items(value.get("Policies"))):
        if _is_managed_policy(entry):
            yield aws_roles.managed_policy(mapping(entry), where.at("Policies", at))
    one, place = (value["Policy"], where.at("Policy")) if "Policy" in value else (value, where)
    if _is_managed_policy(one):
        file.last_policy = aws_roles.managed_policy(mapping(one), place)
        yield file.last_policy


def _is_managed_policy(value: Json) -> bool:
    entry = mapping(value)
    arn = text(entry.get("Arn")) or ""
    return arn.startswith("arn:") and ":iam::" in arn and ":policy/" in arn


def _policy_versions(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    """Read get-policy-version, which names no policy: a wrapper or the get-policy before it may."""
    arn = text(value.get("PolicyArn"))
    before = file.last_policy
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
        found for entry, place in entries if (found := aws_roles.policy_version(entry, place, arn, default))
    )
    file.last_policy = None if "PolicyVersion" in value else before
    if documents:
        name = arn.rsplit("/", 1)[-1] if arn else None
        default = default or next((found.version for found in documents if found.is_default), None)
        yield ManagedPolicy(arn, name, default, documents, where)


def _providers(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    listed = value.get("OpenIDConnectProviderList")
    if isinstance(listed, list):
        arns = [text(mapping(entry).get("Arn")) for entry in listed]
        for at, arn in enumerate(arns):
            if arn:
                place = where.at("OpenIDConnectProviderList", at)
                yield ProviderRecord(None, arn, None, None, {}, place)
        names = tuple(arn for arn in arns if arn)
        account = aws_roles.account_of(iter(arns))
        place = where.at("OpenIDConnectProviderList")
        yield Listing("providers", account, not _truncated(value), names, place)
        return
    named = isinstance(value.get("OpenIDConnectProviderArn"), str)
    if named or (isinstance(value.get("Url"), str) and isinstance(value.get("ClientIDList"), list)):
        yield aws_roles.provider(value, where)


def _identity(value: Mapping[str, Json], where: Where, file: _File) -> Iterator[object]:
    account, arn = text(value.get("Account")), text(value.get("Arn"))
    if account and arn and "UserId" in value and re.fullmatch(r"\d{12}", account):
        yield CallerIdentity(account, arn, where)


def _united_listings(records: list[object]) -> list[object]:
    """Make one listing of the pages of one: it is complete only if none of them was cut."""
    united: dict[tuple[str, str | None], Listing] = {}
    rest = []
    for record in records:
        if not isinstance(record, Listing):
            rest.append(record)
            continue
        key = (record.what, record.account)
        if (earlier := united.get(key)) is None:
            united[key] = record
        else:
            names = tuple(dict.fromkeys((*earlier.names, *record.names)))
            united[key] = replace(earlier, names=names, complete=earlier.complete and record.complete)
    return [*rest, *united.values()]
