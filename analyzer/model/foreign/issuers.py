"""Documents of other clusters' issuers that lie among the exports: they are no fault of this cluster's.

A discovery document says whose it is. A key set does not, and is taken for that of the document it
lies beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from analyzer.evidence.gathered import Evidence, Problem
from analyzer.evidence.origin import Source
from analyzer.evidence.records import (
    DiscoveryDocument,
    HttpAnswer,
    KeySet,
    Listing,
    ProviderRecord,
    RoleRecord,
)
from analyzer.frozen import replace
from analyzer.model.issuer.discovery import is_in_cluster
from analyzer.model.issuer.signing_keys import key_ids, own_key_ids
from analyzer.model.joining.aws import provider_of, without_scheme
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.related import is_related
from analyzer.model.joining.roles import trusted_issuers

Folder = tuple[str, str]
"""An input, and a folder in it."""
_SERVED = (DiscoveryDocument, KeySet, HttpAnswer)


def without_others(evidence: Evidence, joined: Joined) -> tuple[Evidence, list[Problem]]:
    """Leave out what other issuers serve, and say so; the same evidence where there is nothing of theirs."""
    issuer, said = joined.view.issuer, _said(evidence)
    own = {folder for folder, issuers in said.items() if issuer in issuers}
    others = {
        folder
        for folder, issuers in said.items()
        if folder not in own and issuer and (own or _of_another(folder, issuers, issuer, evidence))
    }
    shared = {folder for folder in own if len(said[folder]) > 1}
    own_keys = own_key_ids(joined.objects)

    def is_theirs(record: object) -> bool:
        if isinstance(record, KeySet) and _folder(record.where) in shared:
            return not own_keys & key_ids([record])
        return isinstance(record, _SERVED) and _folder(record.where) in others

    named = {one for folder in others | shared for one in said[folder]} - {issuer or ""}
    return _less(evidence, is_theirs, named)


def without_untied(evidence: Evidence, joined: Joined) -> tuple[Evidence, list[Problem]]:
    """Leave out what issuers serve that have nothing to do with this cluster, as far as the inputs show.

    A document names itself another's. Only where a key of this cluster lies beside it, or IAM's exports are
    of this cluster's issuer, is it known that its own issuer serves that. A key set names nobody: alone it
    is taken for this issuer's, and beside IAM's exports that are all of other issuers for one of theirs.
    """
    said, own = _said(evidence), without_scheme(joined.view.issuer or "")
    urls = {url for _, named in _named(joined.evidence) for url in named}
    if not own or own in urls:
        return evidence, []
    own_keys = own_key_ids(joined.objects)
    foreign = bool(urls) and not any(is_related(url, joined.view) for url in urls)
    sets = [(one, bool(own_keys & key_ids([one]))) for one in evidence.of(KeySet)]
    keyed = {_folder(one.where) for one, ours in sets if ours}
    others = {
        folder
        for folder, issuers in said.items()
        if folder not in keyed and not any(is_related(one, joined.view) for one in issuers)
    }
    untold = {id(one) for one, ours in sets if foreign and not ours and _folder(one.where) not in said}

    def is_theirs(record: object) -> bool:
        return id(record) in untold or (isinstance(record, _SERVED) and _folder(record.where) in others)

    issuers = {one for folder in others for one in said[folder]} | (urls if untold else set())
    return _less(evidence, is_theirs, issuers)


def _said(evidence: Evidence) -> dict[Folder, set[str]]:
    """Give the issuers that the hosted discovery documents of each folder name."""
    said: dict[Folder, set[str]] = {}
    for document in evidence.of(DiscoveryDocument):
        if not document.planned and document.issuer and not is_in_cluster(document):
            said.setdefault(_folder(document.where), set()).add(document.issuer)
    return said


def _less(
    evidence: Evidence, is_theirs: Callable[[object], bool], issuers: set[str]
) -> tuple[Evidence, list[Problem]]:
    gone = [record for record in evidence.loose if is_theirs(record)]
    place = next((record.where for record in gone if isinstance(record, _SERVED)), None)
    if place is None:
        return evidence, []
    left = [record for record in evidence.loose if not is_theirs(record)]
    names = ", ".join(sorted(issuers))
    detail = f"discovery documents and key sets of other clusters' issuers were left out: {names}"
    return replace(evidence, loose=left), [Problem(place.input, place.file, "other-issuer", detail, "note")]


def _folder(where: Source) -> Folder:
    return where.input, where.file.rpartition("/")[0]


def _of_another(folder: Folder, issuers: set[str], issuer: str, evidence: Evidence) -> bool:
    """Tell documents that lie in another cluster's exports: those name its issuer, all others this one's."""
    above = folder[1].rpartition("/")[0]
    start = f"{above}/" if above else ""
    inside: set[str] = set()
    outside: set[str] = set()
    for where, urls in _named(evidence):
        (inside if where.input == folder[0] and where.file.startswith(start) else outside).update(urls)
    own = without_scheme(issuer)
    return own not in inside and own in outside and any(without_scheme(one) in inside for one in issuers)


def _named(evidence: Evidence) -> Iterable[tuple[Source, set[str]]]:
    """Yield the places of IAM's exports, each with the Urls of the providers that it names."""
    for record in evidence.of(ProviderRecord):
        arn = provider_of(record.arn) if record.arn else None
        yield record.where, {without_scheme(record.url or ""), arn[1] if arn else ""} - {""}
    for listing in evidence.of(Listing):
        yield listing.where, {found[1] for arn in listing.names if (found := provider_of(arn))}
    for role in evidence.of(RoleRecord):
        yield role.where, trusted_issuers(role.trust)
