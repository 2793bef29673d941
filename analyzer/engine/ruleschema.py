"""The JSON Schema of a rule file, for editors: keys, values and facts are offered while one writes.

Draft 7, since that is what editors' YAML servers know. It says less than ``rules check``, which also
compiles the expressions; what the schema refuses, ``rules check`` refuses too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.engine.facts import FactSpec, Vocabulary, visible_facts
from analyzer.engine.rule import FAILING, KINDS, LINKS, SEVERITIES, STAGES, STATES

Schema = dict[str, object]

_TYPES: Mapping[str, list[str]] = {
    "bool": ["boolean", "null"],
    "string": ["string", "null"],
    "int": ["integer", "null"],
    "list": ["array", "null"],
    "map": ["object", "null"],
    "timestamp": ["string", "null"],
}


def rule_schema(vocabulary: Vocabulary) -> Schema:
    """Give the schema of a rule file over these facts, per kind of subject."""
    keys = _keys(vocabulary)
    optional = {"applies", "fix", "disproof", "references", "explains", "points_at", "stage", "sts_error"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:sts-doctor:rule:1",
        "title": "Rule file of sts-doctor",
        "type": "object",
        "additionalProperties": False,
        "required": [key for key in keys if key not in optional],
        "properties": keys,
        "definitions": {kind: _labels(visible_facts(vocabulary, kind)) for kind in vocabulary},
        "allOf": [_causes(), *(_about(kind, visible_facts(vocabulary, kind)) for kind in vocabulary)],
    }


def _keys(vocabulary: Vocabulary) -> Schema:
    return {
        "id": _text("the name of the file without .yaml; it never changes, users suppress by it"),
        "title": _text("one short line, without values"),
        "link": _one_of(LINKS, "the link of the chain, and the folder that the file stands in"),
        "kind": _one_of(KINDS, "cause: may be a verdict; symptom: points at links; hygiene: worth mending"),
        "state": _state(),
        "severity": _one_of(SEVERITIES, "how bad it is where it is found"),
        "subject": _one_of(vocabulary, "what the rule is asked about"),
        "applies": _text("expression: when the rule has anything to say"),
        "check": _text("expression: true for a pass"),
        "message": _text("what is wrong, with {fact} for values; it stands alone when pasted"),
        "why": _text("why it matters, with {fact} for values"),
        "evidence": {
            "description": "the facts whose places in the files prove the finding, with a label for each",
            "anyOf": [{"type": "array", "minItems": 1}, {"type": "object", "minProperties": 1}],
        },
        "fix": {"type": "array", "minItems": 1, "items": _object({
            "text": _text("one step, with {fact} for values"),
            "command": _text("a shell command; values are quoted where they are filled in"),
            "when": _text("the step is left out where this expression is false"),
        }, "text")},
        "disproof": _text("what would show that the diagnosis is wrong"),
        "references": _list({"type": "string", "format": "uri", "pattern": "^https?://"}, "URLs"),
        "explains": _list({"type": "string"}, "ids of the symptom rules that this cause accounts for"),
        "points_at": _list({"enum": list(LINKS)}, "for a symptom: the links where its cause may lie"),
        "stage": _one_of(STAGES, "for a symptom: the stage of the call that answers so"),
        "sts_error": _object({
            "stage": _one_of(STAGES, "the stage of the call that answers"),
            "text": _text("what STS answers while this is broken"),
        }, "stage", "text"),
        "tests": {"type": "array", "minItems": 3, "items": _object({
            "name": _text("what the case is"),
            "given": {"type": ["object", "null"], "description": "the facts that are known; no other is"},
            "expect": _one_of(STATES, "what comes out"),
            "message": _text("a part of the message"),
        }, "name", "expect")},
    }  # fmt: skip


def _state() -> Schema:
    case = {"anyOf": [
        _object({"when": _text("expression"), "is": {"enum": list(FAILING)}}, "when", "is"),
        _object({"is": {"enum": list(FAILING)}}, "is"),
    ]}  # fmt: skip
    return {
        "description": "what a false check means: one state, or the first case whose 'when' is true",
        "anyOf": [{"enum": list(FAILING)}, {"type": "array", "minItems": 1, "items": case}],
    }


def _causes() -> Schema:
    """Say what a cause must have beside the rest."""
    return {
        "if": {"properties": {"kind": {"const": "cause"}}, "required": ["kind"]},
        "then": {"required": ["fix", "disproof"]},
    }


def _about(kind: str, facts: Mapping[str, FactSpec]) -> Schema:
    """Say which facts a rule about this kind of subject may name, and of which type each is."""
    given = {"additionalProperties": False, "properties": {
        name: {"description": spec.doc, **({"type": _TYPES[spec.type]} if spec.type in _TYPES else {})}
        for name, spec in facts.items()
    }}  # fmt: skip
    labels = {"$ref": f"#/definitions/{kind}"}
    evidence = {"anyOf": [labels, {"items": {"anyOf": [{"enum": list(facts)}, labels]}, "type": "array"}]}
    return {
        "if": {"properties": {"subject": {"const": kind}}, "required": ["subject"]},
        "then": {"properties": {
            "evidence": evidence,
            "tests": {"items": {"properties": {"given": given}}},
        }},
    }  # fmt: skip


def _labels(facts: Mapping[str, FactSpec]) -> Schema:
    """Say how evidence with labels looks: facts of this kind, each with what it shows."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _text(spec.doc) for name, spec in facts.items()},
    }


def _text(description: str) -> Schema:
    return {"type": "string", "minLength": 1, "description": description}


def _one_of(values: Iterable[str], description: str) -> Schema:
    return {"enum": list(values), "description": description}


def _list(items: Schema, description: str) -> Schema:
    return {
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": items,
        "description": description,
    }


def _object(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }
