"""Values that a cleaning tool, CI or a hand put in place of the real ones: never to be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.masks.shapes import is_hand_made, is_masked, is_stand_in
from analyzer.evidence.records import Json, Symptom
from analyzer.evidence.values import dig, items, text
from analyzer.frozen import frozen, replace
from analyzer.needles import Needles, find
from analyzer.patterns import later

TOOL_MARKS = Needles((b"x-ipv4-00", b"x-ipv6-00", b"x-mac-00", b"domain000", b"obfuscated.com"))
"""What must-gather-clean leaves in the text of a file; looked for before anything is parsed."""

_TOOL_MASK = later(rb"x-[a-z0-9]{2,30}-\d{10}-x|\bdomain\d{7,10}\b")
_STATIC = b"obfuscated.com"


def words_unmasked(symptom: Symptom) -> Symptom:
    """Take away what an error names, where that is masked."""

    def known(value: str | None) -> str | None:
        return None if value and is_masked(value) else value

    return replace(
        symptom,
        issuer=known(symptom.issuer),
        role_arn=known(symptom.role_arn),
        resource=known(symptom.resource),
        caller=known(symptom.caller),
    )


def is_cleaned(data: bytes) -> bool:
    """Tell a text that must-gather-clean went over."""
    if find(data, _STATIC) >= 0:
        return True
    return TOOL_MARKS.are_in(data) and _TOOL_MASK.search(data) is not None


def holds_mask(value: Json) -> bool:
    """Tell whether a value holds a masked string anywhere, in keys too."""
    return any(is_masked(one) for one in _texts(value))


def holds_stand_in(value: Json) -> bool:
    """Tell whether a value that AWS or a server wrote holds anywhere what they never write."""
    return any(is_stand_in(one) for one in _texts(value))


def is_masked_by_hand(value: Json) -> bool:
    """Tell whether a value holds what CI or a person put in the place of something."""
    return any(is_hand_made(one) for one in _texts(value))


def _texts(value: Json) -> Iterator[str]:
    """Yield the strings of a value, keys too."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one


@frozen
class Translation:
    """What must-gather-clean's report says of its masks: mask → original, where only one is possible."""

    originals: Mapping[bytes, bytes]

    def __bool__(self) -> bool:
        return bool(self.originals)

    def restore(self, data: bytes) -> bytes:
        """Put the originals back; masks of several originals stay."""
        if not TOOL_MARKS.are_in(data):
            return data
        return _TOOL_MASK.sub(lambda found: self.originals.get(found[0], found[0]), data)


def read_report(value: Json) -> Translation | None:
    """Read a report of must-gather-clean (``replacements``, ``omissions``); None for any other document."""
    groups = dig(value, "replacements")
    if not isinstance(groups, list) or "config" not in _keys(value):
        return None
    found: dict[str, dict[str, int]] = {}
    for group in groups:
        for entry in items(group):
            mask = text(dig(entry, "replacedWith"))
            for use in items(dig(entry, "occurrences")):
                original, count = text(dig(use, "original")), dig(use, "count")
                if mask and original:
                    mask, original = _without_subdomain(mask, original)
                    uses = found.setdefault(mask, {})
                    uses[original] = uses.get(original, 0) + (count if isinstance(count, int) else 0)
    originals = {}
    for mask, uses in found.items():
        if len({use.lower() for use in uses}) == 1 and _TOOL_MASK.fullmatch(mask.encode()):
            originals[mask.encode()] = max(uses, key=lambda use: uses[use]).encode()
    return Translation(originals)


def _without_subdomain(mask: str, original: str) -> tuple[str, str]:
    """Take off the subdomain that newer versions of the tool keep (``a.b.domain0000001``)."""
    head, dot, last = mask.rpartition(".")
    kept = f"{head}{dot}"
    return (last, original[len(kept) :]) if dot and original.startswith(kept) else (mask, original)


def _keys(value: Json) -> set[str]:
    return set(value) if isinstance(value, Mapping) else set()
