"""Compare one context value with one policy value, by the type that the operator names.

Every comparison answers False for values that are not of its type: such a value equals nothing.
Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from analyzer.iam import glob
from analyzer.iam.match import arn_matches
from analyzer.patterns import later

Comparison = Callable[[str, str], bool]
"""``(context value, policy value) -> equal``; for Like and ARN operators the second is a pattern."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NUMBER = later(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_MAX_DIGITS = 400


@lru_cache(maxsize=4096)
def number(text: str) -> Decimal | None:
    """Return a whole text as a number."""
    if len(text) > _MAX_DIGITS or not _NUMBER.fullmatch(text.strip()):
        return None
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


@lru_cache(maxsize=4096)
def instant(text: str) -> Decimal | None:
    """Return a date as epoch seconds: W3C ISO 8601 of any precision (UTC when no zone), or a number."""
    text = text.strip()
    if re.fullmatch(r"-?\d{5,}(\.\d+)?", text) or (text.startswith("-") and text[1:].isdigit()):
        return number(text)
    if re.fullmatch(r"\d{4}(-\d{2})?", text):
        text += "-01" * (2 - text.count("-"))
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = date.fromisoformat(text)
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return number(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return Decimal(passed.days * 86400 + passed.seconds) + Decimal(passed.microseconds) / 1_000_000


@lru_cache(maxsize=4096)
def network(text: str) -> Network | None:
    """Return an address or CIDR range; an address without mask is a range of one."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def string_equals(found: str, wanted: str) -> bool:
    """Exact text; ``*`` and ``?`` are plain characters here."""
    return found == glob.literal(wanted)


def string_equals_ignore_case(found: str, wanted: str) -> bool:
    """Return the same text but for case."""
    return found.lower() == glob.literal(wanted).lower()


def string_like(found: str, wanted: str) -> bool:
    """Text that matches a pattern, case counts."""
    return glob.matches(wanted, found)


def boolean_equals(found: str, wanted: str) -> bool:
    """Return ``true`` or ``false``, written in any case."""
    return found.lower() in ("true", "false") and found.lower() == wanted.lower()


def binary_equals(found: str, wanted: str) -> bool:
    """Bytes given in base64; the context value may be given in base64 or as it is."""
    if found == wanted:
        return True
    try:
        return base64.b64decode(wanted, validate=True) == found.encode()
    except (binascii.Error, ValueError):
        return False


def address_in(found: str, wanted: str) -> bool:
    """Return an address, or a range, within a CIDR range; an IPv4 address is never in an IPv6 range."""
    inner, outer = network(found), network(wanted)
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def arn_like(found: str, wanted: str) -> bool:
    """Return an ARN that matches a pattern part by part; ArnEquals and ArnLike are the same.

    Each of the six parts may have wildcards here, also the service.
    """
    return arn_matches(wanted, found, any_service=True)


def ordered(read: Callable[[str], Decimal | None], holds: Callable[[Decimal, Decimal], bool]) -> Comparison:
    """Return a comparison of numbers or dates by size."""

    def compare(found: str, wanted: str) -> bool:
        left, right = read(found), read(wanted)
        return left is not None and right is not None and holds(left, right)

    return compare
