"""A parsed document that still knows the line of each of its values."""

from __future__ import annotations

from typing import Literal, TypeAlias

from analyzer.errors import DoctorError
from analyzer.frozen import frozen

from .json_places import locate
from .text import excerpt

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Steps: TypeAlias = tuple[str | int, ...]
Format = Literal["yaml", "json"]

_COLUMNS = 20
_FURTHEST = (1 << _COLUMNS) - 1


class UnreadableDocument(DoctorError):
    """A document that no parser takes, or that is built to harm one; ``line`` is 1-based."""

    exit_code = 6

    def __init__(self, label: str, line: int, reason: str) -> None:
        self.label = label
        self.line = line
        self.reason = reason
        super().__init__(reason, where=f"{label}:{line}")


class Map(dict[str, Value]):
    """A YAML mapping; ``marks`` holds where each key stands, ``mark`` where it begins."""

    __slots__ = ("mark", "marks")

    def __init__(self, mark: int = 0) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, int] = {}


class Seq(list[Value]):
    """A YAML sequence; ``marks`` holds where each item stands, ``mark`` where it begins."""

    __slots__ = ("mark", "marks")

    def __init__(self, mark: int = 0) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[int] = []


def pack_mark(line: int, column: int) -> int:
    """Put a 0-based line and column into one number: millions of them are kept."""
    return line << _COLUMNS | (column if column < _FURTHEST else _FURTHEST)


def unpack_mark(mark: int) -> tuple[int, int]:
    """Give the 0-based line and column of a mark."""
    return mark >> _COLUMNS, mark & _FURTHEST


@frozen
class Document:
    """One document: its text in UTF-8, where that text begins in its file, and its value.

    Each is equal to itself alone.
    """

    label: str
    text: bytes
    first_line: int
    value: Value
    format: Format
    repeated: tuple[Steps, ...] = ()
    """Paths of keys that an object holds more than once; the last one's value is kept."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def at(self, *path: str | int) -> Place:
        """Point at a value, present or not."""
        return Place(self, path)

    def get(self, *path: str | int) -> Value:
        """Give the value at a path, None where there is none."""
        return Place(self, path).value

    def position(self, path: Steps) -> tuple[int, int]:
        """Give the 1-based line and column of a path, or of the nearest thing above it that exists."""
        if self.format == "json":
            offset = locate(self.text, path)
            line_start = self.text.rfind(b"\n", 0, offset) + 1
            column = len(self.text[line_start:offset].decode("utf-8", "replace"))
            return self.first_line + self.text.count(b"\n", 0, offset), column + 1
        line, column = unpack_mark(_mark_at(self.value, path))
        return self.first_line + line, column + 1


@frozen
class Place:
    """A path into a document: where it stands and what it says."""

    document: Document
    path: Steps = ()

    def at(self, *more: str | int) -> Place:
        """Point further down."""
        return Place(self.document, self.path + more)

    @property
    def line(self) -> int:
        """The 1-based line in the original file."""
        return self.document.position(self.path)[0]

    @property
    def column(self) -> int:
        """The 1-based column, counted in characters."""
        return self.document.position(self.path)[1]

    @property
    def excerpt(self) -> str:
        """The line's text, at most 400 characters of it."""
        line, column = self.document.position(self.path)
        return excerpt(self.document.text, line - self.document.first_line + 1, column)

    @property
    def exists(self) -> bool:
        """Whether the document holds the path, be it with a null."""
        return _follow(self.document.value, self.path)[1]

    @property
    def value(self) -> Value:
        """What stands there, None where there is nothing."""
        return _follow(self.document.value, self.path)[0]


def _step(value: Value, step: str | int) -> Value:
    """Go one step down; raises LookupError where there is nothing."""
    if isinstance(value, dict) and isinstance(step, str):
        return value[step]
    if isinstance(value, list) and isinstance(step, int) and step >= 0:
        return value[step]
    raise LookupError(step)


def _follow(value: Value, path: Steps) -> tuple[Value, bool]:
    try:
        for step in path:
            value = _step(value, step)
    except LookupError:
        return None, False
    return value, True


def _mark_at(value: Value, path: Steps) -> int:
    mark = value.mark if isinstance(value, Map | Seq) else 0
    try:
        for step in path:
            child = _step(value, step)
            mark = value.marks[step]  # type: ignore[union-attr]
            value = child
    except LookupError:
        pass
    return mark
