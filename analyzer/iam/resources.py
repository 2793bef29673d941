"""Whether one set of resource patterns includes another, part by part of the ARN.

A request may ask for a pattern (``arn:aws:ec2:*:*:instance/*``); what is granted includes it, overlaps
with it, or has nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

from analyzer.iam import glob
from analyzer.iam.match import Arn, pad_arn, shifted_arns

_MAX_UNION = 50


class Cover(IntEnum):
    """How much of what is asked for a statement speaks of."""

    NONE = 0
    PART = 1
    FULL = 2


@lru_cache(maxsize=16384)
def includes(outer: str, inner: str) -> bool:
    """Whether the outer pattern matches every resource that the inner one matches."""
    if outer == "*":
        return True
    big, small = pad_arn(outer), pad_arn(inner)
    if big is None or small is None:
        return False
    return all(glob.includes(a, b) for a, b in zip(big, small, strict=True))


@lru_cache(maxsize=16384)
def overlaps(left: str, right: str) -> bool:
    """Whether some resource matches both patterns, or may do so."""
    if "*" in (left, right):
        return True
    return any(
        all(glob.overlaps(a, b) for a, b in zip(one, two, strict=True))
        for one in _readings(left)
        for two in _readings(right)
    )


def _readings(pattern: str) -> tuple[Arn, ...]:
    padded = pad_arn(pattern)
    return (padded, *shifted_arns(pattern)) if padded else ()


def cover(patterns: Sequence[str], asked: str) -> Cover:
    """Return how much of what is asked for the patterns match together."""
    if any(includes(pattern, asked) for pattern in patterns) or _union_includes(patterns, asked):
        return Cover.FULL
    return Cover.PART if any(overlaps(pattern, asked) for pattern in patterns) else Cover.NONE


def cover_except(excluded: Sequence[str], asked: str) -> Cover:
    """Return how much of what is asked for is left when the excluded patterns are taken out."""
    if any(includes(pattern, asked) for pattern in excluded):
        return Cover.NONE
    return Cover.PART if any(overlaps(pattern, asked) for pattern in excluded) else Cover.FULL


def _union_includes(patterns: Sequence[str], asked: str) -> bool:
    """Whether several patterns that agree on the first five parts match all of it together."""
    small = pad_arn(asked)
    if small is None or not 2 <= len(patterns) <= _MAX_UNION:
        return False
    lasts = [big.resource for big in map(pad_arn, patterns) if big and _same_place(big, small)]
    return len(lasts) > 1 and glob.union_includes(tuple(lasts), small.resource)


def _same_place(big: Arn, small: Arn) -> bool:
    return all(glob.includes(a, b) for a, b in zip(big[:5], small[:5], strict=True))
