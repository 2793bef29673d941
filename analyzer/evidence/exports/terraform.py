"""Terraform: state files of version 4 and ``terraform show -json`` of a state or a plan.

A state is what Terraform last saw, so its records are marked: an export of the account wins over
them. What a plan is going to make is planned: it is not in the account because of the plan.
Attributes are those of the AWS provider's resources; policies are JSON text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.exports import iam_objects
from analyzer.evidence.exports.issuer_hosts import bucket_policy, public_access
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import (
    CallerIdentity,
    Json,
    ManagedPolicy,
    PolicyDocument,
    ProviderRecord,
    RoleRecord,
)
from analyzer.evidence.values import dig, items, mapping, text
from analyzer.frozen import field, frozen, replace, slotted

_DEEPEST = 8


@frozen
class _Resource:
    type: str
    values: Mapping[str, Json]
    where: Where


@slotted
class _Held:
    """What resources beside a role's own say of its policies."""

    inline: dict[str, PolicyDocument] = field(default_factory=dict)
    attached: dict[str, str] = field(default_factory=dict)


def _state(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    if "terraform_version" not in value:
        return
    found = []
    for at, resource in enumerate(items(value.get("resources"))):
        kind = text(mapping(resource).get("type")) or ""
        for number, instance in enumerate(items(mapping(resource).get("instances"))):
            place = where.at("resources", at, "instances", number, "attributes")
            found.append(_Resource(kind, mapping(mapping(instance).get("attributes")), place))
    yield from _records(found, planned=False)


def _shown(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    if "format_version" not in value:
        return
    for path in (("values",), ("prior_state", "values")):
        module = dig(value, *path, "root_module")
        yield from _records(list(_module(module, where.at(*path, "root_module"), 0)), planned=False)
    module = dig(value, "planned_values", "root_module")
    if module is not None:
        reading.notes.append("a Terraform plan: what it is going to make is intent, and proves nothing")
        place = where.at("planned_values", "root_module")
        yield from _records(list(_module(module, place, 0)), planned=True)


def _module(module: Json, where: Where, depth: int) -> Iterator[_Resource]:
    if depth > _DEEPEST:
        return
    for at, resource in enumerate(items(mapping(module).get("resources"))):
        kind = text(mapping(resource).get("type")) or ""
        yield _Resource(kind, mapping(mapping(resource).get("values")), where.at("resources", at, "values"))
    for at, child in enumerate(items(mapping(module).get("child_modules"))):
        yield from _module(child, where.at("child_modules", at), depth + 1)


def _records(found: list[_Resource], *, planned: bool) -> Iterator[object]:
    held = _policies_beside(found)
    for one in found:
        match one.type:
            case "aws_iam_role":
                yield _role(one, held, planned=planned)
            case "aws_iam_policy" if text(one.values.get("arn")) and not planned:
                yield _policy(one)
            case "aws_iam_openid_connect_provider":
                yield _provider(one, planned=planned)
            case "aws_caller_identity" if text(one.values.get("account_id")):
                account, arn = text(one.values.get("account_id")), text(one.values.get("arn"))
                yield CallerIdentity(account or "", arn or "", one.where)
            case "aws_s3_bucket_public_access_block" if not planned:
                flags = {_upper(name): flag for name, flag in one.values.items()}
                yield public_access(flags, text(one.values.get("bucket")), one.where)
            case "aws_s3_bucket_policy" if not planned:
                yield from bucket_policy(one.values.get("policy"), one.where.at("policy"))


def _upper(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _policies_beside(found: list[_Resource]) -> dict[str, _Held]:
    held: dict[str, _Held] = {}
    for one in found:
        values = one.values
        if one.type == "aws_iam_role_policy":
            role, name = text(values.get("role")), text(values.get("name"))
            if role and name:
                document = PolicyDocument(name, values.get("policy"), one.where.at("policy"))
                held.setdefault(role, _Held()).inline[name] = document
        elif one.type in ("aws_iam_role_policy_attachment", "aws_iam_policy_attachment"):
            arn = text(values.get("policy_arn"))
            roles = [text(values.get("role")), *(text(role) for role in items(values.get("roles")))]
            for role in roles:
                if role and arn:
                    held.setdefault(role, _Held()).attached[arn.rsplit("/", 1)[-1]] = arn
    return held


def _role(one: _Resource, held: Mapping[str, _Held], *, planned: bool) -> RoleRecord:
    values, where = one.values, one.where
    name = text(values.get("name")) or text(values.get("id")) or ""
    beside = held.get(name, _Held())
    own = [
        PolicyDocument(policy, mapping(entry).get("policy"), where.at("inline_policy", at, "policy"))
        for at, entry in enumerate(items(values.get("inline_policy")))
        if (policy := text(mapping(entry).get("name")))
    ]
    inline = {document.name: document for document in own} | beside.inline
    arns = [arn for entry in items(values.get("managed_policy_arns")) if (arn := text(entry))]
    attached = {arn: arn.rsplit("/", 1)[-1] for arn in arns} | {a: n for n, a in beside.attached.items()}
    # A role without any policy in the state may have got them by other means: that proves nothing.
    listed = bool(inline or attached)
    boundary, session = text(values.get("permissions_boundary")), values.get("max_session_duration")
    record = RoleRecord(
        name=name,
        arn=text(values.get("arn")),
        trust=None,
        where=where,
        description=text(values.get("description")) or None,
        path=text(values.get("path")),
        created=text(values.get("create_date")),
        max_session=session if isinstance(session, int) and not isinstance(session, bool) else None,
        boundary_arn=boundary or None,
        boundary_known="permissions_boundary" in values,
        tags=iam_objects.tags(values.get("tags")) | iam_objects.tags(values.get("tags_all")),
        inline=tuple(inline.values()),
        inline_names=tuple(inline) if listed else None,
        attached=tuple((name, arn) for arn, name in attached.items()) if listed else None,
        planned=planned,
        last_seen=True,
    )
    trust = values.get("assume_role_policy")
    if trust is None:
        return record
    place = where.at("assume_role_policy")
    return replace(record, trust=PolicyDocument("AssumeRolePolicyDocument", trust, place))


def _policy(one: _Resource) -> ManagedPolicy:
    arn, name = text(one.values.get("arn")), text(one.values.get("name"))
    document = PolicyDocument(name or "", one.values.get("policy"), one.where.at("policy"), arn=arn)
    return ManagedPolicy(arn, name, None, (document,), one.where)


def _provider(one: _Resource, *, planned: bool) -> ProviderRecord:
    url = text(one.values.get("url"))
    return ProviderRecord(
        url=url.removeprefix("https://") if url else None,
        arn=text(one.values.get("arn")),
        client_ids=iam_objects.names(one.values.get("client_id_list")),
        thumbprints=iam_objects.names(one.values.get("thumbprint_list")),
        tags=iam_objects.tags(one.values.get("tags")) | iam_objects.tags(one.values.get("tags_all")),
        where=one.where,
        planned=planned,
        last_seen=True,
    )


SHAPES = (
    Shape("Terraform state", ("resources",), _state),
    Shape("Terraform show", ("values", "planned_values", "prior_state"), _shown),
)
