"""Values that no check needs but that stand in the commands of a repair, as far as they are known."""

from __future__ import annotations

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.kubernetes import dig, text
from analyzer.evidence.masks import is_masked
from analyzer.evidence.records import TokenSample
from analyzer.model.issuer.issuer import PLACEHOLDER
from analyzer.model.joining.aws import bucket_of, is_https, provider_of, without_scheme
from analyzer.model.joining.chains import Chain
from analyzer.model.joining.cluster import Facts, value_of
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.joining.resolve import made_for
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.joining.roles import trusted_issuers
from analyzer.model.joining.urls import split_url


def cluster_repairs(joined: Joined) -> Facts:
    """Give ``ccoctl.name`` and what surrounds the issuer."""
    issuer, prefixes = joined.view.issuer or "", joined.names.prefixes
    name = next(iter(prefixes)) if len(prefixes) == 1 and not is_masked(next(iter(prefixes))) else None
    bucket = bucket_of(issuer) or (f"{name}-oidc" if name else None)
    meant = _meant(joined)
    return {
        "ccoctl.name": _derived(name),
        "issuer.bucket": _derived(bucket if bucket and not is_masked(bucket) else None),
        "issuer.host": _derived(_host(issuer)),
        "issuer.provider_arn": _derived(joined.asks.provider_arn),
        "issuer.meant": _derived(meant),
        "issuer.meant_arn": known(_provider_of(meant, joined) if meant else None, derived=True),
    }


def chain_repairs(chain: Chain, choice: RoleChoice, joined: Joined, facts: Facts) -> Facts:
    """Give the role that was made for a request, whatever its Secret names, and what else is the only one."""
    paths = value_of(facts, "workload.token_paths")
    role = made_for(chain, joined.book, joined.names, joined.view, joined.asks.account)
    inline = list(choice.role.inline) if choice.role else []
    return {
        "request.role_arn": known(role.arn, role.proof, derived=True) if role.arn else Unknown(),
        "role.inline_policy": _derived(inline[0] if len(inline) == 1 else None),
        "workload.token_path": _derived(paths[0] if isinstance(paths, list) and len(paths) == 1 else None),
    }


def token_repairs(token: TokenSample) -> Facts:
    """Give the pod, the namespace and the ServiceAccount that a token says it is of."""
    claims = dig(token.claims, "kubernetes.io")
    return {
        "token.namespace": _derived(text(dig(claims, "namespace"))),
        "token.pod": _derived(text(dig(claims, "pod", "name"))),
        "token.service_account": _derived(text(dig(claims, "serviceaccount", "name"))),
    }


def _derived(value: str | None) -> Fact | Unknown:
    return known(value, derived=True) if value else Unknown()


def _host(issuer: str) -> str | None:
    if not is_https(issuer):
        return None
    parts = split_url(issuer)
    return f"{parts.hostname}:{parts.port or 443}"


def _meant(joined: Joined) -> str | None:
    """Give the one issuer that the trust policies of the chains' roles name; a placeholder is none."""
    roles = [joined.choices[c.id].role for c in joined.chains]
    urls = {url for role in roles if role for url in trusted_issuers(role.trust)}
    urls = {url for url in urls if not PLACEHOLDER.search(url)}
    return f"https://{urls.pop()}" if len(urls) == 1 else None


def _provider_of(issuer: str, joined: Joined) -> str | None:
    """Give the ARN of the listed provider that several of the cluster's roles trust, in their account."""
    if sum(bool(r and r.trust) for r in (joined.choices[c.id].role for c in joined.chains)) < 2:
        return None
    account, wanted = joined.asks.account, without_scheme(issuer)
    listed = [(arn, found) for arn, _ in joined.providers.listed_arns() if (found := provider_of(arn))]
    return next((arn for arn, (owner, url) in listed if url == wanted and account in (None, owner)), None)
