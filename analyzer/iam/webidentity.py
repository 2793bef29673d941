"""What a web identity brings to a trust policy: its provider, its claims, its condition keys.

A condition key of an OIDC provider is ``<provider URL without https://>:<claim>``. Of a provider that
AWS does not know by name only ``aud``, ``azp``, ``amr`` and ``sub`` become keys.
Source: IAM User Guide, "IAM and AWS STS condition context keys", "Available keys for AWS web identity
federation"; section "Keys available in a request" of ``AssumeRoleWithWebIdentity``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from analyzer.frozen import field, frozen
from analyzer.iam.context import ABSENT, PRESENT, UNKNOWN, Context, Lookup, clock_keys
from analyzer.iam.match import split_arn
from analyzer.patterns import later

ACTION = "sts:AssumeRoleWithWebIdentity"
CLAIMS = ("sub", "aud", "azp", "amr")
KeyKind = Literal["sub", "aud", "azp", "amr", "claim", "other-issuer", "never", "given", "open"]
"""How a key stands to the token: one of its claims, a claim AWS does not pass on, a key of another
provider, a key that a web identity call never has, a key whose value was handed in, or any other."""

BUILT_IN = {
    "accounts.google.com": {"aud": "aud", "oaud": "aud", "sub": "sub"},
    "www.amazon.com": {"app_id": "aud", "user_id": "sub"},
    "graph.facebook.com": {"app_id": "aud", "id": "sub"},
    "cognito-identity.amazonaws.com": {"aud": "aud", "amr": "amr", "sub": "sub"},
}
"""Providers that a Principal names by domain: their condition keys and the claims these are made of."""

# Providers for which the service authorization reference lists claims of their own.
_CUSTOM_CLAIMS = ("token.actions.githubusercontent.com", "gitlab.com", "circleci.com", "buildkite.com")
_MARKER = ":oidc-provider/"

# Keys of the caller's own AWS identity: the caller of this action has none yet.
_NEVER = frozenset(
    {
        "aws:ec2instancesourceprivateipv4",
        "aws:ec2instancesourcevpc",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:principaltype",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceidentity",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:tokenissuetime",
        "aws:userid",
        "aws:username",
        "ec2:sourceinstancearn",
        "sts:awsservicename",
        "sts:externalid",
    }
)
_NEVER_FAMILIES = ("aws:principaltag/", "aws:calledvia", "saml:")
_ALWAYS = frozenset(["sts:rolesessionname", "aws:currenttime", "aws:epochtime", "aws:requestedregion"])
_PORT = later(r"\d{1,5}(?:/[^:]*)?:")
"""How what follows the provider's host goes on where the key names a port of it, and not a claim."""
_VALUES = {"aws:securetransport": "true"}
"""Keys with one value for every call of this action: STS has no endpoint without TLS."""


def strip_scheme(issuer: str) -> str:
    """Return an issuer as IAM writes it: without ``https://``, everything else kept."""
    return issuer.removeprefix("https://")


def provider_suffix(arn: str) -> str | None:
    """Return what follows ``:oidc-provider/`` in a provider's ARN."""
    _, marker, rest = arn.partition(_MARKER)
    return rest if marker else None


@frozen
class WebIdentity:
    """A token as the trust policy sees it; None means that the claim is not known.

    ``azp`` None means that the token has none. ``extra`` are condition keys known from elsewhere.
    ``now`` is a time before which it is not used.
    """

    provider_arn: str | None = None
    issuer: str | None = None
    subject: str | None = None
    audiences: tuple[str, ...] | None = None
    azp: str | None = None
    amr: tuple[str, ...] | None = None
    role_account: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    now: datetime | None = None

    @property
    def prefix(self) -> str | None:
        """What stands before the claim in the token's condition keys."""
        if self.provider_arn is not None:
            return provider_suffix(self.provider_arn) or self.provider_arn
        return strip_scheme(self.issuer) if self.issuer is not None else None

    @property
    def other_provider(self) -> bool:
        """Whether the provider is known to be another than that of the token's issuer."""
        url = provider_suffix(self.provider_arn) if self.provider_arn is not None else None
        return url is not None and self.issuer is not None and url != strip_scheme(self.issuer)

    @property
    def tested_audiences(self) -> tuple[str, ...] | None:
        """The values that the ``aud`` key can have: ``azp`` where the token has one."""
        return (self.azp,) if self.azp is not None else self.audiences

    def kind(self, key: str) -> KeyKind:
        """Return how a condition key stands to this token."""
        name = key.lower()
        if name in {given.lower() for given in self.extra}:
            return "given"
        prefix = self.prefix
        if prefix is not None and name.startswith(f"{prefix.lower()}:"):
            claim = name[len(prefix) + 1 :]
            return "other-issuer" if _PORT.match(claim) else self._claim_kind(claim, prefix.lower())
        if is_provider_key(name):
            return "open" if prefix is None else "other-issuer"
        if name in _NEVER or name.startswith(_NEVER_FAMILIES):
            return "never"
        return "open"

    def _claim_kind(self, claim: str, prefix: str) -> KeyKind:
        if prefix in BUILT_IN:
            if claim in BUILT_IN[prefix]:
                return _plain_claim(claim)
            return "claim"
        if claim in CLAIMS:
            return _plain_claim(claim)
        # "email" has been seen to work though AWS does not document it.
        if claim == "email" or any(prefix == host or prefix.endswith(f".{host}") for host in _CUSTOM_CLAIMS):
            return "open"
        return "claim"

    def lookup(self, key: str, audience: str | None = None) -> Lookup:
        """Return what is known of a key; ``audience`` chooses one of several."""
        kind = self.kind(key)
        if kind == "sub":
            return UNKNOWN if self.subject is None else self.subject
        if kind == "aud":
            return self._audience(audience)
        if kind == "azp":
            return ABSENT if self.azp is None else self.azp
        if kind == "amr":
            return UNKNOWN if self.amr is None else self.amr
        if kind in ("claim", "other-issuer", "never"):
            return ABSENT
        if kind == "given":
            return Context.of(self.extra).lookup(key)
        name = key.lower()
        return _VALUES.get(name) or (PRESENT if name in _ALWAYS else UNKNOWN)

    def _audience(self, chosen: str | None) -> Lookup:
        if chosen is not None:
            return chosen
        tested = self.tested_audiences
        if tested is None:
            return UNKNOWN
        return tested[0] if len(tested) == 1 else tested or ABSENT

    def context(self, keys: Iterable[str], audience: str | None = None) -> Context:
        """Return a context that holds what is known of these keys; nothing is known of others."""
        since = clock_keys(self.now) if self.now is not None else {}
        return Context({key.lower(): self.lookup(key, audience) for key in keys}, UNKNOWN, since=since)


def _plain_claim(claim: str) -> KeyKind:
    if claim == "sub":
        return "sub"
    if claim == "aud":
        return "aud"
    if claim == "azp":
        return "azp"
    return "amr" if claim == "amr" else "open"


def is_provider_key(name: str) -> bool:
    """Whether a key is written as a provider's: a host, a URL, an ARN or nothing stands before its claim."""
    head, colon, _ = name.partition(":")
    return not colon or not head or "." in head or "/" in head or head in ("http", "https", "arn")


def identity_from_claims(
    provider_arn: str | None, claims: Mapping[str, object], extra: Mapping[str, object] | None = None
) -> WebIdentity:
    """Return the identity of a token's claims; a claim may be a string or a list of them."""
    prefix = (provider_suffix(provider_arn) or provider_arn) if provider_arn else None
    more = dict(extra or {})
    for key, claim in BUILT_IN.get(prefix or "", {}).items():
        found = _strings(claims.get(key, claims.get(claim)))
        if key not in CLAIMS and found:
            more.setdefault(f"{prefix}:{key}", found[0])
    subjects, azp = _strings(claims.get("sub")), _strings(claims.get("azp"))
    issuer = _strings(claims.get("iss"))
    return WebIdentity(
        provider_arn=provider_arn,
        issuer=issuer[0] if issuer else None,
        subject=subjects[0] if subjects else None,
        audiences=_strings(claims.get("aud")),
        azp=azp[0] if azp else None,
        amr=_strings(claims.get("amr")),
        extra=more,
    )


def _strings(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(item for item in value if isinstance(item, str))
    return (value,) if isinstance(value, str) else None


def key_claim(key: str) -> str:
    """Return the claim that a provider's key names."""
    return key.rpartition(":")[2].lower()


def variable_keys(texts: Iterable[str]) -> set[str]:
    """Return the context keys that texts use as policy variables."""
    return {match[1].strip() for text in texts for match in re.finditer(r"\$\{([^{},]+)[^{}]*\}", text)}


def provider_account(arn: str) -> str | None:
    """Return the account that a provider's ARN names."""
    parts = split_arn(arn)
    return parts.account if parts else None
