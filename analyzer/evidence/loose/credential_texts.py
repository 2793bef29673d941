"""Credentials values outside their Secret: what ``oc get secret … | base64 -d`` prints, saved or pasted.

The text names a role, not the Secret that it was taken from: the command above it may.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice

from analyzer.bundle.document import Document, Map
from analyzer.evidence.exports.shape import Command
from analyzer.evidence.loose.documents import File
from analyzer.evidence.masks.shapes import is_masked_text
from analyzer.evidence.origin import Where
from analyzer.evidence.records import CredentialsText
from analyzer.patterns import later

_SETTING = later(rb"^[ \t]*(?:role_arn|role_name|web_identity_token_file)[ \t]*=", re.MULTILINE)
_LINE = later(r"\s*(?:\[[^\]=]{1,200}\]|[A-Za-z_]{1,60}[ \t]*=.{0,2100})[ \t\r]*")
_HIDDEN = later(r"[ \t]*[#;][x#; \t\r]*")
"""A remark of which the command that asks for the value leaves the length alone."""
_ENCODED = later(rb"(?<![A-Za-z0-9+/])W2RlZmF1bHRd[A-Za-z0-9+/]{20,4000}={0,2}(?![A-Za-z0-9+/=])")
"""Base64 of what begins with ``[default]``."""
_STRING = later(rb'"credentials"\s*:\s*("(?:[^"\\\n]|\\.){1,4000}")')
_PROMPT = later(
    r"(?:(?<=/token)|(?=\[[^\]=]{1,60}\][$#%>](?:[ \t]|$)))(?!$)[^=]{1,80}[$#%>](?:[ \t][^=]{0,80})?$"
)
"""A prompt behind a value, which ends without a line break."""
_NAMESPACE = later(r"(?:^|\s)(?:-n|--namespace)(?:[ \t]+|=)['\"]?([a-z0-9.-]{1,253})")
_VALUED = "(?:-[lno]|--(?:namespace|output|selector|field-selector|context|kubeconfig|as|template))"
"""Options whose value may stand behind a blank."""
_NAME = later(
    rf"\ssecrets?[ \t/]+(?:{_VALUED}[ \t]+\S+[ \t]+|(?!{_VALUED}[ \t])-\S+[ \t]+)*"
    r"['\"]?([a-z0-9][a-z0-9.-]{0,252})"
)
_MOST = 200
_LONGEST = 4 << 20


def read_credential_texts(file: File) -> list[CredentialsText]:
    """Read the values of a text; none from one that says no role and no token file."""
    if len(file.data) > _LONGEST:
        return []
    blocks: Iterable[list[tuple[int, str]]] = chain(_in_base64(file.data), _in_json(file.data))
    if _SETTING.search(file.data):
        blocks = chain(_blocks(file.data.decode("utf-8", "replace")), blocks)
    texts = (_record(file, lines) for lines in blocks)
    return [one for one, _ in zip((t for t in texts if t is not None), range(_MOST), strict=False)]


def _in_base64(data: bytes) -> Iterator[list[tuple[int, str]]]:
    """Yield the values that nobody decoded, as ``-o jsonpath={.data.credentials}`` prints them."""
    for match in islice(_ENCODED.finditer(data), _MOST):
        with suppress(ValueError):
            text = b64decode(match[0] + b"=" * (-len(match[0]) % 4)).decode("utf-8")
            number = data.count(b"\n", 0, match.start()) + 1
            yield [(number, line) for line in text.split("\n")]


def _in_json(data: bytes) -> Iterator[list[tuple[int, str]]]:
    """Yield the values that jq decoded: ``.data | map_values(@base64d)``."""
    for match in islice(_STRING.finditer(data), _MOST):
        with suppress(ValueError):
            text = str(json.loads(match[1]))
            number = data.count(b"\n", 0, match.start()) + 1
            yield [(number, line) for line in text.split("\n")]


def _blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    """Yield runs of lines of a settings file, each with its number; a section's head begins a new one."""
    block: list[tuple[int, str]] = []
    for number, shown in enumerate(text.split("\n"), 1):
        line = _PROMPT.sub("", shown)
        fits = _HIDDEN.fullmatch(line) is not None or _LINE.fullmatch(line) is not None
        begins = line.lstrip().startswith("[") and not all(map(_is_hidden, block))
        if block and (not fits or begins):
            yield block
            block = []
        if fits:
            block.append((number, line))
    yield block


def _is_hidden(line: tuple[int, str]) -> bool:
    return _HIDDEN.fullmatch(line[1]) is not None


def _record(file: File, block: list[tuple[int, str]]) -> CredentialsText | None:
    text = "\n".join(line for _, line in block)
    said = "\n".join(line for _, line in block if not _HIDDEN.fullmatch(line))
    if not _SETTING.search(text.encode()) or is_masked_text(said):
        return None
    number, line = next((one for one in block if one[1].lstrip().startswith("role_")), block[0])
    document = Document(file.path, line.encode(), number, Map(), "yaml")
    return CredentialsText(text, _secret_of(file.command), Where(file.input, document.at()))


def _secret_of(command: Command | None) -> tuple[str, str] | None:
    """Give the namespace and name of the Secret that a command asks for."""
    namespace, name = (pattern.search(command.text if command else "") for pattern in (_NAMESPACE, _NAME))
    return (namespace[1], name[1]) if namespace and name else None
