"""How much work a call is, as a count that is the same on every machine and at every hour."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

LINEAR = 2.5
"""Times the work for twice as much: more where things are compared pair by pair."""


def instructions(call: Callable[[], object]) -> int:
    """Count the interpreter's instructions that a call runs; what libraries do in C is one each."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
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
    once, twice = instructions(call(size)), instructions(call(2 * size))
    assert once > size, "nothing was counted"
    return twice <= LINEAR * once
