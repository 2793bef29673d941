"""The one place where secrets are recognised by kind and taken out of what is quoted.

Texts come from files of strangers: an unredacted Secret, a log with a token, a proxy's URL. What is
taken out is replaced by its kind, so that the line stays readable as proof. A text is redacted before
it is cut: of half a token nobody can tell what it is.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import unquote

from analyzer.needles import Needles, find
from analyzer.patterns import later
from analyzer.secret_kinds import FLAG, KINDS, NAME_HINT, NAMED, SECRET_NAME, Kind

_DEPTH: Final = 3
"""Encodings inside one another that are looked through: a Secret holds base64 of base64."""
_LONGEST: Final = 1 << 16
"""Characters of one encoded run that are decoded; a longer one that is base64 is no proof of anything."""

_LONE_KEY: Final = later(r"(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_RUN: Final = later(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_HEX: Final = later(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_READABLE: Final = later(r"[\t\r\n -~]{12,}")
_NO_TEXT: Final = later(r"[^\t\r\n -\x7f]")
_PERCENT: Final = later(r"[^\s\"'<>]*%[0-9A-Fa-f]{2}[^\s\"'<>]*")
_OF_A_FILE: Final = later(r"(?i)(?:file|path|dir|location)(?:\\*[\"'])?\s*[:=]\s*$")
_PATH: Final = later(r"(?:~|\.{0,2})/[\w./{}%-]*")
_PLACEHOLDER: Final = later(
    r"(?i)\W*(?:redacted|removed|masked|hidden|x+|\*+|\.+|…|none|null|true|false|changeme|example|\$\{?\(?\w+[)}]?"
    r"|\(?(?:secret|password|signature|credential)\)?|\d+ bytes long)\W*"
)
_OPENING: Final = [
    "aws_secret_access_key",
    "private key",
    '"auth',
    "password",
    "secretaccesskey",
    "client-key-data",
]


def redact(text: str) -> str:
    """Take tokens' signatures, keys, passwords and private keys out of a text, plain or encoded."""
    return _redacted(text, _DEPTH)


def redact_json(value: object) -> object:
    """Do the same to every text in plain values; a key such as ``password`` tells what its value is."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list | tuple):
        return [redact_json(item) for item in value]
    if isinstance(value, dict):
        return {redact(str(key)): _member(str(key), item) for key, item in value.items()}
    return value


def _member(name: str, value: object) -> object:
    return "(secret)" if isinstance(value, str) and value and SECRET_NAME.search(name) else redact_json(value)


def _redacted(text: str, depth: int) -> str:
    low = text.lower()
    for kind in KINDS:
        for hint in kind.hints:
            if hint in low:
                text = kind.pattern.sub(kind.instead, text)
                break
    if NAME_HINT.search(low):
        text = FLAG.sub(r"\1(secret)", NAMED.sub(_named, text))
    if len(text) >= 20:
        text = _RUN.sub(lambda run: _encoded(run, depth), text)
        if len(text) >= 40:
            text = _LONE_KEY.sub(_lone, text)
    if "%" in text and depth:
        text = _PERCENT.sub(lambda word: _unquoted(word[0], depth), text)
    return text


def _named(found: re.Match[str]) -> str:
    if _OF_A_FILE.search(found["name"]) and _PATH.fullmatch(found["inside"] or found["bare"]):
        return found[0]  # where a token lies opens nothing: web_identity_token_file = /var/run/…
    if found["quote"]:
        return f"{found['name']}{found['quote']}(secret){found['quote']}"
    return found["name"] + (
        found["bare"] if found["bare"].startswith("$") else "(secret)"
    )  # a variable's name


def _encoded(run: re.Match[str], depth: int) -> str:
    """Take out base64 or hexadecimal that holds a secret in its turn."""
    if not depth or (run[0].islower() and not _HEX.search(run[0])):
        return run[0]  # base64 of a text has capitals; names in lower case are most of what comes here
    for decoded in _decoded(run[0]):
        low = decoded.lower()
        if any(word in low for word in _OPENING) or _redacted(decoded, depth - 1) != decoded:
            return "(encoded secret)"
    return run[0]


def _decoded(run: str) -> Iterator[str]:
    """Decode a run in every way that gives text; where base64 begins in it is not known."""
    for digits in _HEX.findall(run):
        for start in range(2):
            part = digits[start:]
            yield from _as_text(bytes.fromhex(part[: len(part) - len(part) % 2]))
        if digits == run:
            return
    plain = run.rstrip("=").translate({45: 43, 95: 47})[:_LONGEST]
    for start in range(4):
        part = plain[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        yield from _as_text(base64.b64decode(part + "=" * (-len(part) % 4)))


def _as_text(raw: bytes) -> Iterator[str]:
    """Give the bytes as text where they are some: a decoder that is out of step gives noise.

    Of a run that goes on behind what was encoded (a path, say) the part that is text.
    """
    text = raw.decode("utf-8", "replace")
    begin = text[:64]
    if len(_NO_TEXT.findall(begin)) <= 0.1 * len(begin):
        yield text
    else:
        yield from _READABLE.findall(text)


def _lone(found: re.Match[str]) -> str:
    """Judge forty characters without a name: a secret access key mixes all three kinds of characters."""
    text = found[0]
    upper, lower, digits = (sum(map(test, text)) for test in (str.isupper, str.islower, str.isdigit))
    return "(secret)" if upper >= 5 and lower >= 5 and digits >= 2 else text


def _unquoted(word: str, depth: int) -> str:
    plain = unquote(word)
    shown = _redacted(plain, depth - 1)
    return word if shown == plain else shown


_LIVE_KEY: Final = Needles((b"PRIVATE KEY", b"KEY-----"))
_LIVE_WORDS: Final = Needles((
    b"private key-----", b"Private Key-----", b".ey", b".Ey",
    b'"auth"', b'"Auth"',
    b"secretaccesskey", b"SecretAccessKey", b"Secretaccesskey",
    b"secret_access_key", b"Secret_Access_Key", b"SECRET_ACCESS_KEY",
))  # fmt: skip
_LIVE_HEADER: Final = later(rb"thorization(?:\\*[\"'])?[\s,]{0,40}(?:[:=]|\\*[\"']?[Vv]alue)")
"""Not the word alone: it stands in the names of API groups, and so in the largest lists of a bundle.

A container's variable or a probe's header has its name in one line and its value in the next.
"""
_LIVE_HINTS: Final = Needles(hint.encode() for kind in KINDS if kind.live for hint in kind.hints)
_LINES_BELOW: Final = 8
_GAP: Final = 256
"""Characters between parts that are looked at as one: a part for each line of a large file takes long."""
_LIVE_URL: Final = later(rb"://[^\s/:@\"'<>]{1,100}:[^\s/@\"'<>]{1,200}@")


def live_secrets(data: bytes, *, urls: bool = True) -> Iterator[tuple[str, int]]:
    """Yield what opens something and lies in a file as it is: its kind, and its offset; each kind once.

    Placeholders are left out. ``urls`` looks for passwords in URLs too, which takes the longest.
    """
    # Most files hold none of these words as they are written, and need not be decoded.
    hinted = _LIVE_WORDS.are_in(data)
    hinted = hinted or (_LIVE_KEY.are_in(data) and _LIVE_WORDS.are_in(data.lower()))
    hinted = hinted or (find(data, b"thorization") >= 0 and _LIVE_HEADER.search(data) is not None)
    if not hinted and not (urls and _LIVE_URL.search(data)):
        return
    low = data.lower()
    there, lower = _LIVE_HINTS.found_in(low), low.decode("utf-8", "replace")
    del low  # a file may have 64 MiB
    text, seen = data.decode("utf-8", "replace"), set[str]()
    for kind in KINDS:
        hints = [hint for hint in kind.hints if hint.encode() in there]
        if not kind.live or kind.name in seen:
            continue
        for begin, end in _near(hints, lower):
            hits = kind.pattern.finditer(text, begin, end)
            found = next((hit for hit in hits if not _is_placeholder(hit, kind)), None)
            if found is not None:
                seen.add(kind.name)
                yield kind.name, len(text[: found.start()].encode())
                break


def _near(hints: Sequence[str], lower: str) -> Iterator[tuple[int, int]]:
    """Yield begin and end of the parts of a text around hints: whole lines, and the line break before them.

    A secret stands on the line of its hint or goes on below; what looks for the @ of a URL is slow and
    needs no line more.
    """
    more = 0 if hints == ["@"] else _LINES_BELOW
    following = {hint: lower.find(hint) for hint in hints}
    while (last := min((place for place in following.values() if place >= 0), default=-1)) >= 0:
        begin, end = max(lower.rfind("\n", 0, last), 0), _below(lower, last, more)
        while (further := max(lower.rfind(hint, last + 1, end + _GAP) for hint in hints)) >= 0:
            last, end = further, _below(lower, further, more)
        yield begin, end
        for hint, place in following.items():
            if 0 <= place < end:
                following[hint] = lower.find(hint, end)


def _below(text: str, place: int, lines: int) -> int:
    """Give the end of the line at a place, or of the last of so many below it."""
    for _ in range(lines + 1):
        place = text.find("\n", place) + 1
        if not place:
            return len(text)
    return place


_UNSIGNED = later(r"(?:bearer\s+)?e[yw][\w-]{6,}\.e[yw][\w-]{6,}", re.IGNORECASE)
"""A token of which only header and payload were kept: it says who somebody was, and opens nothing."""


def _is_placeholder(found: re.Match[str], kind: Kind) -> bool:
    value = found[0][len(found[1]) :] if found.re.groups else found[0]
    value = value.strip(":@.")
    if kind.name == "a private key":
        return len(found[0]) < 120
    example = "EXAMPLE" in value  # the keys of the documentation of AWS
    return (
        example
        or _PLACEHOLDER.fullmatch(value) is not None
        or len(set(value)) < 5
        or _UNSIGNED.fullmatch(value) is not None
    )
