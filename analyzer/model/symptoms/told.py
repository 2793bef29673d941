"""Errors of AWS that stand outside logs, in conditions or recorded calls, as symptoms of one chain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from analyzer.evidence.log_error import Classified
from analyzer.evidence.origin import Quote, Source
from analyzer.evidence.records import Symptom
from analyzer.model.joining.chains import Chain


def told_symptom(
    chain: Chain, found: Classified, where: Source, first: datetime | None, last: datetime | None
) -> Symptom:
    """Make a symptom of an error that was told once, of no container, with the place as its quote."""
    return Symptom(
        klass=found.klass,
        namespace=chain.namespace,
        pod="",
        container="",
        message=found.message,
        count=1,
        first=first,
        last=last,
        quote=Quote(where.input, where.file, where.line, where.excerpt, where.column),
        issuer=found.issuer,
        role_arn=found.role_arn,
        action=found.action,
        resource=found.resource,
        caller=found.caller,
        layer=found.layer,
        token_path=found.token_path,
    )


def merge_repeats(symptoms: Iterable[Symptom]) -> list[Symptom]:
    """Make one of the symptoms that say the same: all but sums and times is of the latest."""
    merged: dict[tuple[str, str, str | None, str | None], Symptom] = {}
    for symptom in symptoms:
        key = (symptom.klass, symptom.message, symptom.action, symptom.resource)
        before = merged.get(key)
        merged[key] = symptom if before is None else _merge(before, symptom)
    return list(merged.values())


def _merge(one: Symptom, other: Symptom) -> Symptom:
    times = [t for t in (one.first, one.last, other.first, other.last) if t]
    latest = other if (other.last and (not one.last or other.last > one.last)) else one
    return replace(
        latest,
        count=one.count + other.count,
        first=min(times, default=None),
        last=max(times, default=None),
    )
