"""The issuer's two documents: the discovery document, and the keys with the cluster's own among them."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from analyzer.engine.facts import Fact
from analyzer.evidence.public_keys import jwk_problem, modulus_of_jwk, spki_of_jwk
from analyzer.evidence.records import DiscoveryDocument, Json, KeySet, PublicKey
from analyzer.fix.repair import (
    BACKUP,
    Case,
    Change,
    Document,
    Refusal,
    Repair,
    Step,
    as_json,
    command,
    issuer_to_mend_for,
    name_in_tags,
)
from analyzer.model.issuer.signing_keys import signing_keys
from analyzer.model.joining.aws import bucket_and_key, is_https
from analyzer.model.joining.roles import OWNED
from analyzer.model.joining.urls import is_red_hats
from analyzer.shell import file_name

_CLAIMS = ["aud", "exp", "sub", "iat", "iss", "sub"]
_RED_HAT = "on ROSA, Red Hat publishes the issuer's documents: open a support case"
_DENIED = ("403", "AccessDenied")


def mend_discovery(case: Case) -> Repair | Refusal:
    """Offer the discovery document as ccoctl writes it, with what a right one of the issuer holds kept."""
    issuer = issuer_to_mend_for(case)
    if isinstance(issuer, Refusal):
        return issuer
    if is_red_hats(issuer):
        return Refusal(_RED_HAT)
    if refused := _refused(case, "discovery.error"):
        return refused
    held = next((d for d in case.joined.evidence.of(DiscoveryDocument) if not d.planned), None)
    body: dict[str, Json] = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/keys.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": list(_CLAIMS),
    }
    uri = held.jwks_uri if held else None
    if uri and is_https(uri) and uri.startswith(f"{issuer}/"):
        body["jwks_uri"] = uri
    return _published(case, "discovery", ".well-known/openid-configuration", as_json(body), ())


def mend_keys(case: Case) -> Repair | Refusal:
    """Offer the key set: what is usable in the present one, and every public key of the cluster."""
    issuer = issuer_to_mend_for(case)
    if isinstance(issuer, Refusal):
        return issuer
    if is_red_hats(issuer):
        return Refusal(_RED_HAT)
    own = signing_keys(case.joined.objects)
    if not own:
        return Refusal(
            "the cluster's public keys (ConfigMap bound-sa-token-signing-certs) were not handed in"
        )
    if refused := _refused(case, "jwks.error"):
        return refused
    keys = {key.kid: jwk_of(key) for key in own}
    mine = {kid for kid, jwk in keys.items() if jwk is not None}
    if len(mine) < len(keys):
        return Refusal("a public key of the cluster is no RSA key")
    published = {key.spki: key.kid for key in own}
    notes: list[str] = []
    kept: list[dict[str, Json]] = []
    for key_set in [k for k in case.joined.evidence.of(KeySet) if not k.planned][:1]:
        for jwk in key_set.keys:
            kid = jwk.get("kid")
            if any(kid == other for other in (*mine, *(one.get("kid") for one in kept))):
                continue
            if problem := jwk_problem(jwk):
                notes.append(f"Left out, since AWS cannot use it: {kid or 'a key without kid'} ({problem}).")
                continue
            if right := published.get(spki_of_jwk(jwk) or b""):
                notes.append(f"Key {kid} is this cluster's own under another id: it is published as {right}.")
                continue
            kept.append(dict(jwk))
            notes.append(
                f"Key {kid} is kept, and is none of this cluster's now: tokens signed with it are admitted"
                " too. Remove it if it belongs to another cluster."
            )
    text = as_json({"keys": [*kept, *keys.values()]})
    return _published(case, "keys", _jwks_path(case), text, tuple(notes))


def jwk_of(key: PublicKey) -> Mapping[str, Json] | None:
    """Write a public RSA key as ccoctl and kube-apiserver do; None for another kind."""
    if key.modulus is None:
        return None
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    loaded = load_der_public_key(key.spki)
    if not isinstance(loaded, RSAPublicKey):
        return None
    numbers = loaded.public_numbers()
    jwk = {
        "use": "sig",
        "kty": "RSA",
        "kid": key.kid,
        "alg": "RS256",
        "n": _number(numbers.n),
        "e": _number(numbers.e),
    }
    return jwk if modulus_of_jwk(jwk) == key.modulus else None


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _refused(case: Case, fact: str) -> Refusal | None:
    found = case.model.cluster.get(fact)
    error = str(found.value) if isinstance(found, Fact) and found.value else ""
    if any(word in error for word in _DENIED):
        return Refusal(
            "the answer was a denial, which no document mends: the bucket, or the distribution before it,"
            " must let everybody read the two documents"
        )
    return None


def _jwks_path(case: Case) -> str:
    issuer = case.joined.view.issuer or ""
    held = next((d for d in case.joined.evidence.of(DiscoveryDocument) if not d.planned), None)
    uri = held.jwks_uri if held and held.issuer == issuer else None
    return uri.removeprefix(f"{issuer}/") if uri and uri.startswith(f"{issuer}/") else "keys.json"


def _made_bucket(case: Case) -> str | None:
    """Give the bucket that ccoctl made for the cluster, whose name the issuer does not tell."""
    found = case.model.cluster.get("issuer.bucket")
    return str(found.value) if isinstance(found, Fact) and found.value else None


def _look(url: str) -> Step:
    text = (
        "See that the public can still read it: one that an older ccoctl published by an ACL loses that when"
        " it is overwritten, and the bucket's policy must let everybody read it then."
    )
    return Step(text, command("curl", "-fsSg", url))


def _published(case: Case, what: str, path: str, text: str, notes: tuple[str, ...]) -> Repair:
    """Say how a document gets to where AWS reads it: into the issuer's bucket where it is known."""
    issuer = case.joined.view.issuer or ""
    name = file_name(path.rsplit("/", 1)[-1])
    file, saved = f"issuer/{name}", f"{BACKUP}/{name}"
    own, key = bucket_and_key(f"{issuer}/{path}")
    bucket = own or _made_bucket(case)
    region, name_given = case.joined.view.region, name_in_tags(case)
    more = ("--region", region) if region else ()
    tagged = ("--tagging", f"{OWNED}{name_given}=owned") if name_given else ()

    def upload(source: str) -> str:
        if bucket is None:
            return ""
        put = ("aws", "s3api", "put-object", "--bucket", bucket, "--key", key, "--body", source)
        return command(*put, "--content-type", "application/json", *tagged, *more)

    by_hand = ""
    if bucket is None:
        by_hand = f" The bucket behind {issuer} is not known here: put it where {issuer}/{path} is read from."
    elif own is None:
        by_hand = (
            f" {bucket} is what ccoctl calls the bucket behind {issuer}: see that it is there. A CloudFront"
            f" distribution before it must forget its copy (aws cloudfront create-invalidation) of /{key}."
        )
    return Repair(
        key=what,
        title=f"{'Key set' if what == 'keys' else 'Discovery document'} of {issuer}",
        documents=(Document(file, text),),
        changes=(Change("keys" if what == "keys" else "discovery", "", text),),
        # without -f, curl would keep the page of an error as if it were the document
        backup=(
            Step(
                "Save what is there now; where there is none, nothing is saved.",
                command("curl", "-fsSg", "-o", saved, f"{issuer}/{path}"),
            ),
        ),
        apply=(Step(f"Publish the document.{by_hand}", upload(file)), _look(f"{issuer}/{path}")),
        rollback=(Step(f"Publish the old one again, where one was saved.{by_hand}", upload(saved)),),
        notes=notes,
    )
