"""Pods that somebody started by hand beside an operator's own: what they lack is no fault of the operator."""

from __future__ import annotations

from analyzer.evidence.records import Workload
from analyzer.model.joining.chain import Chain, brought_by_release
from analyzer.model.joining.hosted import deployment_of
from analyzer.model.joining.mounted_tokens import signs_in


def without_strays(chain: Chain, *, bare: bool) -> list[Workload]:
    """Leave out of a chain's workloads the pods that are none of the operator's.

    Where no pod shows a controller (bare), they were taken out of all, and that one has none tells nothing
    if its name is one that a ReplicaSet gives.
    """
    own = any(
        w.controlled and w.kind == "Pod" and w.service_account in chain.service_accounts
        for w in chain.workloads
    )
    return [w for w in chain.workloads if not _is_stray(w, chain, own=own, bare=bare)]


def _is_stray(pod: Workload, chain: Chain, *, own: bool, bare: bool) -> bool:
    """Tell a program of somebody's own with the operator's Secret.

    It has no controller, which operators' pods have, or neither the operator's name, nor one of its
    ServiceAccounts, nor a token for AWS: of a pod with one, the request may lack the ServiceAccount.
    """
    kept = pod.controlled or pod.kind != "Pod" or (bare and deployment_of(pod.name) is not None)
    if chain.presumed:  # it is taken for the operator's whatever its name
        return False
    if not chain.service_accounts:  # without the request nothing tells what it should run as
        return not kept and chain.namespace.startswith("openshift-")
    if not brought_by_release(chain):
        return False
    if kept:
        return not (pod.service_account in chain.service_accounts or _goes_by(pod, chain) or signs_in(pod))
    return own or not _goes_by(pod, chain)


def _goes_by(pod: Workload, chain: Chain) -> bool:
    """Tell a pod whose Deployment is named like a ServiceAccount or the namespace, or within that name.

    The request may name the wrong ServiceAccounts. One word within a longer name, as ``aws``, tells nothing.
    """
    name = (deployment_of(pod.name) if pod.kind == "Pod" else None) or pod.name
    names = (*chain.service_accounts, chain.namespace.removeprefix("openshift-"))
    return any(one in name or ("-" in name and name in one) for one in names)
