"""What only all inputs together show to be masked.

``<account>`` or ``$ISSUER`` in a trust policy may be a placeholder that nobody filled in. Where the same
text stands in what AWS itself writes, a role's ARN or a provider's URL, somebody put it over the values;
and so it is with whatever an ARN of AWS's own has for an account, if that is not twelve digits.
"""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.evidence.gathered import Evidence, ReadFile
from analyzer.evidence.masks.shapes import fill_ins, odd_accounts
from analyzer.evidence.masks.withheld import without_masks
from analyzer.evidence.records import (
    CallerIdentity,
    Json,
    Listing,
    PolicyDocument,
    ProviderRecord,
    RoleRecord,
)
from analyzer.frozen import replace

MASK = "REDACTED"
_TELLING = 4
"""Characters of a mask that hardly stand in a policy by chance."""


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
    told = [one for one in texts if one]
    accounts = {mark for one in told for mark in odd_accounts(one) if len(mark) >= _TELLING}
    return accounts.union(*map(fill_ins, told))


def withhold_learned(evidence: Evidence) -> None:
    """Take the masks that others show out of exported roles."""
    if evidence.fill_ins:
        evidence.loose = [one for record in evidence.loose if (one := _known(evidence, record)) is not None]


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
