"""Errors of AWS that stand outside logs, in conditions or recorded calls, as symptoms of one chain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from analyzer.bundle import excerpt
from analyzer.evidence.logs.error import Classified
from analyzer.evidence.origin import Quote, Source, Where
from analyzer.evidence.records import Symptom
from analyzer.frozen import replace
from analyzer.model.joining.chain import Chain
from analyzer.patterns import later

_WORD = later(r"[A-Za-z]{6,}")
_FAR = 20_000
"""Bytes behind the begin of a text in which one of its words is looked for."""


def told_symptom(
    chain: Chain,
    found: Classified,
    where: Source,
    first: datetime | None,
    last: datetime | None,
    said: str = "",
) -> Symptom:
    """Make a symptom of an error that was told once, of no container, with the place as its quote.

    ``said`` is the text that stands at ``where``: over several lines, the one with the error is quoted.
    """
    return Symptom(
        klass=found.klass,
        namespace=chain.namespace,
        pod="",
        container="",
        message=found.message,
        count=1,
        first=first,
        last=last,
        quote=_quote(where, said, found),
        issuer=found.issuer,
        role_arn=found.role_arn,
        action=found.action,
        resource=found.resource,
        caller=found.caller,
        layer=found.layer,
        token_path=found.token_path,
    )


def _quote(where: Source, said: str, found: Classified) -> Quote:
    """Quote the line on which an error's own words begin, else the one on which the text does."""
    plain = Quote(where.input, where.file, where.line, where.excerpt, where.column)
    word = _WORD.search(said, found.start)
    if word is None or not isinstance(where, Where):
        return plain
    document = where.place.document
    begin = 0
    for _ in range(plain.line - document.first_line):
        begin = document.text.find(b"\n", begin) + 1
    end, place = begin + _FAR, begin - 1
    for _ in range(said.count(word[0], 0, word.end())):
        place = document.text.find(word[0].encode(), place + 1, end)
        if place < 0:
            return plain
    line = document.text.count(b"\n", 0, place)
    column = place - document.text.rfind(b"\n", 0, place)
    shown = excerpt(document.text, line + 1, column)
    return Quote(where.input, where.file, document.first_line + line, shown, column)


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
