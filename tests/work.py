"""How much work a call is, as a count that is the same on every machine and at every hour."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

LINEAR = 2.5
"""Times the work for twice as much: more where things are compared pair by pair."""


def steps(call: Callable[[], object]) -> int:
    """Count the lines, rounds of loops and calls of Python that a call runs; work in C is not counted."""
    count = 0

    def trace(_: FrameType, __: str, ___: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def is_linear(call: Callable[[int], Callable[[], object]], size: int) -> bool:
    """Tell whether a call does at most ``LINEAR`` times the work for twice the size.

    ``call`` makes the call for a size; what it does to make it is not counted.
    """
    call(size)()  # what is done once, such as compiling a pattern, is done now
    once, twice = steps(call(size)), steps(call(2 * size))
    assert once > size, "nothing was counted"
    return twice <= LINEAR * once
