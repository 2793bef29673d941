"""The words that every readable format shares: states, links, numbers, times, lists."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.findings.report import ReadError, Report

STATE_WORDS = {
    "pass": "pass",
    "fail": "fail",
    "suspected": "suspected",
    "warn": "warn",
    "info": "info",
    "unknown": "unknown",
    "not-applicable": "n/a",
    "error": "error",
}
"""The one word for each state, wherever people read it."""

RECENCY_WORDS = {
    "ongoing": "errors{of}{since}, still going on",
    "stopped": "errors{of}{since}, stopped before the gather",
    "unknown": "",
}


NO_CHAIN = "No consumer of a role is in these inputs, so no chain can be checked."
NOT_BY_STS = "None of the chains uses STS."


def without_sts(platform: str | None) -> str:
    """Say why a cluster that does not use AWS STS has nothing to check."""
    if platform in (None, "AWS"):
        return "This cluster does not use STS, so there is no chain to check."
    return f"The platform of this cluster is {platform}, not AWS: no operator signs in through AWS STS."


def answer_lead(stage: str, error: str) -> str:
    """Say who gives the error that a break leads to: STS, the service called, or the SDK itself.

    A token that is none passes the SDK, which does not look at it; STS says that it is invalid.
    """
    if stage == "token-file" and not error.startswith("InvalidIdentityToken"):
        return "the SDK says"
    return "AWS answers" if stage == "permissions" else "STS answers"


_EXIT_WORDS = {
    0: "no failure found",
    1: "findings",
    2: "usage",
    3: "nothing readable",
    4: "something decisive is unknown",
    5: "input refused as hostile",
    6: "some inputs were unreadable",
    70: "internal error",
    130: "interrupted",
}


def exit_words(report: Report) -> str:
    """Say what the exit code means, as ``exit 1 (findings)``."""
    word = _EXIT_WORDS.get(report.exit_code)
    if report.exit_code == 0 and any(f.state == "fail" and f.muted for f in report.findings):
        word = "every failure accepted"
    if report.exit_code == 1 and not any(
        f.state in ("fail", "warn") and not f.muted for f in report.findings
    ):
        word = "a rule could not be evaluated" if report.counts.error else "not everything is known"
    return f"exit {report.exit_code}" + (f" ({word})" if word else "")


def place_of(error: ReadError, report: Report) -> str:
    """Name what was not read: the member, among several inputs with its id, else the input by its path."""
    path = next((i.path for i in report.inputs if i.id == error.input), error.input)
    if not error.member:
        return path or "an input"
    return f"{error.input}:{error.member}" if error.input and len(report.inputs) > 1 else error.member


def counted(number: int, noun: str) -> str:
    """Write ``1 line`` or ``2 lines``."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def listed(words: Sequence[str], most: int = 8) -> str:
    """Join words with commas; those past ``most`` become a number."""
    if len(words) <= most:
        return ", ".join(words)
    return f"{', '.join(words[: most - 1])} and {len(words) - most + 1} more"


def sentences(text: str, most: int) -> str:
    """Give the first sentences of a text."""
    return " ".join(re.split(r"(?<=[.!?]) +(?=[A-Z])", text)[:most])


def minute(stamp: str) -> str:
    """Shorten ``2022-03-25T17:10:17Z`` to ``2022-03-25 17:10Z``; anything else stays."""
    date, mark, time = stamp.partition("T")
    if mark and stamp.endswith("Z") and len(time) >= 6:
        return f"{date} {time[:5]}Z"
    return stamp
