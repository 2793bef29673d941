"""CloudFormation templates, alone or in the answer of get-template: what is meant to be, not what is.

A template proves nothing about the account: its roles are planned. In JSON ``Fn::Sub`` and ``Ref`` stay
unresolved; in YAML the short tags are gone after parsing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.bundle.document import UnreadableDocument
from analyzer.bundle.yaml_guard import parse_yaml
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, PolicyDocument, ProviderRecord, RoleRecord
from analyzer.evidence.values import dig, items, mapping, text

_WHAT = "CloudFormation template"
_NOTE = "a CloudFormation template: it says what is meant to be, and proves nothing about the account"


def _get_template(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    body = value.get("TemplateBody")
    if isinstance(body, str):
        try:
            documents = parse_yaml(body.encode(), reading.path)
        except UnreadableDocument:
            documents = []
        body = documents[0].value if documents else None
    yield from _template(mapping(body), where.at("TemplateBody"), reading)


def _template(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    found = False
    for name, resource in mapping(value.get("Resources")).items():
        place = where.at("Resources", name, "Properties")
        kind, properties = text(dig(resource, "Type")), mapping(dig(resource, "Properties"))
        if kind == "AWS::IAM::Role":
            found = True
            yield _role(name, properties, place)
        elif kind == "AWS::IAM::OIDCProvider":
            found = True
            url = text(properties.get("Url"))
            yield ProviderRecord(url, None, None, None, {}, place, planned=True)
    if found:
        reading.notes.append(_NOTE)


def _role(logical: str, properties: Mapping[str, Json], where: Where) -> RoleRecord:
    trust = PolicyDocument(
        "AssumeRolePolicyDocument",
        properties.get("AssumeRolePolicyDocument"),
        where.at("AssumeRolePolicyDocument"),
    )
    inline = tuple(
        PolicyDocument(name, dig(entry, "PolicyDocument"), where.at("Policies", at, "PolicyDocument"))
        for at, entry in enumerate(items(properties.get("Policies")))
        if (name := text(dig(entry, "PolicyName")))
    )
    name = text(properties.get("RoleName")) or logical
    return RoleRecord(name, None, trust, where, inline=inline, planned=True)


SHAPES = (
    Shape(_WHAT, ("TemplateBody",), _get_template),
    Shape(_WHAT, ("Resources",), _template),
)
