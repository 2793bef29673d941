"""Read a policy document as it is handed over: an object, JSON text, or URL-encoded JSON text."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from analyzer.frozen import frozen
from analyzer.patterns import later

Path = tuple[str | int, ...]
"""Where something stands in a JSON document: keys and list positions from the root."""

MAX_TEXT = 300_000
_MAX_WRAPS = 4
_FORM = later(r"(?:%3A|%2C|%7B|%5B|[:,])\++(?:%22|%7B|%5B|%5D|%7D)", re.IGNORECASE)
"""Plus signs between the parts of JSON, which has none there."""


@frozen
class PolicyProblem:
    """Why something is not a policy document (or why AWS refuses it), and where it says so."""

    path: Path
    reason: str

    def __str__(self) -> str:
        """Return the place as a dotted path, then the reason."""
        return f"{dotted(self.path)}: {self.reason}"


def dotted(path: Path) -> str:
    """Return a path as text, e.g. ``Statement[0].Condition``; the root is ``document``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "document"


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys were written more than once."""

    repeated: tuple[str, ...] = ()


def _keep_last(pairs: list[tuple[str, Any]]) -> _Object:
    return _collect(pairs, keep_first=False)


def _keep_first(pairs: list[tuple[str, Any]]) -> _Object:
    return _collect(pairs, keep_first=True)


def _collect(pairs: list[tuple[str, Any]], *, keep_first: bool) -> _Object:
    result, repeated = _Object(), []
    for key, value in pairs:
        if key in result:
            repeated.append(key)
            if keep_first:
                continue
        result[key] = value
    result.repeated = tuple(dict.fromkeys(repeated))
    return result


def _repeats(node: object, path: Path) -> list[Path]:
    found: list[Path] = []
    todo: list[tuple[object, Path]] = [(node, path)]
    while todo:
        here, at = todo.pop()
        if isinstance(here, _Object):
            found += [(*at, key) for key in here.repeated]
            todo += [(value, (*at, key)) for key, value in here.items()]
        elif isinstance(here, list):
            todo += [(value, (*at, index)) for index, value in enumerate(here)]
    return sorted(found, key=str)


def _unquoted(text: str) -> str:
    """Undo URL-encoding, also that of a form, which writes blanks as plus signs."""
    while text[:3].lower() == "%7b":
        strict = unquote(text)
        text = strict if _FORM.search(text) is None else unquote(text.replace("+", " "))
    return text


def decode(
    source: object, *, keep_first: bool = False
) -> tuple[object, tuple[Path, ...], PolicyProblem | None]:
    """Turn what was handed over into a JSON value.

    Returns the value, the paths of the keys that the text names twice, and a problem when it is no
    JSON. URL-encoding is undone while the text starts with ``%7B`` (RFC 3986: ``+`` is no space, but where
    only that makes JSON of it), a JSON string that holds JSON is opened. Of a repeated key the last value
    counts, or the first when ``keep_first``.
    """
    repeats: tuple[Path, ...] = ()
    value = source
    for _ in range(_MAX_WRAPS):
        if not isinstance(value, (str, bytes)):
            return value, repeats, None
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        text = text.strip().removeprefix("\ufeff")
        text = _unquoted(text)
        if not text:
            return None, repeats, PolicyProblem((), "the document is empty")
        if len(text) > MAX_TEXT:
            return None, repeats, PolicyProblem((), f"longer than {MAX_TEXT} characters")
        try:
            value = json.loads(text, object_pairs_hook=_keep_first if keep_first else _keep_last)
        except json.JSONDecodeError as error:
            return None, repeats, PolicyProblem((), f"not JSON: {error.msg} (line {error.lineno})")
        except ValueError:
            return None, repeats, PolicyProblem((), "not JSON: a number is too long")
        except RecursionError:
            return None, repeats, PolicyProblem((), "not a policy: nested too deeply")
        repeats = tuple(_repeats(value, ()))
    return None, repeats, PolicyProblem((), "JSON strings are nested too deeply")
