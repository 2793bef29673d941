"""Files that no layout knows: told apart by content."""

from __future__ import annotations

import re

from analyzer.bundle import (
    Entry,
    UnreadableDocument,
    parse_yaml,
)
from analyzer.evidence.cut_files import PAGE, ends_before_a_value, is_page
from analyzer.evidence.events import (
    are_events,
    is_whole_list,
    namespaces_in,
)
from analyzer.evidence.gathered import Evidence, InputRecord, Problem, ReadFile
from analyzer.evidence.input_kind import loose_layout
from analyzer.evidence.learned_masks import written_by_aws
from analyzer.evidence.logs.scan import LogScan
from analyzer.evidence.loose.http_answers import body_kind
from analyzer.evidence.loose.logs import feed_loose, logs_asked_for, looks_like_log, sections_begin
from analyzer.evidence.loose.screen import as_written
from analyzer.evidence.loose.sniff import name_tells, read_loose, speaks_of_aws
from analyzer.evidence.loose.text_formats import Loose
from analyzer.evidence.masks.translation import read_report
from analyzer.evidence.masks.withheld import without_masks
from analyzer.evidence.members import note_secrets, restored, take_events, text_of
from analyzer.evidence.records import K8sObject
from analyzer.patterns import later

LOOSE_LIMIT = 64 << 20
"""Bytes of a file that is looked at for its content; exports of large accounts stay below."""
REPORT = "report of must-gather-clean"
_OF_A_KIND = later(rb"^[ {-]{0,3}\s*[\"']?(?:kind|apiVersion)[\"']?:", re.MULTILINE)
_ARCHIVE_NAME = later(r"\.(?:tar|tgz|zip|gz|xz|zst|bz2)$", re.IGNORECASE)


def take_loose(evidence: Evidence, record: InputRecord, entry: Entry, logs: LogScan) -> None:
    """Read a file by what it holds, and keep what is evidence in it."""
    if not entry.head() and not name_tells(entry.path):
        return
    data = as_written(text_of(entry, LOOSE_LIMIT))
    if _take_report(evidence, record, entry.path, data):
        return
    data = restored(evidence, record, data)
    noted = note_secrets(evidence, record, entry.path, data)
    layout = loose_layout(entry.path)
    record.layouts |= {layout} if layout else set()
    at = sections_begin(data)
    if at is not None:
        record.layouts.add("cluster-info dump")
        _take_loose_log(evidence, record, entry.path, data, logs)
        data = data[:at]
    if are_events(data):
        _take_loose_events(evidence, record, entry.path, data)
    told = _take_logs_of_session(evidence, record, entry.path, data, logs) or at is not None
    loose = read_loose(record.id, entry.path, data)
    if noted and not loose.records:
        _note_read(evidence, record, entry.path, "secret")
    if loose.records or (not told and (loose.problem or loose.note)):
        _take_objects(evidence, record, entry.path, data, loose)
    elif not told:
        _take_unknown(evidence, record, entry.path, data, logs)


def _take_unknown(evidence: Evidence, record: InputRecord, path: str, data: bytes, logs: LogScan) -> None:
    """Take a file that holds no objects and no known export for a log, or note that it is not used."""
    if looks_like_log(data):
        _take_loose_log(evidence, record, path, data, logs)
    elif data.strip() and not _OF_A_KIND.search(data[:4096]):
        _note_unused(evidence, record, path, data)


def _take_objects(evidence: Evidence, record: InputRecord, path: str, data: bytes, loose: Loose) -> None:
    """Keep what was read in a file, but an object that its end cut; report what was wrong with it."""
    if loose.records:
        _note_read(evidence, record, path, loose.what)
    if loose.note:
        evidence.problems.append(Problem(record.id, path, "not-used", loose.note, "note"))
    if loose.problem:
        secret = "private" in loose.what or "private" in loose.problem
        code, severity = ("private-key", "secret") if secret else ("unreadable", "unreadable")
        evidence.problems.append(Problem(record.id, path, code, loose.problem, severity))
    records = loose.records
    if records and isinstance(records[-1], K8sObject) and ends_before_a_value(data):
        records = records[:-1]
        detail = "the file ends before a value"
        evidence.problems.append(Problem(record.id, path, "truncated", detail, "incomplete"))
    if records and isinstance(records[-1], K8sObject) and is_page(data):
        evidence.problems.append(Problem(record.id, path, "truncated", PAGE, "incomplete"))
    for found in records:
        _keep(evidence, record, path, found)


def _note_read(evidence: Evidence, record: InputRecord, path: str, what: str) -> None:
    record.contents.add(what)
    evidence.files.append(ReadFile(record.id, path, what))


def _keep(evidence: Evidence, record: InputRecord, path: str, found: object) -> None:
    if isinstance(found, K8sObject):
        evidence.objects.append(found)
        evidence.names.setdefault((found.root, found.kind, found.namespace), set()).add(found.name)
        return
    evidence.fill_ins |= written_by_aws(found)
    kept, gone = without_masks(found)
    evidence.masked += [ReadFile(record.id, path, what) for what in gone]
    if kept is not None:
        evidence.loose.append(kept)


def _note_unused(evidence: Evidence, record: InputRecord, path: str, data: bytes) -> None:
    evidence.unused.append(ReadFile(record.id, path, "not known"))
    if _ARCHIVE_NAME.search(path) and body_kind(data) == "html":
        detail = "it is a page of HTML and no archive: whoever downloaded it was answered by that page"
        evidence.problems.append(Problem(record.id, path, "not-used", detail, "unreadable"))
    if (subject := speaks_of_aws(data)) is not None:
        record.unread.setdefault(subject, []).append(path)


def _take_loose_events(evidence: Evidence, record: InputRecord, path: str, data: bytes) -> None:
    root = f"{record.id}:{path}"
    if is_whole_list(data):
        record.contents.add("Kubernetes objects")
        evidence.files.append(ReadFile(record.id, path, "Event"))
        evidence.listed |= {(root, "Event", namespace) for namespace in namespaces_in(data)}
    take_events(evidence, record, path, data, root)


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
    _note_read(evidence, record, path, REPORT)
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
