"""What a loose file is, told by its content: the reader that fits it is asked for records.

Names of files are hints only, and only where the content cannot say: which document an error page
stands for, which role an unnamed list is of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from analyzer.bundle.document import UnreadableDocument
from analyzer.bundle.json_guard import iter_json
from analyzer.bundle.text import to_utf8
from analyzer.bundle.yaml_guard import iter_yaml
from analyzer.evidence import ccoctl
from analyzer.evidence.aws_exports import MARKS as AWS_MARKS
from analyzer.evidence.aws_failures import holds_failure, read_transcript
from analyzer.evidence.http_answers import (
    answer_of_body,
    answer_of_error,
    answer_of_exchange,
    body_kind,
    is_bucket_error,
    read_exchange,
)
from analyzer.evidence.issuer_documents import target_of_name, without_private_members
from analyzer.evidence.loose_documents import File, parsed, parsed_objects
from analyzer.evidence.public_keys import read_pem
from analyzer.evidence.records import DiscoveryDocument, KeySet, TokenSample
from analyzer.evidence.tokens import LONGEST_FILE, read_tokens, says_token

NOT_RELEVANT = "not relevant"

_UTF8_MARK = b"\xef\xbb\xbf"
_HEAD = 16 * 1024
_LONGEST_BODY = 1 << 20
_LONGEST_ANSWER = 4 << 20
_JSON_START = re.compile(rb"\s*(?:\{|\[\s*[\[{\]])")
_JSON_MARKS = re.compile(
    rb'"(?:apiVersion|issuer|jwks_uri|keys|kty|(?:\w{0,20}_)?[Tt]oken|Operation(?:Name)?|'
    + b"|".join(AWS_MARKS)
    + b")"
)
_YAML_START = re.compile(
    rb"^[ ]{0,8}(?:- )?[\"']?(?:apiVersion|kind|" + b"|".join(AWS_MARKS) + rb")[\w\"']*:",
    re.MULTILINE,
)
_KUBERNETES = re.compile(rb"^(?:- )?[\"']?(?:apiVersion|kind)[\"']?:", re.MULTILINE)
_KUBERNETES_LIST = re.compile(rb'\s*\{\s*"(?:apiVersion|kind|items|metadata)"\s*:')
_ANSWER_AMID_TALK = re.compile(rb"^[\[{][ \t\r]*$", re.MULTILINE)
_TOKEN_START = re.compile(rb"(?:^|[^A-Za-z0-9_-])(?:e[yw][A-Za-z0-9_-]{8,}\.|sha256~|k8s-aws-v1\.)")
_PRIVATE = "it holds a private key, of which nothing is kept: take it out of what is handed in"


@dataclass(frozen=True, slots=True)
class Loose:
    """What one loose file gave: its records, what it is in a few words, and what is wrong with it."""

    records: tuple[object, ...]
    what: str
    problem: str | None


_NOTHING = Loose((), NOT_RELEVANT, None)


def read_loose(input_id: str, path: str, data: bytes) -> Loose:
    """Read a file of unknown kind.

    Takes the file's path inside its input, and its bytes. Never raises: a file that looks like
    evidence and cannot be read gives a ``problem``, a sentence without the file's name.
    """
    try:
        found = _read(File(input_id, path, _text(data)))
        return _with_mark_noted(found) if data.startswith(_UTF8_MARK) else found
    except UnreadableDocument as error:
        return Loose((), "unreadable", f"line {error.line}: {error.reason}")
    except (ValueError, RecursionError, OverflowError) as error:
        return Loose((), "unreadable", f"it cannot be read ({type(error).__name__})")


def _text(data: bytes) -> bytes:
    """Give the file as UTF-8: PowerShell writes UTF-16 where ``>`` saves an answer."""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff") or (len(data) > 3 and (data[0] == 0) != (data[1] == 0))
    return to_utf8(data) if wide else data.removeprefix(_UTF8_MARK)


def _with_mark_noted(found: Loose) -> Loose:
    records = (
        replace(record, notes=("a byte order mark", *record.notes))
        if isinstance(record, TokenSample)
        else record
        for record in found.records
    )
    return replace(found, records=tuple(records))


def _read(file: File) -> Loose:
    head = file.data[:_HEAD]
    if b"\0" in head:
        return _NOTHING
    if not file.data.strip():
        return _hinted(file) or _said_token(file) or _NOTHING
    if _JSON_START.match(head):
        if _JSON_MARKS.search(file.data):
            return _json(file)
        return _hinted(file) or _said_token(file) or _NOTHING
    for reader in (_http, _pem, _tokens, _bucket_error, _transcript, _curl, _yaml):
        if (found := reader(file, head)) is not None:
            return found
    return _hinted(file) or _said_token(file) or _NOTHING


# --- JSON and YAML ----------------------------------------------------------------------------


def _json(file: File) -> Loose:
    data, private = without_private_members(file.data)
    if _KUBERNETES_LIST.match(data) and b'"items"' in data:
        found = parsed_objects(file, data)
    else:
        found = parsed(file, partial(iter_json, data, file.path))
    if found.problem:
        talk = _transcript(file, file.data[:_HEAD])
        if talk is not None and len(talk.records) > len(found.records):
            return talk
    if found.records:
        return Loose(tuple(found.records), found.what, _PRIVATE if private else found.problem)
    hinted = _hinted(file)
    if private:
        return Loose(hinted.records if hinted else (), "private key", _PRIVATE)
    if hinted is not None:
        return hinted
    # Where documents were read, and none was of use, the broken one is of none either.
    return _NOTHING if found.read or not found.problem else Loose((), "unreadable JSON", found.problem)


def _yaml(file: File, head: bytes) -> Loose | None:
    if not _YAML_START.search(head):
        return None
    if _KUBERNETES.search(head):
        found = parsed_objects(file, ccoctl.mend_manifest(file.data))
    else:
        found = parsed(file, partial(iter_yaml, file.data, file.path))
    if not found.records and (found.read or found.problem is None or not _claims_yaml(file, head)):
        return None
    return Loose(tuple(found.records), found.what or "unreadable YAML", found.problem)


def _claims_yaml(file: File, head: bytes) -> bool:
    """Tell a broken manifest from prose, which may well hold a line that begins with ``kind:``."""
    if file.path.endswith((".yaml", ".yml")):
        return True
    return {b"apiVersion", b"kind"} <= {
        match.group().strip(b"- \"':") for match in _KUBERNETES.finditer(head)
    }


# --- text -------------------------------------------------------------------------------------


def _http(file: File, head: bytes) -> Loose | None:
    if len(file.data) > _LONGEST_ANSWER:
        return None
    if not (head.startswith(b"HTTP/") or re.search(rb"^< HTTP/", head, re.MULTILINE)):
        return None
    exchange = read_exchange(file.data)
    if exchange is None:
        return None
    kind = body_kind(exchange.body)
    if _JSON_START.match(exchange.body):
        body, private = without_private_members(exchange.body)
        found = parsed(file, partial(iter_json, body, file.path, first_line=exchange.first_line))
        kind = "other" if found.problem else "json"
        good = [record for record in found.records if isinstance(record, DiscoveryDocument | KeySet)]
        if good and 200 <= exchange.status < 300 and not found.problem:
            return Loose(tuple(good), found.what, _PRIVATE if private else None)
    answer = answer_of_exchange(file.input, file.path, exchange, kind)
    if answer is None:
        return Loose((), "headers of a good answer", None)
    if answer.target is None and exchange.status < 300:
        return _NOTHING
    return Loose((answer,), "recorded answer", None)


def _pem(file: File, head: bytes) -> Loose | None:
    if not re.search(rb"^[ \t]*-----BEGIN [A-Z0-9 ]+-----", head, re.MULTILINE):
        return None
    if _YAML_START.search(head):
        return None
    keys, problems, private = read_pem(file.input, file.path, file.data)
    if private:
        return Loose(tuple(keys), "private key", _PRIVATE)
    if not keys and not problems:
        return None
    return Loose(tuple(keys), "public key", "; ".join(problems) or None)


def _tokens(file: File, head: bytes) -> Loose | None:
    if len(file.data) > LONGEST_FILE or not _TOKEN_START.search(head) or _YAML_START.search(head):
        return None
    samples = read_tokens(file.input, file.path, file.data)
    return Loose(tuple(samples), "token", None) if samples else None


def _bucket_error(file: File, head: bytes) -> Loose | None:
    if not is_bucket_error(file.data):
        return None
    answer = answer_of_body(file.input, file.path, file.data, "xml")
    return Loose((answer,), "recorded answer", None)


def _transcript(file: File, head: bytes) -> Loose | None:
    """Read a saved terminal: failed calls, answers between headings, or both."""
    # Looking for bytes first: a pattern over every log would cost more than all else here.
    amid = file.data.startswith((b"{", b"[")) or b"\n{" in file.data or b"\n[" in file.data
    amid = amid and bool(_ANSWER_AMID_TALK.search(file.data) and _JSON_MARKS.search(file.data))
    if not amid and not holds_failure(file.data):
        return None
    talk = read_transcript(file.input, file.path, file.data)
    records: list[object] = list(talk.failures)
    problem = None
    if amid and talk.rest.strip():
        found = parsed(file, partial(iter_json, talk.rest, file.path))
        records += found.records
        problem = found.problem
    return Loose(tuple(records), "AWS export", problem) if records else None


def _curl(file: File, head: bytes) -> Loose | None:
    if b"curl: (" not in head and b"wget: " not in head and b"awaiting response" not in head:
        return None
    answer = answer_of_error(file.input, file.path, file.data)
    return Loose((answer,), "recorded answer", None) if answer is not None else None


def _hinted(file: File) -> Loose | None:
    """Take a body that is no good document for what the file's name says that it should be."""
    if target_of_name(file.path) is None or len(file.data) > _LONGEST_BODY:
        return None
    kind = body_kind(file.data)
    if kind == "other" and _JSON_START.match(file.data[:_HEAD]) and _is_json(file):
        kind = "json"
    return Loose((answer_of_body(file.input, file.path, file.data, kind),), "recorded answer", None)


def _is_json(file: File) -> bool:
    try:
        return all(True for _ in iter_json(file.data, file.path))
    except UnreadableDocument:
        return False


def _said_token(file: File) -> Loose | None:
    """Say of a file whose name promises a token that it holds none."""
    if not says_token(file.path) or _JSON_START.match(file.data[:_HEAD]):
        return None
    samples = read_tokens(file.input, file.path, file.data)
    return Loose(tuple(samples), "token", None) if samples else None
