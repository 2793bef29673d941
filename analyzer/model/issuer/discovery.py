"""Facts about the discovery document that the issuer serves."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.records import BucketHeaders, DiscoveryDocument, HttpAnswer
from analyzer.frozen import replace
from analyzer.model.issuer.answers import bad_answer_facts
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import is_https
from analyzer.model.joining.cluster import ClusterView, Facts
from analyzer.model.joining.objects import known
from analyzer.model.joining.related import is_related
from analyzer.model.joining.urls import split_url


def discovery_facts(
    view: ClusterView, documents: Sequence[DiscoveryDocument], answers: Sequence[HttpAnswer], asks: Asks
) -> Facts:
    """Give the ``discovery.*`` facts; ``answers`` are the bad ones recorded for the document."""
    names = (
        "discovery.answered",
        "discovery.error",
        "discovery.is_json",
        "discovery.issuer",
        "discovery.jwks_uri",
        "discovery.jwks_uri_problem",
    )
    if answers:
        documents = [d for d in documents if _may_be_of_them(d, answers, view)]
    if answers and documents:
        both = "both a good and a bad answer for the discovery document were handed in"
        return dict.fromkeys(names, asks.discovery(both))
    if answers:
        return bad_answer_facts("discovery", answers) | {name: known(None) for name in names[3:]}
    document = _pick(documents, view)
    if document is None:
        return dict.fromkeys(names, asks.discovery())
    where = document.where
    issuer: Fact | Unknown = known(document.issuer, where.at("issuer"))
    if view.rival is not None and document.issuer in (view.issuer, view.rival.issuer):
        issuer = view.rival.waits
    return {
        "discovery.answered": known(True, where),
        "discovery.error": known(None, where),
        "discovery.is_json": known(True, where),
        "discovery.issuer": issuer,
        "discovery.jwks_uri": known(document.jwks_uri, where.at("jwks_uri")),
        "discovery.jwks_uri_problem": known(_uri_problem(document, view.issuer), where.at("jwks_uri")),
    }


def _may_be_of_them(document: DiscoveryDocument, answers: Sequence[HttpAnswer], view: ClusterView) -> bool:
    """Tell a document that speaks against bad answers: of this issuer, or saved where one of them was."""
    beside = {(a.where.input, a.where.file.rpartition("/")[0]) for a in answers}
    place = (document.where.input, document.where.file.rpartition("/")[0])
    return place in beside or document.issuer is None or is_related(document.issuer, view)


def _pick(documents: Sequence[DiscoveryDocument], view: ClusterView) -> DiscoveryDocument | None:
    """Of several documents the one that is this issuer's, or almost; one alone is taken as it is.

    The cluster's own copy points at the API server. That is as it should be, and says nothing of what
    AWS reads.
    """
    hosted = [d for d in documents if not is_in_cluster(d)]
    same = [d for d in hosted if d.issuer == view.issuer]
    if same:
        return same[0]
    if len(hosted) > 1:
        hosted = [d for d in hosted if d.issuer and is_related(d.issuer, view)]
    return hosted[0] if len(hosted) == 1 else None


def with_headers(
    documents: Sequence[DiscoveryDocument], headers: Sequence[BucketHeaders]
) -> list[DiscoveryDocument]:
    """Mark what a bucket served, by the headers saved beside it (``curl -D X.headers -o X``)."""
    served = {(h.input, h.file.rpartition(".")[0]) for h in headers}
    return [replace(d, from_bucket=True) if _stems(d) & served else d for d in documents]


def _stems(document: DiscoveryDocument) -> set[tuple[str, str]]:
    source, path = document.where.input, document.where.file
    return {(source, path), (source, path.removesuffix(".json"))}


def is_in_cluster(document: DiscoveryDocument) -> bool:
    """Tell the copy that the API server gives, which points at the API server.

    One that the issuer's own host gave, as a recorded request shows, is that copy put in its place.
    """
    try:
        uri, own = split_url(document.jwks_uri or ""), split_url(document.issuer or "")
        port, asked = uri.port, split_url(document.asked or "").hostname
    except ValueError:
        return False
    if document.from_bucket or (asked and asked == own.hostname):
        return False
    host = uri.hostname or ""
    inside = port == 6443 or host.startswith(("api-int.", "kubernetes.default"))
    return inside and host != own.hostname


def _uri_problem(document: DiscoveryDocument, issuer: str | None) -> str | None:
    uri = document.jwks_uri
    if not uri:
        return "it is absent"
    if not is_https(uri):
        return f"{uri} is not an absolute https URL"
    own_host, host = split_url(document.issuer or issuer or "").hostname, split_url(uri).hostname
    if own_host and host != own_host and host != split_url(issuer or "").hostname:
        return f"it is on the host {host}, the issuer on {own_host}"
    return None
