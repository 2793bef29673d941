"""The AWS CredentialsRequests of OpenShift 4.8 to 4.21, as far as releases differ in them.

An action written `name@N` is asked for since 4.N; sets of annotations are given with the minor release that
began to write them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from samples.yamlout import Json

CCO_NAMESPACE = "openshift-cloud-credential-operator"
FIRST_MINOR, LAST_MINOR = 8, 21

_KMS_USE = "kms:Decrypt kms:Encrypt kms:GenerateDataKey kms:GenerateDataKeyWithoutPlainText kms:DescribeKey"
_KMS_GRANT = "kms:RevokeGrant kms:CreateGrant kms:ListGrants"
_GRANT_CONDITION = {"Bool": {"kms:GrantIsForAWSResource": True}}

_TARGETS = """elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeTargetGroups
    elasticloadbalancing:DescribeTargetHealth@9 elasticloadbalancing:RegisterInstancesWithLoadBalancer
    elasticloadbalancing:RegisterTargets elasticloadbalancing:DeregisterTargets iam:PassRole
    iam:CreateServiceLinkedRole"""

_Statement = tuple[str, dict[str, Any] | None, int]  # actions, condition, first minor release


@dataclass(frozen=True)
class _Request:
    name: str
    file: str
    namespace: str
    secret: str
    service_accounts: tuple[str, ...]
    statements: tuple[_Statement, ...]
    profiles: str  # keys of _PROFILES
    capabilities: tuple[tuple[int, str], ...]
    labelled: bool = False
    first: int = FIRST_MINOR
    feature_gate: bool = False


# An annotation, and the minor releases in which the requests marked with the letter have it.
_PROFILES = {
    "h": ("include.release.openshift.io/hypershift", range(16, LAST_MINOR + 1)),
    "i": ("include.release.openshift.io/ibm-cloud-managed", range(FIRST_MINOR, LAST_MINOR + 1)),
    "I": ("include.release.openshift.io/ibm-cloud-managed", range(11, LAST_MINOR + 1)),
    "j": ("include.release.openshift.io/ibm-cloud-managed", range(FIRST_MINOR, 11)),
    "s": ("include.release.openshift.io/self-managed-high-availability", range(FIRST_MINOR, LAST_MINOR + 1)),
    "n": ("include.release.openshift.io/single-node-developer", range(FIRST_MINOR, LAST_MINOR + 1)),
    "x": ("exclude.release.openshift.io/internal-openshift-hosted", range(FIRST_MINOR, LAST_MINOR + 1)),
}

_REQUESTS = (
    _Request(
        "openshift-cluster-api-aws",
        "0000_30_cluster-api_01_credentials-request.yaml",
        "openshift-cluster-api",
        "capa-manager-bootstrap-credentials",
        ("cluster-capi-operator",),
        (
            (
                """ec2:CreateTags ec2:DescribeAvailabilityZones ec2:DescribeDhcpOptions ec2:DescribeImages
                ec2:DescribeInstances ec2:DescribeInternetGateways ec2:DescribeSecurityGroups
                ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeNetworkInterfaces@11
                ec2:DescribeNetworkInterfaceAttribute@11 ec2:ModifyNetworkInterfaceAttribute@11
                ec2:RunInstances ec2:TerminateInstances """
                + _TARGETS,
                None,
                10,
            ),
            (_KMS_USE, None, 10),
            (_KMS_GRANT, _GRANT_CONDITION, 10),
        ),
        "xs",
        ((15, "CloudCredential"),),
        first=10,
        feature_gate=True,
    ),
    _Request(
        "openshift-machine-api-aws",
        "0000_30_machine-api-operator_00_credentials-request.yaml",
        "openshift-machine-api",
        "aws-cloud-credentials",
        ("machine-api-controllers",),
        (
            (
                """ec2:CreateTags ec2:DescribeAvailabilityZones ec2:DescribeDhcpOptions ec2:DescribeImages
                ec2:DescribeInstances ec2:DescribeInstanceTypes@12 ec2:DescribeInternetGateways@9
                ec2:DescribeSecurityGroups ec2:DescribeRegions@9 ec2:DescribeSubnets ec2:DescribeVpcs
                ec2:RunInstances ec2:TerminateInstances """
                + _TARGETS,
                None,
                FIRST_MINOR,
            ),
            ("kms:ReEncrypt*@18 " + _KMS_USE, None, FIRST_MINOR),
            (_KMS_GRANT, _GRANT_CONDITION, FIRST_MINOR),
        ),
        "xs",
        ((14, "MachineAPI"), (15, "MachineAPI+CloudCredential")),
        labelled=True,
    ),
    _Request(
        "cloud-credential-operator-iam-ro",
        "0000_50_cloud-credential-operator_05-iam-ro-credentialsrequest.yaml",
        CCO_NAMESPACE,
        "cloud-credential-operator-iam-ro-creds",
        ("cloud-credential-operator",),
        (("iam:GetUser iam:GetUserPolicy iam:ListAccessKeys", None, FIRST_MINOR),),
        "xs",
        ((15, "CloudCredential"),),
    ),
    _Request(
        "openshift-image-registry",
        "0000_50_cluster-image-registry-operator_01-registry-credentials-request.yaml",
        "openshift-image-registry",
        "installer-cloud-credentials",
        ("cluster-image-registry-operator", "registry"),
        (
            (
                """s3:CreateBucket s3:DeleteBucket s3:PutBucketTagging s3:GetBucketTagging
                s3:PutBucketPublicAccessBlock s3:GetBucketPublicAccessBlock s3:PutEncryptionConfiguration
                s3:GetEncryptionConfiguration s3:PutLifecycleConfiguration s3:GetLifecycleConfiguration
                s3:GetBucketLocation s3:ListBucket s3:GetObject s3:PutObject s3:DeleteObject
                s3:ListBucketMultipartUploads s3:AbortMultipartUpload s3:ListMultipartUploadParts""",
                None,
                FIRST_MINOR,
            ),
        ),
        "hisn",
        ((14, "ImageRegistry"), (15, "ImageRegistry+CloudCredential")),
        labelled=True,
    ),
    _Request(
        "openshift-ingress",
        "0000_50_cluster-ingress-operator_00-ingress-credentials-request.yaml",
        "openshift-ingress-operator",
        "cloud-credentials",
        ("ingress-operator",),
        (
            (
                """elasticloadbalancing:DescribeLoadBalancers route53:ListHostedZones
                route53:ListTagsForResources@12 route53:ChangeResourceRecordSets tag:GetResources
                sts:AssumeRole@14""",
                None,
                FIRST_MINOR,
            ),
        ),
        "isn",
        ((15, "CloudCredential"), (16, "CloudCredential+Ingress")),
        labelled=True,
    ),
    _Request(
        "openshift-cloud-network-config-controller-aws",
        "0000_50_cluster-network-operator_02-cncc-credentials.yaml",
        "openshift-cloud-network-config-controller",
        "cloud-credentials",
        ("cloud-network-config-controller",),
        (
            (
                """ec2:DescribeInstances ec2:DescribeInstanceStatus ec2:DescribeInstanceTypes
                ec2:UnassignPrivateIpAddresses ec2:AssignPrivateIpAddresses ec2:UnassignIpv6Addresses
                ec2:AssignIpv6Addresses ec2:DescribeSubnets ec2:DescribeNetworkInterfaces""",
                None,
                10,
            ),
        ),
        "Isn",
        ((15, "CloudCredential"),),
        first=10,
    ),
    _Request(
        "aws-ebs-csi-driver-operator",
        "0000_50_cluster-storage-operator_03_credentials_request_aws.yaml",
        "openshift-cluster-csi-drivers",
        "ebs-cloud-credentials",
        ("aws-ebs-csi-driver-operator", "aws-ebs-csi-driver-controller-sa"),
        (
            (
                """ec2:AttachVolume ec2:CreateSnapshot ec2:CreateTags ec2:CreateVolume ec2:DeleteSnapshot
                ec2:DeleteTags ec2:DeleteVolume ec2:DescribeInstances ec2:DescribeSnapshots ec2:DescribeTags
                ec2:DescribeVolumes ec2:DescribeVolumesModifications ec2:DetachVolume ec2:ModifyVolume
                ec2:DescribeAvailabilityZones@14 ec2:EnableFastSnapshotRestores@14""",
                None,
                FIRST_MINOR,
            ),
            ("kms:ReEncrypt*@13 " + _KMS_USE, None, 10),
            (_KMS_GRANT, _GRANT_CONDITION, 10),
        ),
        "jsn",
        ((12, "Storage"), (15, "Storage+CloudCredential")),
    ),
)


# Requests of other clouds that every cluster holds: provider, target namespace and Secret.
FOREIGN: dict[str, tuple[Json, str, str]] = {
    "openshift-image-registry-gcs": (
        {"kind": "GCPProviderSpec", "predefinedRoles": ["roles/storage.admin"], "skipServiceCheck": True},
        "openshift-image-registry",
        "installer-cloud-credentials",
    ),
    "openshift-ingress-azure": (
        {"kind": "AzureProviderSpec", "roleBindings": [{"role": "Contributor"}]},
        "openshift-ingress-operator",
        "cloud-credentials",
    ),
    "openshift-machine-api-vsphere": (
        {"kind": "VSphereProviderSpec", "permissions": []},
        "openshift-machine-api",
        "vsphere-cloud-credentials",
    ),
}


def minor_of(version: str) -> int:
    """Return 14 for 4.14.12, 4.14 or 4.14.0-rc.1."""
    match = re.match(r"4\.(\d+)(?![0-9])", version)
    if match is None or not FIRST_MINOR <= int(match[1]) <= LAST_MINOR:
        raise ValueError(f"{version}: the samples know OpenShift 4.{FIRST_MINOR} to 4.{LAST_MINOR}")
    return int(match[1])


def release_requests(version: str) -> dict[str, Json]:
    """Return the requests of a release, by the file name that `oc adm release extract` gives them."""
    minor = minor_of(version)
    return {_file(r, minor): _build(r, minor) for r in _REQUESTS if minor >= r.first}


def is_gated(request: Json) -> bool:
    """Tell whether a default cluster leaves this request out, as ccoctl does."""
    notes = request["metadata"].get("annotations", {})
    return any(
        key in notes for key in ("release.openshift.io/feature-set", "release.openshift.io/feature-gate")
    )


def _file(request: _Request, minor: int) -> str:
    if request.feature_gate and minor < 14:
        return (
            "0000_30_" + ("capi-operator" if minor == 10 else "cluster-api") + "_00_credentials-request.yaml"
        )
    return request.file


def _actions(text: str, minor: int) -> list[str]:
    asked = (word.partition("@") for word in text.split())
    return [action for action, _, since in asked if minor >= int(since or 0)]


def _build(request: _Request, minor: int) -> Json:
    notes = {name: "true" for name, minors in map(_PROFILES.__getitem__, request.profiles) if minor in minors}
    for first, value in request.capabilities:
        if minor >= first:
            notes["capability.openshift.io/name"] = value
    secret = request.secret
    if request.feature_gate:
        gate = "feature-gate" if minor < 12 else "feature-set"
        sets = "CustomNoUpgrade,TechPreviewNoUpgrade" if minor >= 19 else "TechPreviewNoUpgrade"
        notes[f"release.openshift.io/{gate}"] = sets
        secret = "aws-cloud-credentials" if minor == 10 else secret
    metadata: Json = {"annotations": notes, "name": request.name, "namespace": CCO_NAMESPACE}
    if request.labelled:
        metadata["labels"] = {"controller-tools.k8s.io": "1.0"}
    entries: list[Json] = []
    for text, condition, first in request.statements:
        if minor >= first:
            entry: Json = {"action": _actions(text, minor), "effect": "Allow", "resource": "*"}
            entries.append(entry | ({"policyCondition": condition} if condition else {}))
    return {
        "apiVersion": "cloudcredential.openshift.io/v1",
        "kind": "CredentialsRequest",
        "metadata": metadata,
        "spec": {
            "providerSpec": {
                "apiVersion": "cloudcredential.openshift.io/v1",
                "kind": "AWSProviderSpec",
                "statementEntries": entries,
            },
            "secretRef": {"name": secret, "namespace": request.namespace},
            "serviceAccountNames": list(request.service_accounts),
        },
    }
