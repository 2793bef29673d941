"""What a management cluster holds of a hosted cluster: its objects, and the namespace of its control plane.

Objects, names and paths are those of openshift/hypershift: the operators run in a namespace of the management
cluster, each beside a container that asks the guest for a token. The guest itself is ``samples.rosa.hosted``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from samples.bundle import bundle_files, bundle_folder, image_folder
from samples.logs import Failure, LogLine, klog, render, request_id, sdk1, sdk2
from samples.operators import Condition
from samples.yamlout import Json, document

if TYPE_CHECKING:
    from samples.cluster import Cluster

Files = dict[str, bytes]

GROUP = "hypershift.openshift.io"
_ROLES = {
    "imageRegistryARN": "openshift-image-registry/cluster-image-registry-operator",
    "ingressARN": "openshift-ingress-operator/ingress-operator",
    "storageARN": "openshift-cluster-csi-drivers/aws-ebs-csi-driver-controller-sa",
    "networkARN": "openshift-cloud-network-config-controller/cloud-network-config-controller",
    "kubeCloudControllerARN": "kube-system/kube-controller-manager",
    "nodePoolManagementARN": "kube-system/capa-controller-manager",
    "controlPlaneOperatorARN": "kube-system/control-plane-operator",
}
_DEPLOYMENTS = {
    "ingress-operator": ("ingress-operator", "token-minter"),
    "cluster-image-registry-operator": ("cluster-image-registry-operator", "token-minter"),
    "aws-ebs-csi-driver-operator": ("aws-ebs-csi-driver-operator",),
    "aws-ebs-csi-driver-controller": ("csi-driver", "token-minter"),
    "cloud-network-config-controller": ("controller", "token-minter"),
    "cluster-network-operator": ("cluster-network-operator",),
    "cloud-controller-manager": ("cloud-controller-manager", "token-minter"),
    "capi-provider": ("manager", "token-minter"),
    "control-plane-operator": ("control-plane-operator", "token-minter"),
    "cloud-credential-operator": ("cloud-credential-operator",),
    "kube-apiserver": ("kube-apiserver", "aws-kms-active", "aws-kms-token-minter"),
}
_WELL = "All is well"
_STEP = timedelta(minutes=9)


@dataclass
class ControlPlane:
    """A hosted control plane; ``failures`` are the errors that its Deployments log until the gather."""

    cluster: Cluster
    name: str = "shop"
    space: str = "clusters"
    kms_role: str | None = None
    conditions: dict[str, Condition] = field(default_factory=dict)
    pool_conditions: dict[str, Condition] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        since = self.cluster.installed
        well = ("ValidAWSIdentityProvider", "AWSDefaultSecurityGroupCreated", "AWSEndpointAvailable")
        self.conditions |= {kind: Condition("True", since, "AsExpected", _WELL) for kind in well}
        self.conditions["ValidOIDCConfiguration"] = Condition(
            "True", since, "AsExpected", "OIDC configuration is valid"
        )
        self.conditions["ValidAWSKMSConfig"] = Condition(
            "Unknown", since, "StatusUnknown", "AWS KMS is not configured"
        )
        self.pool_conditions["AllMachinesReady"] = Condition("True", since, "AsExpected", _WELL)

    @property
    def namespace(self) -> str:
        """The namespace of the control plane."""
        return f"{self.space}-{self.name}"

    def fail(self, failure: Failure, *deployments: str) -> None:
        """Let Deployments log an error of signing in."""
        self.failures |= dict.fromkeys(deployments, failure)

    def files(self, *, dumped: bool = False) -> Files:
        """Give all of it, below a bundle's root; ``dumped`` as ``hypershift dump cluster`` names the logs."""
        return self.objects() | self.logs(dumped=dumped)

    def objects(self) -> Files:
        """Give HostedCluster, HostedControlPlane and NodePool."""
        return {
            f"namespaces/{self.space}/{GROUP}/hostedclusters/{self.name}.yaml": document(
                self.hosted_cluster()
            ),
            f"namespaces/{self.namespace}/{GROUP}/hostedcontrolplanes/{self.name}.yaml": document(
                self.hosted_control_plane()
            ),
            f"namespaces/{self.space}/{GROUP}/nodepools/{self.name}-a.yaml": document(self.node_pool()),
        }

    def hosted_cluster(self) -> Json:
        """Give the HostedCluster."""
        return self._object(
            "HostedCluster", self.space, self.name,
            self._spec() | {"release": {"image": self._image()}}, self.conditions,
            {"version": self._history()},
        )  # fmt: skip

    def hosted_control_plane(self) -> Json:
        """Give the HostedControlPlane: of the conditions it lacks what the operator above it finds out."""
        own = {kind: c for kind, c in self.conditions.items() if kind != "ValidOIDCConfiguration"}
        return self._object(
            "HostedControlPlane", self.namespace, self.name,
            self._spec() | {"releaseImage": self._image()}, own, {"versionStatus": self._history()},
            {"hypershift.openshift.io/cluster": f"{self.space}/{self.name}"},
        )  # fmt: skip

    def node_pool(self) -> Json:
        """Give the NodePool."""
        spec = {"clusterName": self.name, "replicas": 2, "platform": {"type": "AWS"}}
        return self._object("NodePool", self.space, f"{self.name}-a", spec, self.pool_conditions, {})

    def logs(self, *, dumped: bool = False) -> Files:
        """Give the logs of the control plane's namespace."""
        found: Files = {}
        for name, containers in _DEPLOYMENTS.items():
            if name == "kube-apiserver" and self.kms_role is None:
                containers = containers[:1]
            pod = f"{name}-{self._hash(name, 10)}-{self._hash(name + 'pod', 5)}"
            for container in containers:
                data = render(self._lines(name, container))
                path = f"pods/{pod}/{container}/{container}/logs/current.log"
                if dumped:
                    data = re.sub(rb"(?m)^\d{4}-\d\d-\d\dT\S+Z ", b"", data)
                    path = f"core/pods/logs/{pod}-{container}.log"
                found[f"namespaces/{self.namespace}/{path}"] = data
        return found

    def _lines(self, name: str, container: str) -> list[LogLine]:
        end = self.cluster.gathered - timedelta(minutes=2)
        times = [end - number * _STEP for number in range(12)]
        lines = [klog(when, "I", "controller.go:114", f"{name} reconciled") for when in times]
        failure = self.failures.get(name)
        main = "aws-kms-active" if name == "kube-apiserver" else _DEPLOYMENTS[name][0]
        if failure is not None and container == main:
            lines += [self._error(when, name, failure) for when in times]
        return lines

    def _error(self, when: datetime, name: str, failure: Failure) -> LogLine:
        request = request_id(self.cluster.cluster_id, name, when.isoformat())
        text = (
            sdk2(failure, request, "EC2: DescribeVpcs") if name == "capi-provider" else sdk1(failure, request)
        )
        return klog(when, "E", "controller.go:324", f"Reconciler error: {text}")

    def _hash(self, text: str, length: int) -> str:
        digits = self.cluster.uid("Pod", self.name, text).replace("-", "")
        return "".join("bcdfghjklmnpqrst"[int(digit, 16)] for digit in digits[:length])

    def _image(self) -> str:
        return f"quay.io/openshift-release-dev/ocp-release:{self.cluster.version}-x86_64"

    def _history(self) -> Json:
        entry = {"state": "Completed", "version": self.cluster.version, "image": self._image()}
        return {"desired": {"image": self._image()}, "history": [entry]}

    def _spec(self) -> Json:
        cluster = self.cluster
        aws = {"region": cluster.region, "endpointAccess": "PublicAndPrivate", "rolesRef": self.roles_ref()}
        spec: Json = {
            "clusterID": cluster.cluster_id,
            "infraID": cluster.infra_name,
            "issuerURL": cluster.issuer,
            "platform": {"type": "AWS", "aws": aws},
        }
        if self.kms_role is not None:
            auth = {"awsKms": self.kms_role}
            spec["secretEncryption"] = {"type": "kms", "kms": {"provider": "AWS", "aws": {"auth": auth}}}
        return spec

    def roles_ref(self) -> dict[str, str]:
        """Give the roles by field: those whose trust policies admit the ServiceAccounts of each."""
        found = {}
        for name, account in _ROLES.items():
            subject = f"system:serviceaccount:{account.replace('/', ':')}"
            roles = [role.arn for role in self.cluster.roles.values() if subject in str(role.trust)]
            if roles:
                found[name] = roles[0]
        return found

    def _object(
        self, kind: str, namespace: str, name: str, spec: Json, conditions: dict[str, Condition],
        status: Json, annotations: Json | None = None,
    ) -> Json:  # fmt: skip
        metadata = {
            "annotations": annotations or {},
            "name": name,
            "namespace": namespace,
            "resourceVersion": "48211",
            "uid": self.cluster.uid(kind, namespace, name),
        }
        listed = [condition.manifest(kind_) for kind_, condition in sorted(conditions.items())]
        return {
            "apiVersion": f"{GROUP}/v1beta1",
            "kind": kind,
            "metadata": metadata,
            "spec": spec,
            "status": {"conditions": listed, **status},
        }


def management_bundle(hub: Cluster, *planes: ControlPlane) -> Files:
    """Give the must-gather of a management cluster with what it hosts."""
    top, image = bundle_folder(hub), f"{bundle_folder(hub)}/{image_folder(hub)}"
    files = {f"{top}/{path}": data for path, data in bundle_files(hub).items()}
    for plane in planes:
        files |= {f"{image}/{path}": data for path, data in plane.files().items()}
    return files


def hypershift_dump(plane: ControlPlane) -> Files:
    """Give what ``hypershift dump cluster --dump-guest-cluster`` writes: no Secret, no request, no mode."""
    kept = re.compile(
        r"cluster-scoped-resources/config\.openshift\.io/clusteroperators"
        r"|namespaces/[^/]+/(?:core/(?:pods|configmaps|events)|apps|pods)"
    )
    inside = f"{image_folder(plane.cluster)}/"
    guest = {
        path.removeprefix(inside): data
        for path, data in bundle_files(plane.cluster).items()
        if inside in path
    }
    files = {f"hostedcluster-{plane.name}/{path}": data for path, data in guest.items() if kept.match(path)}
    return files | plane.files(dumped=True)
