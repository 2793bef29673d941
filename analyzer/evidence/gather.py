"""One pass over every input: each member is looked at by path, and read once if it matters.

Members below a bundle root are read by their path; everything else that is small enough is told
apart by content. Pods and deployments are kept as bytes until it is known which namespaces matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.bundle import (
    DEFAULT_LIMITS,
    Entry,
    Limits,
    Source,
    UnreadableDocument,
    note_of,
    open_sources,
    parse_timestamps,
    split_root,
)
from analyzer.bundle.text import narrowed
from analyzer.evidence.cut_files import withhold_cut
from analyzer.evidence.emptied_lists import withhold_emptied_lists
from analyzer.evidence.events import (
    is_whole_list,
)
from analyzer.evidence.gathered import Evidence, GatherTime, InputRecord, Problem, ReadFile
from analyzer.evidence.input_kind import kind_of, layout_of
from analyzer.evidence.insights import (
    archive_time,
    insights_member,
    insights_root,
    is_insights_log,
    read_member,
)
from analyzer.evidence.layout import wanted
from analyzer.evidence.learned_masks import withhold_learned
from analyzer.evidence.logs.scan import LogScan
from analyzer.evidence.logs.years import dated_file, dated_symptom
from analyzer.evidence.loose.files import LOOSE_LIMIT, take_loose
from analyzer.evidence.masked_requests import withhold_requests
from analyzer.evidence.masks.translation import Translation, words_unmasked
from analyzer.evidence.members import restored, take_events, take_member, text_of

LOG_LIMIT = 4 << 30
"""Bytes of one log that are looked at: kubelet rotates logs at 50 MiB."""
MOST_OBJECTS = 100_000
"""Objects kept of all inputs, about 400 MB of them; a large cluster's bundle has some thousands."""
MOST_REQUESTS = 2000
"""CredentialsRequests kept of all inputs: each is a chain to judge, and a release has some ten."""
_DISK_FULL = b"Disk usage exceeds the volume percentage"
_LONGEST_NOTE = 4 << 20
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
    evidence.loose += logs.secrets.found
    _bound_requests(evidence)
    withhold_learned(evidence)
    withhold_requests(evidence)
    withhold_emptied_lists(evidence)
    evidence.symptoms = tuple(words_unmasked(dated_symptom(symptom, gathered)) for symptom in logs.symptoms())
    return evidence


def _bound_requests(evidence: Evidence) -> None:
    """Keep as many CredentialsRequests as can be judged, and say so."""
    requests = [obj for obj in evidence.objects if obj.kind == "CredentialsRequest"]
    beyond = requests[MOST_REQUESTS:]
    if not beyond:
        return
    left = {id(obj) for obj in beyond}
    evidence.objects = [obj for obj in evidence.objects if id(obj) not in left]
    where = beyond[0].where
    detail = f"more than {MOST_REQUESTS} CredentialsRequests: those after them were not judged"
    evidence.problems.append(Problem(where.input, where.file, "too-many-objects", detail, "unsafe"))
    for record in evidence.inputs:
        record.stopped = record.stopped or record.id == where.input


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
    withhold_cut(evidence, record)
    record.sha256 = source.sha256
    record.kind = kind_of(record.layouts, record.contents) or record.kind
    if record.kind in ("file", "directory") and not record.bytes and not source.issues:
        record.kind = "empty"
        evidence.problems.append(Problem(record.id, "", "not-used", "there is nothing in it", "note"))
    elif record.kind == "file" and any(one.input == record.id for one in evidence.unused):
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
            data = text_of(entry)
            evidence.files.append(ReadFile(record.id, entry.path, "Event"))
            if want.listing and is_whole_list(data):
                evidence.listed.add((root, "Event", want.namespace))
            take_events(evidence, record, entry.path, data, root)
        elif want is not None:
            record.kinds.add(want.kind)
            take_member(evidence, record, entry, root, want)
        return
    if note is None and not _NOISE_FOLDERS & set(entry.path.split("/")) and entry.size <= LOOSE_LIMIT:
        take_loose(evidence, record, entry, logs)


def _kept(evidence: Evidence) -> int:
    return len(evidence.objects) + len(evidence.raw) + len(evidence.loose) + len(evidence.problems)


def _take_note(evidence: Evidence, record: InputRecord, entry: Entry, folder: str, name: str) -> bool:
    """Read what stands beside bundles: when they were gathered, by what, and what went wrong then."""
    if name == "timestamp":
        times = parse_timestamps(text_of(entry))
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


def _feed(evidence: Evidence, record: InputRecord, entry: Entry, logs: LogScan) -> None:
    if evidence.translation:
        chunks = iter((evidence.translation.restore(text_of(entry)),))
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
        obj = read_member(record.id, entry.path, member, restored(evidence, record, text_of(entry)), root)
    except UnreadableDocument as error:
        detail = f"line {error.line}: {error.reason}"
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", detail, "unreadable"))
        return
    evidence.files.append(ReadFile(record.id, entry.path, obj.kind))
    evidence.objects.append(obj)
    evidence.names.setdefault((root, obj.kind, obj.namespace), set()).add(obj.name)
