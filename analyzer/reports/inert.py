"""Text from inputs, made harmless: nothing in it can move a cursor, hide or reorder what is shown.

A log line of a bundle is written by whoever could make a pod log it. On a terminal such a line could
clear the screen, set the title, or show a verdict that nobody gave.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from analyzer.frozen import field_names, replace
from analyzer.patterns import later
from analyzer.redact import redact
from analyzer.shell import with_words

_T = TypeVar("_T")
_Change = Callable[[str], str]
_DIGESTS = frozenset({"sha256", "fingerprint"})
_COMMANDS = ("command", "commands")
"""Fields with lines for a shell."""

_INVISIBLE = later(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What counts as printable in Unicode and yet shows nothing: fillers, joiners, variation selectors."""


def inert(text: str) -> str:
    r"""Replace everything that does not print as itself by a visible escape such as ``\x1b``.

    That takes in C0 and C1 controls, line breaks and tabs, bidirectional and zero-width characters,
    unpaired surrogates, private and unassigned characters. A space stays a space.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else escape(c) for c in text)
    return _INVISIBLE.sub(lambda match: escape(match.group()), text)


def escape(character: str) -> str:
    r"""Write one character as an escape: ``\n``, ``\x1b``, ``\u202e`` or ``\U000e0001``."""
    short = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(character)
    code = ord(character)
    if short:
        return short
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def rewritten(value: _T, change: _Change, keep: frozenset[str] = frozenset()) -> _T:
    """Give a copy of a dataclass, tuple, list or dictionary with each string changed.

    Fields named in ``keep`` stay as they are: whoever shows those must change them itself.
    """
    return cast(_T, _rewritten(value, change, keep, change))


def with_other_words(value: _T, change: _Change, keep: frozenset[str] = frozenset()) -> _T:
    """Do the same where what is put in may hold signs of the shell: commands change word by word."""
    return cast(_T, _rewritten(value, change, keep, lambda text: with_words(text, change)))


def without_secrets(value: _T) -> _T:
    """Give a copy in which no string holds a secret of a known kind."""
    return with_other_words(value, cache(redact), _DIGESTS)


_UNCHANGED = (type(None), bool, int, float)


def _rewritten(value: Any, change: _Change, keep: frozenset[str], of_commands: _Change) -> Any:
    """Change strings from the leaves up; what holds none that changes is given back as it is."""
    if type(value) is str:
        new = change(value)
        return value if new == value else new  # one that was changed before may be another object
    if type(value) in _UNCHANGED:
        return value
    if isinstance(value, (tuple, list)):
        if not value:
            return value
        items = [_rewritten(item, change, keep, of_commands) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else type(value)(items)
    if isinstance(value, dict):
        return {change(key): _rewritten(item, change, keep, of_commands) for key, item in value.items()}
    changed: dict[str, Any] = {}
    kind: Any = type(value)
    for name in field_names(kind):
        if name not in keep:
            old = getattr(value, name)
            new = _rewritten(old, of_commands if name in _COMMANDS else change, keep, of_commands)
            if new is not old:
                changed[name] = new
    return replace(value, **changed) if changed else value
