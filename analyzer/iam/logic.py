"""Kleene's three-valued logic over ``True``, ``False`` and ``None`` (not known)."""

from __future__ import annotations

from collections.abc import Iterable

Ternary = bool | None


def all3(parts: Iterable[Ternary]) -> Ternary:
    """And: one False decides, else one unknown makes it unknown."""
    result: Ternary = True
    for part in parts:
        if part is False:
            return False
        if part is None:
            result = None
    return result


def any3(parts: Iterable[Ternary]) -> Ternary:
    """Or: one True decides, else one unknown makes it unknown."""
    result: Ternary = False
    for part in parts:
        if part is True:
            return True
        if part is None:
            result = None
    return result


def not3(part: Ternary) -> Ternary:
    """Negation; unknown stays unknown."""
    return None if part is None else not part
