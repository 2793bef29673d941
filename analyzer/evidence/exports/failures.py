"""AWS calls that failed, from the sentence that the CLI or boto3 printed and someone saved."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analyzer.evidence.origin import Quote, Source
from analyzer.evidence.records import FailedCall, Json
from analyzer.evidence.values import mapping, text
from analyzer.frozen import frozen
from analyzer.patterns import later

_ERROR = later(
    rb"^[ \t]*(?:aws: \[ERROR\]: ?|fatal error: |[\w.]{0,60}ClientError: )?"
    rb"(?P<text>An error occurred \((?P<code>[A-Za-z0-9_.]{1,80})\)"
    rb" when calling the (?P<operation>[A-Za-z0-9]{1,80})"
    rb" operation(?: \(reached max retries: \d+\))?:[ \t]?(?P<message>[^\r\n]*))",
    re.MULTILINE,
)
_SUBJECTS = (
    later(r"[Rr]ole with name (?P<name>[\w+=,.@-]+)"),
    later(r"on resource: (?P<name>arn:\S+)"),
    later(r"on resource: (?:role|policy|oidc-provider) (?P<name>\S+)"),
    later(r"(?P<name>arn:aws[a-z-]*:iam::\d{12}:\S+)"),
    later(r"\bRole (?P<name>[\w+=,.@-]+) not found"),
)
_MOST = 1000
_LONGEST = 500
_LONGEST_TALK = 16 << 20


@frozen
class Transcript:
    """A saved terminal: the failures in it, and its JSON with all other lines made blank."""

    failures: tuple[FailedCall, ...]
    rest: bytes


def holds_failure(data: bytes) -> bool:
    """Tell whether the bytes hold the CLI's sentence of a failed call."""
    return b"An error occurred (" in data and _ERROR.search(data) is not None


def read_transcript(input_id: str, path: str, data: bytes, told: str | None = None) -> Transcript:
    """Read failed calls, and leave the answers of those that succeeded, on the lines where they stand.

    ``told`` is what the command above says that the call was about.
    """
    failures: list[FailedCall] = []
    line, counted = 1, 0
    for match in _ERROR.finditer(data):
        if len(failures) == _MOST:
            break
        line += data.count(b"\n", counted, match.start("text"))
        counted = match.start("text")
        message = _plain(match["message"])
        failures.append(
            FailedCall(
                operation=match["operation"].decode("ascii"),
                code=match["code"].decode("ascii"),
                message=message,
                subject=subject_of(message) or told,
                where=Quote(input_id, path, line, _plain(match["text"])),
            )
        )
    return Transcript(tuple(failures), without_talk(data) if len(data) <= _LONGEST_TALK else b"")


def without_talk(data: bytes) -> bytes:
    """Make every line blank that is none of the CLI's indented JSON.

    Headings, prompts, warnings of Python and errors between the answers go; lines keep their numbers.
    """
    kept: list[bytes] = []
    inside = False
    for line in data.split(b"\n"):
        first = line[:1]
        if first not in (b" ", b"\t", b"\r", b""):
            inside = first in b"{["
        elif line.strip() in (b"{", b"["):  # an answer that was set off as a whole
            inside = True
        kept.append(line if inside or first in (b"}", b"]") else b"")
    return b"\n".join(kept)


def failure_in_object(value: Mapping[str, Json], where: Source) -> FailedCall | None:
    """Read boto3's ``ClientError.response``: ``{"Error": {"Code", "Message"}}`` with the operation beside."""
    error = mapping(value.get("Error"))
    code = text(error.get("Code"))
    names = (text(value.get(key)) for key in ("OperationName", "Operation", "operation"))
    operation = next((name for name in names if name), None)
    if code is None or operation is None:
        return None
    message = (text(error.get("Message")) or "")[:_LONGEST]
    subject = text(value.get("Subject")) or text(value.get("RoleName")) or subject_of(message)
    return FailedCall(operation, code, message, subject, where)


def subject_of(message: str) -> str | None:
    """Give the name or ARN that a message says the call was about."""
    # What stands before names who called: never the subject.
    asked = message.split("is not authorized to perform", 1)[-1]
    for pattern in _SUBJECTS:
        if match := pattern.search(asked):
            return match["name"].rstrip(".,")
    return None


def _plain(raw: bytes) -> str:
    shown = raw.decode("utf-8", "replace").strip()
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
