"""Product policies that work, against the requests of the releases: the counts that are known."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
import yaml

from analyzer.iam.api import Layers, Policy, cover, parse_policy, read_entries
from analyzer.iam.coverage import ActionVerdict
from analyzer.iam.entries import Entry
from analyzer.iam.excess import excess
from tests.data import DATA

pytestmark = pytest.mark.shared

REQUESTS = ("machine-api", "iam-ro", "registry", "ingress", "network", "storage")
CLASSIC = {
    "machine-api": "openshift_machine_api_aws",
    "iam-ro": "openshift_cloud_credential_operator",
    "registry": "openshift_image_registry",
    "ingress": "openshift_ingress_operator",
    "network": "openshift_cloud_network",
    "storage": "openshift_cluster_csi",
}
HOSTED = {
    "registry": "openshift_hcp_image_registry",
    "ingress": "openshift_hcp_cluster_ingress",
    "network": "openshift_hcp_cloud_network",
    "storage": "openshift_hcp_cluster_csi",
}
MANAGED = {
    "registry": "ROSAImageRegistryOperatorPolicy",
    "ingress": "ROSAIngressOperatorPolicy",
    "network": "ROSACloudNetworkConfigOperatorPolicy",
    "storage": "ROSAAmazonEBSCSIDriverOperatorPolicy",
}


def one_file(folder: str, pattern: str) -> Any:
    found = sorted((DATA / folder).glob(pattern))
    if len(found) != 1:
        pytest.skip(f"{folder}/{pattern} is not here")
    return found[0]


def entries(version: str, name: str) -> tuple[Entry, ...]:
    text = one_file(f"credrequests/{version}", f"*{name}*.yaml").read_text()
    document = next(one for one in yaml.safe_load_all(text) if one)
    return read_entries(document["spec"]["providerSpec"]["statementEntries"])


def granted(folder: str, name: str) -> Layers:
    document = json.loads(one_file(folder, f"{name}*.json").read_text())
    policy = parse_policy(document.get("document", document), name=name)
    assert isinstance(policy, Policy), policy
    return Layers(identity=(policy,))


def judged(version: str, table: dict[str, str], folder: str) -> list[ActionVerdict]:
    return [
        row
        for request, name in table.items()
        for row in cover(entries(version, request), granted(folder, name)).actions
    ]


def counts(rows: list[ActionVerdict]) -> dict[str, int]:
    return dict(Counter(row.verdict for row in rows))


# Documented as granted on purpose to less than the requests ask: customer keys and shared networks.
def optional(row: ActionVerdict) -> bool:
    return row.action.startswith("kms:") or row.action == "sts:AssumeRole"


@pytest.mark.parametrize(
    ("release", "version", "expected"),
    [
        ("4.14", "4.14", {"granted": 80, "denied": 11}),
        ("4.18", "4.18", {"granted": 80, "denied": 13}),
        ("4.20", "4.20", {"granted": 82, "denied": 11}),
        ("4.20", "4.21", {"granted": 82, "denied": 11}),
    ],
)
def test_classic(release: str, version: str, expected: dict[str, int]) -> None:
    rows = judged(version, CLASSIC, f"iam/rosa-classic-sts/{release}")
    assert counts(rows) == expected
    assert all(optional(row) for row in rows if row.verdict == "denied")


@pytest.mark.parametrize(
    ("table", "folder"), [(HOSTED, "iam/rosa-hypershift"), (MANAGED, "iam/rosa-managed")]
)
def test_hosted_and_managed(table: dict[str, str], folder: str) -> None:
    rows = judged("4.21", table, folder)
    found = counts(rows)
    assert found["denied"] == 6
    assert found["conditional"] == 1
    assert found["partial"] == 36
    assert set(found) == {"granted", "partial", "conditional", "denied"}
    unasked = {row.action for row in rows if row.verdict == "denied" and not optional(row)}
    assert unasked == {"route53:ListTagsForResources"}


def test_nothing_in_excess_on_classic_roles() -> None:
    for request in REQUESTS:
        found = excess(entries("4.20", request), granted("iam/rosa-classic-sts/4.20", CLASSIC[request]))
        assert found.risks == ()
        assert found.total == 0, found.actions


def test_every_requested_action_is_in_the_catalogue() -> None:
    unknown = set()
    for file in sorted((DATA / "credrequests").glob("4.*/*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            given = document["spec"]["providerSpec"]["statementEntries"] if document else []
            unknown |= {row.action for row in cover(read_entries(given), Layers()).actions if not row.known}
    assert unknown == set()
