"""What a terminal, a ticket or an editor did to a text that went through it, undone.

Lines stay where they are, so that a proof's line is that of the file.
"""

from __future__ import annotations

import re

from analyzer.patterns import later

# Colours and the like (CSI), titles of windows (OSC), sets of characters: ECMA-48, section 5.
_ESCAPE = later(
    rb"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\)|[()][0-9A-Z]|[=>78])"
)
_INDENT = later(rb"^(?:[ \t]|\xc2\xa0)+", re.MULTILINE)
_FENCE = later(rb"^\{(?:code|noformat|quote)(?::[^}\r\n]{0,80})?\}[ \t]*(?=\r?$)", re.MULTILINE)
"""Jira's marks around a pasted text: they look like the beginning of JSON."""
_SCRIPT = later(rb"^Script (?:started|done)\b[^\r\n]*", re.MULTILINE)
"""The first and last line of what script(1) records."""
_METER_HEAD = later(rb"^[ \t]*(?:% Total +% Received|Dload +Upload)[^\r\n]*", re.MULTILINE)
_AMOUNT = rb" +[\d.]+[kMGTP]?"
_METER = later(
    rb"\r?(?:^|(?<=\r)|(?<=\n)) *\d{1,3}" + _AMOUNT * 7 + rb"(?: +[\d:dh-]{5,9}){3}" + _AMOUNT, re.MULTILINE
)
"""One state of curl's progress, which ``2>&1`` writes over the answer."""
_TALK = later(rb"[^{}\[\]\"]*|[^{}\"]{0,80}[$#%>+](?:[ \t][^{}\"]{0,200})?[ \t\r]*")
"""A line of no JSON: a pager's, a prompt, what a script said."""
_GLUED = later(rb"(?<=[}\]])[^{}\"]{0,80}[$#%>](?:[ \t][^{}\"]{0,80})?[ \t\r]*\Z")
_PROMPT = later(rb"\n(?!\w[\w./-]*: )[^\s#-][^\n]{0,80}[$#%>][ \t\r]*\Z|\n[$#%>][ \t\r]*\Z")
_LONGEST_END = 2000
_HEAD = 1024
"""Where a file that is no text shows it by a zero."""


def as_written(data: bytes) -> bytes:
    """Take off what is no part of the text: escapes, marks around it, indents of non-breaking blanks."""
    if b"\0" in data[:_HEAD]:
        return data
    if b"\x1b" in data:
        data = _ESCAPE.sub(b"", data)
    if b"Script done" in data:
        data = _SCRIPT.sub(b"", data)
    if b"\xc2\xa0" in data:
        data = _INDENT.sub(lambda match: match[0].replace(b"\xc2\xa0", b" "), data)
    if b"% Total" in data:
        data = _METER.sub(b"", _METER_HEAD.sub(b"", data))
    return _FENCE.sub(b"", data) if b"{code" in data or b"{noformat" in data or b"{quote" in data else data


def is_cut_by_powershell(data: bytes) -> bool:
    """Tell JSON in which ConvertTo-Json put a text in the place of what is nested deeper than its depth."""
    return b'"@{' in data or b"System.Object[]" in data or b"System.Collections.Hashtable" in data


def without_left_overs(data: bytes) -> bytes:
    """Take a pager's last line, prompts and other talk off the end of JSON."""
    lines = data[-_LONGEST_END:].split(b"\n")
    kept = len(lines)
    while kept > 1 and _TALK.fullmatch(lines[kept - 1]):
        kept -= 1
    last = _GLUED.sub(b"", lines[kept - 1])
    if not last.rstrip().endswith((b"}", b"]")):
        return data
    talk = b"\n".join(lines[kept - 1 :])[len(last) :]
    if b"rror" in talk:  # what a call failed with is evidence
        return data
    return data[: len(data) - len(talk)] + b"\n"


def without_prompt(data: bytes) -> bytes:
    """Take the prompt off the end of a manifest."""
    end = data.rstrip()[-_LONGEST_END:]
    match = _PROMPT.search(end)
    return data.rstrip()[: match.start() - len(end)] + b"\n" if match else data
