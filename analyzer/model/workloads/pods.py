"""Facts about the pods of a chain: which token they carry, as which ServiceAccount."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import Symptom, TokenVolume, Workload
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.chains import Chain, goes_by, uses_secret
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.mounted_tokens import USUAL_AUDIENCES, aws_tokens, token_paths
from analyzer.model.joining.objects import known

_NAMES = (
    "pods",
    "without_token",
    "token_paths",
    "audiences",
    "audiences_wrong",
    "service_accounts",
    "service_accounts_foreign",
    "presumed",
)


def workload_facts(
    chain: Chain,
    evidence: Evidence,
    asks: Asks,
    client_ids: Sequence[str] | Unknown,
    symptoms: Sequence[Symptom] = (),
) -> Facts:
    """Give the ``workload.*`` facts of a chain; ``client_ids`` are the provider's, as far as known.

    ``symptoms`` are the errors in the logs of its pods.
    """
    if not chain.workloads:
        none = _no_pods(chain, evidence, asks)
        return {f"workload.{name}": none for name in _NAMES}
    workloads = chain.workloads
    tokens = [token for found in workloads for token in aws_tokens(found)]
    foreign = _foreign(chain)
    return {
        "workload.pods": known([found.name for found in workloads], *(found.where for found in workloads)),
        "workload.without_token": _without_token(chain, evidence, asks, symptoms),
        "workload.token_paths": known(token_paths(workloads), *(token.where for token in tokens)),
        "workload.audiences": known(_audiences(tokens), *(token.where for token in tokens)),
        "workload.audiences_wrong": _wrong_audiences(tokens, client_ids),
        "workload.service_accounts": known(_accounts(workloads), *(found.where for found in workloads)),
        "workload.service_accounts_foreign": known(
            _accounts(foreign), *(found.where.at("spec", "serviceAccountName") for found in foreign)
        ),
        "workload.presumed": known(chain.presumed and not any(map(_is_refused(symptoms), foreign))),
    }


def _no_pods(chain: Chain, evidence: Evidence, asks: Asks) -> Fact | Unknown:
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


def _wrong_audiences(tokens: Sequence[TokenVolume], client_ids: Sequence[str] | Unknown) -> Fact | Unknown:
    """Give the audiences that neither the provider lists nor STS is usually asked with."""
    listed = () if isinstance(client_ids, Unknown) else client_ids
    wrong = [t for t in tokens if t.audience not in USUAL_AUDIENCES and t.audience not in listed]
    if wrong and isinstance(client_ids, Unknown):
        return client_ids
    return known(_audiences(wrong), *(token.where for token in wrong))


def _foreign(chain: Chain) -> list[Workload]:
    """Give the workloads that use the Secret as a ServiceAccount that the request does not name."""
    return [
        found
        for found in chain.workloads
        if found.service_account not in chain.service_accounts
        and (chain.presumed or uses_secret(found, chain.secret_name) or goes_by(found, chain))
    ]


def _without_token(
    chain: Chain, evidence: Evidence, asks: Asks, symptoms: Sequence[Symptom]
) -> Fact | Unknown:
    """Name the workloads that need a projected token and have none; not known where others may be missing."""
    complete = evidence.has_list(chain.workloads[0].kind, chain.namespace)
    failing = {s.pod for s in symptoms if s.klass == "token-file" and s.source == "log"}
    bare = _bare(chain, complete=complete, failing=failing)
    any_token = any(aws_tokens(found) for found in chain.workloads)
    if not bare and not complete and not any_token and not chain.optional:
        return asks.namespace(chain.namespace, "pods")
    return known([found.name for found in bare], *(found.where for found in bare))


def _is_refused(symptoms: Sequence[Symptom]) -> Callable[[Workload], bool]:
    refused = {s.pod for s in symptoms if s.klass == "assume-role-denied"}
    return lambda found: found.name in refused


def _bare(chain: Chain, *, complete: bool, failing: Collection[str] = ()) -> list[Workload]:
    """Give the workloads that need a projected token and have none.

    A container that uses the Secret needs one. Operators that read the Secret through the API cannot
    be told from those that leave AWS to their operands, so they count only when no workload of the
    chain has a token at all, and only where all of them were gathered; or where they are among the
    ``failing``, whose logs say that they look for a token's file and find none.
    """
    bare = []
    if chain.optional:
        return []
    any_token = bool(token_paths(chain.workloads))  # a volume that no container mounts is of no use
    for found in chain.workloads:
        volumes = {token.volume for token in aws_tokens(found)}
        secret_volumes = {v for v, name in found.secret_volumes.items() if name == chain.secret_name}
        users = [
            container
            for container in found.containers
            if secret_volumes & set(container.mounts) or chain.secret_name in container.env_secrets.values()
        ]
        lacking = [container for container in users if not volumes & set(container.mounts)]
        idle = complete and not any_token and found.service_account in chain.service_accounts
        if lacking or idle or (found.name in failing and not token_paths([found])):
            bare.append(found)
    return bare
