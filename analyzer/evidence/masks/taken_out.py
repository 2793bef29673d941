"""Policies that somebody took values or elements out of: AWS stores none like these.

IAM refuses an empty version, statement, effect, action or resource, and a statement without an effect, an
action or, in a trust policy, a principal. Where an export of it shows one, the value was there and is not
known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.records import Json
from analyzer.evidence.values import items, mapping
from analyzer.iam.document import decode

_NEVER_EMPTY = ("Effect", "Action", "NotAction", "Resource", "NotResource")
_PRINCIPAL, _RESOURCE = ("Principal", "NotPrincipal"), ("Resource", "NotResource")
_MAY_HOLD_NULL = _RESOURCE
"""AWS stores null among resources, and ignores it."""
_IN_EVERY_STATEMENT = (("Effect",), ("Action", "NotAction"))


def open_policy(raw: Json) -> Mapping[str, Json] | None:
    """Give a policy document as an object, however it was written; None where all of it was taken out.

    What is no JSON object is an empty one: it was never a policy.
    """
    return None if raw is None or raw == "" else mapping(decode(raw)[0])


def is_emptied(document: Mapping[str, Json]) -> bool:
    """Tell a policy document of which a value was emptied."""
    listed = document.get("Statement", "there")
    emptied = any(one is None or one == "" for one in (listed if isinstance(listed, list) else [listed]))
    return emptied or not document.get("Version", "there") or any(map(_is_emptied, _statements(document)))


def lacks_elements(document: Mapping[str, Json], *, trust: bool) -> bool:
    """Tell a policy that lacks what each of its sort has, or of whose statements one does."""
    if document and "Statement" not in document:
        return True
    needed = (*_IN_EVERY_STATEMENT, _PRINCIPAL if trust else _RESOURCE)
    return any(
        not any(statement.get(name) not in (None, {}) for name in names)
        for statement in _statements(document)
        for names in needed
    )


def _is_emptied(statement: Mapping[str, Json]) -> bool:
    for name in _NEVER_EMPTY:
        value = statement.get(name, "there")
        values = value if isinstance(value, list) else [value]
        allowed = _MAY_HOLD_NULL if isinstance(value, list) else ()
        if any(one == "" or (one is None and name not in allowed) for one in values):
            return True
    return any(one is None for one in (*_condition_values(statement), *_principals(statement)))


def _condition_values(statement: Mapping[str, Json]) -> Iterator[Json]:
    for keys in mapping(statement.get("Condition")).values():
        for value in mapping(keys).values():
            yield from items(value) if isinstance(value, list) else (value,)


def _principals(statement: Mapping[str, Json]) -> Iterator[Json]:
    for value in mapping(statement.get("Principal", {})).values():
        yield from items(value) if isinstance(value, list) else (value,)


def _statements(document: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    listed = document.get("Statement")
    return [one for one in (listed if isinstance(listed, list) else [listed]) if isinstance(one, dict)]
