"""Which cluster each bundle root is of, so that two clusters' facts are never mixed into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from analyzer.evidence.gather import Evidence
from analyzer.evidence.kubernetes import dig, text
from analyzer.evidence.records import K8sObject
from analyzer.model.objects import was_in_cluster

IDENTITIES = (
    ("ClusterVersion", "cluster", ("spec", "clusterID")),
    ("Infrastructure", "infrastructure", ("status", "infrastructureName")),
)
"""What identifies a cluster: the kind, the word for it, where it stands; the best first."""


def cluster_of_roots(objects: list[K8sObject]) -> dict[str, str]:
    """Give the identity of each root that names one; several roots of one cluster share it."""
    for kind, _, path in IDENTITIES:
        found: dict[str, str] = {}
        for obj in objects:
            value = text(dig(obj.value, *path)) if obj.kind == kind else None
            if value and was_in_cluster(obj):
                found.setdefault(obj.root, value)
        if found:
            return found
    return {}


def only_one_cluster(evidence: Evidence) -> Evidence:
    """Keep what belongs to the cluster of which most was gathered, the first of equals.

    Roots that name no cluster (an inspect of one namespace, a loose file) are kept. The finding that
    the inputs are mixed is made from the whole evidence, elsewhere.
    """
    owners = cluster_of_roots(evidence.objects)
    if len(set(owners.values())) < 2:
        return evidence
    weights = Counter(owners[obj.root] for obj in evidence.objects if obj.root in owners)
    kept = max(weights, key=lambda cluster: weights[cluster])
    foreign = {root for root, cluster in owners.items() if cluster != kept}
    keep = _outside(foreign)
    return replace(
        evidence,
        objects=[o for o in evidence.objects if o.root not in foreign],
        raw=[r for r in evidence.raw if r.root not in foreign],
        names={k: v for k, v in evidence.names.items() if k[0] not in foreign},
        listed={k for k in evidence.listed if k[0] not in foreign},
        log_files=[f for f in evidence.log_files if keep(f.input, f.path)],
        symptoms=tuple(s for s in evidence.symptoms if keep(s.quote.input, s.quote.file)),
    )


def _outside(roots: set[str]) -> Callable[[str, str], bool]:
    folders = [root.split(":", 1) for root in roots]

    def keep(input_id: str, path: str) -> bool:
        return not any(
            input_id == i and (not folder or path.startswith(f"{folder}/")) for i, folder in folders
        )

    return keep
