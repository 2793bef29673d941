"""Words of a command line for a POSIX shell, which come out as they are whatever they hold.

Texts of inputs come into commands here and nowhere else. Whatever changes a command later, such as the
taking out of secrets, changes its words (`with_words`) and never its text: a replacement in the text
could take a quotation mark away, and what stood between two would be run.
"""

from __future__ import annotations

from collections.abc import Callable
from shlex import quote

from analyzer.patterns import later

_CONTROL = later(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NO_VALUE = later(r"(?i)-|fileb?:")
"""How an option begins, and what ``aws`` and ``curl`` take for the name of a file of ours to read."""

_CURL = later(r"(?:^|[\s;|&(/])curl(?=\s)(?P<words>[^;|&()]*)\Z")
_GLOBOFF = later(r"\s(?:-[fgiLkNsSv]*g[fgiLkNsSv]*|--globoff)(?=\s)")

_LITERAL = later(
    r"""\"\$\(printf '(?P<bytes>[^']*)'\)\"|'(?P<single>[^']*)'|\"(?P<double>[^\"$`\\]*)\""""
    r"""|(?P<bare>[^\s;|&<>()'\"`$\\]+)"""
)
_ACTIVE = later(r"\"(?:[^\"\\]|\\.)*\"|\\.")
_ASSIGNED = later(r"[A-Za-z_][A-Za-z0-9_]*=")
_OCTAL = later(r"\\([0-7]{3})")


def word(text: str) -> str:
    r"""Write one word of a command line.

    What does not print as itself, such as a zero-width blank from a copied page, is written by its bytes
    for ``printf``: shown as it is it could not be seen, and shown as an escape it would be another word.
    """
    if text.isascii() and text.isprintable():
        return quote(text)
    kept = "".join(_byte(byte) for byte in text.encode("utf-8", "surrogatepass"))
    kept = rf"\055{kept[1:]}" if kept.startswith("-") else kept  # else an option of printf
    return f"\"$(printf '{kept}')\""


def argument(text: str, placeholder: str) -> str:
    """Write a value as a word that a program reads; what it could not take as a value becomes a placeholder.

    That is an option, a file to read, nothing at all, and what a terminal could not show honestly.
    """
    return word(text) if is_shown(text) and not _NO_VALUE.match(text) else placeholder


def is_shown(text: str) -> bool:
    """Tell whether a value is there, and can be shown as a part of a word."""
    return bool(text) and not _CONTROL.search(text)


def expands_braces(before: str) -> bool:
    """Tell whether a word that follows would be taken for several, or for a file, by ``curl`` without -g."""
    calls = list(_CURL.finditer(unquoted(before)))
    return bool(calls) and not _GLOBOFF.search(calls[-1]["words"])


def file_name(name: str) -> str:
    """Give a name that can stand in a path; roles and namespaces mostly are their own."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._=,@+-") else "_" for c in name)
    return kept.lstrip(".-")[:120] or "unnamed"


def with_words(command: str, change: Callable[[str], str]) -> str:
    """Change what stands in the words of a command, and quote anew what was changed."""
    written: list[str] = []
    at = 0
    while at < len(command):
        begin, text = at, ""
        while found := _LITERAL.match(command, at):
            text, at = text + _meant(found.lastgroup or "", found[found.lastgroup or 0]), found.end()
        if begin == at:
            active = _ACTIVE.match(command, at)
            at = active.end() if active else at + 1
            text = command[begin:at]
        new = change(text)
        written.append(command[begin:at] if new == text else _anew(command[begin:at], new))
    return "".join(written)


def unquoted(command: str) -> str:
    """Give a command as long as it is with ``x`` for all that is quoted, to look for its own words."""
    parts: list[str] = []
    at = 0
    while at < len(command):
        found = _LITERAL.match(command, at) or _ACTIVE.match(command, at)
        end = found.end() if found else at + 1
        bare = found is None or found.lastgroup == "bare"
        parts.append(command[at:end] if bare else "x" * (end - at))
        at = end
    return "".join(parts)


def _meant(how: str, text: str) -> str:
    if how != "bytes":
        return text
    raw = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), text).encode("latin-1", "replace")
    return raw.decode("utf-8", "surrogatepass")


def _anew(old: str, new: str) -> str:
    """Quote a changed word; the name of a variable that is set stays outside."""
    assigned = _ASSIGNED.match(old)
    name = assigned[0] if assigned and new.startswith(assigned[0]) else ""
    return name + word(new.removeprefix(name))


def _byte(byte: int) -> str:
    sign = chr(byte)
    return sign if sign.isascii() and (sign.isalnum() or sign in " -_./:@=+,") else f"\\{byte:03o}"
