"""Conditions of which the state or the words were masked or taken out: they neither accuse nor clear."""

from __future__ import annotations

from analyzer.evidence.masks.shapes import is_alone, is_masked
from analyzer.evidence.records import Json
from analyzer.evidence.values import dig, items, message_of, text

_TROUBLE = {
    "Degraded": "True",
    "Available": "False",
    "DNSReady": "False",
    "Failed": "True",
    "Published": "False",
    "StorageExists": "False",
}
"""Conditions that are judged, and the state in which operators always say why."""
_LIKE_A_MASK = "Removed"
"""A condition of the image registry."""
_STATES = ("True", "False", "Unknown")


def hides_state(conditions: Json) -> bool:
    """Tell conditions of which it is not known what one of those that are judged says."""
    return not isinstance(conditions, list | None) or any(map(_is_hidden, items(conditions)))


def _is_hidden(entry: Json) -> bool:
    kind = text(dig(entry, "type"))
    if not kind or (is_masked(kind) and kind != _LIKE_A_MASK):
        return True
    return kind in _TROUBLE and dig(entry, "status") not in _STATES


def hides_words(conditions: Json) -> bool:
    """Tell conditions of which one stands for trouble, and does not say any more for which."""
    for entry in items(conditions):
        message = message_of(entry) or ""
        in_trouble = _TROUBLE.get(text(dig(entry, "type")) or "", "never") == dig(entry, "status")
        if (is_masked(message) if in_trouble else _hides(message)) or (in_trouble and not message):
            return True
    return False


def _hides(message: str) -> bool:
    """Tell words of which some are masked; operators that wait end theirs with an ellipsis of their own."""
    return is_alone(message) or is_masked(message.replace("...", "").replace("…", ""))
