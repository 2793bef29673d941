"""Where a fact comes from: something that can be quoted as proof."""

from __future__ import annotations

from analyzer.bundle.document import Place
from analyzer.frozen import frozen


@frozen
class Where:
    """A place in a parsed document of one input; line and excerpt are worked out when asked for."""

    input: str
    place: Place

    @property
    def file(self) -> str:
        """Path of the file inside its input."""
        return self.place.document.label

    @property
    def line(self) -> int:
        """1-based line in the original file."""
        return self.place.line

    @property
    def column(self) -> int | None:
        """1-based column, where it is known."""
        return self.place.column

    @property
    def excerpt(self) -> str:
        """The line itself, bounded in length."""
        return self.place.excerpt

    def at(self, *path: str | int) -> Where:
        """Point further into the same document; a step that is not there keeps the last place."""
        return Where(self.input, self.place.at(*path))


@frozen
class Quote:
    """A line taken from a file that is not a document: a log, a header file, a token."""

    input: str
    file: str
    line: int
    excerpt: str
    column: int | None = None


Source = Where | Quote
