"""Facts about the issuer: its URL, the answers recorded for its documents, and its keys."""

from __future__ import annotations

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import BucketHeaders, DiscoveryDocument, KeySet
from analyzer.evidence.values import items
from analyzer.model.issuer.answers import assign_targets, in_force, of_key_set, usual_key_set
from analyzer.model.issuer.discovery import discovery_facts, with_headers
from analyzer.model.issuer.host import bucket_facts, distribution
from analyzer.model.issuer.key_set import key_set_facts
from analyzer.model.issuer.signing_keys import signing_facts
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import (
    PLACEHOLDER,
    bucket_and_key,
    bucket_of,
    is_hidden_issuer,
    is_https,
    issuer_fault,
)
from analyzer.model.joining.cluster import ClusterView, Facts
from analyzer.model.joining.objects import Objects, known, read
from analyzer.model.joining.runtime_issuer import OBSERVED_ISSUERS


def issuer_facts(view: ClusterView, evidence: Evidence, objects: Objects, asks: Asks) -> Facts:
    """Give the ``issuer.*``, ``discovery.*``, ``jwks.*`` and ``keys.*`` facts."""
    facts = _url_facts(view, evidence, objects, asks)
    documents = with_headers(in_force(evidence, DiscoveryDocument), evidence.of(BucketHeaders))
    answers = assign_targets(evidence, documents)
    facts |= discovery_facts(view, documents, answers["discovery"], asks)
    uri = facts["discovery.jwks_uri"]
    jwks_uri = str(uri.value) if isinstance(uri, Fact) and uri.value else None
    key_sets = in_force(evidence, KeySet)
    masked = not documents and any(one.what == "the discovery document" for one in evidence.masked)
    # it is there, but where it says that the keys are is hidden
    bad = [] if masked else of_key_set(answers["jwks"], view.issuer or "", jwks_uri)
    usual = usual_key_set(view.issuer, view.hosted) if view.issuer else None
    facts |= key_set_facts(key_sets, bad, asks, jwks_uri or usual)
    facts |= _keys_in_bucket(
        view.issuer or "", jwks_uri if (jwks_uri or "").startswith(f"{view.issuer}/") else usual
    )
    facts |= signing_facts(objects, evidence, key_sets, facts["jwks.key_ids"], view, asks)
    return facts


def _keys_in_bucket(issuer: str, key_set: str | None) -> Facts:
    """Say where the two documents lie in the bucket behind the issuer, and where the keys are fetched."""
    facts: Facts = dict.fromkeys(("issuer.discovery_key", "issuer.jwks_url", "issuer.jwks_key"), Unknown())
    if not key_set or not is_https(issuer) or is_hidden_issuer(key_set):
        return facts
    documents = {"discovery": f"{issuer}/.well-known/openid-configuration", "jwks": key_set}
    for name, url in documents.items():
        facts[f"issuer.{name}_key"] = known(bucket_and_key(url)[1], derived=True)
    return facts | {"issuer.jwks_url": known(key_set, derived=True)}


def _url_facts(view: ClusterView, evidence: Evidence, objects: Objects, asks: Asks) -> Facts:
    issuer = view.facts["cluster.issuer"]
    facts: Facts = {"issuer.url": issuer} | bucket_facts(view, evidence, asks)
    facts["issuer.distribution"] = distribution(view, evidence)
    derived = ("is_https", "placeholder", "sound", "dotted_bucket", "disagreement")
    if not isinstance(issuer, Fact):
        return facts | {f"issuer.{name}": issuer for name in derived}
    url = str(issuer.value)
    placeholder = PLACEHOLDER.search(url)
    bucket = bucket_of(url)
    # Where the one that is set is not known, what kube-apiserver runs with may be replaced already.
    set_one, where = view.facts["cluster.authentication_issuer"], issuer.cites
    unsure = isinstance(set_one, Unknown) and not view.hosted
    facts["issuer.is_https"] = set_one if unsure else Fact(is_https(url), where)
    facts["issuer.placeholder"] = set_one if unsure else Fact(placeholder and placeholder[0], where)
    facts["issuer.sound"] = Fact(unsure or issuer_fault(url) is None, where)
    facts["issuer.dotted_bucket"] = Fact(bucket if bucket and "." in bucket else None, issuer.cites)
    facts["issuer.disagreement"] = _disagreement(view, objects, asks)
    return facts


def _disagreement(view: ClusterView, objects: Objects, asks: Asks) -> Fact | Unknown:
    """What the API server's operator observed, where it is neither what runs nor what is asked for."""
    operator = objects.one("KubeAPIServer", "cluster", group="operator.openshift.io")
    if operator is None and not view.hosted:
        return asks.config("kubeapiservers.operator.openshift.io")
    path = OBSERVED_ISSUERS
    observed = [i for i in items(read(operator, *path)) if isinstance(i, str)] if operator else []
    own, runtime = view.facts["cluster.authentication_issuer"], view.facts["cluster.runtime_issuers"]
    if not operator or not observed:
        return known(None)
    if not isinstance(own, Fact):
        return own
    if not isinstance(runtime, Fact):
        return runtime
    if not observed[0] or is_hidden_issuer(observed[0]):
        return asks.config("kubeapiservers.operator.openshift.io", "the issuer is masked in this bundle")
    if operator.where.at(*path) in runtime.cites and observed[0] != own.value:
        return asks.configmap(
            "openshift-kube-apiserver", "config"
        )  # what runs was told by the operator alone
    running = runtime.value if isinstance(runtime.value, list) else []
    if not own.value or not running or running[0] != own.value or observed[0] == own.value:
        return known(None)
    phrase = f"kube-apiserver runs with {running[0]}, its operator observed {observed[0]}"
    return known(phrase, operator.where.at(*path))
