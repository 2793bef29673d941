"""Which role a file is about, as far as its name tells."""

from __future__ import annotations

import re

from analyzer.patterns import later

_NAME = later(r"[\w+=,.@-]{1,64}")
_CALL_WORDS = later(
    r"(?:(?:aws|iam|get|list|create|put|show|simulate|principal|role|roles|policy|policies|attached|inline|managed|names?|version|"
    r"versions|v\d+|output|export|exports|result|trust|document|json|yaml|yml|txt|out|log|err|error|stderr|"
    r"data|files?|detail|details|permissions?|\d{1,3})(?:[-_.]+|$))+",
    re.IGNORECASE,
)
_ADDED = later(
    r"(?:\.(?:json|ya?ml|txt|out|log|gz|xz|bz2|zst)| ?\(\d{1,3}\)| - (?:Copy|Kopie)(?: \(\d{1,3}\))?)+$",
    re.IGNORECASE,
)
"""Suffixes, and what a browser or Windows puts behind the name of a second copy."""
_FOLDERS = 2


def role_name_hint(path: str) -> str:
    """Guess the role from the names of the file and the two folders above; "" where nothing fits.

    The words of the call are taken off both ends: ``list-attached-role-policies-<role>.json``.
    """
    *folders, name = path.split("/")
    stem = _ADDED.sub("", name)
    found = [without_call_words(stem)]
    # A folder says less: "exports" or "case-0123" are no roles, so it must look like a long name.
    nearest = (without_call_words(folder) for folder in reversed(folders[-_FOLDERS:]))
    found += [folder for folder in nearest if folder.count("-") >= 2 and len(folder) >= 12]
    fitting = [name for name in found if _NAME.fullmatch(name) and re.search(r"[A-Za-z]{2}", name)]
    return max(fitting, key=len, default="")


def without_call_words(name: str) -> str:
    """Take the words of the call off both ends of a name: ``<role>`` of ``list-role-policies-<role>``."""
    if match := _CALL_WORDS.match(name):
        name = name[match.end() :]
    words = re.split(r"([-_.]+)", name)
    while words and (not words[-1] or _CALL_WORDS.fullmatch(words[-1]) or not words[-1].strip("-_.")):
        # "…-cloud-credentials-policy": the last word is the call's unless it stands alone.
        words.pop()
    return "".join(words)
