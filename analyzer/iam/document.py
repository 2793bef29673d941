"""Read a policy document as it is handed over: an object, JSON text, or URL-encoded JSON text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
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
    """A JSON object of which the last of equal keys counts; it remembers the first value of each such key."""

    first: Mapping[str, Any] = {}


def _collect(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object(pairs)
    if len(result) < len(pairs):
        first = dict(reversed(pairs))
        counts = Counter(key for key, _ in pairs)
        result.first = {key: first[key] for key, count in counts.items() if count > 1}
    return result


def read_json(text: str) -> object:
    """Parse JSON text; its objects remember the keys that are written more than once."""
    return json.loads(text, object_pairs_hook=_collect)


def _first_reading(node: object) -> object:
    """Return a value as it reads when the first of equal keys counts."""
    if isinstance(node, _Object):
        return {key: _first_reading(node.first.get(key, value)) for key, value in node.items()}
    return [_first_reading(one) for one in node] if isinstance(node, list) else node


def _repeats(node: object, path: Path) -> list[Path]:
    found: list[Path] = []
    todo: list[tuple[object, Path]] = [(node, path)]
    while todo:
        here, at = todo.pop()
        if isinstance(here, _Object):
            found += [(*at, key) for key in here.first]
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
    value = source
    for _ in range(_MAX_WRAPS):
        if not isinstance(value, (str, bytes)):
            return _read(value, keep_first=keep_first)
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        text = text.strip().removeprefix("\ufeff")
        text = _unquoted(text)
        if not text:
            return None, (), PolicyProblem((), "the document is empty")
        if len(text) > MAX_TEXT:
            return None, (), PolicyProblem((), f"longer than {MAX_TEXT} characters")
        try:
            value = read_json(text)
        except json.JSONDecodeError as error:
            return None, (), PolicyProblem((), f"not JSON: {error.msg} (line {error.lineno})")
        except ValueError:
            return None, (), PolicyProblem((), "not JSON: a number is too long")
        except RecursionError:
            return None, (), PolicyProblem((), "not a policy: nested too deeply")
    return None, (), PolicyProblem((), "JSON strings are nested too deeply")


def _read(value: object, *, keep_first: bool) -> tuple[object, tuple[Path, ...], PolicyProblem | None]:
    repeats = tuple(_repeats(value, ()))
    try:
        return _first_reading(value) if keep_first and repeats else value, repeats, None
    except RecursionError:
        return None, (), PolicyProblem((), "not a policy: nested too deeply")
