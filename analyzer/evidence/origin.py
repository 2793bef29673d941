"""Where a fact comes from: something that can be quoted as proof."""

from __future__ import annotations

from analyzer.bundle.document import Place
from analyzer.bundle.text import excerpt
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

    def line_of(self, word: str) -> Where | Quote:
        """Point at the line of a YAML text that begins with a word; where there is none, at the text."""
        document, value = self.place.document, self.place.value
        if document.format != "yaml" or not isinstance(value, str):
            return self
        first = self.line - document.first_line + 1
        lines = document.text.split(b"\n")[first : first + value.rstrip("\n").count("\n") + 1]
        for number, line in enumerate(lines, first + 1):
            if line.lstrip().startswith(word.encode()):
                column = len(line) - len(line.lstrip()) + 1
                shown = excerpt(document.text, number, column)
                return Quote(self.input, self.file, document.first_line + number - 1, shown, column)
        return self


@frozen
class Quote:
    """A line taken from a file that is not a document: a log, a header file, a token."""

    input: str
    file: str
    line: int
    excerpt: str
    column: int | None = None


Source = Where | Quote
