"""Which gated requests a release brings, by the FeatureGate and the ClusterVersion of the cluster."""

from __future__ import annotations

import pytest

from analyzer.model.joining.release_profile import Enabled

SET = "release.openshift.io/feature-set"
GATE = "release.openshift.io/feature-gate"
CAPABILITY = "capability.openshift.io/name"

DEFAULT = Enabled(feature_set="Default", gates=frozenset({"MachineAPI"}))
PREVIEW = Enabled(feature_set="TechPreviewNoUpgrade", gates=frozenset({"MachineAPI", "ClusterAPI"}))


@pytest.mark.parametrize(
    ("annotations", "on", "expected"),
    [
        ({}, Enabled(), True),
        ({SET: "TechPreviewNoUpgrade"}, DEFAULT, False),
        ({SET: "TechPreviewNoUpgrade"}, PREVIEW, True),
        ({SET: "CustomNoUpgrade, TechPreviewNoUpgrade"}, PREVIEW, True),
        ({SET: "Default"}, DEFAULT, True),
        ({SET: "TechPreviewNoUpgrade"}, Enabled(), None),
        ({GATE: "TechPreviewNoUpgrade"}, PREVIEW, True),
        ({GATE: "TechPreviewNoUpgrade"}, DEFAULT, False),
        ({GATE: "ClusterAPI"}, PREVIEW, True),
        ({GATE: "ClusterAPI,Other"}, PREVIEW, False),
        ({GATE: "-ClusterAPI"}, PREVIEW, False),
        ({GATE: "-ClusterAPI"}, DEFAULT, True),
        ({GATE: "ClusterAPI"}, Enabled(feature_set="Default"), None),
        ({GATE: "ClusterAPI", SET: "TechPreviewNoUpgrade"}, Enabled(feature_set="Default"), False),
    ],
)
def test_features(annotations: dict[str, str], on: Enabled, expected: bool | None) -> None:
    assert on.has_features(annotations) is expected


@pytest.mark.parametrize(
    ("needed", "enabled", "expected"),
    [
        ("Storage", frozenset({"Storage"}), True),
        ("Storage", frozenset({"Console"}), False),
        ("CloudCredential+Storage", frozenset({"Storage"}), False),
        ("Storage", None, True),
    ],
)
def test_capabilities(needed: str, enabled: frozenset[str] | None, expected: bool) -> None:
    assert Enabled(capabilities=enabled).has_capability({CAPABILITY: needed}) is expected
