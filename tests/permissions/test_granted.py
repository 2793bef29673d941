"""Permissions that work: granted on what is used, in other partitions, and Red Hat's own policies."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samples import Cluster
from samples.aws import ManagedPolicy
from tests.data import DATA
from tests.e2e.faults_in_permissions import (
    ZONE_ROLE,
    also,
    both,
    by_hand,
    change,
    customer_key,
    denied,
    its_own_principal,
    limited,
    own_policy,
    shared_vpc,
    zone_role,
)
from tests.e2e.runs import (
    DRIVERS,
    INGRESS,
    MACHINES,
    NETWORK,
    REGISTRY,
    Bench,
    assert_healthy,
    everything,
    named,
    states_of,
    told,
)
from tests.permissions.reading import analysed, of_permissions, state


def _zones_by_id(cluster: Cluster) -> None:
    def hook(path: str, value: Any) -> Any:
        if "/dnses" in path:
            for one in value.get("items", [value]):
                one["spec"]["privateZone"] = {"id": "/hostedzone/Z9PRIVATE"}
        return value

    cluster.hooks.append(hook)
    zones = ["arn:aws:route53:::hostedzone/Z0123456789EXAMPLE", "arn:aws:route53:::hostedzone/Z9PRIVATE"]
    change(INGRESS, ("route53:ChangeResourceRecordSets",), Resource=zones)(cluster)


def _bucket(cluster: Cluster) -> None:
    found: list[str] = []

    def hook(path: str, value: Any) -> Any:
        if "imageregistry.operator.openshift.io/configs" in path:
            for one in value.get("items", [value]):
                store = one["spec"].setdefault("storage", {}).setdefault("s3", {})
                store["bucket"] = "demo-registry-bucket"
                found.append(path)
        return value

    cluster.hooks.append(hook)
    actions = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket")
    bucket = "arn:aws:s3:::demo-registry-bucket"
    change(REGISTRY, actions, Resource=[bucket, f"{bucket}/*"])(cluster)


def _own_account(cluster: Cluster) -> None:
    actions = ("ec2:AttachVolume", "ec2:DetachVolume", "ec2:ModifyVolume")
    change(DRIVERS, actions, Resource=f"arn:aws:ec2:{cluster.region}:{cluster.account}:*")(cluster)
    change(DRIVERS, ("ec2:CreateSnapshot", "ec2:CreateTags"), Resource=f"arn:aws:ec2:{cluster.region}:*")(
        cluster
    )


def _own_roles(cluster: Cluster) -> None:
    own = f"arn:aws:iam::{cluster.account}:role/{cluster.infra_name}-*"
    change(MACHINES, ("iam:PassRole",), Resource=own)(cluster)
    linked = "arn:aws:iam::*:role/aws-service-role/*"
    change(MACHINES, ("iam:CreateServiceLinkedRole",), Resource=linked)(cluster)


def _own_region(cluster: Cluster) -> None:
    only = {"StringEquals": {"aws:RequestedRegion": cluster.region}}
    change(DRIVERS, ("ec2:CreateVolume", "ec2:DeleteVolume"), Condition=only)(cluster)
    lock = {"StringNotEquals": {"aws:RequestedRegion": [cluster.region, "us-east-1"]}}
    also(NETWORK, {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": lock})(cluster)
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    also(REGISTRY, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": insecure}, "tls")(
        cluster
    )


def _customer_key_granted(cluster: Cluster) -> None:
    customer_key(cluster)


def _other_case(cluster: Cluster) -> None:
    for entry in own_policy(cluster, REGISTRY)["Statement"]:
        entry["Action"] = [one.upper() for one in entry["Action"]]


def _wildcards(cluster: Cluster) -> None:
    body = own_policy(cluster, INGRESS)
    body["Statement"] = [
        {
            "Effect": "Allow",
            "Resource": "*",
            "Action": ["elasticloadbalancing:Describe*", "route53:*", "tag:Get*"],
        },
        {"Effect": "Allow", "Resource": "*", "NotAction": ["iam:*", "organizations:*"]},
    ]


def _boundary_of_services(cluster: Cluster) -> None:
    wide = ["ec2:*", "elasticloadbalancing:*", "iam:PassRole", "iam:CreateServiceLinkedRole", "kms:*"]
    limited(MACHINES, {"Effect": "Allow", "Action": wide, "Resource": "*"})(cluster)


def _denies_of_others(cluster: Cluster) -> None:
    """Denies that spare a session of this role: its ARN, its kind, and that it has no user's name."""
    others = [
        {"ArnNotLike": {"aws:PrincipalArn": f"arn:*:*::{cluster.account}:role/*"}},
        {"StringNotEquals": {"aws:PrincipalType": "AssumedRole"}},
        {"StringLike": {"aws:username": "*"}},
    ]
    for number, condition in enumerate(others):
        deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
        also(INGRESS, deny, f"guard-{number}")(cluster)


def _keys_by_a_service_alone(cluster: Cluster) -> None:
    """EC2 calls KMS in the role's name when it encrypts a volume."""
    customer_key(cluster)
    direct = {"Bool": {"aws:ViaAWSService": "false"}}
    also(DRIVERS, {"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": direct})(cluster)


WORKING: dict[str, Callable[[Cluster], None]] = {
    "zones-by-id": _zones_by_id,
    "own-bucket": _bucket,
    "own-account": _own_account,
    "own-roles": _own_roles,
    "own-region": _own_region,
    "customer-key-granted": _customer_key_granted,
    "other-case": _other_case,
    "wildcards": _wildcards,
    "boundary-of-services": _boundary_of_services,
    "denies-of-others": _denies_of_others,
}


@pytest.mark.parametrize("name", sorted(WORKING))
def test_what_is_granted_on_what_is_used(bench: Bench, name: str) -> None:
    assert_healthy(analysed(bench, WORKING[name]))


def test_a_deny_of_direct_calls_does_not_take_the_keys(bench: Bench) -> None:
    report = analysed(bench, _keys_by_a_service_alone)
    assert not of_permissions(report, "fail"), told(report)
    other = analysed(
        bench,
        also(INGRESS, {"Effect": "Deny", "Action": "*", "Resource": "*",
                       "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}),
    )  # fmt: skip
    assert named(other, "fail") == {"permission-explicit-deny"}


def test_a_wildcard_for_the_service_is_not_called_a_narrowing(bench: Bench) -> None:
    def edit(cluster: Cluster) -> None:
        own_policy(cluster, INGRESS)["Statement"] = [{"Effect": "Allow", "Action": "*:*", "Resource": "*"}]

    report = analysed(bench, edit)
    assert not of_permissions(report, "fail", "warn"), told(report)
    assert state(report, INGRESS, "permission-missing") == "unknown"


def test_a_volume_arn_without_its_account_may_grant(bench: Bench) -> None:
    actions = ("ec2:AttachVolume", "ec2:DetachVolume")
    report = analysed(bench, change(DRIVERS, actions, Resource="arn:aws:ec2:*:volume/*"))
    assert named(report, "fail", "warn") == {"permission-resource-narrow"}, told(report)


@pytest.mark.parametrize("version", ["4.10.3", "4.12.30", "4.14.12", "4.18.5", "4.21.1"])
@pytest.mark.parametrize("details", [False, True])
def test_healthy_releases(bench: Bench, version: str, details: bool) -> None:
    report = bench.report(everything(Cluster(version=version), details=details))
    assert_healthy(report)
    found = {s for (_, link, _), s in states_of(report).items() if link == "permissions"}
    assert found == {"pass", "not-applicable"}
    assert not of_permissions(report)


@pytest.mark.parametrize("partition", [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")])
def test_narrowed_in_other_partitions(bench: Bench, partition: tuple[str, str]) -> None:
    region, name = partition

    def edit(cluster: Cluster) -> None:
        change(REGISTRY, ("s3:GetObject",), Resource=f"arn:{name}:s3:::*")(cluster)
        change(DRIVERS, ("ec2:AttachVolume",), Resource=f"arn:{name}:ec2:{region}:*:*")(cluster)

    assert_healthy(analysed(bench, edit, region=region, partition=name))


def test_a_shared_vpc_that_works(bench: Bench) -> None:
    cluster = Cluster()
    both(shared_vpc, change(INGRESS, ("sts:AssumeRole",), Resource=ZONE_ROLE))(cluster)
    files = everything(cluster)
    half = bench.report(files)
    assert state(half, INGRESS, "permission-shared-vpc") == "unknown"
    assert any("zone-manager" in item.command for item in half.missing)
    for principal in (its_own_principal, lambda c: f"arn:aws:iam::{c.account}:root"):
        report = bench.report(files | zone_role(principal)(cluster))
        assert_healthy(report)
        assert state(report, INGRESS, "permission-shared-vpc") == "pass"


def test_sts_assume_role_is_not_needed_without_a_shared_vpc(bench: Bench) -> None:
    edit = change(INGRESS, ("sts:AssumeRole",), Resource=ZONE_ROLE)
    report = analysed(bench, edit)
    assert not of_permissions(report, "fail", "warn")


def test_a_narrowing_to_a_region_is_open_where_the_region_is_not_known(bench: Bench) -> None:
    hide = r"config\.openshift\.io/infrastructures|cluster-config-v1"
    report = analysed(bench, lambda c: _own_account(c), hide=hide)
    assert not of_permissions(report, "fail", "warn"), told(report)


# --- ROSA -----------------------------------------------------------------------------------------

CLASSIC = {
    MACHINES: "openshift_machine_api_aws",
    REGISTRY: "openshift_image_registry",
    INGRESS: "openshift_ingress_operator",
    NETWORK: "openshift_cloud_network",
    DRIVERS: "openshift_cluster_csi",
}
HOSTED = {
    REGISTRY: "openshift_hcp_image_registry",
    INGRESS: "openshift_hcp_cluster_ingress",
    NETWORK: "openshift_hcp_cloud_network",
    DRIVERS: "openshift_hcp_cluster_csi",
}
MANAGED = {
    REGISTRY: "ROSAImageRegistryOperatorPolicy",
    INGRESS: "ROSAIngressOperatorPolicy",
    NETWORK: "ROSACloudNetworkConfigOperatorPolicy",
    DRIVERS: "ROSAAmazonEBSCSIDriverOperatorPolicy",
}


def _product_policy(folder: Path, start: str) -> Any:
    found = sorted(folder.glob(f"{start}*.json"))
    if len(found) != 1:
        pytest.skip(f"{start} is not in {folder.name}")
    body = json.loads(found[0].read_text())
    return body.get("document", body)


def _rosa(cluster: Cluster, table: dict[str, str], folder: Path, *, aws: bool, marked: bool) -> None:
    roles = {chain: cluster.role(chain.split("/")[0]) for chain in table}
    for chain, role in roles.items():
        name = table[chain] if aws else f"{role.name[:50]}-policy"
        body = copy.deepcopy(_product_policy(folder, table[chain]))
        place = {"path": "/service-role/"} if aws else {}
        role.inline = {}
        role.attached = [ManagedPolicy(name, [body], "aws" if aws else role.account, **place)]
        role.description = ""
        role.tags = {"rosa_cluster_id": "2c9k1", "red-hat-managed": "true"} if marked else {}


def _hosted(cluster: Cluster) -> None:
    def hook(path: str, value: Any) -> Any:
        if "config.openshift.io/infrastructures" in path:
            for one in value.get("items", [value]):
                one["status"]["controlPlaneTopology"] = "External"
        return value

    cluster.hooks.append(hook)


@pytest.mark.shared
@pytest.mark.parametrize("version", ["4.14", "4.18", "4.20"])
def test_rosa_classic(bench: Bench, version: str) -> None:
    cluster = Cluster(version=f"{version}.9")
    _rosa(cluster, CLASSIC, DATA / "iam" / "rosa-classic-sts" / version, aws=False, marked=True)
    report = bench.report(everything(cluster, details=True))
    assert not of_permissions(report, "fail", "warn"), told(report)
    assert "permission-missing" in {f.rule for f in of_permissions(report, "info")}
    assert_healthy(report)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("table", "folder", "aws", "marked"),
    [(HOSTED, "rosa-hypershift", False, True), (MANAGED, "rosa-managed", True, True),
     (MANAGED, "rosa-managed", True, False), (HOSTED, "rosa-hypershift", False, False)],
)  # fmt: skip
def test_hosted_control_planes(
    bench: Bench, table: dict[str, str], folder: str, aws: bool, marked: bool
) -> None:
    cluster = Cluster(version="4.21.1")
    _rosa(cluster, table, DATA / "iam" / folder, aws=aws, marked=marked)
    _hosted(cluster)
    report = bench.report(everything(cluster, details=True))
    assert not of_permissions(report, "fail", "warn"), told(report)
    assert {"permission-resource-narrow", "permission-condition-narrow"} & named(report, "info")


@pytest.mark.shared
def test_rosa_with_a_log_line_that_denies(bench: Bench) -> None:
    cluster = Cluster(version="4.21.1")
    denied(INGRESS, "route53:ChangeResourceRecordSets")(cluster)
    _rosa(cluster, MANAGED, DATA / "iam" / "rosa-managed", aws=True, marked=True)
    report = bench.report(everything(cluster, details=True))
    assert [f.rule for f in of_permissions(report, "fail")] == ["permission-condition-narrow"], told(report)


def test_a_role_made_by_hand_warns(bench: Bench) -> None:
    edit = change(REGISTRY, ("s3:PutObject",), Resource="arn:aws:s3:::other/*")
    report = analysed(bench, both(edit, by_hand(REGISTRY)))
    assert [(f.rule, f.state) for f in of_permissions(report)] == [("permission-resource-narrow", "warn")]


def _in_vain(cluster: Cluster) -> None:
    """Request and policy name resources for an action that has none, as OADP and cluster-logging do."""
    action, resource = "ec2:DescribeInstances", "arn:aws:ec2:*:*:instance/*"
    for body in (cluster.requests, cluster.release):
        for request in body.values():
            spec = request["spec"]
            if "/".join(spec["secretRef"][key] for key in ("namespace", "name")) == NETWORK:
                entries = spec["providerSpec"]["statementEntries"]
                for entry in entries:
                    entry["action"] = [one for one in entry["action"] if one != action]
                entries.append({"effect": "Allow", "action": [action], "resource": resource})
    change(NETWORK, (action,), Resource=resource)(cluster)


def test_words_of_the_request_that_grant_nothing_are_named_and_fail_where_a_log_denies_it(
    bench: Bench,
) -> None:
    quiet = analysed(bench, _in_vain)
    assert state(quiet, NETWORK, "permission-missing") == "info", told(quiet)
    logged = analysed(bench, _in_vain, denied(NETWORK, "ec2:DescribeInstances"))
    assert state(logged, NETWORK, "permission-missing") == "fail", told(logged)
