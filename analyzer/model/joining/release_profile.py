"""Which requests a release brings to a cluster: by its profile, its capabilities and its feature set."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.evidence.kubernetes import dig
from analyzer.evidence.records import CredentialsRequest
from analyzer.model.joining.objects import Objects
from analyzer.model.joining.releases import CAPABILITY

_GATES = ("release.openshift.io/feature-set", "release.openshift.io/feature-gate")
_INCLUDE = "include.release.openshift.io/"
_SELF_MANAGED = {_INCLUDE + "self-managed-high-availability", _INCLUDE + "single-node-developer"}


def is_enabled(annotations: Mapping[str, str], capabilities: frozenset[str] | None) -> bool:
    """Tell whether a release's request applies to a cluster of the default feature set.

    ``capabilities`` are the enabled ones, None where the cluster does not name any.
    """
    if any(gate in annotations for gate in _GATES):
        return False
    needed = annotations.get(CAPABILITY)
    return not needed or capabilities is None or set(needed.split("+")) <= capabilities


def names_release(request: CredentialsRequest) -> bool:
    """Tell a request of a release by its annotations."""
    return any(note.startswith(_INCLUDE) for note in request.annotations)


def is_of_profile(annotations: Mapping[str, str], objects: Objects) -> bool:
    """Tell whether a release brings a request to a cluster of this kind: self-managed, or hosted.

    One without any such annotation was written by hand, and counts.
    """
    profiles = {name for name, value in annotations.items() if name.startswith(_INCLUDE) and value == "true"}
    if not profiles:
        return True
    infrastructure = objects.one("Infrastructure", "cluster")
    path = ("status", "controlPlaneTopology")
    hosted = infrastructure is not None and dig(infrastructure.value, *path) == "External"
    return bool(profiles - _SELF_MANAGED if hosted else profiles & _SELF_MANAGED)


def enabled_capabilities(objects: Objects) -> frozenset[str] | None:
    """Give the capabilities that ClusterVersion says are enabled, None where it names none."""
    version = objects.one("ClusterVersion", "version")
    if version is None:
        return None
    enabled = dig(version.value, "status", "capabilities", "enabledCapabilities")
    return frozenset(c for c in enabled if isinstance(c, str)) if isinstance(enabled, list) else None
