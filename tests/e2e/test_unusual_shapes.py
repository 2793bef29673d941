"""Healthy clusters of unusual but legal shape: nothing fails, in a bundle alone and with all exports."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from samples import Cluster, aws, edits, rosa
from samples.aws import ManagedPolicy, Role, role_name
from samples.cluster import Secret

from .layered import albo, shop
from .runs import INGRESS, Bench, Edit, bundle, everything, findings, told
from .test_looks_wrong_is_right import hook

Document = dict[str, Any]
Clause = Callable[[str, list[str]], Document]
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
OTHER_HOST = "staging-oidc.s3.us-west-2.amazonaws.com"
TOKEN = "/var/run/secrets/openshift/serviceaccount/token"


# --- trust policies -------------------------------------------------------------------------------


def _condition(clause: Clause) -> Edit:
    """Write the condition of each trust policy anew, from the issuer's host and the subjects."""

    def edit(cluster: Cluster) -> None:
        host = cluster.issuer_host
        for role in cluster.roles.values():
            (statement,) = role.trust["Statement"]
            statement["Condition"] = clause(host, statement["Condition"]["StringEquals"][f"{host}:sub"])

    return edit


def _beside_sub(operator: str, key: str, value: object) -> Edit:
    """Add a clause on a claim, or on a key of AWS."""
    return _condition(
        lambda host, subjects: {
            "StringEquals": {f"{host}:sub": subjects},
            operator: {key.format(host=host): value},
        }
    )


def _more_statements(*statements: Document) -> Edit:
    def edit(cluster: Cluster) -> None:
        for role in cluster.roles.values():
            text = json.dumps(statements).replace("ACCOUNT", cluster.account)
            role.trust["Statement"] = [*json.loads(text), *role.trust["Statement"]]

    return edit


def _deny_all_others(cluster: Cluster) -> None:
    for role in cluster.roles.values():
        key, subjects = next(iter(role.trust["Statement"][0]["Condition"]["StringEquals"].items()))
        deny = {
            "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringNotLike": {key: subjects}},
        }  # fmt: skip
        role.trust["Statement"].append(deny)


def _two_clusters_share_the_roles(cluster: Cluster) -> None:
    cluster.providers.append(dataclasses.replace(cluster.provider, url=OTHER_HOST, tags={}))
    for role in cluster.roles.values():
        text = json.dumps(role.trust["Statement"][0])
        role.trust["Statement"].append(json.loads(text.replace(cluster.issuer_host, OTHER_HOST)))


def _each_statement(**more: object) -> Edit:
    def edit(cluster: Cluster) -> None:
        for role in cluster.roles.values():
            role.trust["Statement"][0] |= more

    return edit


def _version(version: str | None) -> Edit:
    def edit(cluster: Cluster) -> None:
        for role in cluster.roles.values():
            written = {"Version": version} if version else {}
            role.trust = written | {"Statement": role.trust["Statement"]}

    return edit


TRUST: dict[str, Edit] = {
    "aud-like": _beside_sub("StringLike", "{host}:aud", "open*"),
    "aud-of-any": _beside_sub("ForAnyValue:StringEquals", "{host}:aud", ["openshift", "sts.amazonaws.com"]),
    "aud-if-exists": _beside_sub("StringEqualsIfExists", "{host}:aud", "openshift"),
    "aud-is-there": _beside_sub("Null", "{host}:aud", "false"),
    "azp-is-not": _beside_sub("Null", "{host}:azp", "true"),
    "aud-is-not-another": _beside_sub("StringNotEquals", "{host}:aud", "vault"),
    "after-a-date": _beside_sub("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
    "over-tls": _beside_sub("Bool", "aws:SecureTransport", "true"),
    "any-session-name": _beside_sub("StringLike", "sts:RoleSessionName", "*"),
    "sub-of-any": _condition(lambda host, subs: {"ForAnyValue:StringLike": {f"{host}:sub": subs}}),
    "sub-of-all": _condition(lambda host, subs: {"ForAllValues:StringEquals": {f"{host}:sub": subs}}),
    "sub-upper": _condition(
        lambda host, subs: {"StringEqualsIgnoreCase": {f"{host}:sub": [s.upper() for s in subs]}}
    ),
    "sub-key-upper": _condition(lambda host, subs: {"stringequals": {f"{host}:SUB": subs}}),
    "sub-with-question-marks": _condition(
        lambda host, subs: {"StringLike": {f"{host}:sub": [s.replace("shift", "?hift") for s in subs]}}
    ),
    "sub-of-the-namespace": _condition(
        lambda host, subs: {"StringLike": {f"{host}:sub": [f"{s.rpartition(':')[0]}:*" for s in subs]}}
    ),
    "deny-all-others": _deny_all_others,
    "all-actions-of-sts": _each_statement(Action="sts:*"),
    "action-in-other-case": _each_statement(Action=["STS:assumerolewithwebidentity"]),
    "without-version": _version(None),
    "older-version": _version("2008-10-17"),
    "machines-too": _more_statements(
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ),
    "people-with-a-second-factor": _more_statements(
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::ACCOUNT:root"}, "Action": "sts:AssumeRole",
         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    ),
    "people-by-saml": _more_statements(
        {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::ACCOUNT:saml-provider/corp"},
         "Action": "sts:AssumeRoleWithSAML",
         "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}
    ),
    "two-clusters-share-the-roles": _two_clusters_share_the_roles,
}  # fmt: skip


# --- permissions ----------------------------------------------------------------------------------


def _boundary(*statements: Document) -> Edit:
    def edit(cluster: Cluster) -> None:
        body = {"Version": "2012-10-17", "Statement": list(statements)}
        for role in cluster.roles.values():
            role.boundary = ManagedPolicy("ceiling", [body], role.account, role.partition)

    return edit


def _actions(statement: Document) -> list[str]:
    named = statement["Action"]
    return [named] if isinstance(named, str) else named


def _policies(change: Callable[[Document], Iterable[Document]]) -> Edit:
    """Write each statement of each inline policy as other statements."""

    def edit(cluster: Cluster) -> None:
        for role in cluster.roles.values():
            for body in role.inline.values():
                body["Statement"] = [new for old in body["Statement"] for new in change(old)]

    return edit


def _one_policy_for_five_actions(cluster: Cluster) -> None:
    for role in cluster.roles.values():
        (body,) = role.inline.values()
        role.inline = {
            f"part-{number}-{begin}": {
                "Version": "2012-10-17",
                "Statement": statement | {"Action": _actions(statement)[begin : begin + 5]},
            }
            for number, statement in enumerate(body["Statement"])
            for begin in range(0, len(_actions(statement)), 5)
        }


def _administrators(cluster: Cluster) -> None:
    for role in cluster.roles.values():
        role.inline, role.attached = {}, [ManagedPolicy("AdministratorAccess", [EVERYTHING], "aws")]


def _also(statement: Document) -> Edit:
    def edit(cluster: Cluster) -> None:
        for role in cluster.roles.values():
            role.inline["more"] = {"Version": "2012-10-17", "Statement": [statement]}

    return edit


def _shared_zone(*, exported: bool) -> Edit:
    def edit(cluster: Cluster) -> None:
        account, own = "999988887777", cluster.role("openshift-ingress-operator")
        zone = Role("zone", account, {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": own.arn}, "Action": "sts:AssumeRole"}]}, {})  # fmt: skip
        cluster.private_zone_role = zone.arn
        assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": zone.arn}
        own.inline["zone"] = {"Version": "2012-10-17", "Statement": [assume]}
        cluster.roles |= {"zone": zone} if exported else {}

    return edit


_REGIONS = {"StringNotEquals": {"aws:RequestedRegion": ["us-west-2", "us-east-1"]}}
_GLOBAL = ["iam:*", "sts:*", "route53:*", "tag:*", "s3:*", "kms:*"]
PERMISSIONS: dict[str, Edit] = {
    "boundary-of-all-but": _boundary(
        {"Effect": "Allow", "NotAction": ["organizations:*", "account:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:CreateUser"], "Resource": "*"},
    ),
    "boundary-of-regions": _boundary(
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": _GLOBAL, "Resource": "*", "Condition": _REGIONS},
    ),
    "whole-services": _policies(
        lambda s: [s | {"Action": [f"{a.split(':')[0]}:*" for a in _actions(s)], "Resource": "*"}]
    ),
    "lower-case": _policies(lambda s: [s | {"Action": [a.lower() for a in _actions(s)]}]),
    "one-action-each": _policies(lambda s: [s | {"Action": a} for a in _actions(s)]),
    "five-actions-a-policy": _one_policy_for_five_actions,
    "all-but-organizations": _policies(
        lambda _: [{"Effect": "Allow", "NotAction": "organizations:*", "Resource": "*"}]
    ),
    "administrators": _administrators,
    "deny-something-else": _also(
        {"Effect": "Deny", "Action": ["iam:CreateUser"], "Resource": "arn:aws:iam::*:user/*"}
    ),
    "deny-without-tls": _also(
        {"Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    ),
    "shared-zone": _shared_zone(exported=True),
    "shared-zone-not-exported": _shared_zone(exported=False),
}  # fmt: skip


# --- roles, issuers, Secrets, pods ----------------------------------------------------------------


def _named(name: Callable[[str, str], str], *, path: str = "/", bare: bool = True) -> Edit:
    """Give each role another name; ``bare``: without what ccoctl says of it."""

    def edit(cluster: Cluster) -> None:
        for request in cluster.requests.values():
            target = request["spec"]["secretRef"]["namespace"], request["spec"]["secretRef"]["name"]
            role = cluster.role(target[0])
            del cluster.roles[role.name]
            role.name, role.path = name(*target), path
            cluster.roles[role.name] = role
            cluster.set_role_arn(*target, role.arn)
        for role in cluster.roles.values() if bare else ():
            role.description, role.tags = "", {}

    return edit


def _jwks_of_kubernetes(cluster: Cluster) -> None:
    assert isinstance(cluster.discovery, dict)
    cluster.discovery["jwks_uri"] = f"{cluster.issuer}/openid/v1/jwks"


def _both_keys(cluster: Cluster) -> None:
    """The key was changed an hour ago, and no pod has a token of the new one yet."""
    edits.rotate_key(cluster, cluster.gathered - timedelta(minutes=50), publish=True)


def _written(text: str) -> Edit:
    def edit(cluster: Cluster) -> None:
        for request in cluster.requests.values():
            target = request["spec"]["secretRef"]
            arn = cluster.role(target["namespace"]).arn
            cluster.set_credentials(
                target["namespace"], target["name"], text.format(arn=arn, token=TOKEN).encode()
            )

    return edit


def _every_pod(change: Callable[[Any], object]) -> Edit:
    def edit(cluster: Cluster) -> None:
        for workload in cluster.workloads.values():
            change(workload)

    return edit


def _audience(workload: Any) -> None:
    if workload.token:
        workload.token.audience = "sts.amazonaws.com"


def _registry_on_disk(cluster: Cluster) -> None:
    registry = cluster.workload("image-registry")
    registry.volumes, registry.token, registry.main.mounts = [], None, []
    registry.main.env = [entry for entry in registry.main.env if "S3" not in entry["name"]]


def _pods(namespace: str, change: Callable[[Document], None]) -> Edit:
    """Add a copy of a pod to the list of a namespace."""

    def edit(cluster: Cluster) -> None:
        def add(body: Document) -> None:
            pod = copy.deepcopy(body["items"][0])
            pod["metadata"]["name"] += "x"
            change(pod)
            body["items"].append(pod)

        hook(cluster, f"{namespace}/core/pods.yaml", add)

    return edit


def _evicted(pod: Document) -> None:
    pod["status"] = {"phase": "Failed", "reason": "Evicted"}
    pod["spec"]["volumes"] = []
    for container in pod["spec"]["containers"]:
        container["volumeMounts"] = []


def _pending(pod: Document) -> None:
    pod["status"] = {"phase": "Pending"}


def _half_way(cluster: Cluster) -> None:
    """The next release is being rolled out: the cluster's version is still the old one."""

    def begin(body: Document) -> None:
        history = body["status"]["history"]
        newer = {"completionTime": None, "state": "Partial", "version": "4.15.3"}
        history.insert(0, history[0] | newer | {"startedTime": "2024-03-12T10:00:00Z"})
        body["status"]["desired"]["version"] = "4.15.3"

    hook(cluster, "clusterversions/version", begin)


def _secrets_of_users(cluster: Cluster) -> None:
    role = f"arn:aws:iam::{cluster.account}:role/shop"
    cluster.secrets["shop", "cloud-credentials"] = Secret(
        {"credentials": aws.sts_credentials(role)}, cluster.installed
    )


OTHERS: dict[str, tuple[Edit, dict[str, Any]]] = {
    "own-names": (_named(lambda space, _: f"ocp-{space.removeprefix('openshift-')}"), {}),
    "own-names-and-path": (_named(lambda space, _: f"a_+{space[10:22]}", path="/platform/ocp/"), {}),
    "another-prefix": (_named(lambda *target: role_name("zeta", *target), bare=False), {}),
    "another-infrastructure-name": (lambda _: None, {"infra_name": "completely-x1y2z"}),
    "path-style": (lambda _: None, {"issuer": "https://s3.us-west-2.amazonaws.com/demo-oidc"}),
    "dual-stack": (lambda _: None, {"issuer": "https://demo-oidc.s3.dualstack.us-west-2.amazonaws.com"}),
    "dashed-region": (lambda _: None, {"issuer": "https://demo-oidc.s3-us-west-2.amazonaws.com"}),
    "without-region": (lambda _: None, {"issuer": "https://demo-oidc.s3.amazonaws.com"}),
    "capitals-in-the-path": (lambda _: None, {"issuer": "https://oidc.example.com/Clusters/Demo"}),
    "international-host": (lambda _: None, {"issuer": "https://oidc.xn--bcher-kva.example"}),
    "port": (lambda _: None, {"issuer": "https://oidc.example.com:6443"}),
    "key-set-of-kubernetes": (_jwks_of_kubernetes, {"issuer": "https://oidc.example.com/demo"}),
    "both-keys": (_both_keys, {}),
    "isolated-region": (lambda _: None, {"region": "us-iso-east-1", "partition": "aws-iso"}),
    "opt-in-region": (lambda _: None, {"region": "me-south-1"}),
    "by-hand-with-region": (
        _written(
            "[default]\nregion = us-west-2\nsts_regional_endpoints = regional\n"
            "role_arn = {arn}\nweb_identity_token_file = {token}"
        ),
        {},
    ),
    "by-hand-in-another-order": (
        _written(
            "[default]\nweb_identity_token_file = {token}\nrole_arn = {arn}\n"
            "sts_regional_endpoints = regional\n"
        ),
        {},
    ),
    "pods-ask-for-sts": (_every_pod(_audience), {}),
    "regional-environment": (
        _every_pod(lambda w: w.main.set_env("AWS_STS_REGIONAL_ENDPOINTS", "regional")),
        {},
    ),
    "empty-key": (_every_pod(lambda w: w.main.set_env("AWS_ACCESS_KEY_ID", "")), {}),
    "registry-on-disk": (_registry_on_disk, {}),
    "evicted-pod": (_pods(INGRESS.split("/")[0], _evicted), {}),
    "pending-pod": (_pods("openshift-image-registry", _pending), {}),
    "half-way-through-an-upgrade": (_half_way, {}),
    "single-node": (lambda c: setattr(c, "node_revisions", [9]), {}),
    "secrets-of-users": (_secrets_of_users, {}),
    "operator-of-olm": (albo, {}),
    "program-of-the-webhook": (shop, {}),
    "rosa-with-boundary": (
        lambda c: (rosa.classic(c), _boundary(*EVERYTHING["Statement"])(c)),
        rosa.arguments(),
    ),
    "hosted-with-boundary": (
        lambda c: (rosa.hosted(c), _boundary(*EVERYTHING["Statement"])(c)),
        rosa.arguments(),
    ),
    "manual-with-keys": (lambda _: None, {"issuer": ""}),
    "passthrough": (lambda _: None, {"mode": "Passthrough"}),
}

SHAPES: dict[str, tuple[Edit, dict[str, Any]]] = OTHERS | {
    name: (edit, {}) for name, edit in (TRUST | PERMISSIONS).items()
}


@pytest.mark.parametrize("exported", [True, False], ids=["exports", "bundle"])
@pytest.mark.parametrize("name", sorted(SHAPES))
def test_an_unusual_shape_is_no_fault(bench: Bench, name: str, *, exported: bool) -> None:
    edit, arguments = SHAPES[name]
    cluster = Cluster(**arguments)
    edit(cluster)
    report = bench.report(everything(cluster) if exported else bundle(cluster))
    assert not findings(report, "fail", "warn"), told(report)
    assert {chain.verdict.state for chain in report.chains} <= {"pass", "unknown", "not-applicable"}
