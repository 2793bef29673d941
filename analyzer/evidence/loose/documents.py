"""Parsed documents of loose files, each given to the reader that knows its shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from analyzer.bundle.document import Document, UnreadableDocument
from analyzer.bundle.item_fields import item_kind
from analyzer.bundle.lists import cut_list, parse_item
from analyzer.evidence.exports.shape import Command
from analyzer.evidence.loose.http_answers import answer_of_body
from analyzer.evidence.loose.issuer_documents import read_issuer_document, target_of_name, target_of_url
from analyzer.evidence.loose.kubernetes_documents import MOST_OBJECTS, is_kubernetes, is_noise, read_objects
from analyzer.evidence.origin import Where
from analyzer.evidence.records import DiscoveryDocument, HttpAnswer, Json
from analyzer.evidence.tokens import (
    claims_in_object,
    is_decoded_header,
    sample_of,
    sample_of_claims,
    token_in_object,
)
from analyzer.evidence.values import mapping
from analyzer.frozen import frozen


@frozen
class File:
    """One loose file: the input that it came with, its path inside it, its bytes as UTF-8."""

    input: str
    path: str
    data: bytes
    command: Command | None = None
    """The command before it, where it is the output of one in a pasted terminal."""

    @property
    def asked(self) -> str | None:
        """The URL that the command before it asked for."""
        return self.command.url if self.command else None

    @property
    def of_api_server(self) -> bool:
        """Whether the API server was asked for its own copy of an issuer's document."""
        path = self.command.raw_path if self.command else None
        return path is not None and target_of_url(path) is not None

    @property
    def hint(self) -> str:
        """What says what it may be where its content does not: the URL that was asked for, else its name."""
        return self.asked or self.path


@frozen
class Parsed:
    """What a parser and the readers made of a text, up to the first document that cannot be read."""

    records: list[object]
    what: str
    problem: str | None
    read: int
    """How many documents were read, of use or not."""
    notes: tuple[str, ...] = ()
    """What of it is known and of no use."""


def parsed(file: File, parse: Callable[[], Iterator[Document]]) -> Parsed:
    """Read documents up to the first one that no parser takes."""
    documents: list[Document] = []
    problem = None
    try:
        for document in parse():
            if len(documents) == MOST_OBJECTS:
                problem = f"it holds more than {MOST_OBJECTS} documents: the rest is not read"
                break
            documents.append(document)
    except UnreadableDocument as error:
        problem = f"line {error.line}: {error.reason}"
    records, what, notes = _of_documents(file, documents)
    return Parsed(records, what, problem, len(documents), notes)


def parsed_objects(file: File, data: bytes) -> Parsed:
    """Read Kubernetes documents and lists object by object: a broken one does not hide the others.

    Kinds that never matter are left out of lists before they are parsed.
    """
    cut = cut_list(data)
    records: list[object] = []
    kinds: list[str] = []
    problem = cut.problem or None
    read = 0
    for item in cut.items:
        if len(records) >= MOST_OBJECTS:
            problem = f"it holds more than {MOST_OBJECTS} objects: the rest is not read"
            break
        try:
            if not item.complete or (item.list_kind and is_noise(item_kind(item.data) or item.list_kind)):
                continue
            document = parse_item(item, file.path)
        except UnreadableDocument as error:
            problem = problem or f"line {error.line}: {error.reason}"
            continue
        read += 1
        found, kind = _of_document(file, document, item.list_kind)
        records += found
        kinds += [kind] if kind else []
    return Parsed(records, ", ".join(dict.fromkeys(kinds)), problem, read)


def _of_documents(file: File, documents: list[Document]) -> tuple[list[object], str, tuple[str, ...]]:
    records: list[object] = []
    kinds: list[str] = []
    rest: list[Document] = []
    header: Mapping[str, Json] = {}
    for document in documents:
        if is_decoded_header(document.value):
            header = mapping(document.value)
            continue
        found, kind = _of_document(file, document, header=header)
        header = {}
        records += found[: max(0, MOST_OBJECTS - len(records))]
        if kind:
            kinds.append(kind)
        else:
            rest.append(document)
    if not rest:
        return records, ", ".join(dict.fromkeys(kinds)), ()
    from analyzer.evidence.exports.answers import read_answers  # most runs hold no export

    answers = read_answers(file.input, file.path, rest, file.command)
    kinds += answers.kinds
    return [*records, *answers.records], ", ".join(dict.fromkeys(kinds)), answers.notes


def _of_document(
    file: File, document: Document, list_kind: str = "", header: Mapping[str, Json] | None = None
) -> tuple[list[object], str]:
    value = document.value
    if isinstance(value, list) and value and is_kubernetes(value[0]):
        return list(read_objects(file.input, file.path, document)), "Kubernetes objects"
    if not isinstance(value, Mapping):
        return [], ""
    token = token_in_object(value)
    if token is not None:
        line = document.at("status", "token").line if "status" in value else document.first_line
        return [sample_of(token, file.input, file.path, line, ("a JSON or YAML object around it",))], "token"
    if (decoded := claims_in_object(value)) is not None:
        line = document.at("sub").line if "sub" in value else document.first_line
        return [
            sample_of_claims(decoded[0] or header or {}, decoded[1], file.input, file.path, line)
        ], "token"
    if is_kubernetes(value) or list_kind:
        found = list(read_objects(file.input, file.path, document, list_kind))
        if not found and (answer := _status_answer(file, value)) is not None:
            return [answer], "recorded answer"
        return list(found), "Kubernetes objects" if found else ""
    issuer = read_issuer_document(value, Where(file.input, document.at()), file.hint, file.asked)
    if issuer is not None:
        return [issuer], "discovery document" if isinstance(issuer, DiscoveryDocument) else "key set"
    return [], ""


def _status_answer(file: File, value: Mapping[str, Json]) -> HttpAnswer | None:
    """Read the API server's own refusal, saved where a document of the issuer was expected."""
    code = value.get("code")
    if value.get("kind") != "Status" or target_of_name(file.hint) is None or not isinstance(code, int):
        return None
    answer = answer_of_body(file.input, file.path, file.data, "json", file.hint)
    reason = value.get("reason")
    return HttpAnswer(
        answer.target, code, reason if isinstance(reason, str) else None, "json", None, answer.where
    )
