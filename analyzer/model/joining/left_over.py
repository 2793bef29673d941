"""Which CredentialsRequests nothing needs any more, and how that shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.evidence.gathered import Evidence
from analyzer.evidence.origin import Where
from analyzer.evidence.records import CredentialsRequest
from analyzer.model.joining.chain import Chain, condition
from analyzer.model.joining.chains import DELETE
from analyzer.model.joining.objects import Objects
from analyzer.model.joining.release_profile import names_release


def mark_left_over(chains: Sequence[Chain], evidence: Evidence, objects: Objects) -> None:
    """Note on each chain whether anything needs its request any more: what pods use is needed."""
    for chain in chains:
        if chain.in_cluster is not None and not chain.workloads and evidence.has_list("Pod", chain.namespace):
            chain.left_over = any(True for _ in why_stale(chain.in_cluster, chain, evidence, objects))


def why_stale(
    request: CredentialsRequest, chain: Chain | None, evidence: Evidence, objects: Objects
) -> Iterator[tuple[str, Where]]:
    """Give each reason why a request may be left over, with its place."""
    if found := condition(request, "StaleCredentials"):
        yield f"its condition StaleCredentials says: {found[0] or 'True'}", found[1]
    if request.annotations.get(DELETE) == "true":
        yield "its release deletes it", request.where.at("metadata", "annotations")
    if _operator_is_gone(request, chain, evidence, objects):
        namespace = request.secret_namespace
        yield (
            f"namespace {namespace} holds no pod that uses it and no operator of OLM, "
            "and no release brings it",
            request.where,
        )


def _operator_is_gone(
    request: CredentialsRequest, chain: Chain | None, evidence: Evidence, objects: Objects
) -> bool:
    """Whether an operator of OLM left its request behind: only where its namespaces were gathered."""
    if names_release(request):
        return False
    if chain is None or chain.in_release is not None or chain.workloads:
        return False
    spaces = {request.namespace, request.secret_namespace}
    olm = [
        obj
        for kind in ("Subscription", "ClusterServiceVersion")
        for obj in objects.all(kind)
        if obj.group == "operators.coreos.com"
    ]
    here = any(obj.namespace in spaces for obj in olm) or any(
        evidence.seen(kind, space) for kind in ("Subscription", "ClusterServiceVersion") for space in spaces
    )
    gathered = any(key[1] == "ClusterServiceVersion" for key in evidence.names)
    return gathered and not here and evidence.has_list("Pod", request.secret_namespace)
