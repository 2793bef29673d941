"""Values that no check needs but that stand in the commands of a repair, as far as they are known."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.records import TokenSample
from analyzer.evidence.values import dig, text
from analyzer.iam.match import account_of, role_of_session
from analyzer.model.joining.aws import (
    PLACEHOLDER,
    bucket_and_key,
    is_https,
    provider_arn,
    provider_of,
    without_scheme,
)
from analyzer.model.joining.chain import Chain, brought_by_release
from analyzer.model.joining.cluster import DEFAULT_ISSUER, Facts, value_of
from analyzer.model.joining.credentials import OPENSHIFT_TOKEN
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.joining.resolve import exchanged_with, made_for
from analyzer.model.joining.role_choice import RoleChoice, role_name
from analyzer.model.joining.roles import Role, trusted_issuers
from analyzer.model.joining.secret_length import brokered
from analyzer.model.joining.urls import is_red_hats, split_url
from analyzer.model.workloads.restart import to_restart

ACCOUNT = "<ACCOUNT_ID>"
"""Stands in an ARN for an account that the inputs do not tell and whoever runs the command knows."""


def cluster_repairs(joined: Joined) -> Facts:
    """Give ``ccoctl.name`` and what surrounds the issuer."""
    issuer, prefixes = joined.view.issuer or "", joined.names.prefixes
    rosa = _is_rosa(joined)
    fits = not rosa and not joined.view.hosted
    only = next(iter(prefixes)) if len(prefixes) == 1 and not is_masked(next(iter(prefixes))) else None
    name = only if fits else None
    bucket = bucket_and_key(issuer)[0] or (f"{name}-oidc" if name else None)
    meant = _meant(joined)
    return {
        "ccoctl.name": _derived(name),
        "ccoctl.shorter_name": known(_shorter(name, joined.chains), derived=True) if name else Unknown(),
        "ccoctl.fits": known(fits, derived=True),
        "rosa.used": known(rosa, derived=True),
        "issuer.red_hats": known(is_red_hats(issuer), derived=True),
        "issuer.bucket": _derived(bucket if bucket and not is_masked(bucket) else None),
        "issuer.host": _derived(_host(issuer)),
        "issuer.provider_arn": _derived(_provider_arn(joined)),
        "issuer.meant": _derived(meant),
        "issuer.meant_arn": known(_provider_of(meant, joined) if meant else None, derived=True),
    }


def chain_repairs(chain: Chain, choice: RoleChoice, joined: Joined, facts: Facts) -> Facts:
    """Give the role that was made for a request, whatever its Secret names, and what else is the only one."""
    paths = value_of(facts, "workload.token_paths")
    role = made_for(chain, joined.book, joined.names, joined.view, joined.asks.account)
    exchanged = exchanged_with(chain, joined.choices, joined.chains)
    with_, its_role = exchanged or (None, None)
    proofs = [choice.proof, its_role.proof] if its_role else []
    ready = role.arn is not None and value_of(facts, "role.exists") is True
    return {
        "request.role_arn": known(role.arn, role.proof, derived=True) if role.arn else Unknown(),
        "request.role_to_write": _derived(_to_write(role, joined)),
        "role.to_write": _derived(_to_write(choice, joined)),
        "role.exchanged_with": known(with_, derived=True),
        "role.exchanged_arn": known(its_role.arn if its_role else None, *proofs),
        "role.made_by_user": known(_is_of_user(chain), derived=True),
        "request.role_gone": known(role.exists is False, role.proof, derived=True),
        "request.role_ready": known(ready, derived=True),
        "secret.written_by": known(_writer(chain, joined), derived=True),
        "secret.maker": known(_maker(chain, joined, ready=ready), derived=True),
        "role.inline_policy": _derived(_inline_policy(choice.role)),
        "role.added_policy": _derived(_added_policy(choice.role, chain)),
        "workload.outside": known(chain.consumer is not None, derived=True),
        "workload.restart": known(to_restart(chain.workloads), derived=True),
        "workload.token_path": _derived(_token_path(paths if isinstance(paths, list) else [])),
    }


def _maker(chain: Chain, joined: Joined, *, ready: bool) -> str | None:
    """Name what makes the Secret of a chain anew, as far as one repair is known to do it."""
    if joined.view.hosted:
        return None if _is_of_user(chain) else "control plane"
    if ready:
        return "hand"
    if chain.request is not None and chain.request.sts_role_arn:
        return "credential operator"
    return None if _is_rosa(joined) else "ccoctl"


def _writer(chain: Chain, joined: Joined) -> str | None:
    """Name what writes the Secret of a chain by itself, over what a human puts there."""
    if brokered(chain):
        return "credential operator"
    return "control plane" if joined.view.hosted and not _is_of_user(chain) else None


def _is_of_user(chain: Chain) -> bool:
    """Tell the role of a request that no release brings: what makes the others does not make it."""
    return chain.in_cluster is not None and not brought_by_release(chain)


def _provider_arn(joined: Joined) -> str | None:
    view, issuer = joined.view, joined.view.issuer or ""
    served = is_https(issuer) and issuer != DEFAULT_ISSUER and not is_masked(issuer)
    if joined.asks.provider_arn or not view.partition_known or not served:
        return joined.asks.provider_arn
    return provider_arn(view.partition, _account(joined), issuer)


def _to_write(role: RoleChoice, joined: Joined) -> str | None:
    """Give a role's ARN, also where only its name is known."""
    if role.arn or not role.name or not joined.view.partition_known or is_masked(role.name):
        return role.arn
    return f"arn:{joined.view.partition}:iam::{_account(joined)}:role/{role.name}"


def _account(joined: Joined) -> str:
    """Give the account of the cluster's roles as callers in its logs have it, else ``ACCOUNT``."""
    names = {choice.name for choice in joined.choices.values()}
    callers = {s.caller for s in joined.evidence.symptoms if s.caller}
    found = {account_of(caller) for caller in callers if role_of_session(caller) in names - {None}} - {None}
    return str(found.pop()) if len(found) == 1 else ACCOUNT


def _token_path(paths: list[object]) -> str | None:
    if len(paths) == 1:
        return str(paths[0])
    return OPENSHIFT_TOKEN if not paths or OPENSHIFT_TOKEN in paths else None


def _inline_policy(role: Role | None) -> str | None:
    """Give the policy to correct: the only one, else the one that bears the role's name, as ccoctl's do."""
    names = list(role.inline) if role else []
    return names[0] if len(names) == 1 else next((n for n in names if role and n == role.name), None)


def _added_policy(role: Role | None, chain: Chain) -> str | None:
    """Give a name for a policy that takes the place of none; the request's name where the role's is taken."""
    if role is None or role.inline_names is None:
        return None
    held = {*role.inline, *role.inline_names}
    wanted = (
        role.name,
        chain.request.name if chain.request else None,
        *(f"{role.name}-{n}" for n in range(2, len(held) + 3)),
    )
    return next((name for name in wanted if name and name not in held), None)


def provider_repairs(joined: Joined, facts: Facts) -> Facts:
    """Give which of the cluster's roles trust the provider whose Url is almost the issuer."""
    near = value_of(facts, "provider.near")
    if not isinstance(near, str):
        return {"provider.near_roles": known([], derived=True) if near is None else Unknown()}
    roles = [joined.choices[c.id].role for c in joined.chains]
    names = {r.name for r in roles if r and without_scheme(near) in trusted_issuers(r.trust)}
    return {"provider.near_roles": known(sorted(names), derived=True)}


def token_repairs(token: TokenSample, chains: Sequence[Chain]) -> Facts:
    """Give the pod, the namespace and the ServiceAccount that a token says it is of.

    A token that names no pod is of one that runs as its ServiceAccount; what its request admits, and the
    role of that request, are given where one chain alone can be meant.
    """
    claims = dig(token.claims, "kubernetes.io")
    namespace = text(dig(claims, "namespace"))
    account = text(dig(claims, "serviceaccount", "name"))
    own = [c for c in chains if c.namespace == namespace]
    pods = {w.name for c in own for w in c.workloads if w.kind == "Pod" and w.service_account == account}
    pod = text(dig(claims, "pod", "name"))
    return {
        "token.namespace": _derived(namespace),
        "token.pod": _derived(pod or next(iter(sorted(pods)), None)),
        "token.service_account": _derived(account),
    }


def _shorter(name: str, chains: Sequence[Chain]) -> str | None:
    """Give the longest shorter name under which each request gets a role of its own, if this one is long."""

    def distinct(one: str) -> bool:
        names = [role_name(one, c.namespace, c.secret_name) for c in chains if not c.webhook_account]
        return len(set(names)) == len(names)

    if distinct(name):
        return None
    cut = (name[:length].rstrip("-") for length in range(len(name) - 1, 0, -1))
    return next((one for one in cut if one and distinct(one)), None)


def _is_rosa(joined: Joined) -> bool:
    """Tell ROSA, whose own commands make roles, by what Red Hat's service leaves on what it makes."""
    roles = [joined.choices[c.id].role for c in joined.chains]
    tags = {tag for role in roles if role for tag in role.tags}
    record = joined.providers.find(joined.view.issuer, joined.asks.account) if joined.view.issuer else None
    tags |= set(record.tags) if record else set()
    return (
        "red-hat-managed" in tags
        or any(tag.startswith("rosa_") for tag in tags)
        or is_red_hats(joined.view.issuer or "")
    )


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
