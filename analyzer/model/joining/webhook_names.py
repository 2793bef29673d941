"""The pod identity webhook's annotations, and what comes near to them without being one."""

from __future__ import annotations

from collections.abc import Mapping

ANNOTATION = "eks.amazonaws.com/role-arn"
SKIP = "eks.amazonaws.com/skip-containers"

_OTHERS = frozenset({"iam.amazonaws.com/role", "iam.amazonaws.com/permitted"})
"""Annotations of other programs, which are no misspelling."""

_NEAR = 0.82


def near_misses(annotations: Mapping[str, str]) -> list[str]:
    """Give the annotations that hold a role's ARN under a name like the webhook's, but not its own."""
    return sorted(
        key
        for key, value in annotations.items()
        if key != ANNOTATION
        and key not in _OTHERS
        and value.strip().startswith("arn:aws")
        and ":role/" in value
        and _is_near(key)
    )


def _is_near(key: str) -> bool:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, _plain(key), _plain(ANNOTATION), autojunk=False).ratio() >= _NEAR


def _plain(key: str) -> str:
    return "".join(letter for letter in key.lower() if letter.isalnum())
