"""Hosted clusters as their management cluster describes them, and who of them signs in to AWS.

HostedControlPlane, HostedCluster and NodePool are of hypershift.openshift.io. A control plane has a namespace
of its own in the management cluster; there run the operators that a cluster of its own has inside, each with
a token of the guest's that a container beside it asks for. Names are those of openshift/hypershift
(control-plane-operator/controllers/hostedcontrolplane/v2, cmd/infra/aws/iam.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analyzer.evidence.masks.shapes import is_stand_in
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject
from analyzer.evidence.values import dig, items, mapping, text
from analyzer.frozen import frozen
from analyzer.model.joining.objects import Objects
from analyzer.patterns import later

GROUP = "hypershift.openshift.io"
KINDS = ("HostedControlPlane", "HostedCluster", "NodePool")

_ROLES = ("spec", "platform", "aws", "rolesRef")
_DISABLED = ("spec", "capabilities", "disabled")
_POD = later(r"(.+)-[a-z0-9]+-[a-z0-9]{5}")
_TAG = later(
    r":(\d+\.\d+\.\d+(?:-(?:rc|ec|fc)\.\d+|-0\.[\w.-]+?)?)(?:-(?:x86_64|multi|aarch64|ppc64le|s390x).*)?$"
)


@frozen
class Consumer:
    """One that uses a role of a hosted cluster; ``operator`` is what it is called.

    ``namespace`` and ``secret`` name its chain, of one in the guest its Secret there. ``path`` leads to the
    role's ARN in the control plane's object. ``deployment`` runs with that role in the control plane's
    namespace, in ``containers``, the first of them always; ``quoting`` repeat there what AWS said to it.
    ``apart`` tells that its other containers have other business, ``in_guest`` that pods of the guest use
    the role too, ``has_secret`` that the guest always has a Secret of it (the control plane has one in any
    case). Where ``capability`` is disabled it is not there.
    """

    operator: str
    namespace: str
    secret: str
    path: tuple[str, ...]
    accounts: tuple[str, ...]
    deployment: str
    containers: tuple[str, ...]
    quoting: tuple[str, ...] = ()
    apart: bool = False
    in_guest: bool = False
    has_secret: bool = False
    capability: str | None = None

    @property
    def id(self) -> str:
        """The id of its chain."""
        return f"{self.namespace}/{self.secret}"

    @property
    def is_of_control_plane(self) -> bool:
        """Whether it is of the control plane alone: the guest has neither request nor Secret of it."""
        return self.namespace == "kube-system"


CONTROL_PLANE_OPERATOR = Consumer(
    "control-plane-operator",
    "kube-system",
    "control-plane-operator",
    path=(*_ROLES, "controlPlaneOperatorARN"),
    accounts=("control-plane-operator",),
    deployment="control-plane-operator",
    containers=("control-plane-operator",),
)
NODE_POOLS = Consumer(
    "capa-controller-manager",
    "kube-system",
    "capa-controller-manager",
    path=(*_ROLES, "nodePoolManagementARN"),
    accounts=("capa-controller-manager",),
    deployment="capi-provider",
    containers=("manager",),
)
KMS = Consumer(
    "kms-provider",
    "kube-system",
    "kms-provider",
    path=("spec", "secretEncryption", "kms", "aws", "auth", "awsKms"),
    accounts=("kms-provider",),
    deployment="kube-apiserver",
    containers=("aws-kms-active", "aws-kms-backup"),
    apart=True,
)
CONSUMERS = (
    Consumer(
        "image-registry",
        "openshift-image-registry",
        "installer-cloud-credentials",
        path=(*_ROLES, "imageRegistryARN"),
        accounts=("cluster-image-registry-operator", "registry"),
        deployment="cluster-image-registry-operator",
        containers=("cluster-image-registry-operator",),
        in_guest=True,
        has_secret=True,
        capability="ImageRegistry",
    ),
    Consumer(
        "ingress",
        "openshift-ingress-operator",
        "cloud-credentials",
        path=(*_ROLES, "ingressARN"),
        accounts=("ingress-operator",),
        deployment="ingress-operator",
        containers=("ingress-operator",),
        has_secret=True,
        capability="Ingress",
    ),
    Consumer(
        "storage",
        "openshift-cluster-csi-drivers",
        "ebs-cloud-credentials",
        path=(*_ROLES, "storageARN"),
        accounts=("aws-ebs-csi-driver-controller-sa",),
        deployment="aws-ebs-csi-driver-controller",
        containers=("csi-driver",),
        quoting=("aws-ebs-csi-driver-operator", "cluster-storage-operator"),
        has_secret=True,
    ),
    Consumer(
        "network",
        "openshift-cloud-network-config-controller",
        "cloud-credentials",
        path=(*_ROLES, "networkARN"),
        accounts=("cloud-network-config-controller",),
        deployment="cloud-network-config-controller",
        containers=("controller",),
        quoting=("cluster-network-operator",),
    ),
    Consumer(
        "kube-controller-manager",
        "kube-system",
        "kube-controller-manager",
        path=(*_ROLES, "kubeCloudControllerARN"),
        accounts=("kube-controller-manager",),
        deployment="cloud-controller-manager",
        containers=("cloud-controller-manager",),
        quoting=("kube-controller-manager",),
    ),
    Consumer(
        "karpenter",
        "kube-system",
        "karpenter",
        path=("spec", "autoNode", "provisionerConfig", "karpenter", "aws", "roleARN"),
        accounts=("karpenter",),
        deployment="karpenter",
        containers=("karpenter",),
    ),
    NODE_POOLS,
    CONTROL_PLANE_OPERATOR,
    KMS,
)


def consumer_of_log(pod: str, container: str) -> Consumer | None:
    """Tell whose log a container of a control plane's namespace writes."""
    name = deployment_of(pod)
    for consumer in CONSUMERS:
        if name in (consumer.deployment, *consumer.quoting):
            return consumer if not consumer.apart or container in consumer.containers else None
    return None


def deployment_of(pod: str) -> str | None:
    """Give the Deployment that a pod's name shows."""
    match = _POD.fullmatch(pod)
    return match[1] if match else None


@frozen
class Hosted:
    """One hosted cluster: the newest copies of its objects, the control plane's own first.

    ``namespace`` is the control plane's in the management cluster.
    """

    namespace: str
    objects: tuple[K8sObject, ...]
    pools: tuple[K8sObject, ...] = ()
    has_all_pools: bool = False
    """Whether the list of NodePools of its namespace was read whole."""

    @property
    def name(self) -> str:
        """Its name in the management cluster."""
        return self.objects[0].name

    @property
    def space(self) -> str | None:
        """The namespace of its HostedCluster and NodePools."""
        return next((space for obj in self.objects if (space := _cluster_name(obj)[0])), None)

    @property
    def infra(self) -> str | None:
        """Its infrastructure name."""
        return self._text("spec", "infraID")

    @property
    def id(self) -> str | None:
        """Its cluster id."""
        return self._text("spec", "clusterID")

    @property
    def issuer(self) -> str | None:
        """The issuer of its tokens."""
        return self._text("spec", "issuerURL")

    @property
    def phrase(self) -> str:
        """What identifies it, in words."""
        more = f", infrastructure {self.infra}" if self.infra else ""
        return f"hosted cluster {self.name}{more} (control plane in namespace {self.namespace})"

    @property
    def version(self) -> tuple[str, Where] | None:
        """The newest version that is complete, else the one that its release image names."""
        for obj in self.objects:
            for status in ("versionStatus", "version"):
                for index, entry in enumerate(items(dig(obj.value, "status", status, "history"))):
                    if dig(entry, "state") == "Completed" and (version := text(dig(entry, "version"))):
                        return version, obj.where.at("status", status, "history", index, "version")
        for path in (("spec", "releaseImage"), ("spec", "release", "image")):
            found = self.find(*path)
            if found is not None and (match := _TAG.search(found[0])):
                return match[1], found[1]
        return None

    def find(self, *path: str) -> tuple[str, Where] | None:
        """Give a text of its objects, the first of them that has it, with its place; a mask is none."""
        for obj in self.objects:
            value = text(dig(obj.value, *path))
            if value and not is_stand_in(value):
                return value, obj.where.at(*path)
        return None

    def conditions(self) -> Iterator[tuple[K8sObject, int, Json]]:
        """Give each condition once, of the control plane's own object where both have it."""
        seen: set[str | None] = set()
        for obj in self.objects:
            listed = items(dig(obj.value, "status", "conditions"))
            yield from (
                (obj, index, entry)
                for index, entry in enumerate(listed)
                if text(dig(entry, "type")) not in seen
            )
            seen |= {text(dig(entry, "type")) for entry in listed}

    def _text(self, *path: str) -> str | None:
        found = self.find(*path)
        return found[0] if found else None


def is_told_of(consumer: Consumer, hosted: Hosted | None) -> bool:
    """Tell whether a hosted cluster's objects name a consumer's role, or have conditions of its calls."""
    if hosted is None:
        return False
    disabled = [one for obj in hosted.objects for one in items(dig(obj.value, *_DISABLED))]
    if consumer.capability in disabled:
        return False
    named = any(text(dig(obj.value, *consumer.path)) for obj in hosted.objects)
    aws = hosted.find("spec", "platform", "type")
    conditions = consumer is CONTROL_PLANE_OPERATOR and any(True for _ in hosted.conditions())
    return named or (conditions and aws is not None and aws[0] == "AWS")


def hosted_clusters(objects: Iterable[K8sObject]) -> list[Hosted]:
    """Give the hosted clusters that management clusters describe, in the order in which they were read.

    Objects are of one where they share its infrastructure id or, where one of them tells none, the
    namespace of its control plane.
    """
    ours = [obj for obj in objects if obj.kind in KINDS and obj.group == GROUP]
    ours.sort(key=lambda obj: KINDS.index(obj.kind))
    groups: list[list[K8sObject]] = []
    known: dict[tuple[str, str], list[K8sObject]] = {}
    pools: dict[tuple[str, str], list[K8sObject]] = {}
    for obj in ours:
        if obj.kind == "NodePool":
            name = text(dig(obj.value, "spec", "clusterName")) or ""
            pools.setdefault((obj.namespace, name), []).append(obj)
            continue
        infra = text(dig(obj.value, "spec", "infraID"))
        by_space = ("namespace", _namespace(obj))
        group = known.get(("infra", infra)) if infra else None
        beside = known.get(by_space)
        if group is None and beside and not (infra and any(_has_infra(other) for other in beside[:1])):
            group = beside
        if group is None:
            groups.append(group := [])
        group.append(obj)
        known.setdefault(by_space, group)
        if infra:
            known.setdefault(("infra", infra), group)
    return [_hosted(group, pools) for group in groups]


def _has_infra(obj: K8sObject) -> bool:
    return bool(text(dig(obj.value, "spec", "infraID")))


def _hosted(group: list[K8sObject], pools: dict[tuple[str, str], list[K8sObject]]) -> Hosted:
    newest = Objects(group)
    objects = [obj for kind in KINDS[:2] for obj in newest.all(kind)]
    own = [pool for name in {_cluster_name(obj): None for obj in objects} for pool in pools.get(name, ())]
    return Hosted(_namespace(objects[0]), tuple(objects), tuple(Objects(own).all("NodePool")))


def _namespace(obj: K8sObject) -> str:
    """Give the namespace of the control plane, which HyperShift names after the HostedCluster."""
    if obj.kind == "HostedControlPlane":
        return obj.namespace
    return f"{obj.namespace}-{obj.name.replace('.', '-')}"


def _cluster_name(obj: K8sObject) -> tuple[str, str]:
    """Give namespace and name of the HostedCluster that an object is, or is of."""
    if obj.kind == "HostedCluster":
        return obj.namespace, obj.name
    noted = text(mapping(dig(obj.value, "metadata", "annotations")).get("hypershift.openshift.io/cluster"))
    namespace, _, name = (noted or "").partition("/")
    return namespace, name


def folder_of(root: str) -> str | None:
    """Give the name of the hosted cluster whose guest ``hypershift dump`` wrote into a root, else None."""
    match = re.search(r"(?:^|[:/])hostedcluster-([^/]+)$", root)
    return match[1] if match else None
