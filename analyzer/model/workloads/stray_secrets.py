"""Secrets of STS shape that lie in another place than their request says."""

from __future__ import annotations

from analyzer.engine.facts import Cite, Fact
from analyzer.evidence import kubernetes
from analyzer.evidence.records import Secret
from analyzer.model.joining.chain import COPIES, Chain, brought_by_release
from analyzer.model.joining.consumers import uses_secret
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known

_MADE_FOR = "cloudcredential.openshift.io/credentials-request"
"""The annotation by which the credential operator tells the request that it made a Secret for."""


def secrets_elsewhere(chain: Chain, joined: Joined) -> Fact:
    """Find Secrets of STS shape that nothing claims or uses, of this name or in this namespace."""
    if _may_wait_for_role(chain, joined):
        return known([])
    claimed = {c.id for c in joined.chains}
    found: list[tuple[str, Cite]] = []
    for obj in joined.objects.all("Secret"):
        place = f"{obj.namespace}/{obj.name}"
        record = kubernetes.secret(obj)
        if place in claimed or set(record.values) != {"credentials"}:
            continue
        if obj.name != chain.secret_name and obj.namespace != chain.namespace:
            continue
        if not _serves_another(record, chain, joined):
            found.append((place, obj.where))
    return known([place for place, _ in found], *(cite for _, cite in found))


def _may_wait_for_role(chain: Chain, joined: Joined) -> bool:
    """Tell the request of an operator that OLM may have installed without a role.

    Then nothing makes its Secret, and no other's is meant for it. What tells so was not gathered: its
    Subscription, or the version that says how it signs in.
    """
    request = chain.in_cluster
    if request is None or request.sts_role_arn or brought_by_release(chain):
        return False
    seen = joined.evidence.seen
    return not all(seen(kind, chain.namespace) for kind in ("Subscription", "ClusterServiceVersion"))


def _serves_another(secret: Secret, chain: Chain, joined: Joined) -> bool:
    """Tell a Secret with a use of its own: a copy, one made for another request, or one that pods mount."""
    made_for = secret.annotations.get(_MADE_FOR)
    request = chain.request
    if secret.name in COPIES or (made_for and request and made_for != f"{request.namespace}/{request.name}"):
        return True
    own = {found.name for found in chain.workloads}
    pods = list(joined.evidence.parse_raw(("Pod",), (secret.namespace,), words={secret.name}))
    pods += [obj for obj in joined.objects.all("Pod") if obj.namespace == secret.namespace]
    return any(
        uses_secret(kubernetes.workload(obj), secret.name)
        for obj in pods
        if secret.namespace != chain.namespace or obj.name not in own
    )
