"""A file of one object that was cut within a line: what was lost behind it is not known to be absent.

Whoever gathers ends every file with a line's end; who writes a bundle's files by hand may end none so. Of
many files the few that end otherwise are cut, and of the value that their last line gives nobody knows the
rest. Where that line has no value at all, as behind ``key:``, the file is cut however many others are.
"""

from __future__ import annotations

import re

from analyzer.bundle import Cut
from analyzer.evidence.gathered import Evidence, InputRecord, Problem
from analyzer.patterns import later

_STATUS = later(rb"^status:", re.MULTILINE)
_BEFORE_A_VALUE = later(rb"(?:^|\n)(?:[ ]*-[ ]*|[ -]*[\w./\"'-]+:[ ]*)\Z")
_PAGE = later(
    rb"(?:^|\n)metadata:\r?\n(?:  [^\n]*\n)*?  continue: [\"']?[\w+/=-]"
    rb'|"metadata"\s*:\s*\{[^{}]*"continue"\s*:\s*"[^"]'
)
_PAGE_ENDS = 4096
"""Bytes of either end of a list that hold what it says of itself."""
PAGE = "it is a page of a list, and more follow"
_MANY = 20
"""Files that end with a line's end, for each that does not: a stopped gather leaves a few of those."""
_LINE = 512
"""Bytes of an end that hold a key: those of Kubernetes have 317 characters at most."""


def ends_within_a_line(data: bytes, cut: Cut) -> bool:
    """Tell a file of one object in block YAML that does; one that is cut in its status has its spec whole."""
    if data.endswith(b"\n") or len(cut.items) != 1 or cut.items[0].list_kind:
        return False
    last = data[data.rfind(b"\n") + 1 :].strip()
    if last.endswith((b"}", b"]", b"...")) or last.startswith((b"#", b"---")):
        return False
    return _STATUS.search(data) is None


def ends_before_a_value(data: bytes) -> bool:
    """Tell a text in block YAML whose last line begins an entry and does not give its value."""
    return _BEFORE_A_VALUE.search(data[-_LINE:]) is not None and _STATUS.search(data) is None


def is_page(data: bytes) -> bool:
    """Tell a list that says of itself that it goes on, as one that was asked for with a limit."""
    ends = (data[:_PAGE_ENDS], data[-_PAGE_ENDS:])
    return any(b"continue" in end and _PAGE.search(end) is not None for end in ends)


def withhold_cut(evidence: Evidence, record: InputRecord) -> None:
    """Take away the objects of files that are cut; that they are there stays known."""
    for file in record.ending_before_a_value:
        _withhold(evidence, record.id, file)
    if record.ending_with_a_line >= _MANY * len(record.ending_within_a_line):
        for file in record.ending_within_a_line:
            _withhold(evidence, record.id, file)


def _withhold(evidence: Evidence, input_id: str, file: str) -> None:
    """Take away what one file of a single object tells but that the object is there."""
    place = input_id, file
    gone = [(o.root, o.kind, o.namespace) for o in evidence.objects if (o.where.input, o.where.file) == place]
    gone += [
        (item.root, item.kind, item.namespace) for item in evidence.raw if (item.input, item.file) == place
    ]
    evidence.listed.difference_update(gone)
    evidence.objects = [o for o in evidence.objects if (o.where.input, o.where.file) != place]
    evidence.raw = [item for item in evidence.raw if (item.input, item.file) != place]
    if any((problem.input, problem.member) == place for problem in evidence.problems):
        return  # that it is cut was said where that broke it
    detail = "the file ends within a line"
    evidence.problems.append(Problem(*place, "truncated", detail, "incomplete"))
