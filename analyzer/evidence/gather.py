"""One pass over every input: each member is looked at by path, and read once if it matters.

Members below a bundle root are read by their path; everything else that is small enough is told
apart by content. Pods and deployments are kept as bytes until it is known which namespaces matter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from analyzer.bundle import (
    DEFAULT_LIMITS,
    Entry,
    Limits,
    ListItem,
    Place,
    Source,
    UnreadableDocument,
    cut_list,
    item_name,
    item_namespace,
    note_of,
    open_source,
    parse_item,
    parse_timestamps,
    split_root,
)
from analyzer.evidence import kubernetes
from analyzer.evidence.layout import LATER, Wanted, wanted, wants_item
from analyzer.evidence.logs import LogScan
from analyzer.evidence.origin import Where
from analyzer.evidence.records import K8sObject, LogFile, Symptom
from analyzer.evidence.sniff import read_loose

LOOSE_LIMIT = 64 << 20
"""Bytes of a file that is looked at for its content; exports of large accounts stay below."""

_IS_LIST = re.compile(rb"^\s*\"?items\"?\s*:|[{,]\s*\"items\"\s*:", re.MULTILINE)
_NOISE = ("event-filter.html", ".DS_Store")
_NOISE_FOLDERS = frozenset(
    {
        "etcd_info",
        "host_service_logs",
        "ingress_controllers",
        "monitoring",
        "web_hooks",
        "static-pods",
        "audit_logs",
        "insights-data",
        "network_logs",
        "pod_network_connectivity_check",
        "__MACOSX",
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not read: ``severity`` is unsafe, incomplete, unreadable, secret or note.

    A note is no fault: a file that is known, and of no use.
    """

    input: str
    member: str
    code: str
    detail: str
    severity: str


@dataclass(slots=True)
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
    cleaned: str | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class RawItem:
    """An object that was not parsed yet."""

    kind: str
    namespace: str
    name: str
    item: ListItem
    input: str
    file: str
    root: str


@dataclass(slots=True)
class Evidence:
    """Everything that one run read."""

    inputs: list[InputRecord] = field(default_factory=list)
    objects: list[K8sObject] = field(default_factory=list)
    raw: list[RawItem] = field(default_factory=list)
    names: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    """(root, kind, namespace) → names of objects that were seen."""
    listed: set[tuple[str, str, str]] = field(default_factory=set)
    """(root, kind, namespace) whose whole list was read."""
    loose: list[object] = field(default_factory=list)
    log_files: list[LogFile] = field(default_factory=list)
    symptoms: tuple[Symptom, ...] = ()
    times: list[tuple[datetime, datetime]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def seen(self, kind: str, namespace: str) -> set[str]:
        """Give the names of the objects of a kind that were seen in a namespace."""
        return {n for key, names in self.names.items() if key[1:] == (kind, namespace) for n in names}

    def has_list(self, kind: str, namespace: str) -> bool:
        """Tell whether a whole list was read: what is not in it is not there."""
        return any(key[1:] == (kind, namespace) for key in self.listed)

    def of(self, kind: type) -> list:  # type: ignore[type-arg]
        """Give the loose records of one type."""
        return [record for record in self.loose if isinstance(record, kind)]

    def parse_raw(
        self, kinds: Collection[str], namespaces: Collection[str], name: str | None = None
    ) -> Iterator[K8sObject]:
        """Parse what was kept as bytes, of these kinds and namespaces, each object once."""
        seen: set[tuple[str, str, str, str]] = set()
        for raw in self.raw:
            key = (raw.root, raw.kind, raw.namespace, raw.name)
            if raw.kind not in kinds or raw.namespace not in namespaces or key in seen:
                continue
            if name is not None and raw.name != name:
                continue
            seen.add(key)
            obj = self._parse(raw.item, raw.input, raw.file, raw.root, raw.kind)
            if obj is not None:
                yield obj

    def _parse(self, item: ListItem, input_id: str, file: str, root: str, kind: str) -> K8sObject | None:
        try:
            document = parse_item(item, file)
        except UnreadableDocument as error:
            self.problems.append(
                Problem(input_id, file, "unreadable", f"line {error.line}: {error.reason}", "unreadable")
            )
            return None
        value = kubernetes.mapping(document.value)
        metadata = kubernetes.mapping(value.get("metadata"))
        version = kubernetes.text(value.get("apiVersion")) or ""
        return K8sObject(
            kind=kubernetes.text(value.get("kind")) or kind or item.list_kind.removesuffix("List"),
            group=version.split("/")[0] if "/" in version else "",
            namespace=kubernetes.text(metadata.get("namespace")) or "",
            name=kubernetes.text(metadata.get("name")) or "",
            value=value,
            where=Where(input_id, Place(document)),
            root=root,
        )


def gather(paths: Sequence[Path], limits: Limits = DEFAULT_LIMITS) -> Evidence:
    """Read every input once, in the order given; never raises for what an input holds."""
    evidence, logs = Evidence(), LogScan()
    for number, path in enumerate(paths, 1):
        source = open_source(path, limits)
        record = InputRecord(id=f"i{number}", path=source.label, kind=source.kind)
        evidence.inputs.append(record)
        for entry in source.walk():
            _take(evidence, record, entry, logs)
        _close(evidence, record, source)
    evidence.log_files, evidence.symptoms = logs.files, logs.symptoms()
    return evidence


def _close(evidence: Evidence, record: InputRecord, source: Source) -> None:
    record.members, record.bytes, record.stopped = source.members, source.bytes, source.stopped
    record.kind = _kind(record)
    evidence.problems += [
        Problem(record.id, issue.member, issue.code, issue.detail, issue.severity) for issue in source.issues
    ]


def _kind(record: InputRecord) -> str:
    if record.roots:
        return ", ".join(["must-gather", *sorted(record.contents)])
    return ", ".join(sorted(record.contents)) or record.kind


def _take(evidence: Evidence, record: InputRecord, entry: Entry, logs: LogScan) -> None:
    name = entry.path.rsplit("/", 1)[-1]
    if name in _NOISE or name.startswith("._"):
        return
    note = note_of(entry.path)
    if note is not None and note[1] == "timestamp":
        times = parse_timestamps(entry.read())
        if times:
            evidence.times.append(times)
        return
    if name == "watermark.txt":
        record.cleaned = "must-gather-clean"
        return
    split = split_root(entry.path)
    if split is not None:
        root = f"{record.id}:{split[0]}"
        record.roots.add(split[0])
        want = wanted(split[1])
        if want is not None and want.how == "log":
            logs.feed(record.id, entry.path, entry.chunks())
        elif want is not None:
            _take_member(evidence, record, entry, root, want)
        return
    if note is None and not _NOISE_FOLDERS & set(entry.path.split("/")) and entry.size <= LOOSE_LIMIT:
        _take_loose(evidence, record, entry)


def _take_member(evidence: Evidence, record: InputRecord, entry: Entry, root: str, want: Wanted) -> None:
    data = entry.read()
    if not data.strip():
        evidence.problems.append(
            Problem(record.id, entry.path, "truncated", "the file is empty", "incomplete")
        )
        return
    cut = cut_list(data)
    if cut.problem:
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", cut.problem, "unreadable"))
    elif not cut.complete:
        detail = "the list ends too early"
        evidence.problems.append(Problem(record.id, entry.path, "truncated", detail, "incomplete"))
    elif want.listing and not _IS_LIST.search(data):
        detail = "it is no Kubernetes list"
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", detail, "unreadable"))
        return
    elif want.listing:
        evidence.listed.add((root, want.kind, want.namespace))
    for item in cut.items:
        _take_item(evidence, record, entry.path, root, want, item)


def _take_item(
    evidence: Evidence, record: InputRecord, file: str, root: str, want: Wanted, item: ListItem
) -> None:
    if want.how == "items":
        name = item_name(item.data) or ""
        if not name:
            detail = f"line {item.first_line}: an object without a name"
            evidence.problems.append(Problem(record.id, file, "unreadable", detail, "unreadable"))
            return
        namespace = item_namespace(item.data) or want.namespace
        evidence.names.setdefault((root, want.kind, namespace), set()).add(name)
        if not wants_item(want.kind, namespace, name, item.data):
            return
        if want.kind in LATER and not (want.kind == "Secret" and _holds_credentials(item.data)):
            evidence.raw.append(RawItem(want.kind, namespace, name, item, record.id, file, root))
            return
    if not item.complete:
        return
    obj = evidence._parse(item, record.id, file, root, want.kind)
    if obj is not None:
        evidence.objects.append(obj)


def _holds_credentials(data: bytes) -> bool:
    return b" credentials:" in data or b"aws_access_key_id:" in data


def _take_loose(evidence: Evidence, record: InputRecord, entry: Entry) -> None:
    data = entry.read(LOOSE_LIMIT)
    loose = read_loose(record.id, entry.path, data)
    if loose.records:
        record.contents.add(loose.what)
    if loose.note:
        evidence.problems.append(Problem(record.id, entry.path, "not-used", loose.note, "note"))
    if loose.problem:
        secret = "private" in loose.what or "private" in loose.problem
        code, severity = ("private-key", "secret") if secret else ("unreadable", "unreadable")
        evidence.problems.append(Problem(record.id, entry.path, code, loose.problem, severity))
    for found in loose.records:
        if isinstance(found, K8sObject):
            evidence.objects.append(found)
            evidence.names.setdefault((found.root, found.kind, found.namespace), set()).add(found.name)
        else:
            evidence.loose.append(found)
