"""YAML and JSON text in the form the OpenShift and AWS command line tools write it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

Json = dict[str, Any]

_WIDTH = 80

# What the Go library would read back as something else than a string, it writes in double quotes.
_AMBIGUOUS = re.compile(
    r"""(?xi) ~ | null | true | false | yes | no | on | off | y | n | = | <<
      | [-+]? (?: \.[0-9]+ | [0-9][0-9_]* (?:\.[0-9_]*)? ) (?: e[-+]?[0-9]+ )?
      | [-+]? 0x[0-9a-f_]+ | [-+]? 0b[01_]+ | [-+]? 0o[0-7_]+
      | [-+]? [0-9][0-9_]* (?: :[0-5]?[0-9] )+ (?: \.[0-9_]* )?
      | [-+]? \.inf | \.nan
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?: (?:t|\s+) [0-9:.]+ \s* (?: z | [-+][0-9:]+ )? )?
    """
)
_UNPRINTABLE = re.compile(r"[^ -~]")
_INDICATORS = set("-?:,[]{}#&*!|>'\"%@`")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\", "\0": "\\0"}


def document(value: Any) -> bytes:
    """Return a file as must-gather writes it: a marker, sorted keys, sequences at their parent's column."""
    return ("---\n" + dump(value)).encode()


def dump(value: Any) -> str:
    """Return the YAML text of plain values, without a document marker."""
    if isinstance(value, (dict, list)) and value:
        return "\n".join(_lines(value, 0)) + "\n"
    return "\n".join(_scalar(value, 0, 0)) + "\n"


def aws_json(value: Any) -> bytes:
    """Return JSON as the AWS CLI prints it."""
    return (json.dumps(value, indent=4, ensure_ascii=False) + "\n").encode()


def compact_json(value: Any) -> str:
    """Return JSON on one line with sorted keys, as Go's encoder writes a map."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _lines(value: Json | list[Any], indent: int) -> list[str]:
    pad = " " * indent
    out: list[str] = []
    if isinstance(value, dict):
        for key in sorted(value):
            child = value[key]
            head = f"{pad}{_quoted(key)[0]}:"
            if isinstance(child, dict) and child:
                out += [head, *_lines(child, indent + 2)]
            elif isinstance(child, list) and child:
                out += [head, *_lines(child, indent)]
            else:
                first, *rest = _scalar(child, indent + 2, len(head) + 1)
                out += [f"{head} {first}", *rest]
        return out
    for child in value:
        if isinstance(child, (dict, list)) and child:
            first, *rest = _lines(child, indent + 2)
            out += [f"{pad}- {first[indent + 2 :]}", *rest]
        else:
            first, *rest = _scalar(child, indent + 2, indent + 2)
            out += [f"{pad}- {first}", *rest]
    return out


def _scalar(value: Any, indent: int, column: int) -> list[str]:
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int):
        return [str(value)]
    if isinstance(value, (dict, list)):
        return ["{}" if isinstance(value, dict) else "[]"]
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} has no place in a manifest: {value!r}")
    if "\n" in value and _fits_block(value):
        return _block(value, indent)
    return _fold(*_quoted(value), indent, column)


def _fits_block(text: str) -> bool:
    plain = all(" " <= char <= "~" or char == "\n" for char in text)
    return plain and text[0] not in " \n" and not re.search(r" (?:\n|$)", text)


def _block(text: str, indent: int) -> list[str]:
    body = text.rstrip("\n")
    trailing = len(text) - len(body)
    header = {0: "|-", 1: "|"}.get(trailing, "|+")
    pad = " " * indent
    lines = [pad + line if line else "" for line in body.split("\n")]
    return [header, *lines, *[""] * max(0, trailing - 1)]


@cache
def _quoted(text: str) -> tuple[str, bool]:
    """Return the text in its quotes, and whether the quotes are double."""
    if _UNPRINTABLE.search(text):
        escaped = "".join(_ESCAPES.get(c) or (c if c >= " " else f"\\x{ord(c):02x}") for c in text)
        return f'"{escaped}"', True
    if not text or _AMBIGUOUS.fullmatch(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"', True
    if (
        (text[0] in _INDICATORS and not (text[0] in "-?:" and len(text) > 1 and text[1] != " "))
        or text[0] == " "
        or text[-1] in " :"
        or ": " in text
        or " #" in text
        or text.startswith(("---", "..."))
    ):
        return "'" + text.replace("'", "''") + "'", False
    return text, False


def _fold(text: str, double: bool, indent: int, column: int) -> list[str]:
    """Break a long scalar at single blanks, as libyaml does once a line has passed its width."""
    if column + len(text) <= _WIDTH or " " not in text:
        return [text]
    pad = " " * indent
    lines: list[str] = []
    start, width = 0, column
    for at, char in enumerate(text):
        inner = 1 < at < len(text) - 2
        if char == " " and inner and width > _WIDTH and text[at - 1] != " " and text[at + 1] != " ":
            # A backslash before the break would join the lines without a blank.
            if double and text[at - 1] == "\\":
                width += 1
                continue
            lines.append((pad if lines else "") + text[start:at])
            start, width = at + 1, indent
        else:
            width += 1
    lines.append((pad if lines else "") + text[start:])
    return lines
