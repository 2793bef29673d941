"""YAML that may be hostile: composed from the parser's events under a guard, with line numbers.

Composing is ours because libyaml's own recurses (about 50,000 nested brackets end the process), and
because depth, nodes and aliases can be counted as the events come.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from analyzer.patterns import later

from .document import Document, Map, Seq, Steps, UnreadableDocument, Value, pack_mark, unpack_mark
from .limits import DEFAULT_LIMITS, Limits
from .overwritten import bar_at, legible
from .text import to_utf8
from .yaml_scalars import resolve

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

_LONE_CR = later(rb"\r(?!\n)")
_REPEATED = 1000
_EXOTIC_BREAK = later(rb"\xc2\x85|\xe2\x80[\xa8\xa9]")


class _Mark(Protocol):
    index: int
    line: int
    column: int


class _Event(Protocol):
    """What PyYAML's event classes have, each some of it."""

    start_mark: _Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    implicit: tuple[bool, bool]


def parse_yaml(
    data: bytes, label: str, limits: Limits = DEFAULT_LIMITS, first_line: int = 1
) -> list[Document]:
    """Give every document of a YAML text; an empty text has none. Raises UnreadableDocument.

    Where values were written over with signs of YAML's own (``***``), they are read as so many X.
    """
    try:
        return list(iter_yaml(data, label, limits, first_line))
    except UnreadableDocument:
        if (again := legible(data)) == data:
            raise
    return list(iter_yaml(again, label, limits, first_line))


def iter_yaml(
    data: bytes, label: str, limits: Limits = DEFAULT_LIMITS, first_line: int = 1
) -> Iterator[Document]:
    """Yield the documents of a text one by one; raises UnreadableDocument at the first bad one.

    Merge keys stay plain keys, tags are ignored, keys are always strings.
    """
    text = _LONE_CR.sub(b"\n", to_utf8(data)) if b"\r" in data else to_utf8(data)
    try:
        builder = _Builder(limits, _marker(text), text)
        for value, repeated in _compose(_Parser(text), builder):
            yield Document(label, text, first_line, value, "yaml", repeated)
    except _GuardError as error:
        raise UnreadableDocument(label, first_line + error.line, error.reason) from None
    except yaml.YAMLError as error:
        raise UnreadableDocument(label, first_line + _error_line(error, text), _reason(error)) from None
    except (ValueError, RecursionError, MemoryError, IndexError, AttributeError, TypeError) as error:
        # PyYAML's pure parser lets its own slips through; none of them may end a run.
        raise UnreadableDocument(label, first_line, f"not YAML: {type(error).__name__}") from None


class _GuardError(Exception):
    def __init__(self, mark: int, reason: str) -> None:
        self.line = unpack_mark(mark)[0]
        self.reason = reason


class _Frame(NamedTuple):
    """An open collection."""

    made: Map | Seq
    anchor: str | None
    nodes_before: int
    step: str | int | None
    """Its key or index in the collection around it."""


class _Builder:
    """Builds one document's value; the open collections are on a stack of its own."""

    def __init__(self, limits: Limits, mark: Callable[[_Mark], int], text: bytes) -> None:
        self.mark = mark
        self._text: bytes | str = text
        self._limits = limits
        self._most = limits.nodes
        self._nodes = 0
        self.reset()

    def reset(self) -> None:
        """Begin another document."""
        self.root: Value = None
        self.repeated: list[Steps] = []
        self._open: list[_Frame] = []
        self._into: Map | Seq | None = None
        self._key: str | None = None
        self._key_mark = 0
        self._anchors: dict[str, tuple[Value, int] | None] = {}
        self._aliases = 0
        self._alias_nodes = 0

    def scalar(self, event: _Event) -> None:
        """Take a scalar: a key where one is due, else a value."""
        self._nodes += 1
        if self._nodes > self._most:
            raise self._too_many(event)
        into, text = self._into, event.value
        if self._key is None and type(into) is Map:
            self._key, self._key_mark = text, self.mark(event.start_mark)
            if event.anchor:
                self._anchors[event.anchor] = (text, 1)
            return
        value: Value = resolve(text) if event.implicit[0] else text
        if not text and not event.style:
            value = self._in_its_place(event) or value
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        # a value of a mapping is found by its key: only items have marks of their own
        self._add(value, self.mark(event.start_mark) if type(into) is Seq else 0)

    def _in_its_place(self, event: _Event) -> str | None:
        """Give what stands where YAML sees no value: a tag of nobody's, or signs that begin a comment."""
        if event.tag:
            return event.tag if event.tag.startswith("!") else None
        if isinstance(self._text, bytes):  # marks count characters
            self._text = self._text.decode(errors="replace")
        return bar_at(self._text, event.start_mark.index)

    def open(self, event: _Event, kind: type[Map | Seq]) -> None:
        """Begin a collection."""
        self._nodes += 1
        if self._nodes > self._most:
            raise self._too_many(event)
        mark = self.mark(event.start_mark)
        if self._key is None and type(self._into) is Map:
            raise _GuardError(mark, "a key that is no plain string")
        if len(self._open) >= self._limits.depth:
            raise _GuardError(mark, f"nested more than {self._limits.depth} levels deep")
        made = kind(mark)
        step = len(self._into) if isinstance(self._into, Seq) else self._key
        self._add(made, mark)
        self._open.append(_Frame(made, event.anchor, self._nodes, step))
        if event.anchor:
            self._anchors[event.anchor] = None
        self._into, self._key = made, None

    def close(self) -> None:
        """End the innermost collection."""
        ended = self._open.pop()
        if ended.anchor:
            self._anchors[ended.anchor] = (ended.made, self._nodes - ended.nodes_before + 1)
        self._into = self._open[-1].made if self._open else None
        self._key = None

    def alias(self, event: _Event) -> None:
        """Put an anchored value a second time, paid for by all the nodes below it."""
        mark = self.mark(event.start_mark)
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            raise _GuardError(mark, f"more than {self._limits.aliases} aliases")
        if event.anchor is None or event.anchor not in self._anchors:
            raise _GuardError(mark, "an alias without its anchor")
        target = self._anchors[event.anchor]
        if target is None:
            raise _GuardError(mark, "an alias to something that holds it")
        value, nodes = target
        self._nodes += nodes
        self._alias_nodes += nodes
        if self._alias_nodes > self._limits.alias_nodes:
            raise _GuardError(mark, "aliases that multiply without end")
        if self._key is None and type(self._into) is Map:
            raise _GuardError(mark, "an alias as a key")
        self._add(value, mark)

    def _too_many(self, event: _Event) -> _GuardError:
        return _GuardError(self.mark(event.start_mark), f"more than {self._most} values")

    def _add(self, value: Value, mark: int) -> None:
        into = self._into
        if type(into) is Seq:
            into.append(value)
            into.marks.append(mark)
        elif type(into) is Map:
            key = self._key
            assert key is not None  # noqa: S101 - keys and values alternate
            if key in into and len(self.repeated) < _REPEATED:
                self.repeated.append((*(frame.step for frame in self._open[1:]), key))  # type: ignore[arg-type]
            into[key] = value
            into.marks[key] = self._key_mark
            self._key = None
        else:
            self.root = value


def _compose(parser: object, builder: _Builder) -> Iterator[tuple[Value, tuple[Steps, ...]]]:
    next_event: Callable[[], _Event] = parser.get_event  # type: ignore[attr-defined]
    started = False
    while True:
        event = next_event()
        kind: object = type(event)
        if kind is ScalarEvent:
            builder.scalar(event)
        elif kind is MappingStartEvent:
            builder.open(event, Map)
        elif kind is SequenceStartEvent:
            builder.open(event, Seq)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            builder.close()
        elif kind is AliasEvent:
            builder.alias(event)
        elif kind is DocumentStartEvent or kind is StreamEndEvent:
            if started:
                yield builder.root, tuple(builder.repeated)
                builder.reset()
            started = True
            if kind is StreamEndEvent:
                return


def _marker(text: bytes) -> Callable[[_Mark], int]:
    """Choose how marks become lines: YAML 1.1 also breaks lines where no editor does."""
    if not _EXOTIC_BREAK.search(text):
        return _plain_mark
    shown = text.decode("utf-8")
    breaks = [at for at, char in enumerate(shown) if char == "\n"]

    def mapped(mark: _Mark) -> int:
        line = bisect_left(breaks, mark.index)
        return pack_mark(line, mark.index - (breaks[line - 1] + 1 if line else 0))

    return mapped


def _plain_mark(mark: _Mark) -> int:
    return pack_mark(mark.line, mark.column)


def _error_line(error: yaml.YAMLError, text: bytes) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return min(unpack_mark(_marker(text)(mark))[0], text.count(b"\n"))
    position = getattr(error, "position", None)
    return text.count(b"\n", 0, position) if isinstance(position, int) else 0


def _reason(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    return f"not YAML: {problem}" if isinstance(problem, str) else "not YAML"
