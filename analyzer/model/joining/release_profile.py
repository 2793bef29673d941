"""Which requests a release brings to a cluster: by its profile, its capabilities and its feature set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.records import CredentialsRequest
from analyzer.evidence.values import dig, items, text
from analyzer.frozen import frozen
from analyzer.model.joining.objects import Objects
from analyzer.model.joining.releases import CAPABILITY

_SET = "release.openshift.io/feature-set"
_GATE = "release.openshift.io/feature-gate"
_SETS = frozenset(
    {"Default", "TechPreviewNoUpgrade", "DevPreviewNoUpgrade", "CustomNoUpgrade", "LatencySensitive", "OKD"}
)
_INCLUDE = "include.release.openshift.io/"
_SELF_MANAGED = {_INCLUDE + "self-managed-high-availability", _INCLUDE + "single-node-developer"}

_CORE = {
    ("openshift-ingress", "openshift-ingress-operator"),
    ("openshift-image-registry", "openshift-image-registry"),
    ("openshift-machine-api-aws", "openshift-machine-api"),
    ("aws-ebs-csi-driver-operator", "openshift-cluster-csi-drivers"),
    ("openshift-cloud-network-config-controller-aws", "openshift-cloud-network-config-controller"),
    ("openshift-cluster-api-aws", "openshift-cluster-api"),
}
"""The requests of releases 4.8 to 4.21 for AWS that a component uses, each with its Secret's namespace."""

CORE_NAMESPACES = frozenset(namespace for _, namespace in _CORE) - {"openshift-cluster-api"}
"""The namespaces of those that are behind no feature gate."""


@frozen
class Enabled:
    """What is switched on in a cluster; each part is None where the bundle does not tell it.

    ``feature_set`` is ``Default`` for a cluster that names none; ``gates`` are the single features that its
    version has on.
    """

    capabilities: frozenset[str] | None = None
    feature_set: str | None = None
    gates: frozenset[str] | None = None

    def has_capability(self, annotations: Mapping[str, str]) -> bool:
        """Tell whether the capabilities that a manifest needs are on, or may be."""
        needed = annotations.get(CAPABILITY)
        return (
            not needed
            or is_masked(needed)
            or self.capabilities is None
            or set(needed.split("+")) <= self.capabilities
        )

    def has_features(self, annotations: Mapping[str, str]) -> bool | None:
        """Tell whether the feature set and the gates that a manifest needs are on; None if unknown.

        Releases 4.10 and 4.11 named the feature set under ``feature-gate``.
        """
        if any(map(is_masked, (annotations.get(_SET, ""), annotations.get(_GATE, "")))):
            return None
        needed = [name.strip() for name in annotations.get(_GATE, "").split(",") if name.strip()]
        sets = {name for name in needed if name in _SETS} | {
            name.strip() for name in annotations.get(_SET, "").split(",") if name.strip()
        }
        answers: list[bool | None] = [self._has_gate(name) for name in needed if name not in _SETS]
        if sets:
            answers.append(None if self.feature_set is None else self.feature_set in sets)
        return False if False in answers else None if None in answers else True

    def _has_gate(self, name: str) -> bool | None:
        if self.gates is None:
            return None
        return name[1:] not in self.gates if name.startswith("-") else name in self.gates


def hides_needs(annotations: Mapping[str, str]) -> bool:
    """Tell a manifest of which it was masked, or taken out, what must be on for it."""
    given = [annotations[name] for name in (CAPABILITY, _SET, _GATE) if name in annotations]
    return any(not value.strip() or is_masked(value) for value in given)


def read_enabled(objects: Objects) -> Enabled:
    """Read the capabilities of ClusterVersion, and the features of FeatureGate ``cluster``."""
    version, features = objects.one("ClusterVersion", "version"), objects.one("FeatureGate", "cluster")
    capabilities = gates = name = None
    if version is not None:
        listed = dig(version.value, "status", "capabilities", "enabledCapabilities")
        capabilities = _names(listed) if isinstance(listed, list) else None
    if features is not None:
        name = text(dig(features.value, "spec", "featureSet")) or "Default"
        running = text(dig(version.value, "status", "desired", "version")) if version else None
        rows = items(dig(features.value, "status", "featureGates"))
        rows = rows if len(rows) == 1 else [r for r in rows if text(dig(r, "version")) == running]
        gates = _names([dig(gate, "name") for gate in items(dig(rows[0], "enabled"))]) if rows else None
    return Enabled(capabilities, name, gates)


def _names(listed: Iterable[object]) -> frozenset[str]:
    return frozenset(name for name in listed if isinstance(name, str))


def names_release(request: CredentialsRequest) -> bool:
    """Tell a request of a release by its annotations, or by its name where a copy has lost them."""
    if any(note.startswith(_INCLUDE) for note in request.annotations):
        return True
    return (request.name, request.secret_namespace) in _CORE


def is_of_profile(annotations: Mapping[str, str], objects: Objects) -> bool:
    """Tell whether a release brings a request to a cluster of this kind: self-managed, or hosted.

    One without any such annotation was written by hand, and counts.
    """
    profiles = _profiles(annotations)
    if not profiles:
        return True
    return bool(profiles - _SELF_MANAGED if _is_hosted(objects) else profiles & _SELF_MANAGED)


def hangs_on_topology(annotations: Mapping[str, str], objects: Objects) -> bool:
    """Tell a request that no hosted cluster has, where it is not told whether this is one."""
    profiles = _profiles(annotations)
    return bool(profiles) and not profiles - _SELF_MANAGED and _is_hosted(objects) is None


def _profiles(annotations: Mapping[str, str]) -> set[str]:
    return {name for name, value in annotations.items() if name.startswith(_INCLUDE) and value == "true"}


def _is_hosted(objects: Objects) -> bool | None:
    if objects.all("HostedControlPlane") or objects.all("HostedCluster"):
        return True
    infrastructure = objects.one("Infrastructure", "cluster")
    if infrastructure is None:
        return None
    return dig(infrastructure.value, "status", "controlPlaneTopology") == "External"
