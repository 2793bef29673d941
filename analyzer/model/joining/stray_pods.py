"""Pods that somebody started by hand beside an operator's own: what they lack is no fault of the operator."""

from __future__ import annotations

from analyzer.evidence.records import Workload
from analyzer.model.joining.chain import Chain, brought_by_release
from analyzer.model.joining.hosted import deployment_of


def without_strays(chain: Chain) -> list[Workload]:
    """Leave out of a chain's workloads the pods that are none of the operator's."""
    own = any(
        w.controlled and w.kind == "Pod" and w.service_account in chain.service_accounts
        for w in chain.workloads
    )
    return [w for w in chain.workloads if not (w.kind == "Pod" and _is_stray(w, chain, own=own))]


def _is_stray(pod: Workload, chain: Chain, *, own: bool) -> bool:
    """Tell a copy that ``oc debug`` made, or a pod without a controller, which operators' pods have.

    Where none of its own pods shows one, as in a bundle from which they were taken, a pod that goes by the
    name of one of its ServiceAccounts counts as one of them.
    """
    if pod.debugging or pod.controlled:
        return pod.debugging
    if not chain.service_accounts:  # without the request nothing tells what it should run as
        return chain.namespace.startswith("openshift-")
    return brought_by_release(chain) and (own or not _goes_by(pod, chain))


def _goes_by(pod: Workload, chain: Chain) -> bool:
    """Tell a pod whose Deployment is named like one of the ServiceAccounts, or within that name."""
    name = deployment_of(pod.name) or pod.name
    return any(name in account or account in name for account in chain.service_accounts)
