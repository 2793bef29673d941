"""The YAML of a rule file as nodes that know their lines.

Rule files come from users: their size, depth and number of nodes are bounded; tags, anchors, aliases,
duplicate keys and further documents are refused. Plain scalars follow the YAML 1.2 core schema, in
which ``on`` and ``12:34`` are strings (yaml.org/spec/1.2.2, section 10.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import yaml

from analyzer.engine.rulefolder import MAX_BYTES
from analyzer.engine.source import Text
from analyzer.errors import RuleProblem
from analyzer.frozen import frozen
from analyzer.patterns import later

MAX_DEPTH: Final = 16
MAX_NODES: Final = 10_000
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = later(r"[-+]?[0-9]{1,19}\Z")
_FLOAT = later(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?\Z")
_SIGN = later(r"^[ -]*([\w-]+: +)([!&*%@`\"].*)$")
_WORDS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@frozen
class Scalar:
    """One value; ``text`` is how it is written and where."""

    value: object
    text: Text
    line: int


@frozen
class Items:
    """A sequence."""

    nodes: tuple[Node, ...]
    line: int


@frozen
class Fields:
    """A mapping with the lines of its keys."""

    nodes: Mapping[str, Node]
    lines: Mapping[str, int]
    line: int


Node = Scalar | Items | Fields


def read_nodes(data: bytes, file: str) -> Fields:
    """Read one rule file as a mapping; raises RuleProblem with ``file:line``."""
    if len(data) > MAX_BYTES:
        raise RuleProblem(f"a rule file has at most {MAX_BYTES // 1024} KiB", where=f"{file}:1")
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RuleProblem("the file is not UTF-8", where=f"{file}:{line}") from error
    try:
        node = _Reader(source, file).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).split("\n")[0]
        line = mark.line + 1 if mark else 1
        do = _quotes(source, line)
        raise RuleProblem(f"the YAML cannot be read: {what}", where=f"{file}:{line}", do=do) from error
    if not isinstance(node, Fields):
        raise RuleProblem("a rule is a mapping of keys to values", where=f"{file}:{node.line}")
    return node


def _quotes(source: str, line: int) -> str:
    """Advise quotes where a value begins with a sign that means something to YAML, as ``!`` does."""
    for written in reversed(source.splitlines()[max(0, line - 2) : line]):
        found = _SIGN.search(written)
        if found:
            value = found[2].strip().replace("'", "''")
            return f"Put the whole value in quotes: {found[1]}'{value[:60]}'"
    return ""


def plain(node: Node) -> object:
    """Return the node's value without its places: None, bool, int, float, str, list or dict."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    return {key: plain(item) for key, item in node.nodes.items()}


class _Reader:
    """The stream of YAML events of one file, and how many nodes were read."""

    def __init__(self, source: str, file: str) -> None:
        self.source = source
        self.file = file
        self.count = 0
        self.events: Iterator[yaml.Event] = yaml.parse(source, Loader=_Loader)

    def fail(self, what: str, event: yaml.Event) -> RuleProblem:
        return RuleProblem(what, where=f"{self.file}:{_line(event)}")

    def document(self) -> Node:
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise self.fail("the file is empty", event)
        node = self.node(next(self.events), 0)
        next(self.events)
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.fail("a rule file holds one rule: there is a second document", event)
        return node

    def node(self, event: yaml.Event, depth: int) -> Node:
        self.check(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        line = _line(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(tuple(self.items(depth)), line)
        return self.fields(depth, line)

    def check(self, event: yaml.Event, depth: int) -> None:
        self.count += 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self.fail("anchors and aliases are refused in rule files", event)
        tag = getattr(event, "tag", None)
        if tag:
            where, do = f"{self.file}:{_line(event)}", _quotes(self.source, _line(event))
            raise RuleProblem(f"the tag {str(tag)[:60]!r} is refused in rule files", where=where, do=do)
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            raise self.fail(f"a rule has at most {MAX_DEPTH} levels and {MAX_NODES} values", event)

    def items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self.node(event, depth + 1)

    def fields(self, depth: int, line: int) -> Fields:
        nodes: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self.check(event, depth + 1)
            if not isinstance(event, yaml.ScalarEvent):
                raise self.fail("a key is a plain word", event)
            name = event.value
            if name in nodes:
                raise self.fail(f"the key {name[:60]!r} stands twice", event)
            lines[name] = _line(event)
            nodes[name] = self.node(next(self.events), depth + 1)
        return Fields(nodes, lines, line)

    def scalar(self, event: yaml.ScalarEvent) -> Scalar:
        start, end, written = event.start_mark, event.end_mark, event.value
        raw = self.source[start.index : end.index] if start and end else ""
        text = Text(written, self.file, _line(event), start.column + 1 if start else 1, raw)
        is_plain = not event.style
        return Scalar(_core_value(written) if is_plain else written, text, text.line)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _core_value(written: str) -> object:
    if written in _WORDS:
        return _WORDS[written]
    if _INT.match(written):
        return int(written)
    return float(written) if _FLOAT.match(written) else written
