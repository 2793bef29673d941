"""What stands in the place of a value that was masked: the one place that knows how that looks.

openshift/must-gather-clean writes ``x-ipv4-0000000001-x`` and ``domain0000001`` (ten digits in older
versions) where it keeps them apart, ``obfuscated.com`` and ``xxx.xxx.xxx.xxx`` where it does not
(pkg/obfuscator). CI writes runs of X, the Insights operator runs of x as long as the name, people write
words, signs, or the names of variables.

Signs and words are masks wherever they stand. What looks like something to fill in (``<account>``,
``$ACCOUNT``) is a mask only in what AWS or a server wrote, which refuse such values: where people write,
it is a placeholder that nobody filled in, and has findings of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache

from analyzer.patterns import later

_WORD = r"redacted|removed|masked|hidden|omitted|snip(?:ped)?|anonymi[sz]ed|obfuscated|censored|sanitized"
_WORDS = (
    r"(?i:redacted)"
    rf"|(?:[<\[({{«]|__)(?i:(?:[\w-]{{1,40}}[ _-])?(?:{_WORD})(?:[ _-][\w-]{{1,40}})?)(?:[>\])}}»]|__)"
    r"|(?<!\w)(?:MASKED|REMOVED|HIDDEN|OMITTED|ANONYMI[SZ]ED|OBFUSCATED|CENSORED|SANITIZED)(?!\w)"
    rf"|(?<=[:/.])(?i:{_WORD})(?=[:/.]|$)"
)
_SIGNS = (
    r"\*{3,}|[•●█▒░]{2,}|@{3,}|(?<=[:/.])\#{3,}"
    r"|(?<=[:/.])-{3,}(?=[:/.])|(?<=[\w:/-])(?:\.{3,}|…)|(?:\.{3,}|…)(?=[\w:/-])"
)
_RUNS = (
    r"X{6,}|(?<![A-Za-z0-9])[Xx]{4,}(?![A-Za-z0-9])|(?<=[:/.])[Xx]{3}(?![\w-])"
    r"|(?<=:)N{12}(?=:)"
)
_TOOL = (
    r"x-(?:ipv4|ipv6|mac|[a-z]{2,30})-\d{10}-x|domain\d{7,10}|obfuscated\.com"
    r"|xxx\.xxx\.xxx\.xxx|xx(?::xx){5}"
)
_ALONE = (
    r"[xX*]{3,}|[xX]{2,}(?:[-.:][xX]+)+|[.#-]{3,}|…|N{12}|[nN]/[aA]"
    rf"|[<\[({{!«]?(?i:{_WORD})[>\])}}»]?"
)
_TEXT = later(rf"{_RUNS}|x{{6,}}|{_WORDS}|{_SIGNS}|{_TOOL}")
_WHOLE_SETTING = later(rf"^[ \t]*\w+[ \t]*=[ \t]*(?:{_ALONE})[ \t\r]*$", re.MULTILINE)
_BY_HAND = later(rf"X{{6,}}|{_WORDS}|\*{{4,}}|[•●█▒░]{{2,}}")
_IN_VALUE = later(
    rf"{_RUNS}|x{{8,}}|[#%]{{4,}}|{_WORDS}|{_SIGNS}|{_TOOL}|<(?i:account|account[-_ ]id)>"
    r"|^@\{[^{}=]{1,60}=|System\.Object\[\]|System\.Collections\.Hashtable"  # PowerShell's
)
_WHOLE = later(_ALONE)
_TO_FILL_IN = later(
    r"<[A-Za-z][\w .-]{0,60}>|\{\{[^{}]{1,60}\}\}|[$%]\{[A-Za-z_]\w{0,60}\}|\$[A-Za-z_]\w{2,60}"
    r"|%[A-Z][A-Z_]{2,40}%"
    r"|[<\[](?i:[\w-]{0,40}(?:account|bucket|issuer|region|cluster|role)[\w-]{0,40})[>\]]"
)
_NAME = 128
"""Characters of the longest value that is remembered."""
_ACCOUNT = later(r"(?<=(?::iam|:sts)::)(?!\d{12}:|aws:|cloudfront:)[^:/\s]{0,60}(?=:)")


def is_masked(value: str) -> bool:
    """Tell a value that stands in place of the real one."""
    return _is_masked_name(value) if len(value) <= _NAME else _is_masked(value)


@lru_cache(4096)
def _is_masked_name(value: str) -> bool:
    """Remember names: those of kinds, namespaces and actions are asked of every object again."""
    return _is_masked(value)


def _is_masked(value: str) -> bool:
    return _IN_VALUE.search(value) is not None or is_alone(value)


def is_alone(value: str) -> bool:
    """Tell a value that is nothing but a mask."""
    return _WHOLE.fullmatch(value.strip()) is not None


def fill_ins(value: str) -> set[str]:
    """Give what in a value looks like something to fill in."""
    return {found[0] for found in _TO_FILL_IN.finditer(value)}


def odd_accounts(value: str) -> set[str]:
    """Give what ARNs of IAM and STS have in the place of the account: with AWS those are twelve digits."""
    return {found[0] for found in _ACCOUNT.finditer(value)}


def is_stand_in(value: str) -> bool:
    """Tell what AWS or a server never wrote: a mask, or what looks like something to fill in."""
    return is_masked(value) or _TO_FILL_IN.search(value) is not None


def is_masked_text(value: str) -> bool:
    """Tell a text of several lines in which something was masked, by a tool or by hand."""
    return any(shape.search(value) for shape in (_TEXT, _WHOLE_SETTING)) or is_alone(value)


def is_hand_made(value: str) -> bool:
    """Tell what CI or a person put in the place of something.

    An Insights archive has small x in the place of region and name of every cluster: that is its form.
    """
    # each of these is a mask too: the second pattern is made where there is one
    return _IN_VALUE.search(value) is not None and _BY_HAND.search(value) is not None


def with_account_masks(value: str) -> str:
    """Give an ARN or a text of ARNs with a mask wherever an account is none."""
    return _ACCOUNT.sub("REDACTED", value)


def without_account_masks(value: str) -> str:
    """Give an ARN or a text of ARNs without masks in the place of the account."""
    return _ACCOUNT.sub(lambda mask: "" if is_stand_in(mask[0]) else mask[0], value)
