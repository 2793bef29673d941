"""Show where two texts differ: marked spans and a neutral sentence."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from analyzer.frozen import frozen

Span = tuple[int, int]
_MAX_LENGTH = 2000
_MAX_COMPARED = 300
_MAX_CANDIDATES = 100


@frozen
class Difference:
    """Two texts and the character ranges (start, end) of each that the other does not have."""

    expected: str
    found: str
    expected_spans: tuple[Span, ...]
    found_spans: tuple[Span, ...]
    sentence: str

    def marked(self, left: str = "[", right: str = "]") -> tuple[str, str]:
        """Both texts with their differing ranges between the marks."""
        return (
            _marked(self.expected, self.expected_spans, left, right),
            _marked(self.found, self.found_spans, left, right),
        )


def difference(expected: str, found: str) -> Difference:
    """Compare what is needed with what is there.

    The ranges are empty when the texts are equal; the sentence names the simple differences (case, a
    trailing slash, a scheme, blanks) and else says how many characters differ.
    """
    wanted, actual = expected[:_MAX_LENGTH], found[:_MAX_LENGTH]
    left: list[Span] = []
    right: list[Span] = []
    for tag, a, b, c, d in SequenceMatcher(None, wanted, actual, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if b > a:
            left.append((a, b))
        if d > c:
            right.append((c, d))
    return Difference(expected, found, tuple(left), tuple(right), _sentence(expected, found, left, right))


@lru_cache(maxsize=4096)
def similarity(one: str, two: str) -> float:
    """Return how alike two texts are, from 0 to 1; of long texts only the beginning is compared."""
    if one == two:
        return 1.0
    return SequenceMatcher(None, one[:_MAX_COMPARED], two[:_MAX_COMPARED], autojunk=False).ratio()


def most_alike(texts: Sequence[str], wanted: str) -> int | None:
    """Return the position of the text most like the wanted one, the first of equals; None of none.

    Of very many texts only those that share the longest ends with the wanted one are compared.
    """
    candidates: Sequence[int] = range(len(texts))
    if len(texts) > _MAX_CANDIDATES:
        candidates = sorted(candidates, key=lambda at: -_shared_ends(texts[at], wanted))[:_MAX_CANDIDATES]
    return max(candidates, key=lambda at: (similarity(texts[at], wanted), -at), default=None)


def _shared_ends(one: str, two: str) -> int:
    return _shared_start(one, two) + _shared_start(one[::-1], two[::-1])


def _shared_start(one: str, two: str) -> int:
    for at, (left, right) in enumerate(zip(one, two, strict=False)):
        if left != right:
            return at
    return min(len(one), len(two))


def _marked(text: str, spans: tuple[Span, ...], left: str, right: str) -> str:
    result, at = "", 0
    for start, end in spans:
        result += text[at:start] + left + text[start:end] + right
        at = end
    return result + text[at:]


def _sentence(expected: str, found: str, left: list[Span], right: list[Span]) -> str:
    if expected == found:
        return "they are equal"
    if simple := _simple(expected, found):
        return f"they differ only by {simple}"
    count = sum(end - start for start, end in left) + sum(end - start for start, end in right)
    if not found:
        return "the text found is empty"
    if 2 * count >= len(expected) + len(found):
        return "they have little in common"
    return f"they differ in {count} character{'s' if count != 1 else ''}"


def _simple(expected: str, found: str) -> str:
    if expected.casefold() == found.casefold():
        return "case"
    if expected.strip() == found.strip():
        return "blanks at the ends"
    if expected.rstrip("/") == found.rstrip("/"):
        return "a trailing slash"
    one, two = expected.removeprefix("https://"), found.removeprefix("https://")
    if one == two:
        return "the scheme https://"
    if one.rstrip("/").casefold() == two.rstrip("/").casefold():
        return "scheme, case or a trailing slash"
    return ""
