"""Members of a bundle, read by what their path says they are."""

from __future__ import annotations

import re

from analyzer.bundle import (
    Cut,
    Entry,
    ListItem,
    UnreadableDocument,
    cut_list,
    item_names,
    parse_yaml,
)
from analyzer.bundle.text import is_wide, to_utf8
from analyzer.evidence.aws_records import LiveSecret
from analyzer.evidence.cut_files import PAGE, ends_before_a_value, ends_within_a_line, is_page
from analyzer.evidence.events import (
    MOST_IN_ALL,
    MOST_OF_FILE,
    may_tell,
    telling,
)
from analyzer.evidence.gathered import Evidence, InputRecord, Problem, ReadFile, shown_namespace
from analyzer.evidence.layout import LATER, Wanted, wants_item
from analyzer.evidence.masks.translation import is_cleaned
from analyzer.evidence.origin import Quote
from analyzer.evidence.records import K8sObject
from analyzer.evidence.values import dig
from analyzer.patterns import later
from analyzer.redact import live_secrets

_MOST_ITEMS = 1_000_000
"""Objects in the lists of one run: a bundle of a large cluster has a tenth of them."""
_CREDENTIALS = later(rb"(?<![\w-])(?:credentials|aws_access_key_id)[\"']?:")
_IS_LIST = later(rb"(?:^|[{,])\s*[\"']?items[\"']?\s*:", re.MULTILINE)


def text_of(entry: Entry, limit: int | None = None) -> bytes:
    """Read a file whole; what PowerShell wrote as UTF-16 comes as UTF-8."""
    data = entry.read(limit)
    return to_utf8(data) if is_wide(data) else data


def restored(evidence: Evidence, record: InputRecord, data: bytes) -> bytes:
    """Note what a cleaning tool went over, and undo its masks where its report is there."""
    if is_cleaned(data):
        record.cleaned = "must-gather-clean"
        if evidence.translation:
            return evidence.translation.restore(data)
    return data


def take_member(evidence: Evidence, record: InputRecord, entry: Entry, root: str, want: Wanted) -> None:
    """Read a file of objects, cut as bytes, and keep those that matter."""
    data = restored(evidence, record, text_of(entry))
    evidence.files.append(ReadFile(record.id, entry.path, want.kind or "cluster configuration"))
    note_secrets(evidence, record, entry.path, data)
    if not data or data.isspace():
        evidence.problems.append(
            Problem(record.id, entry.path, "truncated", "the file is empty", "incomplete")
        )
        return
    cut, paged = _cut(evidence, data), want.listing and is_page(data)
    if cut.problem:
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", cut.problem, "unreadable"))
    elif not cut.complete or paged:
        detail = PAGE if cut.complete else "the list ends too early"
        evidence.problems.append(Problem(record.id, entry.path, "truncated", detail, "incomplete"))
    elif want.listing and not (_is_list(data, cut) and all(item.list_kind for item in cut.items)):
        detail = "it is no Kubernetes list"
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", detail, "unreadable"))
        return
    nameless = [i for i in cut.items if not _take_item(evidence, record, entry.path, root, want, i)]
    if nameless:
        more = f", and {len(nameless) - 1:,} more" if len(nameless) > 1 else ""
        detail = f"line {nameless[0].first_line}: an object without a name{more}"
        evidence.problems.append(Problem(record.id, entry.path, "unreadable", detail, "unreadable"))
    elif want.listing and cut.complete and not cut.problem and not paged:
        evidence.listed.add((root, want.kind, want.namespace))
    if ends_within_a_line(data, cut):
        unfinished = ends_before_a_value(data)
        (record.ending_before_a_value if unfinished else record.ending_within_a_line).append(entry.path)
    elif data.endswith(b"\n"):
        record.ending_with_a_line += 1


def _is_list(data: bytes, cut: Cut) -> bool:
    """Tell a list; of one without items it must be sure that no mask stands in their place."""
    if _IS_LIST.search(data) is None:
        return False
    if cut.items:
        return True
    try:
        value = parse_yaml(data, "list")[0].value
    except (UnreadableDocument, IndexError):
        return False
    return isinstance(dig(value, "items"), list | None)


def _cut(evidence: Evidence, data: bytes) -> Cut:
    """Cut a list, unless those before it held more than any bundle does."""
    if evidence.items >= _MOST_ITEMS:
        problem = f"all files together hold more than {_MOST_ITEMS:,} objects: this one is not read"
        return Cut((), complete=False, problem=problem)
    cut = cut_list(data)
    evidence.items += cut.cost
    return cut


def note_secrets(evidence: Evidence, record: InputRecord, path: str, data: bytes) -> bool:
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
        namespace = shown_namespace(within, want.namespace)
        names = evidence.names.setdefault((root, want.kind, namespace), set())
        again = name in names  # a pod lies in its namespace's list and in a file of its own
        if not item.complete:
            return True  # what a cut copy lacks proves nothing, and another may be whole
        names.add(name)
        if not wants_item(want.kind, namespace, name, item.data):
            return True
        if want.kind in LATER and not (want.kind == "Secret" and _holds_credentials(item.data)):
            if not again:
                evidence.keep(want.kind, namespace, name, item, record.id, file, root)
            return True
    obj = evidence.parse(item, record.id, file, root, want.kind, want.namespace) if item.complete else None
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


def take_events(evidence: Evidence, record: InputRecord, path: str, data: bytes, root: str) -> None:
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
