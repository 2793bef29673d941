"""YAML 1.2 core types of plain scalars, on the careful side: an account id is never a number by accident."""

from __future__ import annotations

import math

from analyzer.patterns import later

_CONSTANTS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_FIRST = frozenset("0123456789+-.~nNtTfF")
# Leading zeros mark an identifier (an account id), not a number; 20 digits hold any 64-bit one.
_INTEGER = later(r"[-+]?(?:0|[1-9][0-9]{0,19})\Z")
_BASED = later(r"0(?:o[0-7]{1,22}|x[0-9a-fA-F]{1,16})\Z")
_FLOAT = later(r"[-+]?(?:\.[0-9]{1,40}|(?:0|[1-9][0-9]{0,39})(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,4})?\Z")


def resolve(text: str) -> bool | int | float | str | None:
    """Give the value of a plain scalar; timestamps, ``on``, ``=``, NaN and infinities stay strings."""
    if text and text[0] not in _FIRST:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text, 0)
    if _FLOAT.match(text) and math.isfinite(number := float(text)):
        return number
    return text
