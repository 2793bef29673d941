"""One pass over every input: each member is looked at by path, and read once if it matters.

Members below a bundle root are read by their path; everything else that is small enough is told
apart by content. Pods and deployments are kept as bytes until it is known which namespaces matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.bundle import (
    DEFAULT_LIMITS,
    Cut,
    Entry,
    Limits,
    ListItem,
    Source,
    UnreadableDocument,
    cut_list,
    item_names,
    note_of,
    open_sources,
    parse_timestamps,
    parse_yaml,
    split_root,
)
from analyzer.bundle.text import is_wide, narrowed, to_utf8
from analyzer.evidence.aws_records import LiveSecret
from analyzer.evidence.events import (
    MOST_IN_ALL,
    MOST_OF_FILE,
    are_events,
    is_whole_list,
    may_tell,
    namespaces_in,
    telling,
)
from analyzer.evidence.gathered import Evidence, GatherTime, InputRecord, Problem, ReadFile
from analyzer.evidence.http_answers import body_kind
from analyzer.evidence.input_kind import kind_of, layout_of, loose_layout
from analyzer.evidence.insights import (
    archive_time,
    insights_member,
    insights_root,
    is_insights_log,
    read_member,
)
from analyzer.evidence.layout import LATER, Wanted, wanted, wants_item
from analyzer.evidence.log_years import dated_file, dated_symptom
from analyzer.evidence.logs import LogScan
from analyzer.evidence.loose_logs import feed_loose, logs_asked_for, looks_like_log, sections_begin
from analyzer.evidence.masks import Translation, is_cleaned, read_report, words_unmasked
from analyzer.evidence.origin import Quote
from analyzer.evidence.records import K8sObject
from analyzer.evidence.screen import as_written
from analyzer.evidence.sniff import name_tells, read_loose, speaks_of_aws
from analyzer.evidence.withheld import without_masks
from analyzer.patterns import later
from analyzer.redact import live_secrets

LOOSE_LIMIT = 64 << 20
"""Bytes of a file that is looked at for its content; exports of large accounts stay below."""

LOG_LIMIT = 4 << 30
"""Bytes of one log that are looked at: kubelet rotates logs at 50 MiB."""

MOST_OBJECTS = 100_000
"""Objects kept of all inputs, about 400 MB of them; a large cluster's bundle has some thousands."""

REPORT = "report of must-gather-clean"
_DISK_FULL = b"Disk usage exceeds the volume percentage"
_LONGEST_NOTE = 4 << 20
_MOST_ITEMS = 1_000_000
"""Objects in the lists of one run: a bundle of a large cluster has a tenth of them."""
_CREDENTIALS = later(rb"(?<![\w-])(?:credentials|aws_access_key_id)[\"']?:")
_OF_A_KIND = later(rb"^[ {-]{0,3}\s*[\"']?(?:kind|apiVersion)[\"']?:", re.MULTILINE)
_ARCHIVE_NAME = later(r"\.(?:tar|tgz|zip|gz|xz|zst|bz2)$", re.IGNORECASE)
_IS_LIST = later(rb"(?:^|[{,])\s*[\"']?items[\"']?\s*:", re.MULTILINE)
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
        "nodes",
        "pod_network_connectivity_check",
        "__MACOSX",
    }
)


def gather(paths: Sequence[Path], limits: Limits = DEFAULT_LIMITS) -> Evidence:
    """Read every input once, in the order given; never raises for what an input holds.

    Where masks of must-gather-clean and its report are among them, everything is read again with the
    masks undone.
    """
    evidence = _gather(paths, limits, None)
    if evidence.translation and any(record.cleaned for record in evidence.inputs):
        return _gather(paths, limits, evidence.translation)
    return evidence


def _gather(paths: Sequence[Path], limits: Limits, translation: Translation | None) -> Evidence:
    evidence, logs = Evidence(translation=translation), LogScan()
    for number, source in enumerate(open_sources(paths, limits), 1):
        record = InputRecord(id=f"i{number}", path=source.label, kind=source.kind)
        evidence.inputs.append(record)
        for entry in source.walk():
            _take(evidence, record, entry, logs)
        _close(evidence, record, source)
    gathered = max((time.last for time in evidence.times), default=None)
    evidence.log_files = [dated_file(file, gathered) for file in logs.files]
    evidence.problems += _floods(logs)
    evidence.symptoms = tuple(words_unmasked(dated_symptom(symptom, gathered)) for symptom in logs.symptoms())
    return evidence


def _floods(logs: LogScan) -> Iterator[Problem]:
    """Say where there were more errors than are looked at one by one."""
    if logs.skimmed:
        first, more = logs.skimmed[0], len(logs.skimmed) - 1
        others = f", as of {more} more" if more else ""
        detail = f"too many errors in logs: of this one only beginning and end were looked at{others}"
        yield Problem(first.input, first.path, "too-large", detail, "incomplete")
    if logs.dropped:
        detail = f"too many different errors in logs: {logs.dropped} of them were not looked at"
        yield Problem(logs.files[-1].input, "", "too-large", detail, "incomplete")


def _close(evidence: Evidence, record: InputRecord, source: Source) -> None:
    record.members, record.bytes = source.members, source.bytes
    record.stopped = source.stopped or record.full
    if record.full:
        detail = f"more than {MOST_OBJECTS} objects: the files after them were not read"
        evidence.problems.append(Problem(record.id, "", "too-many-objects", detail, "unsafe"))
    record.sha256 = source.sha256
    record.kind = kind_of(record.roots, record.layouts, record.contents) or record.kind
    if record.kind == "file" and any(one.input == record.id for one in evidence.unused):
        record.kind = "not recognised"
        detail = "nothing in it is known, so it was not used"
        evidence.problems.append(Problem(record.id, "", "not-used", detail, "note"))
    else:
        evidence.problems += _unread(record)
    evidence.problems += [
        Problem(record.id, issue.member, issue.code, issue.detail, issue.severity) for issue in source.issues
    ]
    if (
        record.roots
        and all("inspect.local." in f"/{root}" for root in record.roots)
        and "gather" in record.layouts
    ):
        detail = "the gather did not finish: only its fallback, an inspection of the operators, is here"
        evidence.problems.append(
            Problem(record.id, sorted(record.roots)[0], "truncated", detail, "incomplete")
        )


def _unread(record: InputRecord) -> Iterator[Problem]:
    """Say once for all files of an input what they speak of in no form that is read."""
    for (subject, advice), paths in record.unread.items():
        more = f", as {'do' if len(paths) > 2 else 'does'} {len(paths) - 1} more" if len(paths) > 1 else ""
        detail = f"it speaks of {subject}{more}, and is in no form that is read: {advice}"
        yield Problem(record.id, paths[0], "not-used", detail, "note")


def _take(evidence: Evidence, record: InputRecord, entry: Entry, logs: LogScan) -> None:
    name = entry.path.rsplit("/", 1)[-1]
    if name in _NOISE or name.startswith("._"):
        return
    if _kept(evidence) >= MOST_OBJECTS:
        record.full = True
        return
    note = note_of(entry.path)
    if note is not None and _take_note(evidence, record, entry, *note):
        return
    insights = insights_root(entry.path)
    if insights is not None:
        _take_insights(evidence, record, entry, insights, logs)
        return
    split = split_root(entry.path)
    if split is not None:
        root = f"{record.id}:{split[0]}"
        record.roots.add(split[0])
        record.layouts.add(layout_of(*split))
        want = wanted(split[1])
        if want is not None and want.how == "log":
            _feed(evidence, record, entry, logs)
        elif want is not None and want.how == "events":
            data = _text(entry)
            evidence.files.append(ReadFile(record.id, entry.path, "Event"))
            if want.listing and is_whole_list(data):
                evidence.listed.add((root, "Event", want.namespace))
            _take_events(evidence, record, entry.path, data, root)
        elif want is not None:
            record.kinds.add(want.kind)
            _take_member(evidence, record, entry, root, want)
        return
    if note is None and not _NOISE_FOLDERS & set(entry.path.split("/")) and entry.size <= LOOSE_LIMIT:
        _take_loose(evidence, record, entry, logs)


def _kept(evidence: Evidence) -> int:
    return len(evidence.objects) + len(evidence.raw) + len(evidence.loose) + len(evidence.problems)


def _take_note(evidence: Evidence, record: InputRecord, entry: Entry, folder: str, name: str) -> bool:
    """Read what stands beside bundles: when they were gathered, by what, and what went wrong then."""
    if name == "timestamp":
        times = parse_timestamps(_text(entry))
        if times:
            evidence.times.append(GatherTime(record.id, folder, *times))
            evidence.files.append(ReadFile(record.id, entry.path, "time of the gather"))
    elif name == "watermark.txt":
        record.cleaned = "must-gather-clean"
        evidence.files.append(ReadFile(record.id, entry.path, "mark of must-gather-clean"))
    elif name in ("must-gather.logs", "gather.logs"):
        record.layouts.add("gather")
        if _DISK_FULL in entry.read(_LONGEST_NOTE):
            detail = "the gather was ended early: its volume was full"
            evidence.problems.append(Problem(record.id, entry.path, "truncated", detail, "incomplete"))
    else:
        record.layouts.add("gather")
    return True


def _text(entry: Entry, limit: int | None = None) -> bytes:
    """Read a file whole; what PowerShell wrote as UTF-16 comes as UTF-8."""
    data = entry.read(limit)
    return to_utf8(data) if is_wide(data) else data


def _feed(evidence: Evidence, record: InputRecord, entry: Entry, logs: LogScan) -> None:
    if evidence.translation:
        chunks = iter((evidence.translation.restore(_text(entry)),))
    else:
        chunks = narrowed(entry.chunks(most=LOG_LIMIT))
    logs.feed(record.id, entry.path, chunks)
    evidence.files.append(ReadFile(record.id, entry.path, "log"))


def _take_insights(evidence: Evidence, record: InputRecord, entry: Entry, folder: str, logs: LogScan) -> None:
    if is_insights_log(entry.path):
        record.layouts.add("Insights archive")
        record.roots.add(folder)
        _feed(evidence, record, entry, logs)
        return
    member = insights_member(entry.path)
    if member is None:
        return
    record.layouts.add("Insights archive")
    record.roots.add(folder)
    root = f"{record.id}:{folder}"
    if "insights-data/" in folder:
        evidence.older.add(root)
    elif (times := archive_time(folder) or archive_time(record.path)) is not None:
        evidence.times.append(GatherTime(record.id, folder, *times))
    try:
        obj = read_member(record.id, entry.path, member, _restored(evidence, record, _text(entry)), root)
    except UnreadableDocument as error:
        detail = f"line {error.line}: {error.reason}"
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", detail, "unreadable"))
        return
    evidence.files.append(ReadFile(record.id, entry.path, obj.kind))
    evidence.objects.append(obj)
    evidence.names.setdefault((root, obj.kind, obj.namespace), set()).add(obj.name)


def _restored(evidence: Evidence, record: InputRecord, data: bytes) -> bytes:
    """Note what a cleaning tool went over, and undo its masks where its report is there."""
    if is_cleaned(data):
        record.cleaned = "must-gather-clean"
        if evidence.translation:
            return evidence.translation.restore(data)
    return data


def _take_member(evidence: Evidence, record: InputRecord, entry: Entry, root: str, want: Wanted) -> None:
    data = _restored(evidence, record, _text(entry))
    evidence.files.append(ReadFile(record.id, entry.path, want.kind or "cluster configuration"))
    _note_secrets(evidence, record, entry.path, data)
    if not data or data.isspace():
        evidence.problems.append(
            Problem(record.id, entry.path, "truncated", "the file is empty", "incomplete")
        )
        return
    cut = _cut(evidence, data)
    if cut.problem:
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", cut.problem, "unreadable"))
    elif not cut.complete:
        detail = "the list ends too early"
        evidence.problems.append(Problem(record.id, entry.path, "truncated", detail, "incomplete"))
    elif want.listing and not (_IS_LIST.search(data) and all(item.list_kind for item in cut.items)):
        detail = "it is no Kubernetes list"
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", detail, "unreadable"))
        return
    elif want.listing:
        evidence.listed.add((root, want.kind, want.namespace))
    nameless = [i for i in cut.items if not _take_item(evidence, record, entry.path, root, want, i)]
    if nameless:
        more = f", and {len(nameless) - 1:,} more" if len(nameless) > 1 else ""
        detail = f"line {nameless[0].first_line}: an object without a name{more}"
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", detail, "unreadable"))


def _cut(evidence: Evidence, data: bytes) -> Cut:
    """Cut a list, unless those before it held more than any bundle does."""
    if evidence.items >= _MOST_ITEMS:
        problem = f"all files together hold more than {_MOST_ITEMS:,} objects: this one is not read"
        return Cut((), complete=False, problem=problem)
    cut = cut_list(data)
    evidence.items += cut.cost
    return cut


def _note_secrets(evidence: Evidence, record: InputRecord, path: str, data: bytes) -> bool:
    """Note where something lies that opens an account, a cluster or a proxy: its kind, never its value."""
    found = list(live_secrets(data))
    for what, offset in found:
        where = Quote(record.id, path, data.count(b"\n", 0, offset) + 1, "(not shown)")
        evidence.loose.append(LiveSecret(what, where))
    return bool(found)


def _take_item(
    evidence: Evidence, record: InputRecord, file: str, root: str, want: Wanted, item: ListItem
) -> bool:
    """Keep one object, if it matters; tells False of one without a name."""
    if want.how == "items":
        name, within = item_names(item.data)
        if not name:
            return False
        namespace = within or want.namespace
        names = evidence.names.setdefault((root, want.kind, namespace), set())
        again = name in names  # a pod lies in its namespace's list and in a file of its own
        names.add(name)
        if not wants_item(want.kind, namespace, name, item.data):
            return True
        if want.kind in LATER and not (want.kind == "Secret" and _holds_credentials(item.data)):
            if not again:
                evidence.keep(want.kind, namespace, name, item, record.id, file, root)
            return True
    obj = evidence.parse(item, record.id, file, root, want.kind) if item.complete else None
    if obj is not None and want.how == "object" and _ends_before_spec(obj):
        detail = f"line {item.first_line}: the object ends before its spec"
        evidence.problems.append(Problem(record.id, file, "truncated", detail, "incomplete"))
    elif obj is not None:
        evidence.objects.append(obj)
    return True


def _ends_before_spec(obj: K8sObject) -> bool:
    """Tell a cut copy of a configuration object by what each has: hiding its mode would make it another."""
    return obj.group.endswith("openshift.io") and not {"spec", "status"} & {
        key for key, value in obj.value.items() if value is not None
    }


def _take_events(evidence: Evidence, record: InputRecord, path: str, data: bytes, root: str) -> None:
    """Keep the Events that may matter, of a file that mostly has none."""
    if not may_tell(data):
        return
    if evidence.translation:
        data = evidence.translation.restore(data)
    cut = _cut(evidence, data)
    if cut.problem and not cut.items:
        code = "too-large" if cut.flood else "unreadable"
        evidence.problems.append(Problem(record.id, path, code, cut.problem, "incomplete"))
    found = telling(cut.items)
    room = max(0, min(MOST_OF_FILE, MOST_IN_ALL - evidence.events))
    for item in found[:room]:
        name, namespace = item_names(item.data)
        if name:
            evidence.keep("Event", namespace or "", name, item, record.id, path, root)
            evidence.events += 1
    if len(found) > room:
        detail = f"too many Events with errors: {len(found) - room} of them were not looked at"
        evidence.problems.append(Problem(record.id, path, "too-large", detail, "incomplete"))


def _holds_credentials(data: bytes) -> bool:
    return _CREDENTIALS.search(data) is not None


def _take_loose(evidence: Evidence, record: InputRecord, entry: Entry, logs: LogScan) -> None:
    if not entry.head() and not name_tells(entry.path):
        return
    data = as_written(_text(entry, LOOSE_LIMIT))
    if _take_report(evidence, record, entry.path, data):
        return
    data = _restored(evidence, record, data)
    noted = _note_secrets(evidence, record, entry.path, data)
    layout = loose_layout(entry.path)
    record.layouts |= {layout} if layout else set()
    at = sections_begin(data)
    if at is not None:
        record.layouts.add("cluster-info dump")
        _take_loose_log(evidence, record, entry.path, data, logs)
        data = data[:at]
    if are_events(data):
        _take_loose_events(evidence, record, entry.path, data)
    told = _take_logs_of_session(evidence, record, entry.path, data, logs)
    loose = read_loose(record.id, entry.path, data)
    if noted and not loose.records:
        record.contents.add("secret")
        evidence.files.append(ReadFile(record.id, entry.path, "secret"))
    if (told or at is not None) and not loose.records:
        return
    if loose.records:
        record.contents.add(loose.what)
        evidence.files.append(ReadFile(record.id, entry.path, loose.what))
    elif loose.problem is None and loose.note is None and looks_like_log(data):
        _take_loose_log(evidence, record, entry.path, data, logs)
        return
    elif loose.problem is None and loose.note is None and data.strip() and not _OF_A_KIND.search(data[:4096]):
        evidence.unused.append(ReadFile(record.id, entry.path, "not known"))
        if _ARCHIVE_NAME.search(entry.path) and body_kind(data) == "html":
            detail = "it is a page of HTML and no archive: whoever downloaded it was answered by that page"
            evidence.problems.append(Problem(record.id, entry.path, "not-used", detail, "unreadable"))
        if (subject := speaks_of_aws(data)) is not None:
            record.unread.setdefault(subject, []).append(entry.path)
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
            continue
        kept, gone = without_masks(found)
        evidence.masked += [ReadFile(record.id, entry.path, what) for what in gone]
        if kept is not None:
            evidence.loose.append(kept)


def _take_loose_events(evidence: Evidence, record: InputRecord, path: str, data: bytes) -> None:
    root = f"{record.id}:{path}"
    if is_whole_list(data):
        record.contents.add("Kubernetes objects")
        evidence.files.append(ReadFile(record.id, path, "Event"))
        evidence.listed |= {(root, "Event", namespace) for namespace in namespaces_in(data)}
    _take_events(evidence, record, path, data, root)


def _take_report(evidence: Evidence, record: InputRecord, path: str, data: bytes) -> bool:
    """Read a report of must-gather-clean, which undoes its masks."""
    if b"replacedWith:" not in data or not data.lstrip().startswith((b"replacements:", b"---", b"config:")):
        return False
    try:
        translation = read_report(parse_yaml(data, path)[0].value)
    except (UnreadableDocument, IndexError):
        return False
    if translation is None:
        return False
    record.contents.add(REPORT)
    evidence.files.append(ReadFile(record.id, path, REPORT))
    if evidence.translation is None:
        evidence.translation = translation
    return True


def _take_logs_of_session(
    evidence: Evidence, record: InputRecord, path: str, data: bytes, logs: LogScan
) -> bool:
    """Scan the logs that somebody looked at in a pasted terminal; tells whether there are any."""
    told = False
    for name, output in logs_asked_for(data):
        told, before = True, logs.distinct
        logs.feed(record.id, path, (output,), name=name)
        _note_log(evidence, record, path, placed=bool(name.namespace) or logs.distinct == before)
    return told


def _take_loose_log(evidence: Evidence, record: InputRecord, path: str, data: bytes, logs: LogScan) -> None:
    before = logs.distinct
    placed = feed_loose(logs, record.id, path, data)
    _note_log(evidence, record, path, placed=placed or logs.distinct == before)


def _note_log(evidence: Evidence, record: InputRecord, path: str, *, placed: bool) -> None:
    record.contents.add("logs")
    evidence.files.append(ReadFile(record.id, path, "log"))
    if not placed:
        detail = "a log with errors of AWS, but not told of which pod: name the file after its namespace"
        evidence.problems.append(Problem(record.id, path, "unplaced", detail, "incomplete"))
