"""Faults of the account's roles: trust policies and permissions."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from samples import Cluster, HttpError, edits, faults, recorded
from samples.aws import Role
from samples.yamlout import Json

from .fault import (
    ROLES,
    TRUST_FAULT,
    Fault,
    Second,
)
from .faults_in_aws import OTHER_HOST
from .faults_in_cluster import assign, shared_role
from .runs import DRIVERS, INGRESS, MACHINES, Edit

# --- trust ----------------------------------------------------------------------------------------

INGRESS_NAMESPACE = "openshift-ingress-operator"


def statement(cluster: Cluster, namespace: str = INGRESS_NAMESPACE) -> Json:
    """Give the one statement of a role's trust policy."""
    first: Json = cluster.role(namespace).trust["Statement"][0]
    return first


def trust(change: Callable[[Cluster, Json], object]) -> Edit:
    """Give an edit of the statement of the ingress role."""
    return lambda cluster: change(cluster, statement(cluster))


def subjects(*names: str, namespace: str = INGRESS_NAMESPACE) -> Edit:
    """Give an edit of the subjects that a role trusts."""
    return lambda cluster: edits.trust_subjects(cluster.role(namespace), list(names))


def _key(cluster: Cluster) -> str:
    return f"{cluster.issuer_host}:sub"


def _own(cluster: Cluster) -> list[str]:
    return [f"system:serviceaccount:{INGRESS_NAMESPACE}:ingress-operator"]


def condition_key(change: Callable[[str], str]) -> Edit:
    """Give an edit of the host in the condition's key."""
    return trust(
        lambda cluster, found: found.update(
            Condition={"StringEquals": {f"{change(cluster.issuer_host)}:sub": _own(cluster)}}
        )
    )


def _key_of_arn(cluster: Cluster, found: Json) -> None:
    found["Condition"] = {"StringEquals": {f"{cluster.provider.arn}:sub": _own(cluster)}}


def former_provider(cluster: Cluster, found: Json) -> None:
    found["Principal"] = {"Federated": cluster.provider.arn.replace(cluster.issuer_host, OTHER_HOST)}
    found["Condition"] = {"StringEquals": {f"{OTHER_HOST}:sub": _own(cluster)}}


def _audience(cluster: Cluster, found: Json) -> None:
    found["Condition"]["StringEquals"][f"{cluster.issuer_host}:aud"] = "sts.amazonaws.com"


def deny(cluster: Cluster) -> None:
    denied = {
        "Effect": "Deny",
        "Principal": {"Federated": cluster.provider.arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    cluster.role(INGRESS_NAMESPACE).trust["Statement"].append(denied)


def _twice_named(cluster: Cluster) -> None:
    role = cluster.role(INGRESS_NAMESPACE)
    text = json.dumps(role.trust)
    nobody = json.dumps({_key(cluster): "system:serviceaccount:default:nobody"})
    role.trust = text.replace('"StringEquals"', f'"StringEquals": {nobody}, "StringEquals"')  # type: ignore[assignment]


def _whole(value: object) -> Edit:
    return lambda cluster: setattr(cluster.role(INGRESS_NAMESPACE), "trust", value)


def _dry_run(cluster: Cluster, found: Json) -> None:
    found["Principal"] = {"Federated": "<enter_issuer_url_here>"}
    found["Condition"] = {"StringEquals": {"<enter_issuer_url_here>:sub": _own(cluster)}}


def _old_statement(cluster: Cluster) -> None:
    role = cluster.role(INGRESS_NAMESPACE)
    old = copy.deepcopy(role.trust["Statement"][0])
    former_provider(cluster, old)
    role.trust["Statement"].insert(0, old)


def subjects_like(pattern: str) -> Edit:
    """Give an edit that trusts every subject of a form."""
    return trust(lambda cluster, found: found.update(Condition={"StringLike": {_key(cluster): pattern}}))


def _no_subject(cluster: Cluster, found: Json) -> None:
    found["Condition"] = {"StringEquals": {f"{cluster.issuer_host}:aud": "openshift"}}


def _all_of_another_namespace(cluster: Cluster, found: Json) -> None:
    subjects = [*_own(cluster), "system:serviceaccount:default:*"]
    found["Condition"] = {"StringLike": {_key(cluster): subjects}}


def _many(cluster: Cluster) -> None:
    more = [f"system:serviceaccount:openshift-ingress-operator:made-up-account-{n}" for n in range(40)]
    subjects(*_own(cluster), *more)(cluster)


def _extra(operator: str, key: str, value: str) -> Edit:
    return trust(lambda cluster, found: found["Condition"].setdefault(operator, {}).update({key: value}))


def drop_role(*, recorded: bool) -> Edit:
    """Give an edit that deletes the ingress role; `recorded` leaves the answer NoSuchEntity."""
    return lambda cluster: edits.drop_role(cluster, INGRESS_NAMESPACE, recorded=recorded)


def _shared_by_name(cluster: Cluster) -> None:
    """The ingress role was widened for the machine API, and keeps its name."""
    name = cluster.role(INGRESS_NAMESPACE).name
    shared_role(cluster)
    cluster.roles[name] = replace(cluster.roles.pop("shared-aws"), name=name)
    for chain in (INGRESS, MACHINES):
        cluster.set_role_arn(*chain.split("/"), cluster.roles[name].arn)


def _asks_for(seconds: int) -> Callable[[Cluster], dict[str, bytes]]:
    """Record a sign-in of the ingress operator that asks for a session of this length."""

    def files(cluster: Cluster) -> dict[str, bytes]:
        subject = "system:serviceaccount:openshift-ingress-operator:ingress-operator"
        when = cluster.gathered - timedelta(minutes=5)
        record = recorded.sign_in(
            cluster, subject, cluster.role(INGRESS_NAMESPACE).arn, when, duration=seconds
        )
        return {"exports/cloudtrail.json": recorded.log_file(record)}

    return files


def _fault(rule: str, edit: Edit, **more: Any) -> Fault:
    return Fault(rule, "trust", edit, **({"hide": ROLES, "chains": (INGRESS,)} | more))


TRUST_FAULTS = [
    _fault("trust-role-missing", drop_role(recorded=True)),
    _fault("trust-role-missing", drop_role(recorded=False), details=True, variant="not-listed"),
    _fault("trust-provider-mismatch", trust(former_provider)),
    _fault("trust-provider-mismatch", trust(
        lambda cluster, found: found["Principal"].update(
            Federated=cluster.provider.arn.replace(cluster.account, "999999999999"))
    ), variant="account"),
    _fault("trust-condition-key-mismatch", condition_key(lambda host: f"https://{host}"), variant="scheme"),
    _fault("trust-condition-key-mismatch", condition_key(lambda host: f"{host}/"), variant="slash"),
    _fault("trust-condition-key-mismatch", condition_key(lambda host: OTHER_HOST), variant="host"),
    _fault("trust-condition-key-mismatch", condition_key(lambda host: f"{host}:443"), variant="port"),
    _fault("trust-condition-key-mismatch", trust(_key_of_arn), variant="arn"),
    _fault(
        "trust-subject-mismatch", subjects("system:serviceaccount:openshift-ingress-operator:router"),
        variant="account",
    ),
    _fault(
        "trust-subject-mismatch", subjects("system:serviceaccount:openshift-ingress:ingress-operator"),
        variant="namespace",
    ),
    _fault(
        "trust-subject-partial",
        subjects(
            "system:serviceaccount:openshift-cluster-csi-drivers:aws-ebs-csi-driver-operator",
            namespace="openshift-cluster-csi-drivers",
        ),
        chains=(DRIVERS,),
    ),
    _fault("trust-audience-mismatch", trust(_audience)),
    _fault("trust-wildcard-literal", subjects("system:serviceaccount:openshift-ingress-operator:*")),
    _fault("trust-action-wrong", trust(lambda _, found: found.update(Action="sts:AssumeRole"))),
    _fault("trust-principal-wrong", trust(
        lambda _, found: found.update(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
    ), variant="ec2"),
    _fault("trust-principal-wrong", trust(
        lambda cluster, found: found.update(Principal={"AWS": f"arn:aws:iam::{cluster.account}:root"})
    ), variant="account"),
    _fault("trust-explicit-deny", deny),
    _fault("trust-extra-condition", _extra("StringEquals", "sts:ExternalId", "case-0123"), variant="never"),
    _fault(
        "trust-extra-condition", _extra("IpAddress", "aws:SourceIp", "203.0.113.0/24"), state="warn",
        variant="address",
    ),
    _fault("trust-placeholder", trust(_dry_run)),
    _fault("trust-placeholder", trust(lambda _, found: found.update(Principal={"Federated": ""})),
           variant="empty"),
    _fault("trust-duplicate-key", _twice_named),
    _fault("trust-malformed", _whole({"Version": "2012-10-17", "Statement": "none"})),
    _fault("trust-malformed", _whole("{'Version': '2012-10-17'}"), variant="no-json"),
    *(
        _fault("trust-too-broad", edit, state="info", kind="hygiene", variant=variant)
        for variant, edit in (
            ("no-subject", trust(_no_subject)),
            ("anything", subjects_like("*")),
            ("any-account", subjects_like("system:serviceaccount:*")),
            ("any-namespace", subjects_like("system:serviceaccount:*:ingress-operator")),
            ("some-namespaces", subjects_like("system:serviceaccount:openshift-*:*")),
            ("foreign-namespace", trust(_all_of_another_namespace)),
        )
    ),
    _fault("trust-no-audience", lambda cluster: None, state="info", kind="hygiene", chains=("*",)),
    _fault("trust-stale-statement", _old_statement, state="info", kind="hygiene"),
    _fault("trust-too-long", _many, state="warn", kind="hygiene"),
    _fault("role-session-too-short", lambda cluster: None, state="warn", hide=r"exports/cloudtrail",
           more=_asks_for(7200)),
    _fault(
        "role-shared", shared_role, state="warn", kind="hygiene", secrets="full",
        chains=(INGRESS, MACHINES),
        second=Second("jwks-unreachable", INGRESS, assign("jwks", HttpError())),
    ),
    _fault(
        "role-shared", _shared_by_name, state="warn", kind="hygiene", secrets="full", variant="named",
        chains=(INGRESS, MACHINES),
        second=Second("jwks-unreachable", INGRESS, assign("jwks", HttpError())),
    ),
]  # fmt: skip


# --- permissions ----------------------------------------------------------------------------------


def take_away(start: str, namespace: str = "openshift-machine-api") -> Edit:
    """Give an edit that takes actions out of a role's policy."""

    def edit(cluster: Cluster) -> None:
        role: Role = cluster.role(namespace)
        role.inline = copy.deepcopy(role.inline)
        (policy,) = role.inline.values()
        for entry in policy["Statement"]:
            entry["Action"] = [action for action in entry["Action"] if not action.startswith(start)]
        policy["Statement"] = [entry for entry in policy["Statement"] if entry["Action"]]

    return edit


def _denied_in_log(cluster: Cluster) -> None:
    take_away("kms:Decrypt")(cluster)
    since = cluster.gathered - timedelta(hours=9)
    faults.call_denied(cluster, "kms:Decrypt", namespace="openshift-machine-api", since=since)


PERMISSION_FAULTS = [
    Fault(
        "permission-missing", "permissions", take_away("ec2:RunInstances"), ROLES, chains=(MACHINES,),
        second=TRUST_FAULT,
    ),
    Fault(
        "permission-missing", "permissions", _denied_in_log, ROLES, chains=(MACHINES,),
        variant="log-denies-it", second=TRUST_FAULT,
    ),
    Fault(
        "permission-missing", "permissions", take_away("kms:"), ROLES, chains=(MACHINES,), state="info",
        variant="feature-not-used", second=TRUST_FAULT,
    ),
]  # fmt: skip

FAULTS = [*TRUST_FAULTS, *PERMISSION_FAULTS]
