"""AWS Config: configuration items, snapshots, histories and answers of advanced queries.

Names begin with a small letter, policies are URL-encoded, and ``configuration`` may be JSON text
(Config's resource schemas; API reference of ConfigurationItem).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.bundle.document import UnreadableDocument
from analyzer.bundle.json_guard import parse_json
from analyzer.evidence.exports import iam_objects
from analyzer.evidence.exports.issuer_hosts import public_access
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, ProviderRecord
from analyzer.evidence.values import items, mapping, text

_LISTS = ("configurationItems", "baseConfigurationItems", "Results")


def small(name: str) -> str:
    """Spell a name of the API as Config does."""
    return name[:1].lower() + name[1:]


def opened(value: Json) -> Json:
    """Give the value of JSON text, and any other value as it is; text that is no JSON gives None."""
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value.encode(), "embedded")[0].value
    except UnreadableDocument:
        return None


def _items(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read the newest state of each resource: a history lists older ones too."""
    newest: dict[str, tuple[str, Mapping[str, Json], Where]] = {}
    for name in _LISTS:
        for at, entry in enumerate(items(value.get(name))):
            item = mapping(opened(entry))
            arn = text(item.get("ARN")) or text(item.get("arn")) or f"{name}/{at}"
            time = text(item.get("configurationItemCaptureTime")) or ""
            if "resourceType" in item and (arn not in newest or time > newest[arn][0]):
                newest[arn] = time, item, where.at(name, at)
    for _, item, place in newest.values():
        yield from _item(item, place, reading)


def _item(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    if text(value.get("configurationItemStatus")) in ("ResourceDeleted", "ResourceDeletedNotRecorded"):
        return
    place = where.at("configuration")
    body = mapping(opened(value.get("configuration")))
    match value.get("resourceType"):
        case "AWS::IAM::Role" if body:
            arn = text(value.get("ARN")) or text(value.get("arn"))
            named = {"arn": arn, "roleName": text(value.get("resourceName"))}
            yield iam_objects.role({**named, **body}, place, whole="path" in body, spell=small)
        case "AWS::IAM::Policy" if body:
            yield iam_objects.managed_policy(body, place, small)
        case "AWS::IAM::OIDCProvider" if body:
            yield _provider(body, text(value.get("ARN")) or text(value.get("arn")), place)
        case "AWS::S3::Bucket":
            extra = mapping(opened(value.get("supplementaryConfiguration")))
            block = mapping(opened(extra.get("PublicAccessBlockConfiguration")))
            if block:
                told = {name[:1].upper() + name[1:]: flag for name, flag in block.items()}
                yield public_access(told, text(value.get("resourceName")), where)


def _provider(body: Mapping[str, Json], arn: str | None, where: Where) -> ProviderRecord:
    clients = next(
        (n for n in ("ClientIdList", "ClientIDList", "clientIDList", "clientIdList") if n in body), ""
    )
    prints = next((n for n in ("ThumbprintList", "thumbprintList") if n in body), "")
    arn = arn or text(body.get("Arn"))
    url = text(body.get("Url")) or text(body.get("url"))
    if url is None and arn and ":oidc-provider/" in arn:
        url = arn.split(":oidc-provider/", 1)[1]
    return ProviderRecord(
        url=url.removeprefix("https://") if url else None,
        arn=arn,
        client_ids=iam_objects.names(body.get(clients)),
        thumbprints=iam_objects.names(body.get(prints)),
        tags=iam_objects.tags(body.get("Tags")) | iam_objects.tags(body.get("tags"), small),
        where=where,
    )


_WHAT = "AWS Config"
SHAPES = (
    Shape(_WHAT, _LISTS, _items),
    Shape(_WHAT, ("resourceType",), _item),
)
