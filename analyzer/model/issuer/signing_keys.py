"""Facts about the keys that the cluster signs with, and whether the issuer publishes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.public_keys import read_pem, spki_of_jwk
from analyzer.evidence.records import KeySet, PublicKey, TokenSample
from analyzer.evidence.values import dig, strings, text
from analyzer.frozen import replace
from analyzer.model.issuer.tokens import ALGORITHMS
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.cluster import ClusterView, Facts
from analyzer.model.joining.objects import Objects, known
from analyzer.patterns import later

_INDEX = later(r"(\d+)\.pub$")


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


def own_key_ids(objects: Objects) -> set[str]:
    """Give the ids of the cluster's keys; none where no ConfigMap was read."""
    return {key.kid for key in signing_keys(objects) or ()}


def key_ids(key_sets: Iterable[KeySet]) -> set[str]:
    """Give the ids of the keys of these sets."""
    return {kid for one in key_sets for key in one.keys if (kid := text(key.get("kid")))}


def _index(name: str) -> int:
    match = _INDEX.search(name)
    return int(match[1]) if match else 0


def signing_facts(
    objects: Objects,
    evidence: Evidence,
    key_sets: Sequence[KeySet],
    published: Fact | Unknown,
    view: ClusterView,
    asks: Asks,
) -> Facts:
    """Give the ``keys.*`` facts; ``published`` are the ids of the key set that the issuer serves."""
    keys = signing_keys(objects)
    sampled = _token_kid(evidence, view.issuer)
    unread = asks.configmap("openshift-kube-apiserver", "bound-sa-token-signing-certs")
    if view.hosted:  # the keys are outside the guest; a token that it gives names the one that signs
        why = "the guest of a hosted control plane does not hold the keys that sign its tokens"
        unread = Unknown() if sampled else asks.token("openshift-ingress-operator", "ingress-operator", why)
    signing: Fact | Unknown = unread
    if sampled is not None:
        signing = sampled
    elif keys:
        signing = known(keys[-1].kid, keys[-1].where, derived=True)
    own = known([k.kid for k in keys], *(k.where for k in keys), derived=True) if keys else unread
    result: Facts = {"keys.cluster": own, "keys.signing": signing}
    if not isinstance(published, Fact) or not isinstance(published.value, list):
        open_ = published if isinstance(published, Unknown) else known(None)
        return result | dict.fromkeys(("keys.signing_published", *_COMPARED), open_)
    ids, where = set(published.value), key_sets[0].where.at("keys")
    result["keys.signing_published"] = (
        known(signing.value in ids, where, *signing.cites) if isinstance(signing, Fact) else signing
    )
    if keys is None:
        return result | dict.fromkeys(_COMPARED, unread)
    extra = {str(sampled.value)} if sampled is not None else set()
    return result | _compared(keys, key_sets[0], ids, extra)


_COMPARED = ("keys.foreign", "keys.mismatched", "keys.old_unpublished", "keys.renamed")


def _compared(keys: Sequence[PublicKey], key_set: KeySet, published: Set[object], extra: Set[str]) -> Facts:
    """Compare the cluster's keys with the published ones; ``extra`` are ids that its tokens show."""
    own = {key.kid: key for key in keys}
    where, renamed = key_set.where.at("keys"), _renamed(key_set, keys)
    foreign = bool(published) and not renamed and not published & (set(own) | extra)
    older = [key for key in keys[:-1] if key.kid not in published and not foreign]
    return {
        "keys.foreign": known(foreign, where, *(k.where for k in keys)),
        "keys.mismatched": known(_mismatched(key_set, own), where),
        "keys.old_unpublished": known([k.kid for k in older], where, *(k.where for k in older)),
        "keys.renamed": known(renamed, where),
    }


def _renamed(key_set: KeySet, keys: Sequence[PublicKey]) -> list[str]:
    """Name the cluster's keys whose numbers are published, but under other ids alone."""
    published: dict[bytes | None, list[str]] = {}
    for key in key_set.keys:
        published.setdefault(spki_of_jwk(key), []).append(text(key.get("kid")) or "no id")
    return [
        f"{key.kid} as {' and '.join(ids)}"
        for key in keys
        if (ids := published.get(key.spki)) and key.kid not in ids
    ]


def _mismatched(key_set: KeySet, own: dict[str, PublicKey]) -> list[str]:
    """Give the kids under which only other keys than the cluster's stand.

    Where one stands twice, once rightly, which of them AWS takes is not known: jwks-duplicate-key-id
    says that.
    """
    published: dict[str, list[bytes]] = {}
    for key in key_set.keys:
        kid, spki = text(key.get("kid")) or "", spki_of_jwk(key)
        if spki is not None and kid in own:
            published.setdefault(kid, []).append(spki)
    return [kid for kid, keys in published.items() if own[kid].spki not in keys]


def _token_kid(evidence: Evidence, issuer: str | None) -> Fact | None:
    """The kid of the newest token of this issuer, where an API server can have signed it."""
    newest: tuple[int | float, Fact] | None = None
    for token in evidence.of(TokenSample):
        kid, issued = text(token.header.get("kid")), token.claims.get("iat")
        signed = text(token.header.get("alg")) in ALGORITHMS
        if token.problem is not None or not kid or not signed or token.claims.get("iss") != issuer:
            continue
        age = issued if isinstance(issued, int | float) else 0  # no float holds every number
        if newest is None or age > newest[0]:
            newest = age, known(kid, token.where)
    return newest[1] if newest else None
