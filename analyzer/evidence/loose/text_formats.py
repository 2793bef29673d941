"""Formats of loose files that are no JSON: one table of readers, asked in order.

Each reader recognises its format and reads it; None hands the file on to the next. A format is added
by a function here (or in a module of its own) and a line in the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from analyzer.bundle.document import Document, UnreadableDocument
from analyzer.bundle.json_guard import ends_early, iter_json
from analyzer.bundle.yaml_guard import iter_yaml
from analyzer.evidence import ccoctl
from analyzer.evidence.collected import MANIFEST, read_manifest, read_refusals
from analyzer.evidence.exports import text_output
from analyzer.evidence.exports.failures import holds_failure, read_transcript
from analyzer.evidence.exports.keys import KEYS
from analyzer.evidence.loose.credential_texts import read_credential_texts
from analyzer.evidence.loose.documents import File, parsed, parsed_objects
from analyzer.evidence.loose.http_answers import (
    Exchange,
    answer_of_body,
    answer_of_error,
    answer_of_exchange,
    answered_at,
    answers_apart,
    body_kind,
    gateway_page,
    is_bucket_error,
    is_from_bucket,
    is_of_the_shell,
    lost_on_the_way,
    read_exchange,
    retold,
)
from analyzer.evidence.loose.http_clients import MARKS
from analyzer.evidence.loose.issuer_documents import target_of_name, without_private_members
from analyzer.evidence.loose.screen import is_cut_by_powershell, without_left_overs, without_prompt
from analyzer.evidence.loose.unanswered import LEFT_EMPTY, could_not_ask, is_asked_for, not_answered
from analyzer.evidence.public_keys import read_pem
from analyzer.evidence.records import BucketHeaders, DiscoveryDocument, KeySet
from analyzer.evidence.tokens import LONGEST_FILE, read_tokens, says_token
from analyzer.frozen import frozen, replace
from analyzer.patterns import later

NOT_RELEVANT = "not relevant"
PRIVATE = "it holds a private key, of which nothing is kept: take it out of what is handed in"

HEAD = 16 * 1024
_LONGEST_BODY = 1 << 20
_LONGEST_ANSWER = 4 << 20
_EXPORTED = "|".join(KEYS).encode()
JSON_START = later(rb"\s*(?:\{|\[\s*[\[{\]])")
JSON_KEYS = later(
    rb'"(?:(?:apiVersion|issuer|jwks_uri|keys|kty|(?:\w{0,20}_)?[Tt]oken|Operation(?:Name)?|operation|'
    + _EXPORTED
    + rb')"\s*:|(?:PolicyArn|RoleARN)"|sub"\s*:\s*"system:serviceaccount:)'
)
_YAML_START = later(
    rb"^[ ]{0,8}(?:- )?[\"']?(?:apiVersion|kind|" + _EXPORTED + rb")[\"']?:(?:\s|$)", re.MULTILINE
)
_TOP_KEY = later(rb"^(?:[\"']?([A-Za-z][\w-]*)[\"']?:(?=[ \t\r\n]|\Z)|---)", re.MULTILINE)
_MOST_TOP_KEYS = 5000
_KUBERNETES = later(rb"^(?:- )?[\"']?(?:apiVersion|kind)[\"']?:", re.MULTILINE)
_ANSWER_AMID_TALK = later(rb"^(?:[\[{][ \t\r]*$|\{[ \t]*\"[A-Za-z])", re.MULTILINE)
_TOKEN_START = later(
    rb"(?:^|[^A-Za-z0-9_-])(?:e[yw][A-Za-z0-9_-]{8,}(?:\r?\n[A-Za-z0-9_-]+){0,8}\.|sha256~|k8s-aws-v1\.)"
)
"""A header with the id of a real key is longer than a line of a terminal or a mail."""
_LOST = "the machine that asked did not get through to the issuer ({words}): what AWS sees may be another"
_INSIDE = "the issuer was asked from inside a private network (curl met {peer}): what AWS sees may be another"
_NOTHING_SAVED = (
    "it is empty: that is what a curl that got no answer leaves, and no proof of what the issuer serves; "
    "save the headers too (curl -sS -D HEADERS -o BODY)"
)
_CUT = (
    "it is JSON that ends too early, and nothing shows whether the issuer serves it so or the copy was cut: "
    "save it again with its headers (curl -sS -D HEADERS -o BODY)"
)
CUT_BY_POWERSHELL = (
    "PowerShell wrote @{…} in the place of what is nested deeper, which is not known: "
    "save it with ConvertTo-Json -Depth 20"
)
_OF_THE_SHELL = "it holds words of a program on the machine that asked, and no answer: ask again with curl"
_BARE_KEYS = later(
    rb"\s*\[?\s*\{[^{}\[\]]{0,4000}?\"(?:kty|kid)\"\s*:"
    rb"|(?:\s*+[\[,]?\s*+\"?[A-Za-z0-9_-]{43}\"?)++\s*+\]?\s*+\Z"  # ids alone
)
_WITHOUT_OBJECT = (
    "it holds keys, or their ids, without the object around them: jq takes it off, and what the issuer "
    "serves is not told; save the answer itself (curl -sS -D HEADERS -o BODY)"
)
_RETOLD = (
    "it names what the issuer's document holds, and is no JSON: some program showed it in its own form, so "
    "what the issuer serves is not told; save the answer itself (curl -sS -D HEADERS -o BODY)"
)


@frozen
class Loose:
    """What one loose file gave: its records, what it is in a few words, and what is wrong with it.

    ``note`` says of a file that is known, and of no use, why it is not used: that is no fault.
    """

    records: tuple[object, ...]
    what: str
    problem: str | None
    note: str | None = None


NOTHING = Loose((), NOT_RELEVANT, None)


def head_of(data: bytes) -> bytes:
    """Give the beginning of the text, blank lines left out."""
    start = len(data) - len(data.lstrip(b"\r\n"))
    return data[start : start + HEAD]


def _collected(file: File, head: bytes) -> Loose | None:
    if head.startswith(MANIFEST.encode()):
        found = read_manifest(file.input, file.path, file.data)
        return Loose((found,), "collect manifest", None) if found else NOTHING
    if b"Error from server (" in head and (refused := read_refusals(file.input, file.path, file.data)):
        return Loose(tuple(refused), "refused call", None)
    return None


def _http(file: File, head: bytes) -> Loose | None:
    if len(file.data) > _LONGEST_ANSWER:
        return None
    if not (head.startswith(b"HTTP/") or re.search(rb"^< HTTP/", head, re.MULTILINE)):
        return None
    fetches = answers_apart(file.data)
    if len(fetches) == 1:
        return _fetched(file)
    found = [one for data in fetches if (one := _fetched(replace(file, data=data))) is not None]
    return Loose(
        tuple(record for one in found for record in one.records),
        next((one.what for one in found if one.records), NOT_RELEVANT),
        next((one.problem for one in found if one.problem), None),
        "; ".join(dict.fromkeys(one.note for one in found if one.note)) or None,
    )


def _fetched(file: File) -> Loose | None:
    exchange = read_exchange(file.data)
    if exchange is None:
        return None
    if not 200 <= exchange.status < 300 and (words := lost_on_the_way(file.data)):
        return Loose((), "recorded answer", None, _LOST.format(words=words))
    if exchange.peer is not None:
        return Loose((), "recorded answer", None, _INSIDE.format(peer=exchange.peer))
    return _exchange(file, exchange)


def _exchange(file: File, exchange: Exchange) -> Loose:
    kind = body_kind(exchange.body)
    if JSON_START.match(exchange.body):
        body, private = without_private_members(without_left_overs(exchange.body))
        found = parsed(file, partial(iter_json, body, file.path, first_line=exchange.first_line))
        kind = "other" if found.problem else "json"
        if found.problem and exchange.is_cut and ends_early(body):
            return Loose((), "recorded answer", None, _CUT)
        good = [record for record in found.records if isinstance(record, DiscoveryDocument | KeySet)]
        if good and 200 <= exchange.status < 300 and not found.problem:
            if is_from_bucket(file.data):
                good = [replace(r, from_bucket=True) if isinstance(r, DiscoveryDocument) else r for r in good]
            return Loose(tuple(good), found.what, PRIVATE if private else None)
    if words := gateway_page(exchange.body):
        return Loose((), "recorded answer", None, _LOST.format(words=words))
    answer = answer_of_exchange(file.input, file.path, exchange, kind, file.hint)
    if answer is None:
        told = BucketHeaders(file.input, file.path, answered_at(file.data))
        served = (told,) if is_from_bucket(file.data) else ()
        return Loose(served, "headers of a good answer", None)
    if answer.target is None and exchange.status < 300:
        return NOTHING
    return Loose((answer,), "recorded answer", None)


def _pem(file: File, head: bytes) -> Loose | None:
    if not re.search(rb"^[ \t]*-----BEGIN [A-Z0-9 ]+-----", head, re.MULTILINE):
        return None
    if _YAML_START.search(head):
        return None
    keys, problems, private = read_pem(file.input, file.path, file.data)
    if private:
        return Loose(tuple(keys), "private key", PRIVATE)
    if target_of_name(file.hint) is not None and file.hint.lower().endswith(".json"):
        # The key itself was published where STS looks for a set of keys.
        return Loose(
            (answer_of_body(file.input, file.path, file.data, "other", file.hint),), "recorded answer", None
        )
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
    answer = answer_of_body(file.input, file.path, file.data, "xml", file.hint)
    return Loose((answer,), "recorded answer", None)


def transcript(file: File, head: bytes) -> Loose | None:
    """Read a saved terminal without prompts: failed calls, answers between headings, or both."""
    # Looking for bytes first: a pattern over every log would cost more than all else here.
    amid = file.data.lstrip().startswith((b"{", b"[")) or b"\n{" in file.data or b"\n[" in file.data
    amid = amid and bool(_ANSWER_AMID_TALK.search(file.data) and JSON_KEYS.search(file.data))
    if not amid and not holds_failure(file.data):
        return None
    options = file.command.options if file.command else {}
    told = options.get("role-arn") or options.get("role-name") or options.get("open-id-connect-provider-arn")
    talk = read_transcript(file.input, file.path, file.data, told)
    records: list[object] = list(talk.failures)
    kind, problem, notes = "AWS export", None, ""
    if amid and talk.rest.strip():
        found = parsed(file, partial(iter_json, talk.rest, file.path))
        records += found.records
        kind, problem, notes = found.what or kind, found.problem, "; ".join(found.notes)
    notes = notes or not_answered(records, file.data)
    return Loose(tuple(records), kind, problem, notes or None) if records or notes else None


def _unanswered(file: File, head: bytes) -> Loose | None:
    note = could_not_ask(file.data)
    return Loose((), "AWS export", None, note) if note else None


def left_empty(file: File) -> Loose | None:
    """Say of a file that a command was to fill that it is empty."""
    return Loose((), "AWS export", None, LEFT_EMPTY) if is_asked_for(file.path) else None


def _client(file: File, head: bytes) -> Loose | None:
    if not any(mark in head for mark in MARKS):
        return None
    url = file.command.url if file.command else None
    answer = answer_of_error(file.input, file.path, file.data, url)
    # collect.sh leaves an error of its own only where it got through to AWS's hosts.
    asked_well = file.path.endswith(".err")
    if answer is not None and not asked_well and (words := lost_on_the_way(file.data, answer.url)):
        return Loose((), "recorded answer", None, _LOST.format(words=words))
    return Loose((answer,), "recorded answer", None) if answer is not None else None


def credentials(file: File, head: bytes) -> Loose | None:
    """Read values of credentials Secrets that stand in a text by themselves."""
    if _YAML_START.search(head):
        return None
    records = read_credential_texts(file)
    return Loose(tuple(records), "credentials value", None) if records else None


def _cli_text(file: File, head: bytes) -> Loose | None:
    return (
        Loose((), "AWS export", None, text_output.CANNOT_BE_READ) if text_output.is_cli_text(head) else None
    )


def _oc_text(file: File, head: bytes) -> Loose | None:
    return Loose((), "text of oc", None, text_output.OF_OC) if text_output.is_oc_text(head) else None


def _rosa(file: File, head: bytes) -> Loose | None:
    if b"arn:aws" not in file.data:
        return None
    from analyzer.evidence.exports import rosa

    records = rosa.read_text(file.input, file.path, file.data)
    return Loose(tuple(records), "rosa", None) if records else None


def _ccoctl(file: File, head: bytes) -> Loose | None:
    records = text_output.read_ccoctl(file.input, file.path, file.data) if b"arn:aws" in head else []
    return Loose(tuple(records), "ccoctl", None) if records else None


def _rows(file: File, head: bytes) -> Loose | None:
    if b"arn" not in head and b"eventsource" not in head:
        return None
    from analyzer.evidence.exports.steampipe import csv_document

    document = csv_document(file.path, file.data)
    if document is None:
        return None
    found = parsed(file, lambda: iter((document,)))
    return Loose(tuple(found.records), found.what, found.problem) if found.records else None


def _yaml(file: File, head: bytes) -> Loose | None:
    if not _YAML_START.search(head):
        return None
    if _KUBERNETES.search(head):
        found = parsed_objects(file, ccoctl.mend_manifest(without_prompt(file.data)))
    else:
        found = parsed(file, partial(_yaml_documents, without_prompt(file.data), file.path))
    note = "; ".join(found.notes) or None
    if not found.records and not note:
        if found.read or found.problem is None or not _claims_yaml(file, head):
            return None
        return Loose((), found.what or "unreadable YAML", found.problem)
    return Loose(tuple(found.records), found.what or NOT_RELEVANT, found.problem, note)


def _yaml_documents(data: bytes, path: str) -> Iterator[Document]:
    """Parse YAML to which answers were appended without ``---``: a key that comes again begins the next."""
    seen: set[bytes] = set()
    start, line = 0, 1
    for key in islice(_TOP_KEY.finditer(data), _MOST_TOP_KEYS):
        if key[1] is None:
            seen.clear()
        elif key[1] in seen:
            yield from iter_yaml(data[start : key.start()], path, first_line=line)
            line += data.count(b"\n", start, key.start())
            start, seen = key.start(), {key[1]}
        else:
            seen.add(key[1])
    yield from iter_yaml(data[start:], path, first_line=line)


def _claims_yaml(file: File, head: bytes) -> bool:
    """Tell a broken manifest from prose, which may well hold a line that begins with ``kind:``."""
    if file.path.endswith((".yaml", ".yml")):
        return True
    return {b"apiVersion", b"kind"} <= {
        match.group().strip(b"- \"':") for match in _KUBERNETES.finditer(head)
    }


Format = Callable[[File, bytes], Loose | None]

FORMATS: tuple[Format, ...] = (
    _collected,
    _http,
    _pem,
    _tokens,
    _bucket_error,
    credentials,
    _cli_text,
    _rosa,
    _ccoctl,
    _rows,
    transcript,
    _client,
    _yaml,
    _oc_text,
    _unanswered,
)


# --- where only the name tells ----------------------------------------------------------------


def hinted(file: File) -> Loose | None:
    """Take a body that is no good document for what its name, or the URL asked for, says that it is."""
    if target_of_name(file.hint) is None or len(file.data) > _LONGEST_BODY:
        return None
    if words := gateway_page(file.data):
        return Loose((), "recorded answer", None, _LOST.format(words=words))
    if not file.data.strip():
        return Loose((), "recorded answer", None, _NOTHING_SAVED)
    if retold(file.data):
        return Loose((), "recorded answer", None, _RETOLD)
    if is_of_the_shell(file.data):
        return Loose((), "recorded answer", None, _OF_THE_SHELL)
    if is_cut_by_powershell(file.data):
        return Loose((), "recorded answer", None, CUT_BY_POWERSHELL)
    if _BARE_KEYS.match(file.data):
        return Loose((), "recorded answer", None, _WITHOUT_OBJECT)
    if JSON_START.match(file.data[:HEAD]) and ends_early(file.data):
        return Loose((), "recorded answer", None, _CUT)
    kind = body_kind(file.data)
    if kind == "other" and JSON_START.match(file.data[:HEAD]) and _is_json(file):
        kind = "json"
    answer = answer_of_body(file.input, file.path, file.data, kind, file.hint)
    return Loose((answer,), "recorded answer", None)


def _is_json(file: File) -> bool:
    try:
        return all(True for _ in iter_json(file.data, file.path))
    except UnreadableDocument:
        return False


def said_token(file: File) -> Loose | None:
    """Say of a file whose name promises a token that it holds none."""
    if not says_token(file.path) or JSON_START.match(file.data[:HEAD]):
        return None
    samples = read_tokens(file.input, file.path, file.data)
    return Loose(tuple(samples), "token", None) if samples else None
