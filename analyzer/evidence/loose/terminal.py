"""A pasted terminal: commands after a prompt, each with its output below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from analyzer.evidence.exports.shape import Command
from analyzer.patterns import later

LONGEST = 8 << 20
_MOST = 400
# "$ aws …", "[user@host ~]$ aws …", "PS C:\> aws …" and what `set -x` prints: "+ aws …".
_TOOLS = (
    b"aws", b"curl", b"wget", b"oc", b"kubectl", b"rosa", b"ccoctl", b"cat", b"steampipe", b"terraform",
    b"Invoke-WebRequest", b"Invoke-RestMethod", b"iwr", b"irm",
)  # fmt: skip
_PROMPT = later(
    rb"[$#%>+\xaf][ \t]{1,4}(?P<command>(?:sudo[ \t]+)?(?:" + b"|".join(_TOOLS) + rb")[ \t][^\n]*"
    rb"(?:(?<=\\)\n[^\n]*|(?<=\\\r)\n[^\n]*){0,20})",
    re.MULTILINE,
)
_LONGEST_PROMPT = 80
_GLUED = later(rb"(?:\}|</\w{1,40}>|(?<=\n)\]|(?<=/token))(?=[^{}<|\",\n]*\Z)")
"""The end of an answer before a prompt on the same line."""


def holds_prompt(data: bytes) -> bool:
    """Tell whether a text has at least one command after a prompt."""
    return first_prompt(data) is not None


def first_prompt(data: bytes) -> int | None:
    """Give where the first prompt with a command begins."""
    # Looking for bytes first: a pattern over every log would cost more than all else.
    if len(data) > LONGEST or not any(b" %b " % tool in data for tool in _TOOLS):
        return None
    return next((start for start, _ in _prompts(data)), None)


def _prompts(data: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Yield the commands before which there is but a prompt on the line, and where that prompt begins.

    An answer that ends without a line break, as ccoctl's documents do, has the prompt behind it.
    """
    for match in _PROMPT.finditer(data):
        start = data.rfind(b"\n", 0, match.start()) + 1
        glued = _GLUED.search(data, max(start, match.start() - _LONGEST_PROMPT - 1), match.start())
        start = glued.end() if glued else start
        before = data[start : match.start()]
        if (
            len(before) <= _LONGEST_PROMPT
            and not before.startswith((b" ", b"\t"))
            and not set(b"{}<|") & set(before)
        ):
            yield start, match


def outputs(data: bytes) -> Iterator[tuple[Command | None, bytes]]:
    """Yield each command with its output; what stands before the first prompt has no command.

    Blank lines in the place of everything else keep the lines of the output where they are.
    """
    prompts = list(islice(_prompts(data), _MOST))
    ends = [start for start, _ in prompts[1:]] + [len(data)]
    if prompts and data[: prompts[0][0]].strip():
        yield None, data[: prompts[0][0]]
    for (_, match), end in zip(prompts, ends, strict=True):
        output = data[match.end() : end]
        if output.strip():
            line = match["command"].replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")
            yield Command(line.decode("utf-8", "replace")), b"\n" * data.count(b"\n", 0, match.end()) + output
