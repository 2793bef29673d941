"""What a run has read: the objects, records, logs and times of all inputs, and what could not be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from analyzer.bundle import ListItem, Place, UnreadableDocument, parse_item
from analyzer.bundle.zstd import squeeze, unsqueeze
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.masks.translation import Translation
from analyzer.evidence.origin import Where
from analyzer.evidence.records import K8sObject, LogFile, Symptom
from analyzer.evidence.values import mapping, text
from analyzer.frozen import field, frozen, replace, slotted
from analyzer.needles import Needles
from analyzer.patterns import later

_MOST_PLAIN = 16 << 20
"""Bytes of unparsed objects that are kept as they are; most bundles have less."""

_RESOURCE_VERSION = later(rb"\n +resourceVersion: \"?([0-9]{1,19})\b")


@frozen
class Problem:
    """Something that was not read: ``severity`` is unsafe, incomplete, unreadable, secret or note.

    A note is no fault: a file that is known and of no use, or how something was read.
    """

    input: str
    member: str
    code: str
    detail: str
    severity: str


@frozen
class ReadFile:
    """A file that gave something: ``what`` says what in a word or two."""

    input: str
    path: str
    what: str


@frozen
class GatherTime:
    """When a gather ran, and the folder whose bundles it made."""

    input: str
    folder: str
    first: datetime
    last: datetime


@slotted
class InputRecord:
    """One input, as it was walked."""

    id: str
    path: str
    kind: str
    members: int = 0
    bytes: int = 0
    sha256: str | None = None
    roots: set[str] = field(default_factory=set)
    contents: set[str] = field(default_factory=set)
    layouts: set[str] = field(default_factory=set)
    cleaned: str | None = None
    kinds: set[str] = field(default_factory=set)
    """Kinds of which a file was seen, so that kinds left out by a cleaning tool show."""
    stopped: bool = False
    unread: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Files that speak of AWS in no form that is read, by what they speak of and what to do about it."""
    full: bool = False
    """It holds more objects than are kept: the files after them were not read."""
    ending_within_a_line: list[str] = field(default_factory=list)
    """Files of one object in block YAML that may be cut, and how many files of objects surely are not."""
    ending_with_a_line: int = 0
    ending_before_a_value: list[str] = field(default_factory=list)
    """Files of one object that surely are cut."""


@frozen
class RawItem:
    """An object that was not parsed yet; ``squeezed`` where its text is kept packed."""

    kind: str
    namespace: str
    name: str
    kept: ListItem
    input: str
    file: str
    root: str
    squeezed: bool = False

    @property
    def item(self) -> ListItem:
        """The object's text."""
        if not self.squeezed:
            return self.kept
        before = unsqueeze(self.kept.before) if self.kept.before else b""
        return replace(self.kept, data=unsqueeze(self.kept.data), before=before)

    def speaks_of(self, words: Needles) -> bool:
        """Tell whether the text holds one of the words."""
        return words.are_in(self.item.data)


@slotted
class Evidence:
    """Everything that one run read."""

    inputs: list[InputRecord] = field(default_factory=list)
    objects: list[K8sObject] = field(default_factory=list)
    raw: list[RawItem] = field(default_factory=list)
    names: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    """(root, kind, namespace) → names of objects that were seen."""
    listed: set[tuple[str, str, str]] = field(default_factory=set)
    """(root, kind, namespace) whose whole list was read."""
    torn: set[tuple[str, str]] = field(default_factory=set)
    """(kind, namespace) of objects that could not be read, or not as they were."""
    loose: list[object] = field(default_factory=list)
    log_files: list[LogFile] = field(default_factory=list)
    symptoms: tuple[Symptom, ...] = ()
    times: list[GatherTime] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    files: list[ReadFile] = field(default_factory=list)
    unused: list[ReadFile] = field(default_factory=list)
    """Loose files in which nothing is known."""
    masked: list[ReadFile] = field(default_factory=list)
    """Parts of exports that were masked and so are not known."""
    fill_ins: set[str] = field(default_factory=set)
    """What looks like something to fill in where AWS itself writes: masks."""
    items: int = 0
    """How many objects the lists that were cut hold."""
    events: int = 0
    """How many Events were kept."""
    older: set[str] = field(default_factory=set)
    """Roots that were collected before the bundle that holds them."""
    translation: Translation | None = None
    _parsed: dict[int, K8sObject | None] = field(default_factory=dict, init=False, repr=False)
    _plain: int = field(default=0, init=False, repr=False)
    """Bytes kept in ``raw`` as they are."""

    def keep(
        self, kind: str, namespace: str, name: str, item: ListItem, input_id: str, file: str, root: str
    ) -> None:
        """Keep an object as bytes until it is known whether it matters, packed once there are many."""
        size = len(item.data) + len(item.before)
        squeezed = self._plain + size > _MOST_PLAIN
        if squeezed:
            before = squeeze(item.before) if item.before else b""
            item = replace(item, data=squeeze(item.data), before=before)
        else:
            self._plain += size
        self.raw.append(RawItem(kind, namespace, name, item, input_id, file, root, squeezed))

    def seen(self, kind: str, namespace: str) -> set[str]:
        """Give the names of the objects of a kind that were seen in a namespace."""
        return {n for key, names in self.names.items() if key[1:] == (kind, namespace) for n in names}

    def has_list(self, kind: str, namespace: str) -> bool:
        """Tell whether a whole list was read: what is not in it is not there."""
        return any(key[1:] == (kind, namespace) for key in self.listed)

    def withhold_list(self, obj: K8sObject | RawItem) -> None:
        """Note that of an object no more is known than that it is there: its list tells not all any more."""
        self.listed.discard((obj.root, obj.kind, obj.namespace))
        self.torn.add((obj.kind, obj.namespace))

    def of(self, kind: type) -> list:  # type: ignore[type-arg]
        """Give the loose records of one type."""
        return [record for record in self.loose if isinstance(record, kind)]

    def parse_raw(
        self,
        kinds: Collection[str],
        namespaces: Collection[str],
        name: str | None = None,
        words: Collection[str] = (),
    ) -> Iterator[K8sObject]:
        """Parse what was kept as bytes, of these kinds and namespaces: the newest copy of each object.

        With ``words`` those are passed over that name a ServiceAccount and hold none of the words.
        """
        newest: dict[tuple[str, str, str], RawItem] = {}
        for raw in self.raw:
            if raw.kind not in kinds or raw.namespace not in namespaces:
                continue
            if name is not None and raw.name != name:
                continue
            key = (raw.kind, raw.namespace, raw.name)
            before = newest.get(key)
            if before is None or (raw.root != before.root and _version(raw) > _version(before)):
                newest[key] = raw
        wanted = Needles(word.encode() for word in words) if all(words) else Needles(())
        for raw in newest.values():
            item = raw.item
            if wanted.words and b"serviceAccountName" in item.data and not wanted.are_in(item.data):
                continue
            if id(raw) not in self._parsed:
                self._parsed[id(raw)] = self.parse(
                    item, raw.input, raw.file, raw.root, raw.kind, raw.namespace
                )
            obj = self._parsed[id(raw)]
            if obj is not None:
                yield obj
            else:
                self.withhold_list(raw)

    def parse(
        self, item: ListItem, input_id: str, file: str, root: str, kind: str, place: str = ""
    ) -> K8sObject | None:
        """Parse one object; None where it cannot be read, which is noted as a problem.

        It is of the namespace ``place`` by where it lies, where its own was masked or taken out.
        """
        try:
            document = parse_item(item, file)
        except UnreadableDocument as error:
            self.problems.append(
                Problem(input_id, file, "unreadable", f"line {error.line}: {error.reason}", "unreadable")
            )
            return None
        value = mapping(document.value)
        metadata = mapping(value.get("metadata"))
        version = text(value.get("apiVersion")) or ""
        return K8sObject(
            kind=shown_kind(text(value.get("kind")), kind) or item.list_kind.removesuffix("List"),
            group=version.split("/")[0] if "/" in version else "",
            namespace=shown_namespace(text(metadata.get("namespace")), place),
            name=text(metadata.get("name")) or "",
            value=value,
            where=Where(input_id, Place(document)),
            root=root,
        )


def shown_namespace(own: str | None, place: str) -> str:
    """Give an object's own namespace, or where that was masked or taken out that of the place it lies in."""
    return place if place and (not own or is_masked(own)) else own or ""


def shown_kind(own: str | None, kind: str) -> str:
    """Give an object's own kind, or where that was masked or taken out that of the file's name."""
    return kind if kind and (not own or is_masked(own)) else own or ""


def _version(raw: RawItem) -> int:
    found = _RESOURCE_VERSION.findall(raw.item.data)
    return int(found[-1]) if found else 0
