"""Patterns of the policy language: ``*`` is any run of characters, ``?`` any one.

A literal ``*``, ``?`` or ``$`` is written as the policy language writes it: ``${*}``, ``${?}``,
``${$}`` (IAM User Guide, "IAM policy elements: Variables and tags"). Besides matching, this module
answers whether one pattern includes another and whether two overlap, which compares what is asked
for with what is granted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from analyzer.patterns import later


class Wild(Enum):
    """The two wildcards of a pattern."""

    RUN = "*"
    ONE = "?"


Token = str | Wild
_TOKEN = later(r"\$\{([*?$])\}|([*?])|(.)", re.DOTALL)
_SPECIAL = later(r"[*?$]")
_LONGEST = 32_768
"""Characters of the longest policy that AWS keeps, that of a KMS key; a longer pattern matches nothing."""
_MAX_STATES = 2_000
_MAX_PAIRS = 1_000_000


def escape(text: str) -> str:
    """Text as a pattern that matches only itself."""
    return re.sub(r"[*?$]", lambda match: "${" + match[0] + "}", text)


def escape_dollars(text: str) -> str:
    """Return a pattern in which ``${*}`` and its kin mean nothing special (policy version 2008-10-17)."""
    return text.replace("${", "${$}{")


@lru_cache(maxsize=8192)
def tokens(pattern: str) -> tuple[Token, ...]:
    """Return the characters and wildcards of a pattern, runs of ``*`` folded into one."""
    if len(pattern) > _LONGEST:
        return (pattern,)  # no character is the same
    result: list[Token] = []
    for literal, wild, plain in _TOKEN.findall(pattern):
        token: Token = Wild(wild) if wild else literal or plain
        if not (token is Wild.RUN and result and result[-1] is Wild.RUN):
            result.append(token)
    return tuple(result)


def has_wildcard(pattern: str) -> bool:
    """Whether the pattern can match more than one text."""
    if not _SPECIAL.search(pattern):
        return False
    return any(isinstance(token, Wild) for token in tokens(pattern))


def literal(pattern: str) -> str:
    """Return the one text that a pattern without wildcards matches."""
    if "$" not in pattern:
        return pattern
    return "".join(token if isinstance(token, str) else token.value for token in tokens(pattern))


def regex(pattern: str, *, any_char: str = ".") -> str:
    """Return the pattern as a regular expression without anchors; ``any_char`` is what a wildcard may match.

    What stands between two runs is matched at its first occurrence and never tried again (atomic
    groups): for such patterns that is enough, and a hostile pattern cannot take exponential time.
    """
    if len(pattern) > _LONGEST:
        return "(?!)"
    chunks = [""]
    for token in tokens(pattern):
        if token is Wild.RUN:
            chunks.append("")
        else:
            chunks[-1] += any_char if token is Wild.ONE else re.escape(str(token))
    if len(chunks) == 1:
        return chunks[0]
    middle = "".join(f"(?>{any_char}*?{chunk})" for chunk in chunks[1:-1])
    return f"{chunks[0]}{middle}{any_char}*{chunks[-1]}"


@lru_cache(maxsize=8192)
def compiled(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """Return the pattern compiled for ``fullmatch``."""
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.compile(regex(pattern), flags)


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole text matches the pattern."""
    if pattern == "*":
        return True
    if not ignore_case and not _SPECIAL.search(pattern):
        return pattern == text
    return compiled(pattern, ignore_case).fullmatch(text) is not None


Position = tuple[int, int]


def _closure(outer: Sequence[tuple[Token, ...]], states: set[Position]) -> frozenset[Position]:
    todo = list(states)
    while todo:
        which, at = todo.pop()
        if at < len(outer[which]) and outer[which][at] is Wild.RUN and (which, at + 1) not in states:
            states.add((which, at + 1))
            todo.append((which, at + 1))
    return frozenset(states)


def _step(
    outer: Sequence[tuple[Token, ...]], states: frozenset[Position], symbol: str | None
) -> frozenset[Position]:
    after: set[Position] = set()
    for which, at in states:
        if at == len(outer[which]):
            continue
        token = outer[which][at]
        if token is Wild.RUN:
            after.add((which, at))
        elif token is Wild.ONE or token == symbol:
            after.add((which, at + 1))
    return _closure(outer, after)


def _reach(inner: tuple[Token, ...], at: int) -> list[int]:
    """Positions of the inner pattern reachable without reading: past a run of any length."""
    return [at, at + 1] if at < len(inner) and inner[at] is Wild.RUN else [at]


@lru_cache(maxsize=16384)
def includes(outer: str, inner: str) -> bool:
    """Whether every text that ``inner`` matches is matched by ``outer``."""
    if outer in ("*", inner):
        return True
    return union_includes((outer,), inner)


@lru_cache(maxsize=4096)
def union_includes(outer: tuple[str, ...], inner: str) -> bool:
    """Whether the patterns of ``outer`` together match all that ``inner`` matches.

    Decided by walking the inner pattern beside the set of positions that the outer ones can be in;
    beyond a bound on the states the answer is False: inclusion was not shown.
    """
    if not has_wildcard(inner):
        text = literal(inner)
        return any(matches(pattern, text) for pattern in outer)
    sides = [tokens(pattern) for pattern in outer]
    inside = tokens(inner)
    # None stands for every character that no outer pattern names.
    alphabet: list[str | None] = [None, *sorted({t for side in sides for t in side if isinstance(t, str)})]
    start = (0, _closure(sides, {(which, 0) for which in range(len(sides))}))
    seen, todo = {start}, [start]
    while todo:
        position, states = todo.pop()
        for at in _reach(inside, position):
            if at == len(inside):
                if not any(here == len(sides[which]) for which, here in states):
                    return False
                continue
            token = inside[at]
            symbols = alphabet if isinstance(token, Wild) else [token]
            after_at = at if token is Wild.RUN else at + 1
            for symbol in symbols:
                nxt = (after_at, _step(sides, states, symbol))
                if nxt not in seen:
                    seen.add(nxt)
                    todo.append(nxt)
        if len(seen) > _MAX_STATES:
            return False
    return True


@lru_cache(maxsize=16384)
def overlaps(left: str, right: str) -> bool:
    """Whether some text matches both patterns; of patterns too long to compare it is taken to be so."""
    one, two = tokens(left), tokens(right)
    if len(one) * len(two) > _MAX_PAIRS:
        return True
    seen: set[Position] = {(0, 0)}
    todo: list[Position] = [(0, 0)]
    while todo:
        i, j = todo.pop()
        if i == len(one) and j == len(two):
            return True
        for nxt in _moves(one, two, i, j):
            if nxt not in seen:
                seen.add(nxt)
                todo.append(nxt)
    return False


def _moves(one: tuple[Token, ...], two: tuple[Token, ...], i: int, j: int) -> list[Position]:
    moves: list[Position] = []
    a = one[i] if i < len(one) else None
    b = two[j] if j < len(two) else None
    if a is Wild.RUN:
        moves.append((i + 1, j))
        if b is not None and b is not Wild.RUN:
            moves.append((i, j + 1))
    if b is Wild.RUN:
        moves.append((i, j + 1))
        if a is not None and a is not Wild.RUN:
            moves.append((i + 1, j))
    if (
        a is not None
        and b is not None
        and a is not Wild.RUN
        and b is not Wild.RUN
        and (a is Wild.ONE or b is Wild.ONE or a == b)
    ):
        moves.append((i + 1, j + 1))
    return moves
