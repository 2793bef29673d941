"""The JSON Schema of ``facts -f json``: every fact by name, with its type and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analyzer.engine.facts import FactSpec, Vocabulary

_TYPES: Final = {
    "string": "string",
    "bool": "boolean",
    "int": "integer",
    "list": "array",
    "map": "object",
    "timestamp": "string",
}
_TEXT: Final[dict[str, object]] = {"type": "string"}
_FILES: Final = {
    "inputs": ("id", "kind", "path", "files"),
    "read": ("input", "file", "what"),
    "absent": ("what", "place"),
    "unused": ("input", "file"),
    "masked": ("input", "file", "what"),
    "older": ("input", "folder"),
    "refused": ("input", "file", "code", "detail"),
    "notes": ("input", "file", "detail"),
}


def facts_schema(vocabulary: Vocabulary) -> dict[str, object]:
    """Give the schema; a fact that is known is of its type, or null where it was looked for and is not."""
    subjects = [_subject(kind, specs) for kind, specs in vocabulary.items()]
    files = {
        name: {"type": "array", "items": _object(dict.fromkeys(keys, _TEXT))} for name, keys in _FILES.items()
    }
    whole = _object(
        {
            "schema_version": {"const": "1"},
            "subjects": {"type": "array", "items": {"oneOf": subjects}},
            "files": _object(files),
        }
    )
    types = {spec.type for specs in vocabulary.values() for spec in specs.values()}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Facts of sts-doctor"}
    return {**head, **whole, "$defs": {name: _fact(name) for name in sorted(types)}}


def _subject(kind: str, specs: Mapping[str, FactSpec]) -> dict[str, object]:
    named = {name: {"description": spec.doc, "$ref": f"#/$defs/{spec.type}"} for name, spec in specs.items()}
    return _object({"kind": {"const": kind}, "name": _TEXT, "facts": _object(named, required=())})


def _fact(name: str) -> dict[str, object]:
    """Give the shape of a fact of one type of the vocabulary."""
    kind = _TYPES.get(name)
    value: dict[str, object] = {"type": [kind, "null"]} if kind else {}
    origins = {"type": "array", "items": _TEXT}
    copies = {"type": "array", "items": _object({"value": {}, "origin": _TEXT})}
    known = {
        "state": {"const": "known"},
        "value": value,
        "derived": {"type": "boolean"},
        "origins": origins,
        "other_copies": copies,
    }
    unknown = {"state": {"const": "unknown"}, "why": _TEXT, "origins": {**origins, "maxItems": 0}}
    shapes = [_object(known, required=("state", "value", "derived", "origins")), _object(unknown)]
    return {"oneOf": shapes}


def _object(properties: Mapping[str, object], required: tuple[str, ...] | None = None) -> dict[str, object]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties) if required is None else list(required),
        "additionalProperties": False,
    }
