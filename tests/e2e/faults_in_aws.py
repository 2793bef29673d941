"""Faults of what AWS trusts: the OIDC provider, the issuer's documents, the key set."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from samples import Cluster, HttpError, Provider, edits, faults, logs
from samples.aws import AUDIENCES, ccoctl_tags
from samples.keys import jwks, rsa_key
from samples.yamlout import Json, aws_json

from .fault import (
    AUTHENTICATION,
    DISCOVERY,
    ISSUERS,
    KEY_SET,
    PROVIDERS,
    SIGNING_KEYS,
    Fault,
)
from .faults_in_cluster import assign
from .runs import Edit

OTHER_HOST = "staging-oidc.s3.us-east-2.amazonaws.com"
NOT_FOUND = HttpError(404, "Not Found", "NoSuchKey", "The specified key does not exist.")


# --- provider -------------------------------------------------------------------------------------


def only_another(cluster: Cluster) -> None:
    """The cluster's provider is gone; another cluster's is there."""
    cluster.providers = [Provider(OTHER_HOST, cluster.account, tags=ccoctl_tags("staging"))]


def provider_url(change: Callable[[str], str]) -> Edit:
    """Give an edit of the provider's Url; the trust policies still name it as it should be."""

    def edit(cluster: Cluster) -> None:
        cluster.provider.url = change(cluster.provider.url)

    return edit


def audiences(*values: str) -> Edit:
    """Give an edit of the ClientIDList."""
    return lambda cluster: setattr(cluster.provider, "client_ids", list(values))


def thumbprints(*values: str) -> Edit:
    """Give an edit of the ThumbprintList."""
    return lambda cluster: setattr(cluster.provider, "thumbprints", list(values))


def _other_account(cluster: Cluster) -> None:
    cluster.provider.account = "999999999999"
    cluster.providers.append(Provider(OTHER_HOST, cluster.account, tags=ccoctl_tags("staging")))


def _list_of_other_account(cluster: Cluster) -> dict[str, bytes]:
    listed = {"OpenIDConnectProviderList": [{"Arn": cluster.provider.arn}]}
    return {"exports/oidc/list-open-id-connect-providers-999999999999.json": aws_json(listed)}


def _second_provider(cluster: Cluster) -> None:
    other = copy.deepcopy(cluster.provider)
    other.url = "demo-old-oidc.s3.us-west-2.amazonaws.com"
    cluster.providers.append(other)


PROVIDER_FAULTS = [
    Fault("provider-missing", "provider", only_another, PROVIDERS),
    *(
        Fault("provider-url-mismatch", "provider", provider_url(change), PROVIDERS, variant=variant)
        for variant, change in (
            ("slash", lambda url: f"{url}/"),
            ("port", lambda url: f"{url}:443"),
            ("case", str.upper),
            ("path", lambda url: f"{url}/2abc"),
            ("scheme", lambda url: f"https://{url}"),
        )
    ),
    Fault(
        "provider-account-mismatch", "provider", _other_account, PROVIDERS, more=_list_of_other_account
    ),
    Fault("provider-audience-missing", "provider", audiences("sts.amazonaws.com"), PROVIDERS),
    Fault(
        "provider-audience-incomplete", "provider", audiences("openshift"), PROVIDERS, state="warn",
        kind="hygiene",
    ),
    Fault(
        "provider-audience-malformed", "provider", audiences("openshift", "sts.amazon.com"), PROVIDERS,
        state="warn", kind="hygiene",
    ),
    Fault(
        "provider-audience-malformed", "provider", audiences(*AUDIENCES, "openshift "), PROVIDERS,
        state="warn", kind="hygiene", variant="blank",
    ),
    Fault(
        "provider-thumbprint-malformed", "provider", thumbprints("0" * 40), PROVIDERS, state="warn",
        kind="hygiene", variant="placeholder",
    ),
    Fault(
        "provider-thumbprint-malformed", "provider", thumbprints("9e99a48a"), PROVIDERS, state="warn",
        kind="hygiene", variant="short",
    ),
    Fault("provider-duplicate", "provider", _second_provider, PROVIDERS, state="warn", kind="hygiene"),
]  # fmt: skip


# --- issuer ---------------------------------------------------------------------------------------


def _not_https(cluster: Cluster) -> None:
    cluster.authentication_issuer = f"http://{cluster.issuer_host}"
    cluster.kas_issuers = [cluster.authentication_issuer]


def _not_https_anywhere(cluster: Cluster) -> None:
    """The document at the issuer was written for it."""
    _not_https(cluster)
    issuer = cluster.authentication_issuer
    discovery(issuer=issuer, jwks_uri=f"{issuer}/keys.json")(cluster)


def _set_alone(issuer: str) -> Edit:
    """Give an edit of what is set, which kube-apiserver does not run with."""

    def edit(cluster: Cluster) -> None:
        cluster.authentication_issuer = issuer.format(host=cluster.issuer_host)

    return edit


def _observed_differs(cluster: Cluster) -> None:
    def hook(path: str, body: Json) -> Json:
        if path.endswith("kubeapiservers/cluster.yaml"):
            arguments = body["spec"]["observedConfig"]["apiServerArguments"]
            arguments["service-account-issuer"] = [f"https://{OTHER_HOST}"]
        return body

    cluster.hooks.append(hook)


def discovery(**change: Any) -> Edit:
    """Give an edit of the discovery document; None takes a member away."""

    def edit(cluster: Cluster) -> None:
        assert isinstance(cluster.discovery, dict)
        cluster.discovery |= change
        for name in [name for name, value in change.items() if value is None]:
            del cluster.discovery[name]

    return edit


def _trailing_slash(cluster: Cluster) -> None:
    discovery(issuer=f"{cluster.issuer}/")(cluster)


def _forbidden(cluster: Cluster) -> None:
    cluster.discovery = HttpError()
    cluster.jwks = HttpError()


def _public_access_block(cluster: Cluster) -> dict[str, bytes]:
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    body = {"PublicAccessBlockConfiguration": dict.fromkeys(names, True)}
    return {"exports/issuer/get-public-access-block.json": aws_json(body)}


_HTML = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in</body></html>\n"

ISSUER_FAULTS = [
    Fault("issuer-not-https", "issuer", _not_https, ISSUERS),
    Fault("issuer-not-https", "issuer", _not_https_anywhere, rf"{ISSUERS}|{DISCOVERY}", variant="anywhere"),
    Fault("issuer-not-https", "issuer", _set_alone("http://{host}"), AUTHENTICATION, variant="set-alone"),
    Fault(
        "issuer-placeholder", "issuer", _set_alone("https://fake-oidc.s3.us-west-2.amazonaws.com"),
        AUTHENTICATION, variant="set-alone",
    ),
    Fault("issuer-inconsistent", "issuer", _observed_differs, r"kubeapiservers/"),
    Fault("discovery-unreachable", "issuer", assign("discovery", NOT_FOUND), DISCOVERY, variant="404"),
    Fault("discovery-unreachable", "issuer", _forbidden, r"exports/issuer/", variant="403"),
    Fault("discovery-not-json", "issuer", assign("discovery", _HTML), DISCOVERY, variant="html"),
    Fault("discovery-not-json", "issuer", assign("discovery", '{"issuer":,}'), DISCOVERY, variant="comma"),
    Fault("discovery-issuer-mismatch", "issuer", _trailing_slash, DISCOVERY, variant="slash"),
    Fault(
        "discovery-issuer-mismatch", "issuer", discovery(issuer=f"https://{OTHER_HOST}"), DISCOVERY,
        variant="other-cluster",
    ),
    Fault("discovery-jwks-uri", "issuer", discovery(jwks_uri=None), DISCOVERY, variant="absent"),
    Fault("discovery-jwks-uri", "issuer", discovery(jwks_uri="/keys.json"), DISCOVERY, variant="relative"),
    Fault(
        "discovery-jwks-uri", "issuer", discovery(jwks_uri=f"https://{OTHER_HOST}/keys.json"), DISCOVERY,
        variant="other-host",
    ),
    Fault(
        "issuer-private-bucket", "issuer", _forbidden, r"get-public-access-block", more=_public_access_block
    ),
    Fault(
        "issuer-placeholder", "issuer", lambda cluster: None, ISSUERS,
        arguments={"issuer": "https://fake-oidc.s3.us-west-2.amazonaws.com"},
    ),
    Fault(
        "issuer-bucket-dotted", "issuer", lambda cluster: None, ISSUERS, state="warn",
        arguments={"issuer": "https://demo.prod-oidc.s3.us-west-2.amazonaws.com"},
    ),
]  # fmt: skip


# --- keys -----------------------------------------------------------------------------------------


def keys_replaced_after(cluster: Cluster, hours: int) -> None:
    """Publish another cluster's key set, of which STS tells in the last hours before the gather."""
    cluster.jwks = dict(jwks([rsa_key("another")]))
    since = cluster.gathered - timedelta(hours=hours)
    faults.authentication_fails(cluster, logs.VERIFICATION_KEY, since=since)


def rotated(*, published: bool) -> Edit:
    """Give an edit that lets the cluster sign with a second key."""

    def edit(cluster: Cluster) -> None:
        when = cluster.gathered - timedelta(days=3)
        edits.rotate_key(cluster, when, publish=published)
        edits.restart_pods(cluster, when + timedelta(hours=5))

    return edit


def old_key_removed(cluster: Cluster) -> None:
    rotated(published=True)(cluster)
    cluster.jwks = jwks(cluster.signing_keys[-1:])


def first_key(**change: str) -> Edit:
    """Give an edit of the members of the key in the key set."""

    def edit(cluster: Cluster) -> None:
        assert isinstance(cluster.jwks, dict)
        cluster.jwks["keys"][0] |= change

    return edit


def same_kid(cluster: Cluster) -> None:
    cluster.jwks = {"keys": [rsa_key("someone-else").jwk() | {"kid": cluster.signing_keys[0].kid}]}


def _of_another_kind(cluster: Cluster) -> None:
    """A key of a curve (RFC 7517, appendix A.1) under the kid of the cluster's RSA key."""
    curve = {"kty": "EC", "crv": "P-256", "use": "sig", "kid": cluster.signing_keys[0].kid}
    x, y = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
    cluster.jwks = {"keys": [curve | {"x": x, "y": y}]}


def _padded(cluster: Cluster) -> None:
    assert isinstance(cluster.jwks, dict)
    cluster.jwks["keys"][0]["n"] += "=="


def _twice(cluster: Cluster) -> None:
    cluster.jwks = jwks([*cluster.signing_keys, *cluster.signing_keys])


def _once_rightly(cluster: Cluster) -> None:
    """One kid over the cluster's key, and again over another."""
    right, other = (jwks(keys)["keys"][0] for keys in (cluster.signing_keys, [rsa_key("someone-else")]))
    cluster.jwks = {"keys": [{**other, "kid": right["kid"]}, right]}


def _key_itself(cluster: Cluster) -> None:
    """The public key was uploaded in the place of the key set."""
    cluster.jwks = cluster.signing_keys[-1].pem()


def foreign(cluster: Cluster) -> None:
    cluster.jwks = jwks([rsa_key("someone-else")])


KEY_FAULTS = [
    Fault("jwks-unreachable", "keys", assign("jwks", HttpError()), KEY_SET, variant="403"),
    Fault("jwks-unreachable", "keys", assign("jwks", NOT_FOUND), KEY_SET, variant="404"),
    Fault("jwks-not-json", "keys", assign("jwks", _HTML), KEY_SET),
    Fault("jwks-not-json", "keys", _key_itself, KEY_SET, variant="pem"),
    Fault("jwks-empty", "keys", assign("jwks", {"keys": []}), KEY_SET),
    Fault("jwks-empty", "keys", assign("jwks", {}), KEY_SET, variant="no-member"),
    Fault("jwks-key-missing", "keys", rotated(published=False), KEY_SET),
    Fault(
        "jwks-key-missing", "keys", rotated(published=False), SIGNING_KEYS, variant="keys-of-the-cluster"
    ),
    Fault("jwks-key-mismatch", "keys", same_kid, KEY_SET),
    Fault("jwks-key-mismatch", "keys", _of_another_kind, KEY_SET, variant="kind"),
    Fault("jwks-key-unusable", "keys", first_key(use="enc"), KEY_SET, variant="enc"),
    Fault("jwks-key-unusable", "keys", _padded, KEY_SET, variant="padded"),
    Fault("jwks-old-key-removed", "keys", old_key_removed, KEY_SET, state="warn", kind="hygiene"),
    Fault("jwks-foreign", "keys", foreign, KEY_SET),
    Fault("jwks-duplicate-key-id", "keys", _twice, KEY_SET, state="warn", kind="hygiene"),
    Fault(
        "jwks-duplicate-key-id", "keys", _once_rightly, KEY_SET, state="warn", kind="hygiene",
        variant="once-rightly",
    ),
    Fault(
        "key-rollout-in-progress", "keys", assign("node_revisions", [9, 9, 8]), r"kubeapiservers/",
        state="warn", kind="hygiene",
    ),
]  # fmt: skip

FAULTS = [*PROVIDER_FAULTS, *ISSUER_FAULTS, *KEY_FAULTS]
