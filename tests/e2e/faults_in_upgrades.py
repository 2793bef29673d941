"""What keeps a cluster from the next release: each thing by itself, all else prepared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from samples import Cluster
from samples.aws import permission_policy
from samples.requests import is_gated, release_requests
from samples.yamlout import Json

from .fault import MODE, ROLES, TRUST_FAULT, WORKLOAD_FAULT, Fault, secrets_in
from .faults_in_requests import IN_CLUSTER, RELEASE
from .faults_in_roles import take_away
from .runs import DRIVERS, INGRESS, MACHINES, Edit

Requests = dict[str, Json]


def prepare(cluster: Cluster, target: Requests) -> None:
    """Do what ccoctl does with the target's requests, and vouch for it."""
    for request in target.values():
        if not is_gated(request):
            role = cluster.role(request["spec"]["secretRef"]["namespace"])
            role.inline[role.name] = permission_policy(request)
    cluster.upgradeable_to = f"4.{cluster.minor + 1}"


def following(cluster: Cluster) -> Requests:
    """Give the requests of the next release."""
    return release_requests(f"4.{cluster.minor + 1}.1")


def prepared(*edits: Edit) -> Edit:
    """Give an edit of a cluster that is ready for the next release."""

    def edit(cluster: Cluster) -> None:
        prepare(cluster, following(cluster))
        for one in edits:
            one(cluster)

    return edit


def changed(name: str = "openshift-machine-api-aws", **spec: Any) -> Callable[[Cluster], Requests]:
    """Give the next release's requests, of which one is another."""

    def target(cluster: Cluster) -> Requests:
        requests = following(cluster)
        for request in requests.values():
            if request["metadata"]["name"] == name:
                request["spec"] |= spec
        return requests

    return target


def deleted(cluster: Cluster) -> Requests:
    """Give the next release's requests, of which one is to be deleted."""
    requests = following(cluster)
    for request in requests.values():
        if request["metadata"]["name"] == "openshift-machine-api-aws":
            request["metadata"]["annotations"]["release.openshift.io/delete"] = "true"
    return requests


def one_more(cluster: Cluster) -> Requests:
    """Give the next release's requests, and one that no release has yet."""
    requests = following(cluster)
    first = next(r for r in requests.values() if r["metadata"]["name"] == "openshift-machine-api-aws")
    reference = {"namespace": "openshift-machine-api", "name": "aws-autoscaler-credentials"}
    spec = first["spec"] | {"secretRef": reference, "serviceAccountNames": ["autoscaler"]}
    metadata = first["metadata"] | {"name": "openshift-machine-api-autoscaler"}
    return requests | {"0000_90_autoscaler.yaml": first | {"metadata": metadata, "spec": spec}}


def _annotated(value: str | None) -> Edit:
    return prepared(lambda cluster: setattr(cluster, "upgradeable_to", value))


def _without(action: str, chain: str) -> Edit:
    return prepared(take_away(action, chain.split("/")[0]))


def _fault(rule: str, edit: Edit, hide: str, *chains: str, **more: Any) -> Fault:
    defaults = {"arguments": {"version": "4.14.9"}, "target": following, "second": TRUST_FAULT}
    return Fault(rule, "upgrade", edit, hide, chains, **(defaults | more))


ACCOUNTS = ["machine-api-controllers", "machine-api-operator"]
ELSEWHERE = {"namespace": "openshift-machine-api", "name": "aws-machine-credentials"}

FAULTS = [
    _fault("upgrade-annotation", _annotated(None), MODE, variant="not-set"),
    _fault("upgrade-annotation", _annotated("4.14"), MODE, variant="of-this-release"),
    _fault("upgrade-annotation", _annotated("4.17"), MODE, variant="of-a-later-one"),
    _fault("upgrade-request-new", prepared(), f"{ROLES}|{secrets_in(MACHINES)}", target=one_more),
    _fault("upgrade-actions-new", _without("ec2:DescribeAvailabilityZones", DRIVERS), ROLES, DRIVERS,
           arguments={"version": "4.13.9"}),
    _fault("upgrade-actions-new", _without("sts:AssumeRole", INGRESS), ROLES, INGRESS, state="info",
           variant="feature-not-used", arguments={"version": "4.13.9"}, second=WORKLOAD_FAULT),
    _fault("upgrade-service-account-new", prepared(), ROLES, MACHINES,
           target=changed(serviceAccountNames=ACCOUNTS)),
    _fault("upgrade-secret-renamed", prepared(), secrets_in(MACHINES), MACHINES,
           target=changed(secretRef=ELSEWHERE)),
    _fault("upgrade-request-removed", prepared(), f"{IN_CLUSTER}|{RELEASE}", MACHINES, target=deleted,
           state="info", kind="hygiene"),
]  # fmt: skip
