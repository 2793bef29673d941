"""Pseudonyms for what identifies a customer (accounts, domains, clusters, addresses, resources of AWS).

The same value gets the same everywhere. Values are found where their place says what they are (an ARN, a
URL, the issuer, a role's name) and are then replaced wherever they occur, also inside base64 and where an
excerpt was cut in the middle of one.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from analyzer.errors import UsageProblem
from analyzer.findings.report import Evidence, Report
from analyzer.frozen import frozen, replace
from analyzer.patterns import later
from analyzer.reports.aws_ids import kind_of_id
from analyzer.reports.identifying import OURS, Class, identifying, is_word
from analyzer.reports.inert import with_other_words

_UUID = later(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BASE64 = later(r"[A-Za-z0-9+/_-]{16,}")
_KEY_ID = later(r"\b(A[A-Z]{3})[A-Z2-7]{1,17}(?=\(access key id\))")
"""What is shown of an access key's id: behind its kind, the account's number begins, encoded."""
_CUT = ("…", "...")
_DEEPEST = 40
_SHORTEST_PART = 4


@frozen
class Named:
    """One value, what it is called instead, and whether only whole words are replaced."""

    value: str
    pseudonym: str
    of: Class
    whole: bool


class Pseudonyms:
    """The names that values get; they stay the same over several reports, and over runs by a map file."""

    def __init__(self, classes: Iterable[Class]) -> None:
        self._classes = tuple(classes)
        self._named: dict[str, Named] = {}
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def mask(self, report: Report) -> Report:
        """Give a copy of a report without the values of the classes asked for."""
        for of, value, whole in identifying(report):
            self._name(of, value, whole)
        change = self._changer()
        return _with_columns(report, change)

    def map_text(self) -> str:
        """Write the map as JSON: class, then pseudonym to value."""
        rows: dict[str, dict[str, str]] = {of: {} for of in self._classes}
        for named in self._named.values():
            rows[named.of][named.pseudonym] = named.value
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"

    def read_map(self, text: str, where: str) -> None:
        """Take the names of an earlier run, so that they stay the same. Raises UsageProblem."""
        try:
            value = json.loads(text)
            rows = [(of, p, v) for of in self._classes for p, v in value.get(of, {}).items()]
        except (ValueError, AttributeError, RecursionError):
            raise UsageProblem(
                f"{where} is no map of pseudonyms", do="Name a file that --mask-map wrote"
            ) from None
        for of, pseudonym, known in rows:
            if not (isinstance(known, str) and known and re.fullmatch(r"[\w.-]+", pseudonym)):
                raise UsageProblem(f"{where} is no map of pseudonyms", do="Name a file that --mask-map wrote")
            self._named[known.casefold()] = Named(known, pseudonym, of, is_word(of, known))
            self._taken.add(pseudonym)

    def _name(self, of: Class, value: str, whole: bool) -> None:
        if of not in self._classes or value.casefold() in self._named:
            return
        kind = _pseudonym(of, value, 0)
        number = self._last.get(kind, 0) + 1
        while (pseudonym := _pseudonym(of, value, number)) in self._taken:
            number += 1
        self._last[kind] = number
        self._taken.add(pseudonym)
        self._named[value.casefold()] = Named(value, pseudonym, of, whole)

    def _changer(self) -> Callable[[str], str]:
        named = sorted(self._named.values(), key=lambda n: -len(n.value))
        keys = _KEY_ID if "accounts" in self._classes else None
        if not named:
            return lambda text: keys.sub(r"\1", text) if keys else text
        # the longest first: a cluster's name is often the beginning of its bucket's
        pattern = re.compile(_of_any(named), re.IGNORECASE)
        known = self._named
        forth, back = _begun(known), _begun(value[::-1] for value in known)

        def pseudonym(found: re.Match[str]) -> str:
            exact = known.get(found[0].casefold())
            # to the pattern a dotless i is the letter i, and to casefold another one; an account may be spelt
            return (exact or next(n for n in named if _is_it(n, found[0]))).pseudonym

        def plain(text: str) -> str:
            return pattern.sub(pseudonym, text)

        def encoded(match: re.Match[str]) -> str:
            return "(masked)" if any(pattern.search(inner) for inner in _decoded(match[0])) else match[0]

        @cache
        def change(text: str) -> str:
            if len(text) < 3:
                return text
            text = keys.sub(r"\1", text) if keys else text
            return _uncut(plain(_BASE64.sub(encoded, plain(text))), forth, back)

        return change


def _of_any(named: Iterable[Named]) -> str:
    """Give a pattern for all values, those that begin alike told apart as late as they differ.

    One alternative for each would be tried at each place of a text, and a report may hold thousands.
    What is no whole word comes first: it begins with no whole word that is longer.
    """
    by_kind: dict[bool, list[list[str]]] = {False: [], True: []}
    for one in named:
        by_kind[one.whole].append(_spelt(one))
    plain, whole = _together(by_kind[False]), _together(by_kind[True])
    whole = rf"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-F]{{2}})){whole}(?![A-Za-z0-9])" if whole else ""
    return "|".join(filter(None, (plain, whole)))


def _together(values: Sequence[Sequence[str]], depth: int = 0) -> str:
    """Give a pattern for values, the longest first and each a list of pieces of one; so it tries them."""
    if not values:
        return ""
    if depth > _DEEPEST:  # each the beginning of the next: nothing would be won, and patterns nest no deeper
        return f"(?:{'|'.join(map(''.join, values))})"
    columns = enumerate(zip(*values, strict=False))
    size = next((at for at, pieces in columns if len(set(pieces)) > 1), min(map(len, values)))
    after: dict[str, list[Sequence[str]]] = {}
    for value in values:
        if len(value) > size:
            after.setdefault(value[size], []).append(value[size:])
    shared = "".join(values[0][:size])
    if not after:
        return shared
    rest = "|".join(_together(longer, depth + 1) for longer in after.values())
    ends = any(len(value) == size for value in values)
    return f"{shared}(?:{rest}){'?' * ends}"


def _is_it(named: Named, text: str) -> bool:
    return re.fullmatch("".join(_spelt(named)), text, re.IGNORECASE) is not None


def _spelt(named: Named) -> list[str]:
    """Give the pieces of a pattern for a value.

    AWS's console writes an account as 1234-5678-9012, and AWS calls an instance by its address: ip-10-0-1-2.
    """
    pieces = [re.escape(letter) for letter in named.value]
    if named.of == "addresses":
        return ["[.-]" if letter == "." else piece for letter, piece in zip(named.value, pieces, strict=True)]
    if named.of == "accounts" and named.value.isdigit():
        pieces[8:8] = pieces[4:4] = ["-?"]
    return pieces


def _pseudonym(of: Class, value: str, number: int) -> str:
    if of == "accounts" and value.isdigit():
        return f"{number:012d}"
    if of in ("accounts", "resources"):
        return f"{kind_of_id(value)}-{number}"
    if of == "addresses":
        return f"address-{number}"
    if of == "clusters":
        return f"00000000-0000-0000-0000-{number:012d}" if _UUID.fullmatch(value) else f"cluster-{number}"
    return f"host-{number}.example" if "." in value else f"name-{number}"


def _decoded(text: str) -> Iterator[str]:
    """Read a run of base64 from each place where it may begin."""
    raw = text.replace("-", "+").replace("_", "/")
    for start in range(4):
        part = raw[start:]
        part = part[: len(part) - len(part) % 4] if len(part) % 4 == 1 else part + "=" * (-len(part) % 4)
        try:
            yield base64.b64decode(part).decode("latin-1")
        except (binascii.Error, ValueError):
            continue


@frozen
class Begun:
    """Values by how they begin, sorted, and how long the longest is."""

    values: list[str]
    longest: int

    def at_end(self, text: str) -> int:
        """Tell how many letters at the end of a text begin a value and are not all of it."""
        for size in range(min(len(text), self.longest), _SHORTEST_PART - 1, -1):
            piece = text[-size:].casefold()
            at = bisect_right(self.values, piece)
            if at < len(self.values) and self.values[at].startswith(piece):
                return size
        return 0


def _begun(values: Iterable[str]) -> Begun:
    known = sorted(values)
    return Begun(known, max(map(len, known)) - 1)


def _uncut(text: str, forth: Begun, back: Begun) -> str:
    """Take out what is left of a value at an end of a text that was cut; ``back`` has them backwards."""
    for dots in _CUT:
        if text.startswith(dots):
            rest = text[len(dots) :]
            while size := back.at_end(rest[::-1]):
                rest = rest[size:]
            text = dots + rest
        if text.endswith(dots):
            rest = text.removesuffix(dots)
            while size := forth.at_end(rest):
                rest = rest[:-size]
            text = rest + dots
    return text


def _with_columns(report: Report, change: Callable[[str], str]) -> Report:
    """Change every string, and let the columns of quoted lines point at the same place as before."""

    def moved(piece: Evidence) -> Evidence:
        if not piece.column or piece.column > len(piece.excerpt):
            return piece
        return replace(piece, column=len(change(piece.excerpt[: piece.column - 1])) + 1)

    findings = tuple(replace(f, evidence=tuple(map(moved, f.evidence))) for f in report.findings)
    columns = [[piece.column for piece in f.evidence] for f in findings]
    masked = with_other_words(report, change, OURS)
    return replace(
        masked,
        findings=tuple(
            replace(f, evidence=tuple(replace(p, column=c) for p, c in zip(f.evidence, cs, strict=True)))
            for f, cs in zip(masked.findings, columns, strict=True)
        ),
    )
