"""What only all inputs together show to be masked.

``<account>`` or ``$ISSUER`` in a trust policy may be a placeholder that nobody filled in. Where the same
text stands in what AWS itself writes, a role's ARN or a provider's URL, somebody put it over the values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from analyzer.evidence.gathered import Evidence, ReadFile
from analyzer.evidence.kubernetes import dig
from analyzer.evidence.mask_shapes import fill_ins, is_masked
from analyzer.evidence.masks import holds_mask
from analyzer.evidence.records import (
    CallerIdentity,
    Json,
    K8sObject,
    Listing,
    PolicyDocument,
    ProviderRecord,
    RoleRecord,
)
from analyzer.evidence.withheld import without_masks

MASK = "REDACTED"
_NAMING = (
    ("metadata", "name"),
    ("metadata", "namespace"),
    ("spec", "secretRef"),
    ("spec", "serviceAccountNames"),
)


def written_by_aws(record: object) -> set[str]:
    """Give what looks like something to fill in where AWS itself writes."""
    match record:
        case RoleRecord(planned=False):
            texts: Iterable[str | None] = (record.arn,)
        case ProviderRecord(planned=False):
            texts = (record.url, record.arn)
        case CallerIdentity():
            texts = (record.account, record.arn)
        case Listing():
            texts = record.names
        case _:
            texts = ()
    return {mark for one in texts if one for mark in fill_ins(one)}


def withhold_learned(evidence: Evidence) -> None:
    """Take the masks out of exported roles that others show, and requests whose names are masked."""
    if evidence.fill_ins:
        evidence.loose = [one for record in evidence.loose if (one := _known(evidence, record)) is not None]
    hidden = [obj for obj in evidence.objects if obj.kind == "CredentialsRequest" and _is_nameless(obj)]
    for obj in hidden:
        evidence.masked.append(ReadFile(obj.where.input, obj.where.file, f"names in {obj.kind} {obj.name}"))
    if hidden:
        gone = {id(obj) for obj in hidden}
        evidence.objects = [obj for obj in evidence.objects if id(obj) not in gone]
    evidence.listed -= {
        key
        for key, names in evidence.names.items()
        if key[1] in ("CredentialsRequest", "Secret") and any(map(is_masked, names))
    } | {(obj.root, obj.kind, obj.namespace) for obj in hidden}


def _known(evidence: Evidence, record: object) -> object | None:
    if not isinstance(record, RoleRecord) or record.planned:
        return record
    trust = record.trust and _marked(record.trust, evidence.fill_ins)
    inline = tuple(_marked(document, evidence.fill_ins) for document in record.inline)
    if trust == record.trust and inline == record.inline:
        return record
    kept, gone = without_masks(replace(record, trust=trust, inline=inline))
    evidence.masked += [ReadFile(record.where.input, record.where.file, what) for what in gone]
    return kept


def _marked(document: PolicyDocument, marks: Iterable[str]) -> PolicyDocument:
    return replace(document, raw=_with_masks(document.raw, marks))


def _with_masks(value: Json, marks: Iterable[str]) -> Json:
    if isinstance(value, str):
        for mark in marks:
            value = value.replace(mark, MASK)
        return value
    if isinstance(value, dict):
        return {_with_masks(key, marks): _with_masks(inner, marks) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_masks(inner, marks) for inner in value]
    return value


def _is_nameless(obj: K8sObject) -> bool:
    """Tell a request of which it is masked for what it is."""
    return any(holds_mask(dig(obj.value, *path)) for path in _NAMING)
