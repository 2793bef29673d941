"""Policy variables: ``${aws:username}``, ``${aws:PrincipalTag/team, 'default'}``, ``${*}``.

Only in documents of version 2012-10-17, in the last part of a resource ARN and in the values of
string and ARN operators. A substituted value is literal: its own ``*`` and ``?`` match only themselves.
Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from analyzer.iam.context import ABSENT, Context, Known
from analyzer.iam.glob import escape
from analyzer.patterns import later

_VARIABLE = later(r"\$\{([^{}]*)\}")
_INSIDE = later(r"\s*([^,']*?)\s*(?:,\s*'([^']*)'\s*)?\Z", re.DOTALL)


class Unset(Enum):
    """Why a text with variables has no value."""

    ABSENT = "the variable has no value in this request"
    UNKNOWN = "the variable's value is not known"


UNSET: Final = Unset.ABSENT
UNCERTAIN: Final = Unset.UNKNOWN


def has_variables(text: str) -> bool:
    """Whether the text names a context key as a variable (``${*}`` and its kin are no variables)."""
    return "${" in text and any(match[1] not in ("*", "?", "$", "") for match in _VARIABLE.finditer(text))


def widened(text: str) -> str:
    """Return the pattern with a ``*`` for every variable: it matches whatever the variables may be."""
    return _VARIABLE.sub(lambda match: match[0] if match[1] in ("*", "?", "$", "") else "*", text)


def substitute(text: str, context: Context) -> str | Unset:
    """Return the pattern with every variable replaced, or why that cannot be done.

    A key with several values cannot stand for a variable and counts as without value.
    """
    uncertain = False

    def value_of(match: re.Match[str]) -> str:
        nonlocal uncertain
        inside = match[1]
        if inside in ("*", "?", "$", ""):
            return match[0]
        parts = _INSIDE.match(inside)
        name, default = (parts[1], parts[2]) if parts else (inside, None)
        found = context.lookup(name)
        if isinstance(found, str):
            return escape(found)
        if isinstance(found, Known) and found is not ABSENT:
            uncertain = True
            return ""
        if default is not None:
            return escape(default)
        raise _NoValueError

    try:
        result = _VARIABLE.sub(value_of, text)
    except _NoValueError:
        return UNSET
    return UNCERTAIN if uncertain else result


class _NoValueError(Exception):
    """A variable without value and default: nothing can match."""
