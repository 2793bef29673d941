"""What a loose file is, told by its content: the reader that fits it is asked for records.

Two tables hold the formats: ``exports.shapes.SHAPES`` for objects in JSON or YAML, ``text_formats.FORMATS``
for everything else. Names of files are hints only, and only where the content cannot say: which
document an error page stands for, which role an unnamed list is of.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from functools import partial

from analyzer.bundle.document import UnreadableDocument
from analyzer.bundle.json_guard import iter_json
from analyzer.bundle.sniff import BLOCK, codec_of, is_tar
from analyzer.bundle.text import is_wide, of_code_page, to_utf8
from analyzer.evidence.loose.documents import File, parsed, parsed_objects
from analyzer.evidence.loose.issuer_documents import target_of_name, without_private_members
from analyzer.evidence.loose.screen import as_written, is_cut_by_powershell, without_left_overs
from analyzer.evidence.loose.terminal import first_prompt, holds_prompt, outputs
from analyzer.evidence.loose.text_formats import (
    CUT_BY_POWERSHELL,
    FORMATS,
    HEAD,
    JSON_KEYS,
    JSON_START,
    NOT_RELEVANT,
    NOTHING,
    PRIVATE,
    Loose,
    credentials,
    head_of,
    hinted,
    left_empty,
    said_token,
    transcript,
)
from analyzer.evidence.loose.unanswered import is_asked_for
from analyzer.evidence.records import TokenSample
from analyzer.evidence.tokens import says_token
from analyzer.frozen import replace
from analyzer.patterns import later

__all__ = ["NOT_RELEVANT", "Loose", "name_tells", "read_loose", "speaks_of_aws"]

_QUOTED = later(rb"^(?:>[ \t]?)+", re.MULTILINE)
_FEW_QUOTED = 2
_UTF8_MARK = b"\xef\xbb\xbf"
_KUBERNETES_LIST = later(rb'\s*\{\s*"(?:apiVersion|kind|items|metadata)"\s*:')
_MANIFEST = later(rb"^(?:- )?[\"']?(?:apiVersion|kind|items)[\"']?:", re.MULTILINE)
_OF_AWS = later(
    rb"assume_?role_?policy|:oidc-provider/|:iam::\d{12}:(?:role|policy)/|\bjwks_uri\b"
    rb"|\bkty\b[\"': =]|openidconnectprovider|serviceaccountissuer",
    re.IGNORECASE,
)
_OF_STS = later(
    rb"WebIdentityErr|InvalidIdentityToken|AssumeRoleWithWebIdentity|ExpiredTokenException|NoCredentialProviders"
    rb"|UnauthorizedOperation|is not authorized to perform"
)
_OF_API_SERVER = (
    "the API server's own copy of the issuer's documents (oc get --raw) is not what AWS reads: "
    "ask the issuer with curl"
)
_SAVE_JSON = "save it as the AWS CLI's JSON"
_SAVE_LOG = "save what oc logs prints, and name the file after the namespace"
_WITHOUT_MEMBERS = later(rb"\s*\{\s*\}\s*")
_MOST_SEARCHED = 1 << 20
_MOST_UNPACKED = 64 << 20


def name_tells(path: str) -> bool:
    """Tell whether a file's name alone says what it should hold, so that it counts even when it is empty."""
    return target_of_name(path) is not None or says_token(path) or is_asked_for(path)


def speaks_of_aws(data: bytes) -> tuple[str, str] | None:
    """Say what a text that gave nothing speaks of, and what to do so that it is read; None for any other."""
    if b"\0" in data[:HEAD]:
        return None
    subjects = ((_OF_AWS, "AWS roles, providers or keys", _SAVE_JSON), (_OF_STS, "errors of AWS", _SAVE_LOG))
    found = (
        ((what, advice)) for pattern, what, advice in subjects if pattern.search(data, 0, _MOST_SEARCHED)
    )
    return next(found, None)


def read_loose(input_id: str, path: str, data: bytes) -> Loose:
    """Read a file of unknown kind.

    Takes the file's path inside its input, and its bytes. Never raises: a file that looks like
    evidence and cannot be read gives a ``problem``, a sentence without the file's name.
    """
    try:
        plain = _unpacked(data)
        if is_tar(plain[:BLOCK] if plain else b""):
            return Loose(
                (), NOT_RELEVANT, None, "it is an archive that is not opened where it lies: unpack it once"
            )
        if plain is None:
            return Loose((), "unreadable", "it is packed, and what is inside is broken or too large")
        found = _read(File(input_id, path, _text(plain)))
        return _with_mark_noted(found) if plain.startswith(_UTF8_MARK) else found
    except UnreadableDocument as error:
        return Loose((), "unreadable", f"line {error.line}: {error.reason}")
    except (ValueError, RecursionError, OverflowError) as error:
        return Loose((), "unreadable", f"it cannot be read ({type(error).__name__})")


def _unpacked(data: bytes) -> bytes | None:
    """Unpack a file that is gzipped alone, as CloudTrail and AWS Config deliver; no archive."""
    if codec_of(data[:8]) != "gzip":
        return data
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(data, _MOST_UNPACKED)
    except zlib.error:
        return b""
    if b"\0" in plain[:BLOCK] and not is_tar(plain[:BLOCK]):
        return b""
    return None if inflater.unconsumed_tail or not inflater.eof else plain


def _text(data: bytes) -> bytes:
    """Give the file as UTF-8: PowerShell writes UTF-16, and the AWS CLI on Windows its code page."""
    data = to_utf8(data) if is_wide(data) else data.removeprefix(_UTF8_MARK)
    if b"\0" not in data[:HEAD]:
        data = of_code_page(data)
    return as_written(data)


def _with_mark_noted(found: Loose) -> Loose:
    records = (
        replace(record, notes=("a byte order mark", *record.notes))
        if isinstance(record, TokenSample)
        else record
        for record in found.records
    )
    return replace(found, records=tuple(records))


def _read(file: File) -> Loose:
    head = head_of(file.data)
    if b"\0" in head:
        return NOTHING
    if not file.data.strip():
        return hinted(file) or said_token(file) or left_empty(file) or NOTHING
    if file.of_api_server:
        return Loose((), NOT_RELEVANT, None, _OF_API_SERVER)
    if JSON_START.match(head):
        if JSON_KEYS.search(file.data) or (
            target_of_name(file.hint) == "jwks" and _WITHOUT_MEMBERS.fullmatch(file.data)
        ):
            return _json(file)
        return hinted(file) or said_token(file) or credentials(file, head) or NOTHING
    if file.command is None and _is_session(file.data):
        return _terminal(file) or NOTHING
    for read in FORMATS:
        if (found := read(file, head)) is not None:
            return found
    return _quoted(file) or hinted(file) or said_token(file) or NOTHING


def _is_session(data: bytes) -> bool:
    """Tell a pasted terminal from a manifest, in which a script may hold such lines too."""
    prompt = first_prompt(data)
    if prompt is None:
        return False
    manifest = _MANIFEST.search(data, 0, HEAD)
    return manifest is None or prompt < manifest.start()


def _quoted(file: File) -> Loose | None:
    """Read what a mail quotes, without its marks; the lines stay where they are."""
    if len(_QUOTED.findall(file.data[:HEAD])) < _FEW_QUOTED:
        return None
    found = _read(replace(file, data=_QUOTED.sub(b"", file.data)))
    return found if found.records or found.note or found.problem else None


def _json(file: File) -> Loose:
    data, private = without_private_members(without_left_overs(file.data))
    if _KUBERNETES_LIST.match(data) and b'"items"' in data:
        found = parsed_objects(file, data)
    else:
        found = parsed(file, partial(iter_json, data, file.path))
    if found.problem and file.command is None and holds_prompt(file.data):
        return _terminal(file) or NOTHING
    if found.problem:
        talk = transcript(file, head_of(file.data))
        if talk is not None and len(talk.records) > len(found.records):
            return talk
    cut = (CUT_BY_POWERSHELL,) if is_cut_by_powershell(data) else ()
    note = "; ".join((*found.notes, *cut)) or None
    if found.records:
        return Loose(tuple(found.records), found.what, PRIVATE if private else found.problem, note)
    named = hinted(file)
    if private:
        return Loose(named.records if named else (), "private key", PRIVATE)
    if note is not None:
        return Loose((), NOT_RELEVANT, None, note)
    if named is not None:
        return named
    # Where documents were read, and none was of use, the broken one is of none either.
    return NOTHING if found.read or not found.problem else Loose((), "unreadable JSON", found.problem)


def _terminal(file: File) -> Loose | None:
    """Read each command's output in a pasted terminal as a file of its own."""
    found = [_read(replace(file, data=data, command=command)) for command, data in outputs(file.data)]
    records = tuple(record for one in found for record in one.records)
    kinds = dict.fromkeys(one.what for one in found if one.records)
    return Loose(
        records,
        ", ".join(kinds) or NOT_RELEVANT,
        next((one.problem for one in found if one.problem), None),
        _joined(one.note for one in found),
    )


def _joined(notes: Iterable[str | None]) -> str | None:
    return "; ".join(dict.fromkeys(note for note in notes if note)) or None
