"""What is wrong with the inputs themselves: cut, obfuscated, mixed, unsafe, with live secrets in them."""

from __future__ import annotations

from typing import Any

from samples import Cluster
from samples.bundle import image_folder

from .fault import ROLES, TOKEN, TRUST_FAULT, Fault
from .faults_in_cluster import ACCOUNT
from .runs import Edit, bundle

Overlay = dict[str, bytes]


def nothing(cluster: Cluster) -> None:
    """Leave the cluster as it is."""


def _cut(cluster: Cluster) -> Overlay:
    """The list of pods of a namespace ends in the middle."""
    path, content = next(
        (path, content) for path, content in bundle(cluster).items()
        if path.endswith("namespaces/openshift-ingress-operator/core/pods.yaml")
    )  # fmt: skip
    return {path: content[: len(content) // 2]}


def _empty(cluster: Cluster) -> Overlay:
    path = next(
        path for path in bundle(cluster) if path.endswith("openshift-ingress-operator/core/pods.yaml")
    )
    return {path: b""}


def _watermark(cluster: Cluster) -> Overlay:
    return {f"must-gather/{image_folder(cluster)}/watermark.txt": b"must-gather-clean v0.0.3\n"}


def _denied_call(cluster: Cluster) -> Overlay:
    text = (
        f"\nAn error occurred (AccessDenied) when calling the GetRole operation: User: arn:aws:iam::"
        f"{cluster.account}:user/support is not authorized to perform: iam:GetRole on resource: role "
        "other-role because no identity-based policy allows the iam:GetRole action\n"
    )
    return {"exports/iam/get-role-other-role.json": text.encode()}


def _another_bundle(cluster: Cluster) -> Overlay:
    other = Cluster(
        name="staging", infra_name="staging-9x2lm", cluster_id="5f3b6c1d-7e52-4a4f-8e9d-386a1f7c25e9"
    )
    part = "config.openshift.io/"
    return {
        path.replace("must-gather/", "staging/", 1): content
        for path, content in bundle(other).items()
        if part in path or path.endswith(("/version", "/timestamp"))
    }


def _anothers_exports(cluster: Cluster) -> None:
    """What was exported is of another cluster in another account."""
    other = Cluster(name="staging", infra_name="staging-9x2lm", account="999999999999", seed="staging")
    for name in ("account", "roles", "providers", "discovery", "jwks"):
        setattr(cluster, name, getattr(other, name))


def _hosted_anothers_exports(cluster: Cluster) -> None:
    """Another cluster's behind CloudFront, with names as long as this one's: no byte tells them apart."""
    other = Cluster(name="prod", infra_name="prod-9x2lm", issuer=f"https://{_DISTRIBUTION}", seed="prod")
    for name in ("roles", "providers", "discovery", "jwks"):
        setattr(cluster, name, getattr(other, name))


def _doubtful_roles(cluster: Cluster) -> None:
    """Only the roles were exported: the issuer may have been changed, the names say that it was not."""
    other = Cluster(name="prod", infra_name="prod-9x2lm", issuer=f"https://{_DISTRIBUTION}", seed="prod")
    cluster.roles = other.roles


_DISTRIBUTION = "d1a2b3c4d5e6f7.cloudfront.net"


def _fault(rule: str, more: Any, hide: str, edit: Edit = nothing, **options: Any) -> Fault:
    defaults = {"state": "warn", "kind": "hygiene", "second": TRUST_FAULT}
    return Fault(rule, "inputs", edit, hide, more=more, **(defaults | options))


FAULTS = [
    _fault("input-incomplete", _cut, r"openshift-ingress-operator/core/pods\.yaml", variant="cut"),
    _fault("input-incomplete", _empty, r"openshift-ingress-operator/core/pods\.yaml", variant="empty"),
    _fault("input-cleaned", _watermark, r"watermark", state="info"),
    _fault("input-cleaned", None, r"dnses|ingresses", state="info", variant="by-hand",
           arguments={"base_domain": "XXXXXXXXXXX"}),
    _fault("input-denied-call", _denied_call, r"get-role-other-role", state="info"),
    _fault("input-mixed-clusters", _another_bundle, r"^staging/", state="fail", variant="bundles"),
    _fault("input-mixed-clusters", None, r"exports/(?:iam|oidc|issuer)/", _anothers_exports, state="fail",
           variant="exports"),
    _fault("input-mixed-clusters", None, r"exports/(?:iam|oidc|issuer)/", _hosted_anothers_exports,
           state="fail", variant="alike"),
    _fault("input-mixed-clusters", None, ROLES, _doubtful_roles, variant="doubtful"),
    _fault("input-unsafe", lambda cluster: {"../outside.yaml": b"kind: Pod\n"}, r"outside"),
    _fault("input-live-secret", None, TOKEN, token=lambda cluster: cluster.token(*ACCOUNT)),
]  # fmt: skip
