"""A policy document alone, as ``--query Role.AssumeRolePolicyDocument`` prints it: it names no owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, PolicyDocument, RoleRecord
from analyzer.evidence.values import items, mapping

_WHOSE = (
    "a policy document that does not say whose it is: hand in the answer of get-role, get-role-policy or "
    "get-policy-version whole, without --query"
)


def _document(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    statements = value["Statement"]
    found = [mapping(entry) for entry in (items(statements) or [statements])]
    if not all("Effect" in statement for statement in found):
        return
    trust = any("Principal" in statement or "NotPrincipal" in statement for statement in found)
    # The name of a file is not enough: it may be what someone means to put in place.
    role = reading.command.role if reading.command else None
    name = reading.command.options.get("policy-name") if reading.command else None
    if role and trust:
        yield RoleRecord(role, None, PolicyDocument("AssumeRolePolicyDocument", value, where), where)
    elif role and name:
        yield RoleRecord(role, None, None, where, inline=(PolicyDocument(name, value, where),))
    else:
        reading.notes.append(_WHOSE)


SHAPES = (Shape("policy document", ("Statement",), _document),)
