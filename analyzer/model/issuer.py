"""Facts about the issuer: its URL, the answers recorded for its documents, and its keys."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from analyzer.engine.facts import Cite, Fact, Unknown
from analyzer.evidence.aws_records import BucketPolicy, Distribution
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.kubernetes import dig, items, strings, text
from analyzer.evidence.origin import Where
from analyzer.evidence.public_keys import jwk_problem, modulus_of_jwk, read_pem
from analyzer.evidence.records import (
    BucketAccess,
    DiscoveryDocument,
    HttpAnswer,
    KeySet,
    ProviderRecord,
    PublicKey,
    TokenSample,
)
from analyzer.iam.context import Context
from analyzer.iam.evaluate import Request
from analyzer.iam.policy import Policy
from analyzer.iam.resource_policy import resource_grant
from analyzer.model.asks import Asks
from analyzer.model.aws import bucket_of, is_https
from analyzer.model.cluster import ClusterView, Facts
from analyzer.model.objects import Objects, known, read
from analyzer.model.trust import policy_of
from analyzer.model.urls import split_url
from analyzer.patterns import later

_PLACEHOLDER = later(r"fake-oidc|<enter_[a-z_]+>|%\{[a-z_]+\}")
_INDEX = later(r"(\d+)\.pub$")


def issuer_facts(view: ClusterView, evidence: Evidence, objects: Objects, asks: Asks) -> Facts:
    """Give the ``issuer.*``, ``discovery.*``, ``jwks.*`` and ``keys.*`` facts."""
    facts = _url_facts(view, evidence, objects, asks)
    documents = in_force(evidence, DiscoveryDocument)
    answers = assign_targets(evidence, documents)
    facts |= _discovery_facts(view, documents, answers["discovery"], asks)
    uri = facts["discovery.jwks_uri"]
    jwks_uri = str(uri.value) if isinstance(uri, Fact) and uri.value else None
    key_sets = in_force(evidence, KeySet)
    facts |= _jwks_facts(key_sets, answers["jwks"], asks, jwks_uri)
    facts |= _key_facts(objects, evidence, key_sets, facts, asks, view.issuer)
    return facts


def _url_facts(view: ClusterView, evidence: Evidence, objects: Objects, asks: Asks) -> Facts:
    issuer = view.facts["cluster.issuer"]
    facts: Facts = {"issuer.url": issuer} | _bucket(view, evidence, asks)
    facts["issuer.distribution"] = _distribution(view, evidence)
    derived = ("is_https", "placeholder", "dotted_bucket", "disagreement")
    if not isinstance(issuer, Fact):
        return facts | {f"issuer.{name}": issuer for name in derived}
    url = str(issuer.value)
    placeholder = _PLACEHOLDER.search(url)
    bucket = bucket_of(url)
    facts["issuer.is_https"] = Fact(is_https(url), issuer.cites)
    facts["issuer.placeholder"] = Fact(placeholder[0] if placeholder else None, issuer.cites)
    facts["issuer.dotted_bucket"] = Fact(bucket if bucket and "." in bucket else None, issuer.cites)
    facts["issuer.disagreement"] = _disagreement(view, objects, asks)
    return facts


def _bucket(view: ClusterView, evidence: Evidence, asks: Asks) -> Facts:
    """Name the issuer's S3 bucket, and say what exports say of the public's access to it."""
    names = ("issuer.public_bucket", "issuer.bucket_blocked")
    issuer = view.facts["cluster.issuer"]
    if view.issuer is None or not isinstance(issuer, Fact):
        return dict.fromkeys(names, issuer)
    bucket = bucket_of(view.issuer)
    own = known(bucket, *issuer.cites)
    if bucket is None:
        return dict(zip(names, (own, Unknown()), strict=True))
    exports = [*evidence.of(BucketAccess), *map(_policy_access, evidence.of(BucketPolicy))]
    exports = [export for export in exports if export.bucket in (None, bucket)]
    if not exports:
        return dict(zip(names, (own, asks.bucket(bucket)), strict=True))
    closed = [export for export in exports if export.blocked]
    blocked = known(closed[0].blocked if closed else None, *(export.where for export in closed or exports))
    return dict(zip(names, (own, blocked), strict=True))


def _policy_access(found: BucketPolicy) -> BucketAccess:
    """Tell whether a bucket's policy keeps the public from reading the issuer's documents.

    A policy that grants the public nothing does not: an access control list may. STS comes from no
    VPC, over TLS, from an address that is not known.
    """
    policy = policy_of(found.document)
    context = Context.of({"aws:SecureTransport": "true"}, unknown=("aws:SourceIp",))
    partition = "aws" if not isinstance(found.document.raw, str) else _partition(found.document.raw)
    blocked = False
    for name in (".well-known/openid-configuration", "keys.json"):
        resource = f"arn:{partition}:s3:::{found.bucket}/{name}"
        request = Request("s3:GetObject", resource, context, principal="anonymous")
        if isinstance(policy, Policy) and resource_grant(request, policy).deny is True:
            blocked = True
    return BucketAccess(
        "its bucket policy denies the public to read" if blocked else None, found.where, found.bucket
    )


def _partition(raw: str) -> str:
    found = re.search(r"arn:(aws[a-z-]*):s3:::", raw)
    return found[1] if found else "aws"


def _distribution(view: ClusterView, evidence: Evidence) -> Fact | Unknown:
    """The CloudFront distribution that answers for the issuer's host, where one was exported."""
    host = split_url(view.issuer or "").hostname
    for one in evidence.of(Distribution):
        if host and host in one.hosts:
            state = {True: "enabled", False: "disabled", None: "not known whether enabled"}[one.enabled]
            origins = ", ".join(one.origins) or "an origin that is not told"
            return known(f"{one.id or 'a distribution'}: {state}, fetches from {origins}", one.where)
    return Unknown()


def _disagreement(view: ClusterView, objects: Objects, asks: Asks) -> Fact | Unknown:
    """What the API server's operator observed, where it is neither what runs nor what is asked for."""
    operator = objects.one("KubeAPIServer", "cluster", group="operator.openshift.io")
    if operator is None and not view.hosted:
        return asks.config("kubeapiservers.operator.openshift.io")
    path = ("spec", "observedConfig", "apiServerArguments", "service-account-issuer")
    observed = [i for i in items(read(operator, *path)) if isinstance(i, str)] if operator else []
    own, runtime = view.facts["cluster.authentication_issuer"], view.facts["cluster.runtime_issuers"]
    if not operator or not observed or not isinstance(own, Fact) or not isinstance(runtime, Fact):
        return known(None)
    running = runtime.value if isinstance(runtime.value, list) else []
    if not own.value or not running or running[0] != own.value or observed[0] == own.value:
        return known(None)
    phrase = f"kube-apiserver runs with {running[0]}, its operator observed {observed[0]}"
    return known(phrase, operator.where.at(*path))


D = TypeVar("D", DiscoveryDocument, KeySet)


def in_force(evidence: Evidence, kind: type[D]) -> list[D]:
    """Give the documents that the issuer may have served, without those that ccoctl only planned.

    A dry run leaves them beside its input for creating the provider, whatever their names are now.
    """
    folders = {
        _folder(record.where)
        for record in evidence.of(ProviderRecord)
        if record.planned and record.client_ids and (record.url or "").startswith("https://")
    }
    found: list[D] = [document for document in evidence.of(kind) if not document.planned]
    beside = [document for document in found if _folder(document.where) in folders]
    return [d for d in found if d not in beside] if len(beside) == 1 else found


def _folder(where: Where) -> tuple[str, str]:
    return where.input, where.file.rpartition("/")[0]


def assign_targets(evidence: Evidence, documents: Sequence[DiscoveryDocument]) -> dict[str, list[HttpAnswer]]:
    """Sort bad answers by the document that was asked for.

    One that does not tell is about the document of which no good copy was handed in, if there is
    just one such.
    """
    sorted_answers: dict[str, list[HttpAnswer]] = {"discovery": [], "jwks": []}
    nameless = []
    for answer in evidence.of(HttpAnswer):
        if answer.target is None:
            nameless.append(answer)
        else:
            sorted_answers[answer.target].append(answer)
    have_jwks = bool(in_force(evidence, KeySet))
    if documents and not have_jwks:
        sorted_answers["jwks"] += nameless
    elif have_jwks and not documents:
        sorted_answers["discovery"] += nameless
    return sorted_answers


def _describe(answers: Sequence[HttpAnswer]) -> str | None:
    status = next((a.status for a in answers if a.status is not None), None)
    error = next((a.error for a in answers if a.error), None)
    words = [str(status)] if status is not None else []
    words += [error] if error else []
    return " ".join(words) or None


def _bad(prefix: str, answers: Sequence[HttpAnswer]) -> Facts:
    cites: list[Cite] = [a.where for a in answers]
    failed = [a for a in answers if a.error or (a.status is not None and not 200 <= a.status < 300)]
    return {
        f"{prefix}.answered": known(False, *cites),
        f"{prefix}.error": known(_describe(failed), *cites),
        f"{prefix}.is_json": known(False, *cites),
    }


def _discovery_facts(
    view: ClusterView, documents: Sequence[DiscoveryDocument], answers: Sequence[HttpAnswer], asks: Asks
) -> Facts:
    names = (
        "discovery.answered",
        "discovery.error",
        "discovery.is_json",
        "discovery.issuer",
        "discovery.jwks_uri",
        "discovery.jwks_uri_problem",
    )
    if answers and documents:
        again = asks.conflict(
            "discovery",
            "both a good and a bad answer for the discovery document were handed in",
            "curl -sS -D openid-configuration.headers -o openid-configuration"
            f" {asks.issuer}/.well-known/openid-configuration",
            "a machine outside the cluster's VPC",
        )
        return dict.fromkeys(names, again)
    if answers:
        return _bad("discovery", answers) | {name: known(None) for name in names[3:]}
    document = _pick(documents, view.issuer)
    if document is None:
        return dict.fromkeys(names, asks.discovery())
    where = document.where
    return {
        "discovery.answered": known(True, where),
        "discovery.error": known(None, where),
        "discovery.is_json": known(True, where),
        "discovery.issuer": known(document.issuer, where.at("issuer")),
        "discovery.jwks_uri": known(document.jwks_uri, where.at("jwks_uri")),
        "discovery.jwks_uri_problem": known(_uri_problem(document, view.issuer), where.at("jwks_uri")),
    }


def _pick(documents: Sequence[DiscoveryDocument], issuer: str | None) -> DiscoveryDocument | None:
    """Of several documents the one that is this issuer's; one alone is taken as it is.

    The cluster's own copy points at the API server. That is as it should be, and says nothing of what
    AWS reads.
    """
    hosted = [d for d in documents if not _is_in_cluster(d)]
    same = [d for d in hosted if d.issuer == issuer]
    if same:
        return same[0]
    return hosted[0] if len(hosted) == 1 else None


def _is_in_cluster(document: DiscoveryDocument) -> bool:
    try:
        uri, own = split_url(document.jwks_uri or ""), split_url(document.issuer or "")
        port = uri.port
    except ValueError:
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


def _jwks_facts(
    key_sets: Sequence[KeySet], answers: Sequence[HttpAnswer], asks: Asks, uri: str | None
) -> Facts:
    names = (
        "jwks.answered",
        "jwks.error",
        "jwks.is_json",
        "jwks.key_ids",
        "jwks.usable",
        "jwks.unusable",
        "jwks.duplicates",
    )
    if (answers and key_sets) or _differ(key_sets):
        again = asks.conflict(
            "jwks",
            "the key sets that were handed in disagree",
            f"curl -sS -D keys.headers -o keys.json {uri or f'{asks.issuer}/keys.json'}",
            "a machine outside the cluster's VPC",
        )
        return dict.fromkeys(names, again)
    if answers:
        return _bad("jwks", answers) | {name: known(None) for name in names[3:]}
    if not key_sets:
        return dict.fromkeys(names, asks.jwks(uri))
    keys, where = key_sets[0].keys, key_sets[0].where
    kids = [kid for key in keys if (kid := text(key.get("kid")))]
    problems = [(text(key.get("kid")) or "a key without kid", jwk_problem(key)) for key in keys]
    return {
        "jwks.answered": known(True, where),
        "jwks.error": known(None, where),
        "jwks.is_json": known(True, where),
        "jwks.key_ids": known(kids, where.at("keys")),
        "jwks.usable": known(sum(problem is None for _, problem in problems), where.at("keys")),
        "jwks.unusable": known(
            [f"{kid}: {problem}" for kid, problem in problems if problem], where.at("keys")
        ),
        "jwks.duplicates": known([kid for kid, n in Counter(kids).items() if n > 1], where.at("keys")),
    }


def _differ(key_sets: Sequence[KeySet]) -> bool:
    return len({tuple(sorted(text(k.get("kid")) or "" for k in s.keys)) for s in key_sets}) > 1


def signing_keys(objects: Objects) -> list[PublicKey] | None:
    """Give the cluster's bound token signing keys, oldest first; None where no ConfigMap was read."""
    for namespace in ("openshift-kube-apiserver", "openshift-config-managed"):
        config = objects.one("ConfigMap", "bound-sa-token-signing-certs", namespace)
        if config is None:
            continue
        found = []
        for name, pem in sorted(strings(dig(config.value, "data")).items(), key=lambda kv: _index(kv[0])):
            keys, _, _ = read_pem(config.where.input, name, pem.encode())
            found += [replace(key, where=config.where.at("data", name)) for key in keys]
        if found:
            return found
    return None


def _index(name: str) -> int:
    match = _INDEX.search(name)
    return int(match[1]) if match else 0


def _key_facts(
    objects: Objects,
    evidence: Evidence,
    key_sets: Sequence[KeySet],
    facts: Facts,
    asks: Asks,
    issuer: str | None,
) -> Facts:
    keys = signing_keys(objects)
    sampled = _token_kid(evidence, issuer)
    no_keys = asks.configmap("openshift-kube-apiserver", "bound-sa-token-signing-certs")
    result: Facts = {
        "keys.cluster": known([k.kid for k in keys], *(k.where for k in keys), derived=True)
        if keys
        else no_keys
    }
    newest = keys[-1] if keys else None
    signing: Fact | Unknown = no_keys
    if sampled is not None:
        signing = sampled
    elif newest is not None:
        signing = known(newest.kid, newest.where, derived=True)
    result["keys.signing"] = signing
    ids = facts["jwks.key_ids"]
    names = ("keys.signing_published", "keys.foreign", "keys.mismatched", "keys.old_unpublished")
    if not isinstance(ids, Fact) or not isinstance(ids.value, list):
        return result | dict.fromkeys(names, ids if isinstance(ids, Unknown) else known(None))
    published = set(ids.value)
    where = key_sets[0].where.at("keys")
    result["keys.signing_published"] = (
        known(signing.value in published, where, *signing.cites) if isinstance(signing, Fact) else signing
    )
    if keys is None:
        return result | dict.fromkeys(names[1:], no_keys)
    own = {key.kid: key for key in keys}
    extra = {str(sampled.value)} if sampled is not None else set()
    foreign = bool(published) and not published & (set(own) | extra)
    older = [key for key in keys[:-1] if key.kid not in published and not foreign]
    return result | {
        "keys.foreign": known(foreign, where, *(k.where for k in keys)),
        "keys.mismatched": known(_mismatched(key_sets[0], own), where),
        "keys.old_unpublished": known([k.kid for k in older], where, *(k.where for k in older)),
    }


def _mismatched(key_set: KeySet, own: dict[str, PublicKey]) -> list[str]:
    found = []
    for key in key_set.keys:
        kid = text(key.get("kid")) or ""
        mine, modulus = own.get(kid), modulus_of_jwk(key)
        if mine and modulus is not None and mine.modulus is not None and modulus != mine.modulus:
            found.append(kid)
    return found


def _token_kid(evidence: Evidence, issuer: str | None) -> Fact | None:
    """The kid of the newest token of this issuer."""
    newest: tuple[float, Fact] | None = None
    for token in evidence.of(TokenSample):
        kid, issued = text(token.header.get("kid")), token.claims.get("iat")
        if token.problem is not None or not kid or token.claims.get("iss") != issuer:
            continue
        age = float(issued) if isinstance(issued, int | float) else 0.0
        if newest is None or age > newest[0]:
            newest = age, known(kid, token.where)
    return newest[1] if newest else None
