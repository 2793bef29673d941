"""CredentialsRequests that nothing needs any more: one subject for each request of AWS in the cluster."""

from __future__ import annotations

from analyzer.engine.facts import Subject
from analyzer.evidence import kubernetes
from analyzer.model.joining.chain import condition
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.left_over import why_stale
from analyzer.model.joining.objects import known, was_in_cluster


def stale_subjects(joined: Joined) -> list[Subject]:
    """Give one subject for each request of AWS in the cluster, with why nothing may need it any more."""
    evidence, objects, chains = joined.evidence, joined.objects, joined.chains
    by_name = {c.in_cluster.name: c for c in chains if c.in_cluster}
    subjects = []
    for obj in objects.all("CredentialsRequest"):
        if not was_in_cluster(obj):
            continue
        request = kubernetes.credentials_request(obj, release=False)
        if request.provider_kind != "AWSProviderSpec" or condition(request, "Ignored"):
            continue
        chain = by_name.get(request.name)
        reasons = list(why_stale(request, chain, evidence, objects))
        more: Facts = {
            "stale.request": known(request.name, request.where.at("metadata", "name")),
            "stale.namespace": known(request.namespace, request.where),
            "stale.secret": known(f"{request.secret_namespace}/{request.secret_name}", request.where),
            "stale.reasons": known([r for r, _ in reasons], *(w for _, w in reasons)),
        }
        ids = (chain.id,) if chain else ()
        subjects.append(
            Subject("request", f"{request.namespace}/{request.name}", joined.view.facts | more, ids)
        )
    return subjects
