"""Kubernetes lists cut into items as bytes, so that only the items that matter are parsed.

A namespace's ``pods.yaml`` is megabytes of which one pod is wanted; cutting costs a thousandth of
parsing. A list that ends too early still gives its whole items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from heapq import merge
from itertools import islice
from typing import Literal

from analyzer.frozen import frozen
from analyzer.needles import count, find, places
from analyzer.patterns import later

from .document import Document, Seq, UnreadableDocument
from .json_guard import parse_json
from .json_places import after_space, children, value_end
from .limits import DEFAULT_LIMITS, Limits
from .text import to_utf8
from .yaml_flow import flow_items
from .yaml_guard import parse_yaml

# Patterns begin with the line break before them: a literal first byte makes the search ten times faster.
_ITEMS = later(rb"\n[\"']?items[\"']?:[ \t]*([^\n]*)\n?")
_KIND = later(rb"\n[\"']?kind[\"']?:[ \t]*[\"']?(\w+)")
_QUOTES = (b"", b'"', b"'")
_SEPARATOR = later(rb"\n(?:---(?=[ \t\n]|\Z)|\.\.\.(?=[ \t]*(?:\n|\Z)))[ \t]*")
_VERSION = b"\napiVersion:"
_HEADING = later(rb"(?![\w\"'][\w./-]*[\"']?:|[ \t#}\]-])")
"""How a line begins that is no part of a document."""
_BLANK = later(rb"(?:[ \t]*+(?:#[^\n]*+)?+(?:\n|\Z))*+")
_MARKER = later(rb" *-(?: +(?=\S)|[ \t]*\n(?:[ \t]*\n)* *)")
_JSON = later(rb"\s*+(?:\{\s*+[\"}]|\[\s*+[\"\[\]{}0-9tfn-])")
_OPEN_ITEMS = later(rb'[\s,]*+"items"\s*+:\s*+(?=\[)')
_FIRST_ITEM = later(rb"( *)-(?= |\n|\Z)")
_NODE = later(rb"[:-] ([&*])([\w-]{1,60})(?=[ \t]*(?:\n|\Z)|(?<=\w)[ \t])")
"""An anchor or an alias in the place of a value."""
_ANCHORS = (b": &", b"- &")
"""What a program writes before an anchor, and what few scripts in a ConfigMap hold."""
_MOST_BEFORE = 1 << 20
"""Bytes of earlier items that are read once more for the anchors of a list."""
_TIMES = 4
"""The same bound as a multiple of the list's own size."""
_ERROR_TEXT = later(
    rb"\s*(?:<(?:!|html|\?)|error:|Error from server|Unable to connect|The connection to)", re.I
)

MOST_ITEMS = 250_000
"""Objects that a file may hold: thirty times what a large cluster has of any kind that matters."""
_MOST_MAPPINGS = 8 * MOST_ITEMS
"""Mappings that a JSON file may hold: the largest that is read has room for so many of 33 bytes each."""

Shape = Literal["yaml", "json"]


@frozen
class ListItem:
    """One object as text: of a list, or the whole document of a file that is no list."""

    first_line: int
    data: bytes
    list_kind: str = ""
    """``SecretList``, ``List``; "" outside a list. Typed lists may leave the items' kind out."""
    complete: bool = True
    """False for the last item of a list that ends too early: it may lack fields it has."""
    format: Shape = "yaml"
    before: bytes = b""
    """The list's text from its first item with an anchor on, where this one refers to any; mostly none."""

    @property
    def in_list(self) -> bool:
        """Whether the text begins with the marker of a YAML sequence."""
        return bool(self.list_kind) and self.format == "yaml"


@frozen
class Cut:
    """A file's objects; ``problem`` says what is wrong with the file as a whole."""

    items: tuple[ListItem, ...]
    complete: bool = True
    problem: str = ""
    flood: bool = False

    @property
    def cost(self) -> int:
        """What it counts for among the objects of a run, also where they are too many."""
        return MOST_ITEMS if self.flood else len(self.items)


def cut_list(data: bytes) -> Cut:
    """Cut a YAML or JSON file, also of several documents, into its objects; never raises.

    Of a file with more than ``MOST_ITEMS`` none is given.
    """
    text = to_utf8(data)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    if _ERROR_TEXT.match(text):
        first = text.strip().split(b"\n", 1)[0][:200].decode("utf-8", "replace")
        return Cut((), complete=False, problem=f"an error message instead of objects: {first}")
    if _JSON.match(text):
        return _FLOOD if text.count(b"}") > _MOST_MAPPINGS else _cut_json(text)
    items: list[ListItem] = []
    complete = True
    text = b"\n" + text
    for line, start, end in _documents(text):
        found, whole = _cut_yaml(text, line, start, end)
        items += found
        complete = complete and whole
        if len(items) > MOST_ITEMS:
            return _FLOOD
    return Cut(tuple(items), complete, "" if complete else "the list ends too early")


_FLOOD = Cut(
    (), complete=False, problem=f"it holds more than {MOST_ITEMS:,} objects: none is read", flood=True
)


_DATED = (
    (b"kind: Secret\n", b"f:credentials:"),
    (b"kind: ServiceAccount\n", b"f:eks.amazonaws.com/"),
)
"""What an object holds whose ``managedFields`` are read: they tell when a value was set."""


def parse_item(item: ListItem, label: str, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Parse one item, mostly without ``managedFields``; raises UnreadableDocument with the file's line."""
    if item.format == "json":
        return parse_json(item.data, label, limits, item.first_line)[0]
    data = item.before + item.data
    if not any(kind in data and word in data for kind, word in _DATED):
        data = strip_managed_fields(data, item_base(data) + 2)
    documents = parse_yaml(data, label, limits, item.first_line - count(item.before, b"\n"))
    if len(documents) != 1:
        raise UnreadableDocument(label, item.first_line, f"{len(documents)} documents where one was expected")
    document = documents[0]
    if not item.in_list:
        return document
    value = document.value
    if not isinstance(value, Seq) or not value or (len(value) != 1 and not item.before):
        raise UnreadableDocument(label, item.first_line, "not one list item")
    repeated = tuple(path[1:] for path in document.repeated if path[0] == len(value) - 1)
    return Document(label, document.text, document.first_line, value[-1], "yaml", repeated)


def parse_items(
    cut: Cut, label: str, limits: Limits = DEFAULT_LIMITS
) -> tuple[list[Document], list[UnreadableDocument]]:
    """Parse every item; those that are broken, or may be cut, come back as errors beside the others."""
    documents: list[Document] = []
    problems: list[UnreadableDocument] = []
    for item in cut.items:
        if not item.complete:
            problems.append(
                UnreadableDocument(label, item.first_line, "the list ends inside or after this item")
            )
            continue
        try:
            documents.append(parse_item(item, label, limits))
        except UnreadableDocument as error:
            problems.append(error)
    if cut.problem and not cut.items:
        problems.append(UnreadableDocument(label, 1, cut.problem))
    return documents, problems


def strip_managed_fields(data: bytes, indent: int) -> bytes:
    """Blank out ``managedFields`` at an indentation: a quarter of the bytes; lines keep their numbers."""
    if b"managedFields" not in data:
        return data
    return _managed(indent).sub(lambda found: b"\n" * found[0].count(b"\n"), data)


@lru_cache(maxsize=16)
def _managed(indent: int) -> re.Pattern[bytes]:
    pad = b" " * indent
    return re.compile(rb"\n%b\"?managedFields\"?:[ \t]*(?:\n%b[- ][^\n]*+|\n[ \t]*+(?=\n|\Z))++" % (pad, pad))


def _documents(text: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield first line, start and end of each YAML document that holds more than comments.

    The text has a line break put before it; starts are those of lines, or follow ``---``.
    """
    start, line = 1, 1
    for place in merge(places(text, b"\n---"), places(text, b"\n...")):
        mark = _SEPARATOR.match(text, place)
        if mark is None:
            continue
        if _has_content(text, start, place):
            yield from _in_a_row(text, line, start, place + 1)
        line += count(text, b"\n", start, mark.end())
        start = mark.end()
    if _has_content(text, start, len(text)):
        yield from _in_a_row(text, line, start, len(text))


def _in_a_row(text: bytes, line: int, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Part what several ``oc get`` appended to a file without ``---``: each begins with its ``apiVersion``.

    Headings between them belong to none.
    """
    begins, place = [], find(text, _VERSION, start - 1, end)
    while place >= 0:
        begins.append(place + 1)
        place = find(text, _VERSION, place + 1, end)
    if len(begins) < 2 or find(text, b"\nkind:", start - 1, begins[0]) >= 0:
        yield line, start, end
        return
    at = start
    for begin, stop in zip([start, *begins[1:]], [*begins[1:], end], strict=True):
        line += count(text, b"\n", at, begin)
        at = begin
        yield line, begin, _without_headings(text, begin, stop) if stop < end else stop


def _without_headings(text: bytes, begin: int, stop: int) -> int:
    """Give where a document ends before the lines that stand between it and the next."""
    while stop > begin:
        start = text.rfind(b"\n", begin, stop - 1) + 1
        if start <= begin or not _HEADING.match(text, start):
            break
        stop = start
    return stop


def _has_content(text: bytes, start: int, end: int) -> bool:
    return _after_blank(text, start, end) < end


def _after_blank(text: bytes, start: int, end: int) -> int:
    blank = _BLANK.match(text, start, end)
    return blank.end() if blank else start


def _cut_yaml(text: bytes, line: int, start: int, end: int) -> tuple[list[ListItem], bool]:
    """Give a document's items and whether it is complete; one item where it is no list."""
    whole = [ListItem(line, text[start:end])], True
    if text.startswith(b"{", _after_blank(text, start, end)):
        listed = flow_items(text[start:end])
        if listed is None:
            return whole
        # The marker makes them what items of a block sequence are.
        return [ListItem(line + down, b"- " + item, listed.kind) for down, item in listed.items], True
    head = _key(_ITEMS, b"items", text, start - 1, end)
    if head is None:
        return whole
    kind = _key(_KIND, b"kind", text, start - 1, head.start())
    kind = kind or _key(_KIND, b"kind", text, head.end() - 1, end)
    rest = head[1].split(b" #")[0].strip()
    if rest in (b"[]", b"null", b"~"):
        return [], True
    begin = _after_blank(text, head.end(), end)
    first = _FIRST_ITEM.match(text, begin, end)
    if (rest.strip(b"#") and not rest.startswith(b"#")) or first is None:
        # A null is a list without items, and so is one that is cut right here.
        empty = not rest and (begin >= end or text[begin : begin + 1] not in (b" ", b"-"))
        return ([], kind is not None) if empty else whole
    starts, stop = _item_starts(text, begin, end, len(first[1]))
    complete = kind is not None and (stop < end or text[end - 1 : end] == b"\n")
    name = kind[1].decode("ascii", "replace") if kind else "List"
    items, at = [], start
    anchored = _anchored(text, starts, stop)
    for item_start, item_end in zip(starts, [*starts[1:], stop], strict=True):
        line += count(text, b"\n", at, item_start)
        at = item_start
        before = text[anchored.get(item_start, item_start) : item_start]
        whole_item = complete or item_end != stop
        items.append(ListItem(line, text[item_start:item_end], name, whole_item, before=before))
    return items, complete


def _anchored(text: bytes, starts: list[int], stop: int) -> dict[int, int]:
    """Give, for each item that refers to an anchor of an earlier one, where the first item with any begins.

    The API server writes none; PyYAML and Ansible do for a value that stands twice.
    """
    found: dict[int, int] = {}
    if not starts or not any(find(text, sign, starts[0], stop) >= 0 for sign in _ANCHORS):
        return found
    first, known, room = -1, set[bytes](), min(_MOST_BEFORE, _TIMES * (stop - starts[0]))
    for begin, end in zip(starts, [*starts[1:], stop], strict=True):
        own: set[bytes] = set()
        for mark in _NODE.finditer(text, begin, end):
            if mark[1] == b"&":
                own.add(mark[2])
            elif text[begin : mark.start(1)].strip() == b"-":
                continue  # the whole item is one that was read already
            elif mark[2] not in own and mark[2] in known:
                found[begin] = first  # what stands between them may refer to others
        if own and first < 0:
            first = begin
        known |= own
        room -= begin - found.get(begin, begin)
        if room < 0:
            del found[begin]
            break
    return found


def _key(
    pattern: re.Pattern[bytes], name: bytes, text: bytes, start: int, end: int
) -> re.Match[bytes] | None:
    """Find the first line that begins with a key as the pattern has it; literals show where to look."""
    found = [find(text, b"\n%b%b%b:" % (quote, name, quote), start, end) for quote in _QUOTES]
    first = min((place for place in found if place >= 0), default=-1)
    return pattern.match(text, first, end) if first >= 0 else None


def _item_starts(text: bytes, begin: int, end: int, indent: int) -> tuple[list[int], int]:
    """Give where each item's line begins, and where the sequence ends."""
    starts: list[int] = []
    for mark in _shallow_line(indent).finditer(text, begin - 1, end):
        first = mark.end() - 1
        marker = text[first : min(first + 2, end)]
        if first - mark.start() - 1 != indent or marker not in (b"-", b"- ", b"-\n"):
            return starts, mark.start() + 1
        starts.append(mark.start() + 1)
        if len(starts) > MOST_ITEMS:
            break
    return starts, end


@lru_cache(maxsize=16)
def _shallow_line(indent: int) -> re.Pattern[bytes]:
    """Match up to the first character of a line that is not indented deeper; comments are none."""
    return re.compile(rb"\n {0,%d}[^\s#]" % indent if indent else rb"\n[^\s#]")


def item_base(data: bytes) -> int:
    """Give the column of an item's own keys: behind the list marker, or on the line after a bare one."""
    marker = _MARKER.match(data)
    return marker.end() - data.rfind(b"\n", 0, marker.end()) - 1 if marker else 0


def _cut_json(text: bytes) -> Cut:
    """Cut JSON documents; a list's items by its ``items``, a cut one's as far as they are whole."""
    items: list[ListItem] = []
    complete, line, counted = True, 1, 0
    at = after_space(text, 0)
    while at < len(text):
        end = value_end(text, at)
        # Where no value can be cut out, the parser shall say why.
        stop = end if end is not None and end > at else len(text)
        spans, kind, whole = _json_spans(text, at, stop)
        complete = complete and whole and (end is not None or kind == "")
        for start, behind in spans:
            line += text.count(b"\n", counted, start)
            counted = start
            items.append(ListItem(line, text[start:behind], kind, format="json"))
        if len(items) > MOST_ITEMS:
            return _FLOOD
        at = after_space(text, stop)
    return Cut(tuple(items), complete, "" if complete else "the list ends too early")


def _json_spans(text: bytes, start: int, stop: int) -> tuple[list[tuple[int, int]], str, bool]:
    """Give the spans of one document's items, the list's kind, and whether it ends."""
    if text[start : start + 1] != b"{":
        return [(start, stop)], "", True
    fields: dict[str | int, tuple[int, int]] = {}
    last = start + 1
    for key, _, value_at, last in children(text, start):
        fields[key] = (value_at, last)
    kind = text[slice(*fields["kind"])].strip(b'"').decode("utf-8", "replace") if "kind" in fields else ""
    at, whole = fields.get("items", (None, 0))[0], True
    if at is None and (cut := _OPEN_ITEMS.match(text, last, stop)):
        at, whole = cut.end(), False
    if at is None or text[at : at + 1] != b"[" or (kind and not kind.endswith("List")):
        return [(start, stop)], "", True
    found = islice(children(text, at), MOST_ITEMS + 1)
    return [(value_at, end) for _, _, value_at, end in found], kind or "List", whole
