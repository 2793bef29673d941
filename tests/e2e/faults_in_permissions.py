"""Faults of what a role is granted: too little, taken away, narrowed, another's, too much."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from samples import Cluster, faults
from samples.aws import ManagedPolicy, Role
from samples.yamlout import Json, aws_json

from .fault import AWS_WORDS, LOGS, ROLES, TRUST_FAULT, WORKLOAD_FAULT, Fault
from .runs import DRIVERS, INGRESS, MACHINES, REGISTRY, Edit

OTHER_ACCOUNT = "210987654321"
ZONE_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/zone-manager"
KEY = "arn:aws:kms:us-west-2:123456789012:key/6f2c1d7e-52a4-4f0e-9d38-6a1f7c25e9b4"
EVERYTHING: Json = {"Effect": "Allow", "Action": "*", "Resource": "*"}

SCP = "with an explicit deny in a service control policy"
RCP = "with an explicit deny in a resource control policy"
BOUNDARY = "because no permissions boundary allows the {action} action"


def namespace_of(chain: str) -> str:
    """Give the namespace of a chain's id."""
    return chain.split("/")[0]


def policy(*statements: Json) -> Json:
    """Give a policy of statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def own_policy(cluster: Cluster, chain: str) -> Json:
    """Give a role's inline policy, to be edited in place."""
    role: Role = cluster.role(namespace_of(chain))
    role.inline = copy.deepcopy(role.inline)
    return next(iter(role.inline.values()))


def both(*edits: Edit) -> Edit:
    """Give several edits as one."""

    def edit(cluster: Cluster) -> None:
        for one in edits:
            one(cluster)

    return edit


def denied(chain: str, action: str, because: str | None = None, *, resource: str = "*") -> Edit:
    """Let the log show an action denied, in AWS's words."""

    def edit(cluster: Cluster) -> None:
        words = {} if because is None else {"because": because}
        since = cluster.gathered - timedelta(hours=9)
        faults.call_denied(
            cluster, action, namespace=namespace_of(chain), since=since, resource=resource, **words
        )

    return edit


def also(chain: str, statement: Json, name: str = "more") -> Edit:
    """Give a role one more inline policy."""

    def edit(cluster: Cluster) -> None:
        cluster.role(namespace_of(chain)).inline[name] = policy(statement)

    return edit


def limited(chain: str, *statements: Json) -> Edit:
    """Give a role a permissions boundary."""

    def edit(cluster: Cluster) -> None:
        role = cluster.role(namespace_of(chain))
        role.boundary = ManagedPolicy("ceiling", [policy(*statements)], role.account, role.partition)

    return edit


def change(chain: str, actions: tuple[str, ...], **elements: Any) -> Edit:
    """Move actions of a role's policy into a statement of their own, with other elements."""

    def edit(cluster: Cluster) -> None:
        body = own_policy(cluster, chain)
        for entry in body["Statement"]:
            entry["Action"] = [one for one in entry["Action"] if one not in actions]
        body["Statement"] = [entry for entry in body["Statement"] if entry["Action"]]
        body["Statement"].append({"Effect": "Allow", "Action": list(actions), "Resource": "*", **elements})

    return edit


def instead(chain: str, other: str) -> Edit:
    """Put the policy of another request into a role."""

    def edit(cluster: Cluster) -> None:
        role = cluster.role(namespace_of(chain))
        name = next(iter(role.inline))
        role.inline = {name: next(iter(cluster.role(namespace_of(other)).inline.values()))}

    return edit


def by_hand(chain: str) -> Edit:
    """Take away what shows that ccoctl made a role, once everything else is edited."""

    def edit(cluster: Cluster) -> None:
        role = cluster.role(namespace_of(chain))
        role.description, role.tags = "", {}

    return edit


def attached_without(chain: str, action: str) -> Edit:
    """Attach the request's policy as a managed one, whose default version lacks an action."""

    def edit(cluster: Cluster) -> None:
        role = cluster.role(namespace_of(chain))
        whole = own_policy(cluster, chain)
        older = copy.deepcopy(whole)
        for entry in older["Statement"]:
            entry["Action"] = [one for one in entry["Action"] if one != action]
        role.inline = {}
        role.attached = [ManagedPolicy("operator-policy", [older, whole], role.account, role.partition)]

    return edit


def customer_key(cluster: Cluster) -> None:
    """Let a StorageClass encrypt volumes with a key of the customer."""

    def hook(path: str, value: Json) -> Json | None:
        if path.endswith("storageclasses/gp3-csi.yaml"):
            value["parameters"]["kmsKeyId"] = KEY
        return value

    cluster.hooks.append(hook)


def machine_sets(cluster: Cluster) -> dict[str, bytes]:
    """Give a MachineSet whose volumes are encrypted with a key of the customer."""
    device = {"ebs": {"encrypted": True, "kmsKey": {"arn": KEY}, "volumeSize": 120, "volumeType": "gp3"}}
    body = {
        "apiVersion": "machine.openshift.io/v1beta1",
        "kind": "MachineSet",
        "metadata": {
            "name": "demo-worker",
            "namespace": "openshift-machine-api",
            "uid": "1",
            "resourceVersion": "9",
        },
        "spec": {"template": {"spec": {"providerSpec": {"value": {"blockDevices": [device]}}}}},
    }
    folder = "namespaces/openshift-machine-api/machine.openshift.io/machinesets"
    return {f"{folder}/demo-worker.yaml": json.dumps(body).encode()}


def encrypted_machines(cluster: Cluster) -> None:
    """Put that MachineSet into the bundle."""
    cluster.extra_files |= machine_sets(cluster)


def shared_vpc(cluster: Cluster) -> None:
    """Let DNS name a role for the private zone in another account."""
    cluster.private_zone_role = ZONE_ROLE


def zone_role(principal: Callable[[Cluster], str]) -> Callable[[Cluster], dict[str, bytes]]:
    """Give an export of the role of the private zone, which trusts a principal."""

    def files(cluster: Cluster) -> dict[str, bytes]:
        statement = {"Effect": "Allow", "Principal": {"AWS": principal(cluster)}, "Action": "sts:AssumeRole"}
        body = {
            "Path": "/",
            "RoleName": "zone-manager",
            "RoleId": "AROAEXAMPLEEXAMPLE001",
            "Arn": ZONE_ROLE,
            "CreateDate": "2024-01-11T09:12:00+00:00",
            "AssumeRolePolicyDocument": policy(statement),
            "Tags": [],
        }
        return {"exports/iam/get-role-zone-manager.json": aws_json({"Role": body})}

    return files


def another_principal(cluster: Cluster) -> str:
    """Give a role that is not the ingress operator's."""
    return f"arn:aws:iam::{cluster.account}:role/other-ingress"


def its_own_principal(cluster: Cluster) -> str:
    """Give the role of the ingress operator."""
    return str(cluster.role("openshift-ingress-operator").arn)


DENY_HOSTED_ZONES = {"Effect": "Deny", "Action": "route53:List*", "Resource": "*", "Sid": "NoZones"}
NO_INSTANCES = {"Effect": "Allow", "NotAction": "ec2:RunInstances", "Resource": "*"}
OTHER_BUCKET = "arn:aws:s3:::somebody-elses-bucket/*"
TAGGED = {"StringEquals": {"aws:ResourceTag/red-hat-managed": "true"}}
OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")

_missing = Fault(
    "permission-missing", "permissions", customer_key, ROLES, chains=(DRIVERS,), second=TRUST_FAULT
)
_deny = Fault(
    "permission-explicit-deny", "permissions", also(INGRESS, DENY_HOSTED_ZONES), ROLES, chains=(INGRESS,)
)
_boundary = Fault(
    "permission-boundary",
    "permissions",
    limited(MACHINES, NO_INSTANCES),
    r"exports/iam/get-policy-version",
    chains=(MACHINES,),
    second=TRUST_FAULT,
)
_organization = Fault(
    "permission-organization-deny",
    "permissions",
    denied(INGRESS, "route53:ListHostedZones", SCP),
    AWS_WORDS,
    chains=(INGRESS,),
)
_resource = Fault(
    "permission-resource-narrow",
    "permissions",
    change(REGISTRY, OBJECTS, Resource=OTHER_BUCKET),
    ROLES,
    chains=(REGISTRY,),
    state="warn",
)
_condition = Fault(
    "permission-condition-narrow",
    "permissions",
    change(DRIVERS, ("ec2:DeleteVolume",), Condition=TAGGED),
    ROLES,
    chains=(DRIVERS,),
    state="warn",
)
_overwritten = Fault(
    "permission-overwritten", "permissions", instead(INGRESS, REGISTRY), ROLES, chains=(INGRESS,)
)
_version = Fault(
    "permission-policy-version",
    "permissions",
    attached_without(INGRESS, "tag:GetResources"),
    ROLES,
    chains=(INGRESS,),
    state="warn",
    details=True,
)
_shared = Fault(
    "permission-shared-vpc",
    "permissions",
    both(shared_vpc, change(INGRESS, ("sts:AssumeRole",), Resource="arn:aws:iam::123456789012:role/none")),
    ROLES,
    chains=(INGRESS,),
    more=zone_role(its_own_principal),
)

FAULTS: list[Fault] = [
    replace(
        _missing,
        variant="customer-key-of-a-storage-class",
        edit=both(customer_key, lambda c: own_policy(c, DRIVERS)["Statement"].__delitem__(slice(1, None))),
    ),
    replace(
        _missing,
        variant="customer-key-of-a-machine-set",
        chains=(MACHINES,),
        edit=both(
            encrypted_machines, lambda c: own_policy(c, MACHINES)["Statement"].__delitem__(slice(1, None))
        ),
    ),
    replace(
        _missing,
        variant="needs-every-resource",
        chains=(INGRESS,),
        second=WORKLOAD_FAULT,
        edit=change(INGRESS, ("route53:ListHostedZones",), Resource="arn:aws:route53:::hostedzone/Z1"),
    ),
    replace(
        _missing,
        variant="made-by-hand",
        chains=(INGRESS,),
        state="warn",
        second=WORKLOAD_FAULT,
        edit=both(
            change(INGRESS, ("tag:GetResource",)),
            lambda c: _drop(c, INGRESS, "tag:GetResources"),
            by_hand(INGRESS),
        ),
    ),
    _deny,
    replace(
        _deny,
        variant="not-action",
        edit=also(
            INGRESS, {"Effect": "Deny", "NotAction": ["route53:*", "elasticloadbalancing:*"], "Resource": "*"}
        ),
    ),
    replace(
        _deny,
        variant="another-region",
        chains=(MACHINES,),
        second=TRUST_FAULT,
        edit=also(
            MACHINES,
            {
                "Effect": "Deny",
                "Action": "ec2:*",
                "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
            },
        ),
    ),
    replace(
        _deny,
        variant="feature-not-used",
        state="info",
        chains=(DRIVERS,),
        edit=also(DRIVERS, {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}),
    ),
    _boundary,
    replace(
        _boundary,
        variant="explicit-deny",
        edit=limited(MACHINES, EVERYTHING, {"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}),
    ),
    replace(
        _boundary,
        variant="in-part",
        state="warn",
        edit=limited(
            MACHINES,
            NO_INSTANCES,
            {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "arn:aws:ec2:*:*:instance/i-1*"},
        ),
    ),
    replace(
        _boundary,
        variant="log-names-it",
        hide=f"exports/iam/get-policy-version|{LOGS}",
        edit=both(limited(MACHINES, NO_INSTANCES), denied(MACHINES, "ec2:RunInstances", BOUNDARY)),
    ),
    _organization,
    replace(
        _organization,
        variant="resource-control-policy",
        chains=(REGISTRY,),
        edit=denied(REGISTRY, "s3:PutObject", RCP),
    ),
    _resource,
    replace(
        _resource,
        variant="log-denies-it",
        state="fail",
        edit=both(
            _resource.edit,
            denied(REGISTRY, "s3:GetObject", resource="arn:aws:s3:::demo-image-registry/docker"),
        ),
    ),
    replace(
        _resource,
        variant="deny-on-some",
        chains=(MACHINES,),
        second=TRUST_FAULT,
        edit=also(
            MACHINES,
            {
                "Effect": "Deny",
                "Action": "ec2:TerminateInstances",
                "Resource": "arn:aws:ec2:us-west-2:123456789012:instance/i-0*",
            },
        ),
    ),
    _condition,
    replace(
        _condition,
        variant="log-denies-it",
        state="fail",
        edit=both(_condition.edit, denied(DRIVERS, "ec2:DeleteVolume")),
    ),
    replace(
        _condition,
        variant="record-names",
        chains=(INGRESS,),
        edit=change(
            INGRESS,
            ("route53:ChangeResourceRecordSets",),
            Condition={
                "ForAllValues:StringLike": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["*.other.example.org"]
                }
            },
        ),
    ),
    _overwritten,
    replace(_overwritten, variant="similar-requests", chains=(DRIVERS,), edit=instead(DRIVERS, MACHINES)),
    _version,
    replace(
        _version,
        variant="log-denies-it",
        state="fail",
        edit=both(denied(INGRESS, "tag:GetResources"), _version.edit),
    ),
    _shared,
    replace(
        _shared,
        variant="not-trusted",
        edit=shared_vpc,
        more=zone_role(another_principal),
        hide="exports/iam/get-role-zone-manager",
    ),
    Fault(
        "permission-excess",
        "permissions",
        also(REGISTRY, {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}),
        ROLES,
        chains=(REGISTRY,),
        state="info",
        kind="hygiene",
    ),
    Fault(
        "permission-unknown-action",
        "permissions",
        also(REGISTRY, {"Effect": "Allow", "Action": "s3:GetBuckedTagging", "Resource": "*"}),
        ROLES,
        chains=(REGISTRY,),
        state="info",
        kind="hygiene",
    ),
]


def _drop(cluster: Cluster, chain: str, action: str) -> None:
    for entry in own_policy(cluster, chain)["Statement"]:
        entry["Action"] = [one for one in entry["Action"] if one != action]
