"""Facts about the pods of a chain: which token they carry, as which ServiceAccount."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.records import Container, Symptom, TokenVolume, Workload
from analyzer.frozen import replace
from analyzer.model.joining.asks import Asks, not_judged
from analyzer.model.joining.chain import Chain, brought_by_release
from analyzer.model.joining.cluster import DEFAULT_ISSUER, Facts, value_of
from analyzer.model.joining.consumers import foreign_workloads, readers
from analyzer.model.joining.mounted_tokens import (
    USUAL_AUDIENCES,
    aws_tokens,
    is_among,
    other_tokens,
    paths_of,
    token_paths,
    tokens_without_audience,
)
from analyzer.model.joining.objects import known

_NAMES = (
    "pods",
    "without_token",
    "token_paths",
    "audiences",
    "audiences_wrong",
    "audiences_odd",
    "service_accounts",
    "service_accounts_foreign",
)


def workload_facts(
    chain: Chain,
    evidence: Evidence,
    asks: Asks,
    client_ids: Sequence[str] | Unknown,
    symptoms: Sequence[Symptom] = (),
    *,
    api_audience: str = DEFAULT_ISSUER,
    told_path: str | None = None,
) -> Facts:
    """Give the ``workload.*`` facts of a chain; ``client_ids`` are the provider's, as far as known.

    ``symptoms`` are the errors in the logs of its pods, ``told_path`` the token file that its Secret names,
    ``api_audience`` what a token has whose volume names no audience.
    """
    if not chain.workloads:
        none = no_pods(chain, evidence, asks)
        told = isinstance(none, Fact)
        return {f"workload.{name}": none for name in _NAMES} | {
            "workload.presumed": known(False) if told else none,
            "workload.audience_fault": known(None) if told else none,
        }
    workloads = chain.workloads
    tokens = [
        token
        for found in workloads
        for token in (
            *aws_tokens(found, told_path),
            *_with_audience(tokens_without_audience(found, told_path), api_audience),
        )
    ]
    foreign = foreign_workloads(chain)
    return {
        "workload.pods": known([found.name for found in workloads], *(found.where for found in workloads)),
        "workload.without_token": _without_token(chain, evidence, asks, symptoms, told_path),
        "workload.token_paths": known(token_paths(workloads), *(token.where for token in tokens)),
        "workload.audiences": known(_audiences(tokens), *(token.where for token in tokens)),
        **_open_where_untold(
            _odd_audiences(tokens, client_ids, api_audience), chain, evidence, asks, told_path
        ),
        "workload.service_accounts": known(_accounts(workloads), *(found.where for found in workloads)),
        "workload.service_accounts_foreign": known(
            _accounts(foreign), *(found.where.at("spec", "serviceAccountName") for found in foreign)
        )
        if foreign or not any(is_masked(found.service_account) for found in workloads)
        else asks.namespace(chain.namespace, "pods"),
        "workload.presumed": known(chain.presumed and not any(map(_is_refused(symptoms), foreign))),
    }


def open_where_torn(facts: Facts, chain: Chain, evidence: Evidence, asks: Asks) -> Facts:
    """Leave open what no pod is accused of, where one was not read as it was: it may be that one."""
    kind = chain.workloads[0].kind if chain.workloads else "Pod"
    if (kind, chain.namespace) not in evidence.torn:
        return {}
    names = [name for name in facts if name.startswith("workload.") or name == "secret.changed_after_pods"]
    ask = asks.namespace(chain.namespace, "pods")
    opened: Facts = {
        name: ask for name in names if isinstance(fact := facts[name], Fact) and fact.value == []
    }
    if value_of(facts, "trust.admits_foreign") is True and not brought_by_release(chain):
        opened["trust.admits_foreign"] = ask
    return opened


def no_pods(chain: Chain, evidence: Evidence, asks: Asks) -> Fact | Unknown:
    """Give what is known of the pods of a chain for which none was found: there are none, or what to ask."""
    if not evidence.has_list("Pod", chain.namespace):
        return asks.namespace(chain.namespace, "pods")
    if chain.request is None and chain.consumer is None and chain.webhook_account is None:
        return asks.requests()  # they name the ServiceAccounts by which pods are known
    return known([])


def _audiences(tokens: Iterable[TokenVolume]) -> list[str]:
    return sorted({token.audience or "" for token in tokens})


def _accounts(workloads: Iterable[Workload]) -> list[str]:
    return sorted({found.service_account for found in workloads})


def _with_audience(tokens: Iterable[TokenVolume], audience: str) -> Iterable[TokenVolume]:
    return (replace(token, audience=audience) for token in tokens)


def _odd_audiences(
    tokens: Sequence[TokenVolume], client_ids: Sequence[str] | Unknown, api_audience: str
) -> Facts:
    """Give the audiences that STS does not accept, and the API server's own, which it may accept."""
    wrong = _wrong_audiences(tokens, client_ids, api_audience)
    if isinstance(wrong, Unknown):
        return dict.fromkeys(
            ("workload.audiences_wrong", "workload.audiences_odd", "workload.audience_fault"), wrong
        )
    of_api = [token for token in tokens if token.audience == api_audience]
    if not wrong.value:
        fault = "the API server's own. The provider lists it, and AWS is shown a token that opens the cluster"
    elif isinstance(client_ids, Unknown):
        fault = "the API server's own, with which no IAM OIDC provider is made"
    else:
        fault = "neither one that the IAM OIDC provider lists nor openshift or sts.amazonaws.com"
    return {
        "workload.audiences_wrong": wrong,
        "workload.audiences_odd": wrong
        if wrong.value
        else known(_audiences(of_api), *(t.where for t in of_api)),
        "workload.audience_fault": known(fault, derived=True),
    }


def _open_where_untold(
    facts: Facts, chain: Chain, evidence: Evidence, asks: Asks, told_path: str | None
) -> Facts:
    """Leave open that no audience is wrong, where a Secret that was not read may name another token."""
    wrong = facts["workload.audiences_wrong"]
    read = chain.credentials is not None or told_path is not None or not _needs_secret(chain)
    if isinstance(wrong, Unknown) or wrong.value or read or not any(map(other_tokens, chain.workloads)):
        return facts
    if chain.secret is not None:
        return dict.fromkeys(facts, asks.secret_value(chain.namespace, chain.secret_name))
    if evidence.has_list("Secret", chain.namespace):
        return facts
    return dict.fromkeys(facts, asks.namespace(chain.namespace, "Secrets"))


def _wrong_audiences(
    tokens: Sequence[TokenVolume], client_ids: Sequence[str] | Unknown, api_audience: str
) -> Fact | Unknown:
    """Give the audiences that neither the provider lists nor STS is usually asked with.

    That of the API server is none that any provider is made with.
    """
    listed = () if isinstance(client_ids, Unknown) else client_ids
    wrong = [t for t in tokens if t.audience not in USUAL_AUDIENCES and t.audience not in listed]
    if isinstance(client_ids, Unknown) and any(t.audience != api_audience for t in wrong):
        return client_ids
    return known(_audiences(wrong), *(token.where for token in wrong))


def _without_token(
    chain: Chain, evidence: Evidence, asks: Asks, symptoms: Sequence[Symptom], told_path: str | None
) -> Fact | Unknown:
    """Name the workloads that need a projected token and have none; not known where others may be missing."""
    every = [*chain.workloads, *chain.without_pods]
    seen = {found.service_account for found in every}
    complete = evidence.has_list(chain.workloads[0].kind, chain.namespace) and seen >= {
        *chain.service_accounts
    }
    failing = {s.pod for s in symptoms if s.klass == "token-file" and s.source == "log"}
    bare = _bare(chain, complete=complete, failing=failing, told_path=told_path)
    any_token = any(aws_tokens(found) or tokens_without_audience(found) for found in every)
    if not bare and not chain.optional and _may_wait(chain, told_path):
        return asks.namespace(chain.namespace, "pods")
    if not bare and not any_token and not chain.optional:
        if not complete:
            return asks.namespace(chain.namespace, "pods")
        if _needs_secret(chain) and chain.secret is None:
            listed = evidence.has_list("Secret", chain.namespace)
            return not_judged("secret-missing") if listed else asks.namespace(chain.namespace, "Secrets")
    return known([found.name for found in bare], *(found.where for found in bare))


def _needs_secret(chain: Chain) -> bool:
    """Tell whether the role comes by a Secret of this cluster."""
    return chain.webhook_account is None and chain.consumer is None


def _is_refused(symptoms: Sequence[Symptom]) -> Callable[[Workload], bool]:
    refused = {s.pod for s in symptoms if s.klass == "assume-role-denied"}
    return lambda found: found.name in refused


def _bare(
    chain: Chain, *, complete: bool, failing: Collection[str] = (), told_path: str | None = None
) -> list[Workload]:
    """Give the workloads that need a projected token and have none, or not where the Secret says.

    A container that uses the Secret needs one. Operators that read the Secret through the API cannot
    be told from those that leave AWS to their operands, so they count only when no workload of the
    chain has a token at all, not even one without pods, and only where all of them were gathered, something
    runs as each ServiceAccount and there is a Secret to read: else operands may be missing, as where others
    sign in beside a user's operator. Or they are among the ``failing``, whose logs say that they look for a
    token's file and find none.
    """
    bare = []
    if chain.optional:
        return []
    any_token = bool(
        token_paths([*chain.workloads, *chain.without_pods])
    )  # a volume that no container mounts is of no use
    has_secret = chain.secret is not None or not _needs_secret(chain)
    bare_counts = complete and has_secret and not any_token and not chain.others_sign_in
    for found in chain.workloads:
        lacking = [c for c in _lacking(found, chain, told_path) if c.through is False]
        idle = bare_counts and found.service_account in chain.service_accounts
        if lacking or idle or (found.name in failing and not token_paths([found])):
            bare.append(found)
    return bare


def _lacking(found: Workload, chain: Chain, told_path: str | None) -> list[Container]:
    """Give the containers that use the Secret and find no token. An init container may copy it for others."""
    return [c for c in readers(found, chain.secret_name) if not _finds_token(found, c, told_path)]


def _may_wait(chain: Chain, told_path: str | None) -> bool:
    """Tell whether an init container lacks a token of which only pods tell whether it is through."""
    return any(c.through is None for found in chain.workloads for c in _lacking(found, chain, told_path))


def _finds_token(found: Workload, container: Container, told_path: str | None) -> bool:
    """Tell whether a container has a token where the Secret says; its environment may name another file."""
    paths = paths_of(found, container)
    if not paths or told_path is None or "AWS_WEB_IDENTITY_TOKEN_FILE" in container.env:
        return bool(paths)
    return is_among(told_path, paths)
