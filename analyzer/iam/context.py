"""The request context: what is known of each condition key.

A key is known (a value, or a list of values), known to be absent, known to be present with an
unknown value, or not known at all. Key names compare without case (IAM User Guide, "Condition").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Final

from analyzer.frozen import field, frozen


class Known(Enum):
    """What is known of a key that has no known value."""

    ABSENT = "absent"
    PRESENT = "present, value not known"
    UNKNOWN = "not known"


ABSENT: Final = Known.ABSENT
PRESENT: Final = Known.PRESENT
UNKNOWN: Final = Known.UNKNOWN

Value = str | tuple[str, ...]
Lookup = Value | Known


@frozen
class Context:
    """Condition keys in lower case, each with a value or with what is known instead.

    ``families`` are key prefixes (``aws:resourcetag/``) with what is known of every key below them;
    ``default`` is what holds for a key that is named nowhere. ``since`` gives, for keys that are a moment
    nobody knows, the epoch seconds before which it does not lie.
    """

    keys: Mapping[str, Lookup] = field(default_factory=dict)
    default: Known = ABSENT
    families: tuple[tuple[str, Known], ...] = ()
    since: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        values: Mapping[str, object] | None = None,
        *,
        absent: Iterable[str] = (),
        present: Iterable[str] = (),
        unknown: Iterable[str] = (),
        default: Known = ABSENT,
        since: Mapping[str, str] | None = None,
    ) -> Context:
        """Return a context from plain values.

        A value may be a string, boolean, number, a list of these, or None for "not known". Names in
        ``absent``, ``present`` and ``unknown`` may end in ``*`` to speak of a family of keys.
        """
        keys: dict[str, Lookup] = {}
        families: list[tuple[str, Known]] = []
        for names, state in ((absent, ABSENT), (present, PRESENT), (unknown, UNKNOWN)):
            for name in names:
                if name.endswith("*"):
                    families.append((name[:-1].lower(), state))
                else:
                    keys[name.lower()] = state
        keys |= dict.fromkeys(since or (), PRESENT)
        for name, value in (values or {}).items():
            keys[name.lower()] = _value(value)
        return cls(keys, default, tuple(families), since or {})

    def lookup(self, key: str) -> Lookup:
        """Return what is known of a key."""
        name = key.lower()
        found = self.keys.get(name)
        if found is not None:
            return found
        for prefix, state in self.families:
            if name.startswith(prefix):
                return state
        return self.default

    def adding(self, values: Mapping[str, object]) -> Context:
        """Return the same context with some more keys known."""
        more = {name.lower(): _value(value) for name, value in values.items()}
        return Context({**self.keys, **more}, self.default, self.families, self.since)


def clock_keys(now: datetime) -> dict[str, str]:
    """Return the keys that tell the time of a call, for calls from ``now`` on: ``since`` of a context."""
    seconds = str(int(now.timestamp()))
    return {"aws:currenttime": seconds, "aws:epochtime": seconds}


def _value(value: object) -> Lookup:
    if value is None:
        return UNKNOWN
    if isinstance(value, Known):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(_text(item) for item in value)
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def describe(value: Lookup) -> str:
    """Return a looked-up value as text for a reader."""
    if isinstance(value, Known):
        return value.value
    if isinstance(value, str):
        return value
    return ", ".join(value) if value else "an empty list"
