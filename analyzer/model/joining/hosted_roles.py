"""What a hosted control plane's own object says of the roles that its guest's operators use.

HostedCluster and HostedControlPlane (hypershift.openshift.io) name them in ``spec.platform.aws.rolesRef``;
the object stands in the management cluster, so it comes beside the guest's bundle.
"""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.evidence.kubernetes import dig, text
from analyzer.evidence.masks import is_masked
from analyzer.evidence.records import K8sObject
from analyzer.model.joining.chains import Chain
from analyzer.model.joining.cluster import ClusterView, value_of
from analyzer.model.joining.objects import Objects

_FIELDS = {
    "openshift-image-registry/installer-cloud-credentials": "imageRegistryARN",
    "openshift-ingress-operator/cloud-credentials": "ingressARN",
    "openshift-cluster-csi-drivers/ebs-cloud-credentials": "storageARN",
    "openshift-cloud-network-config-controller/cloud-credentials": "networkARN",
}
"""The Secret in the guest that the control plane makes of each role."""

_PATH = ("spec", "platform", "aws", "rolesRef")


def add_hosted_roles(chains: Iterable[Chain], objects: Objects, view: ClusterView) -> None:
    """Note on each chain the role that the hosted cluster of this guest names for it."""
    found = _own(objects, view)
    if found is None:
        return
    for chain in chains:
        field = _FIELDS.get(chain.id)
        arn = text(dig(found.value, *_PATH, field)) if field else None
        if field and arn and not is_masked(arn):
            chain.hosted_role = (arn, found.where.at(*_PATH, field))


def _own(objects: Objects, view: ClusterView) -> K8sObject | None:
    """Find this guest's object: by its infrastructure id, else by its issuer; never by being alone."""
    infra, issuer = value_of(view.facts, "cluster.infra_name"), view.issuer
    for kind in ("HostedControlPlane", "HostedCluster"):
        for obj in objects.all(kind):
            if dig(obj.value, *_PATH) is None:
                continue
            named = (text(dig(obj.value, "spec", "infraID")), text(dig(obj.value, "spec", "issuerURL")))
            if (infra and named[0] == infra) or (issuer and named[1] == issuer):
                return obj
    return None
