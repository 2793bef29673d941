"""Credentials values outside their Secret: what ``oc get secret … | base64 -d`` prints, saved or pasted.

The text names a role, not the Secret that it was taken from: the command above it may.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.bundle.document import Document, Map
from analyzer.evidence.exports.shape import Command
from analyzer.evidence.kubernetes import is_masked_text
from analyzer.evidence.loose_documents import File
from analyzer.evidence.origin import Where
from analyzer.evidence.records import CredentialsText
from analyzer.patterns import later

_SETTING = later(rb"^[ \t]*(?:role_arn|role_name|web_identity_token_file)[ \t]*=", re.MULTILINE)
_LINE = later(r"\s*(?:\[[^\]=]{1,200}\]|[A-Za-z_]{1,60}[ \t]*=.{0,2100})[ \t\r]*")
_NAMESPACE = later(r"(?:^|\s)(?:-n|--namespace)(?:[ \t]+|=)['\"]?([a-z0-9.-]{1,253})")
_NAME = later(r"\ssecrets?[ \t/]+(?:-\S+[ \t]+)*['\"]?([a-z0-9][a-z0-9.-]{0,252})")
_MOST = 200


def read_credential_texts(file: File) -> list[CredentialsText]:
    """Read the values of a text; none from one that says no role and no token file."""
    if not _SETTING.search(file.data):
        return []
    texts = (_record(file, lines) for lines in _blocks(file.data.decode("utf-8", "replace")))
    return [one for one, _ in zip((t for t in texts if t is not None), range(_MOST), strict=False)]


def _blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    """Yield runs of lines of a settings file, each with its number; a section's head begins a new one."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        fits = _LINE.fullmatch(line) is not None
        if block and (not fits or line.lstrip().startswith("[")):
            yield block
            block = []
        if fits:
            block.append((number, line))
    yield block


def _record(file: File, block: list[tuple[int, str]]) -> CredentialsText | None:
    text = "\n".join(line for _, line in block)
    if not _SETTING.search(text.encode()) or is_masked_text(text):
        return None
    number, line = next((one for one in block if one[1].lstrip().startswith("role_")), block[0])
    document = Document(file.path, line.encode(), number, Map(), "yaml")
    return CredentialsText(text, _secret_of(file.command), Where(file.input, document.at()))


def _secret_of(command: Command | None) -> tuple[str, str] | None:
    """Give the namespace and name of the Secret that a command asks for."""
    namespace, name = (pattern.search(command.text if command else "") for pattern in (_NAMESPACE, _NAME))
    return (namespace[1], name[1]) if namespace and name else None
