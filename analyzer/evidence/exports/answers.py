"""The objects of one file, each given to the shapes that it fits: one file may hold many answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from analyzer.bundle.document import Document
from analyzer.evidence.exports.shape import Command, Reading
from analyzer.evidence.exports.shapes import SHAPES
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, Listing
from analyzer.frozen import frozen, replace

_DEEPEST = 2
_ATTACHED = "PolicyArn"


@frozen
class Answers:
    """What the documents of one file gave.

    ``kinds`` are the names of their shapes, ``notes`` remarks on what is of no use.
    """

    records: list[object]
    kinds: tuple[str, ...]
    notes: tuple[str, ...]


def read_answers(
    input_id: str, path: str, documents: Iterable[Document], command: Command | None = None
) -> Answers:
    """Read every export in the documents of one file; anything else is passed over."""
    reading = Reading(path, command)
    records: list[object] = []
    kinds: dict[str, None] = {}
    for document in documents:
        for kind, record in _read(document.value, Where(input_id, document.at()), reading, 0):
            kinds[kind] = None
            records.append(record)
    return Answers(_united_listings(records), tuple(kinds), tuple(dict.fromkeys(reading.notes)))


def _read(value: Json, where: Where, reading: Reading, depth: int) -> Iterator[tuple[str, object]]:
    reading.budget -= 1
    if reading.budget < 0 or depth > _DEEPEST:
        return
    if isinstance(value, list):
        if value and all(isinstance(entry, Mapping) and _ATTACHED in entry for entry in value):
            yield from _read({"AttachedPolicies": value}, where, reading, depth)
            return
        for at, entry in enumerate(value):
            yield from _read(entry, where.at(at), reading, depth + 1)
        return
    if not isinstance(value, Mapping) or ("apiVersion" in value and "kind" in value):
        return
    told, found = len(reading.notes), False
    for shape in SHAPES:
        if shape.fits(value):
            for record in shape.read(value, where, reading):
                found = True
                yield shape.what, record
    if found or len(reading.notes) > told:
        return
    for key, child in value.items():
        if isinstance(child, Mapping | list):
            yield from _read(child, where.at(key), reading, depth + 1)


def _united_listings(records: list[object]) -> list[object]:
    """Make one listing of the pages of one: it is complete only if none of them was cut."""
    united: dict[tuple[str, str | None], Listing] = {}
    rest = []
    for record in records:
        if not isinstance(record, Listing):
            rest.append(record)
            continue
        key = (record.what, record.account)
        if (earlier := united.get(key)) is None:
            united[key] = record
        else:
            names = tuple(dict.fromkeys((*earlier.names, *record.names)))
            united[key] = replace(earlier, names=names, complete=earlier.complete and record.complete)
    return [*rest, *united.values()]
