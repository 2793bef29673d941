"""The issuer's documents: openid-configuration and key set, as good JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from analyzer.evidence import ccoctl
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.origin import Where
from analyzer.evidence.public_keys import PRIVATE_JWK_MEMBERS
from analyzer.evidence.records import DiscoveryDocument, Json, KeySet
from analyzer.evidence.values import items, text
from analyzer.patterns import later

Target = Literal["discovery", "jwks"]

_MOST_KEYS = 1000
_OPENID_MEMBERS = frozenset(
    {
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "authorization_endpoint",
        "token_endpoint",
    }
)
_DISCOVERY_NAME = later(r"openid[-_. ]?conf|well[-_]?known|oidc[-_]?conf|(?:^|[^a-z])discovery(?:[^a-z]|$)")
_JWKS_NAME = later(r"(?:^|[^a-z])jwks?(?:[^a-z]|$)|^(?:\d+[-_])?(?:oidc[-_]|issuer[-_])?keys$")
_ANSWER_NAME = later(
    r"^[^.]*$|^\.well-known|\.(?:json|txt|html?|xml|http|headers?|hdr|body|out|err|error|curl|resp|response)$"
)
_PRIVATE_MEMBER = later(
    rb'("(?:' + b"|".join(name.encode() for name in (*PRIVATE_JWK_MEMBERS, "r", "t")) + rb')"\s*:\s*")'
    rb'((?:[^"\\]|\\.)*)(?=")'
)


def read_issuer_document(
    value: Mapping[str, Json], where: Where, path: str, asked: str | None = None
) -> DiscoveryDocument | KeySet | None:
    """Read an openid-configuration or a JWKS; None for any other object. ``asked``: its URL."""
    planned = ccoctl.is_planned_file(path)
    if isinstance(value.get("keys"), list) and _is_key_set(value):
        keys = tuple(key for one in items(value["keys"])[:_MOST_KEYS] if (key := _key(one)) is not None)
        return KeySet(keys, where.at("keys"), planned)
    if isinstance(value.get("keys"), str) and (mask := _key(value["keys"])) is not None:
        return KeySet((mask,), where.at("keys"), planned)
    if value.keys() <= {"keys"} and not value.get("keys") and target_of_name(path) == "jwks":
        return KeySet((), where, planned)  # {} as what a publisher writes that was given no key
    said = _OPENID_MEMBERS & value.keys()
    if said or ("issuer" in value and target_of_name(path) == "discovery"):
        issuer, jwks_uri = text(value.get("issuer")), text(value.get("jwks_uri"))
        if "issuer" in value or "jwks_uri" in value:
            return DiscoveryDocument(issuer, jwks_uri, value, where, planned, asked)
    return None


def target_of_name(path: str) -> Target | None:
    """Tell from a file's name which document it may be an answer for; None for names that say nothing."""
    name = path.rsplit("/", 1)[-1].lower()
    if not _ANSWER_NAME.search(name):
        return None
    stem = re.match(r"\.?[^.]*", name)
    if _DISCOVERY_NAME.search(name):
        return "discovery"
    return "jwks" if stem and _JWKS_NAME.search(stem.group()) else None


def target_of_url(url: str) -> Target | None:
    """Tell from a URL, or an object's key in a bucket, which document was asked for."""
    path = re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/").lower()
    if path.endswith("openid-configuration"):
        return "discovery"
    return "jwks" if path.endswith(("keys.json", "/keys", "jwks", "jwks.json")) else None


def without_private_members(data: bytes) -> tuple[bytes, bool]:
    """Mask the private numbers of JWKs in JSON text, length by length; tells whether there were any."""
    if b'"kty"' not in data:
        return data, False
    masked, count = _PRIVATE_MEMBER.subn(lambda match: match[1] + b"x" * len(match[2]), data)
    return masked, count > 0


def _is_key_set(value: Mapping[str, Json]) -> bool:
    keys = items(value["keys"])
    if not keys:
        return value.keys() == {"keys"}
    return any(
        bool({"kty", "kid", "n"} & key.keys()) if isinstance(key, Mapping) else _key(key) is not None
        for key in keys
    )


def _key(value: Json) -> Mapping[str, Json] | None:
    """Give what is to be kept of an entry of a key set; a mask over one or all keys is a masked key."""
    if isinstance(value, Mapping):
        return _public(value)
    return {"masked": value} if isinstance(value, str) and is_masked(value) else None


def _public(key: Mapping[str, Json]) -> Mapping[str, Json]:
    return {name: value for name, value in key.items() if name not in PRIVATE_JWK_MEMBERS}
