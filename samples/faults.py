"""What a cluster shows when AWS refuses it: log lines and conditions, without the cause itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from samples.logs import Failure, LogLine, klog, logrus, request_id, sdk1, sdk1_call, sdk2, sdk2_call, zap
from samples.operators import Condition

if TYPE_CHECKING:
    from samples.cluster import Cluster
    from samples.workloads import Workload

INGRESS = "openshift-ingress-operator"
REGISTRY = "openshift-image-registry"
DRIVERS = "openshift-cluster-csi-drivers"
MACHINES = "openshift-machine-api"
NETWORK = "openshift-cloud-network-config-controller"

NO_ZONES = "DNSReady=False (NoZones: The record isn't present in any zones.)"
FAILED_ZONES = "DNSReady=False (FailedZones: The record failed to provision in some zones.)"

# An error text for one call, given the operation's name in the service's API.
_Text = Callable[[str], str]
_REPEATS = 7


def authentication_fails(
    cluster: Cluster,
    failure: Failure,
    *,
    since: datetime,
    until: datetime | None = None,
    namespaces: Iterable[str] | None = None,
) -> None:
    """Let the workloads of some namespaces, or all, fail to assume their roles over a span of time."""

    def text(workload: Workload, number: int) -> _Text:
        def call(operation: str) -> str:
            request = request_id(cluster.cluster_id, workload.name, failure.message, number, operation)
            if uses_sdk2(cluster, workload):
                return sdk2(failure, request, operation)
            return sdk1(failure, request)

        return call

    _fail(cluster, text, since, until, namespaces)


def call_denied(
    cluster: Cluster,
    action: str,
    *,
    namespace: str,
    since: datetime,
    until: datetime | None = None,
    resource: str = "*",
    because: str = "because no identity-based policy allows the {action} action",
) -> None:
    """Let one service refuse an action to a workload that did assume its role."""
    role = cluster.role(namespace)

    def text(workload: Workload, number: int) -> _Text:
        session = 1710200000000000000 + 7919 * number
        caller = f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{session}"
        message = (
            f"User: {caller} is not authorized to perform: {action} on resource: {resource} "
            + because.format(action=action)
        )
        failure = Failure("AccessDenied", message, 403)

        def call(operation: str) -> str:
            request = request_id(cluster.cluster_id, workload.name, action, number)
            if uses_sdk2(cluster, workload):
                return sdk2_call(failure, request, operation)
            return sdk1_call(failure, request)

        return call

    _fail(cluster, text, since, until, [namespace])


def uses_sdk2(cluster: Cluster, workload: Workload) -> bool:
    """Tell whether a program of this release is built with version 2 of the AWS SDK for Go."""
    return workload.name == "aws-ebs-csi-driver-controller" and cluster.minor >= 17


def ingress_never_published(cluster: Cluster, since: datetime) -> None:
    """Leave the wildcard record in no zone, as when the ingress operator could never reach Route 53."""
    cluster.dns_zones = []
    _ingress_conditions(cluster, since, "NoZones", "The record isn't present in any zones.", NO_ZONES)


def _ingress_fails_zones(cluster: Cluster, since: datetime, error: str) -> None:
    message = f"The DNS provider failed to ensure the record: {error}"
    kind, status = ("Failed", "True") if cluster.minor < 10 else ("Published", "False")
    cluster.dns_zones = [{kind: Condition(status, since, "ProviderError", message)} for _ in range(2)]
    reason = "The record failed to provision in some zones."
    _ingress_conditions(cluster, since, "FailedZones", reason, FAILED_ZONES)


def _ingress_conditions(cluster: Cluster, since: datetime, reason: str, message: str, state: str) -> None:
    unavailable = f"One or more status conditions indicate unavailable: {state}"
    degraded = f"One or more other status conditions indicate a degraded state: {state}"
    cluster.ingress_conditions |= {
        "DNSReady": Condition("False", since, reason, message),
        "Available": Condition("False", since, "IngressControllerUnavailable", unavailable),
        "Degraded": Condition("True", since, "DegradedConditions", degraded),
    }
    reports = 'The "default" ingress controller reports'
    cluster.operators["ingress"].conditions |= {
        "Available": Condition(
            "False",
            since,
            "IngressUnavailable",
            f"{reports} Available=False: IngressControllerUnavailable: {unavailable}",
        ),
        "Degraded": Condition(
            "True", since, "IngressDegraded", f"{reports} Degraded=True: DegradedConditions: {degraded}"
        ),
    }


def _registry_conditions(cluster: Cluster, since: datetime, error: str) -> None:
    code = error.partition(":")[0]
    cluster.registry_conditions["StorageExists"] = Condition("False", since, code, error)
    message = f"Unable to apply resources: unable to sync storage configuration: {error}"
    cluster.registry_conditions["Progressing"] = Condition("True", since, "Error", message)
    cluster.operators["image-registry"].conditions["Progressing"] = Condition(
        "True", since, "Error", f"Progressing: {message}"
    )


def _fail(
    cluster: Cluster,
    text: Callable[[Workload, int], _Text],
    since: datetime,
    until: datetime | None,
    namespaces: Iterable[str] | None,
) -> None:
    end = until or cluster.gathered - timedelta(minutes=2, seconds=14)
    wanted = None if namespaces is None else set(namespaces)
    for workload in cluster.workloads.values():
        writer = _WRITERS.get(workload.name)
        if (
            workload.chain is None
            or writer is None
            or (wanted is not None and workload.namespace not in wanted)
        ):
            continue
        begin = max(since, workload.started + timedelta(minutes=1))
        step = (end - begin) / (_REPEATS - 1)
        for number in range(_REPEATS):
            when = begin + number * step + timedelta(seconds=len(workload.name), microseconds=1_613 * number)
            workload.main.log += writer(cluster, when, text(workload, number))
        if until is None and workload.name == "ingress-operator":
            _ingress_fails_zones(cluster, since, text(workload, 0)("Route 53: ListHostedZones"))
        if until is None and workload.name == "cluster-image-registry-operator":
            _registry_conditions(cluster, since, text(workload, 0)("S3: HeadBucket"))


def _ingress(cluster: Cluster, when: datetime, error: _Text) -> list[LogLine]:
    text = (
        "failed to create DNS provider: failed to create AWS DNS manager: failed to validate aws provider "
        f"service endpoints: [failed to list route53 hosted zones: {error('Route 53: ListHostedZones')}, "
        "failed to describe elb load balancers: "
        f"{error('Elastic Load Balancing: DescribeLoadBalancers')}, "
        "failed to get group tagging resources: "
        f"{error('Resource Groups Tagging API: GetResources')}]"
    )
    name = "default-wildcard"
    if cluster.minor < 12:
        logger = "operator.init.controller-runtime.manager.controller.dns_controller"
        caller = "controller/controller.go:253"
        return [
            zap(when, "ERROR", logger, caller, "Reconciler error", name=name, namespace=INGRESS, error=text)
        ]
    return [
        zap(
            when,
            "ERROR",
            "operator.init",
            "controller/controller.go:324",
            "Reconciler error",
            controller="dns_controller",
            object={"name": name, "namespace": INGRESS},
            namespace=INGRESS,
            name=name,
            reconcileID=request_id(cluster.cluster_id, when.isoformat()),
            error=text,
        )
    ]


def _registry_operator(cluster: Cluster, when: datetime, error: _Text) -> list[LogLine]:
    text = f"unable to sync: unable to sync storage configuration: {error('S3: HeadBucket')}, requeuing"
    return [klog(when, "E", "controller.go:378", text)]


def _registry(cluster: Cluster, when: datetime, error: _Text) -> list[LogLine]:
    detail = '"s3aws: ' + error("S3: GetObject").replace("\n", "\\n").replace("\t", "\\t") + '"'
    fields = {"err.code": "unknown", "err.detail": detail, "http.request.method": "GET"}
    return [logrus(when, "error", "response completed with error", **fields)]


def _machines(cluster: Cluster, when: datetime, error: _Text) -> list[LogLine]:
    machine = f"{cluster.infra_name}-worker-{cluster.region}a-qx8vd"
    text = f"{machine}: error getting existing instances: {error('EC2: DescribeInstances')}"
    return [klog(when, "E", "reconciler.go:266", text)]


def _csi_driver(cluster: Cluster, when: datetime, error: _Text) -> list[LogLine]:
    volume = f"pvc-{cluster.uid('PersistentVolume', 'data')}"
    text = (
        f'rpc error: code = Internal desc = Could not create volume "{volume}": could not create volume in '
        f"EC2: {error('EC2: CreateVolume')}"
    )
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return [klog(when, "E", "driver.go:122", f'"GRPC error" err="{quoted}"')]


def _network(cluster: Cluster, when: datetime, error: _Text) -> list[LogLine]:
    node = f"ip-10-0-141-23.{cluster.region}.compute.internal"
    text = (
        f"error syncing '{node}': error retrieving the private IP configuration for node: {node}, err: "
        f"error: cannot list ec2 instance for node, err: {error('EC2: DescribeInstances')}, requeuing in "
        "node workqueue"
    )
    return [klog(when, "E", "controller.go:165", text)]


_WRITERS: dict[str, Callable[[Cluster, datetime, _Text], list[LogLine]]] = {
    "ingress-operator": _ingress,
    "cluster-image-registry-operator": _registry_operator,
    "image-registry": _registry,
    "machine-api-controllers": _machines,
    "aws-ebs-csi-driver-controller": _csi_driver,
    "cloud-network-config-controller": _network,
}
