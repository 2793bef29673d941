"""Values of expressions and what the operators do with them, in three-valued logic.

A value is None, bool, int, float, str, list or tuple, a mapping, datetime, timedelta, or
:class:`Unknown`. Whatever an unknown could decide is unknown; what it cannot decide is answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from analyzer.engine.facts import Unknown, merge
from analyzer.engine.lexer import INT_MAX, INT_MIN
from analyzer.errors import DoctorError
from analyzer.patterns import later

MAX_TEXT: Final = 1 << 20
MAX_ITEMS: Final = 100_000
_TIMES: Final = (datetime, timedelta)
_DURATION = later(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|us|µs|ns|m|s)")
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


class EvaluationError(DoctorError):
    """An expression met a value that it cannot handle, or ran out of its budget (``final``)."""

    def __init__(self, what: str, *, where: str = "", do: str = "", final: bool = False) -> None:
        super().__init__(what, where=where, do=do)
        self.final = final


def kind_of(value: object) -> str:
    """Return the name of a value's type as the vocabulary and the errors spell it."""
    for types, name in (
        (bool, "bool"), (int, "int"), (float, "double"), (str, "string"), ((list, tuple), "list"),
        (Mapping, "map"), (datetime, "timestamp"), (timedelta, "duration"),
    ):  # fmt: skip
        if isinstance(value, types):
            return name
    return "null" if value is None else type(value).__name__


def same(left: object, right: object) -> bool | Unknown:
    """Equality: values of different types are unequal, numbers compare by value, null equals null."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return merge(item for item in (left, right) if isinstance(item, Unknown))
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return _same_items(left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return _same_fields(left, right)
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return isinstance(left, bool) and isinstance(right, bool) and left is right
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    return (numbers or kind_of(left) == kind_of(right)) and bool(left == right)


def _same_items(left: Sequence[object], right: Sequence[object]) -> bool | Unknown:
    if len(left) != len(right):
        return False
    return _all_same([same(one, other) for one, other in zip(left, right, strict=True)])


def _same_fields(left: Mapping[object, object], right: Mapping[object, object]) -> bool | Unknown:
    results: list[bool | Unknown] = []
    for key in {**left, **right}:
        if key in left and key in right:
            results.append(same(left[key], right[key]))
        else:
            only = left[key] if key in left else right[key]
            # the field may turn out to be absent on this side as well
            results.append(only if isinstance(only, Unknown) else False)
    return _all_same(results)


def _all_same(results: list[bool | Unknown]) -> bool | Unknown:
    if any(result is False for result in results):
        return False
    unknowns = [result for result in results if isinstance(result, Unknown)]
    return merge(unknowns) if unknowns else True


def contained(item: object, holder: object) -> bool | Unknown:
    """``item in holder``: an element of a list, or a key of a map."""
    if isinstance(holder, Unknown):
        return holder if not isinstance(item, Unknown) else merge((item, holder))
    if isinstance(holder, Mapping):
        return _key_of(item, holder)
    if not isinstance(holder, (list, tuple)):
        raise EvaluationError(f"'in' cannot look into {a(holder)}")
    unknowns = []
    for element in holder:
        result = same(item, element)
        if result is True:
            return True
        if isinstance(result, Unknown):
            unknowns.append(result)
    return merge(unknowns) if unknowns else False


def _key_of(item: object, holder: Mapping[object, object]) -> bool | Unknown:
    if isinstance(item, Unknown):
        return item if holder else False
    if not isinstance(item, str):
        return any(same(item, key) is True for key in holder)
    found = holder.get(item)
    return found if isinstance(found, Unknown) else item in holder


def ordered(operator: str, left: object, right: object) -> bool:
    """``<``, ``<=``, ``>`` or ``>=`` of two known values; EvaluationError where they have no order."""
    for value in (left, right):
        if not isinstance(value, (int, float, str, datetime, timedelta)) or isinstance(value, bool):
            raise EvaluationError(f"{a(value)} has no order ({operator!r})")
    try:
        below, above = left < right, left > right  # type: ignore[operator]
    except TypeError as error:
        raise EvaluationError(f"{a(left)} and {a(right)} have no order") from error
    if operator in ("<", ">"):
        return bool(below if operator == "<" else above)
    equal = bool(left == right)
    return bool(below or equal) if operator == "<=" else bool(above or equal)


def arithmetic(operator: str, left: object, right: object) -> object:
    """``+ - * / %`` of two known values: 64-bit integers, doubles, strings, lists, times."""
    if isinstance(left, bool) or isinstance(right, bool):
        raise EvaluationError(f"{a(left)} {operator} {a(right)} has no meaning")
    if isinstance(left, int) and isinstance(right, int):
        return checked(_integers(operator, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return _doubles(operator, left, right)
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > MAX_TEXT:
            raise EvaluationError("a string grows too long", final=True)
        return left + right
    if operator == "+" and isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        if len(left) + len(right) > MAX_ITEMS:
            raise EvaluationError("a list grows too long", final=True)
        return [*left, *right]
    if operator in "+-" and isinstance(left, _TIMES) and isinstance(right, _TIMES):
        try:
            return left + right if operator == "+" else left - right  # type: ignore[operator]
        except (TypeError, OverflowError) as error:
            raise EvaluationError(f"{a(left)} {operator} {a(right)} cannot be computed") from error
    raise EvaluationError(f"{a(left)} {operator} {a(right)} has no meaning")


def _integers(operator: str, left: int, right: int) -> int:
    if operator in "+-*":
        return left + right if operator == "+" else left - right if operator == "-" else left * right
    if right == 0:
        raise EvaluationError("division by zero")
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if operator == "/" else left - quotient * right


def _doubles(operator: str, left: float, right: float) -> float:
    if operator == "%":
        raise EvaluationError("'%' is for whole numbers")
    if operator == "/":
        if right == 0:
            raise EvaluationError("division by zero")
        return left / right
    return left + right if operator == "+" else left - right if operator == "-" else left * right


def checked(number: int) -> int:
    """Return the number, if it fits into 64 bits."""
    if not INT_MIN <= number <= INT_MAX:
        raise EvaluationError("a number does not fit into 64 bits")
    return number


def matches_glob(value: str, pattern: str) -> bool:
    """Whether the whole value fits the pattern: ``*`` is any text, ``?`` one character.

    The last ``*`` is the only one that is ever revisited, so the work is at most the product of the lengths.
    """
    at = want = 0
    star, resume = -1, 0
    while at < len(value):
        if want < len(pattern) and pattern[want] == "*":
            star, resume = want, at
            want += 1
        elif want < len(pattern) and pattern[want] in ("?", value[at]):
            at += 1
            want += 1
        elif star >= 0:
            resume += 1
            at, want = resume, star + 1
        else:
            return False
    return all(character == "*" for character in pattern[want:])


def to_timestamp(value: object) -> datetime:
    """Return a timestamp from RFC 3339 text, or the timestamp itself; naive times are refused."""
    if isinstance(value, str):
        written = value
        try:
            value = datetime.fromisoformat(written)
        except ValueError as error:
            raise EvaluationError(f"{written[:60]!r} is not an RFC 3339 time") from error
    if not isinstance(value, datetime):
        raise EvaluationError(f"timestamp() cannot read {a(value)}")
    if value.tzinfo is None:
        raise EvaluationError("a time needs a zone, such as a final Z")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise EvaluationError("a time is out of range") from error


def to_duration(value: object) -> timedelta:
    """Return a duration from text such as ``1h30m``, ``90s`` or ``-5m``."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise EvaluationError(f"duration() cannot read {a(value)}")
    body = value[1:] if value[:1] in ("-", "+") else value
    total, at = 0.0, 0
    while match := _DURATION.match(body, at):
        total += float(match.group(1)) * _SECONDS[match.group(2)]
        at = match.end()
    if at < len(body) or not body:
        raise EvaluationError(f"{value[:60]!r} is not a duration such as 1h30m")
    try:
        return timedelta(seconds=-total if value.startswith("-") else total)
    except OverflowError as error:
        raise EvaluationError(f"{value[:60]!r} is out of range") from error


def a(value: object) -> str:
    """Return the value's type with its article, for sentences."""
    kind = kind_of(value)
    return kind if kind == "null" else f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
