"""What healthy operators write into their logs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from samples.logs import LogLine, klog, logrus, zap

if TYPE_CHECKING:
    from samples.cluster import Cluster
    from samples.workloads import Workload

_INGRESS = "openshift-ingress-operator"


def healthy_chatter(cluster: Cluster) -> None:
    """Fill the logs of every workload with some lines from its start and from the hours before the gather."""
    for workload in cluster.workloads.values():
        start = workload.started + timedelta(seconds=9, microseconds=120_417)
        recent = [
            cluster.gathered - timedelta(minutes=gap, seconds=11, microseconds=9_313)
            for gap in (583, 401, 262, 173, 97, 41, 12)
        ]
        writer = _WRITERS.get(workload.name)
        if writer is not None:
            workload.main.log = writer(cluster, workload, start, recent)
        for container in list(workload.containers.values())[1:]:
            container.log = [_listening(start + timedelta(seconds=2))]


def _listening(when: datetime) -> LogLine:
    return klog(when, "I", "main.go:181", "Valid token audiences: ")


def _ingress(cluster: Cluster, workload: Workload, start: datetime, recent: list[datetime]) -> list[LogLine]:
    lines = [
        zap(
            start,
            "INFO",
            "operator.main",
            "ingress-operator/start.go:63",
            "using operator namespace",
            namespace=_INGRESS,
        ),
        klog(
            start + timedelta(seconds=1, microseconds=51_202),
            "I",
            "request.go:690",
            "Waited for 1.039477726s due to client-side throttling, not priority and fairness, request: "
            "GET:https://172.30.0.1:443/apis/storage.k8s.io/v1?timeout=32s",
        ),
        zap(
            start + timedelta(seconds=3),
            "INFO",
            "operator.init",
            "runtime/asm_amd64.s:1594",
            "starting metrics listener",
            addr="127.0.0.1:60000",
        ),
        # Operators of every cluster complain like this while they start: it is no trouble with AWS.
        zap(
            start + timedelta(seconds=5),
            "ERROR",
            "operator.init",
            "controller/controller.go:324",
            "Reconciler error",
            controller="certificate_controller",
            namespace=_INGRESS,
            name="default",
            error='failed to lookup wildcard cert: secrets "router-certs-default" not found',
        ),
    ]
    return lines + [
        zap(
            when,
            "INFO",
            "operator.ingress_controller",
            "controller/controller.go:118",
            "reconciling",
            request=f"{_INGRESS}/default",
        )
        for when in recent
    ]


def _registry_operator(
    cluster: Cluster, workload: Workload, start: datetime, recent: list[datetime]
) -> list[LogLine]:
    lines = [
        LogLine(start, "Overwriting root TLS certificate authority trust store"),
        klog(start + timedelta(seconds=1), "I", "observer_polling.go:159", "Starting file observer"),
        klog(
            start + timedelta(seconds=4),
            "I",
            "main.go:34",
            f"Cluster Image Registry Operator Version: v{cluster.version}",
        ),
    ]
    return lines + [
        klog(
            when,
            "I",
            "generator.go:62",
            "object *v1.Secret, Namespace=openshift-image-registry, Name=installation-pull-secrets updated: "
            "changed:data..dockerconfigjson={ <REDACTED> -> <REDACTED> }",
        )
        for when in recent[::2]
    ]


def _registry(cluster: Cluster, workload: Workload, start: datetime, recent: list[datetime]) -> list[LogLine]:
    return [
        logrus(start, "info", "start registry", distribution_version="v3.0.0+unknown"),
        *(
            logrus(
                when,
                "info",
                "response",
                **{
                    "http.request.method": "GET",
                    "http.request.uri": "/healthz",
                    "http.response.status": "200",
                },
            )
            for when in recent
        ),
    ]


def _machines(cluster: Cluster, workload: Workload, start: datetime, recent: list[datetime]) -> list[LogLine]:
    namespace = "openshift-machine-api"
    machine = f"{cluster.infra_name}-worker-{cluster.region}a-qx8vd"
    lines = [
        klog(
            start,
            "I",
            "main.go:126",
            f'Watching machine-api objects only in namespace "{namespace}" for reconciliation.',
        )
    ]
    for when in recent:
        lines += [
            klog(when, "I", "controller.go:187", f"{machine}: reconciling Machine"),
            klog(
                when + timedelta(milliseconds=211),
                "I",
                "machine_scope.go:167",
                f"{machine}: finished calculating AWS status",
            ),
        ]
    return lines


def _csi_driver(
    cluster: Cluster, workload: Workload, start: datetime, recent: list[datetime]
) -> list[LogLine]:
    return [
        klog(start, "I", "driver.go:78", 'Driver Information Driver="ebs.csi.aws.com" Version="v1.24.0"'),
        klog(start, "W", "metadata.go:191", "Failed to parse the outpost arn: "),
    ]


def _csi_operator(
    cluster: Cluster, workload: Workload, start: datetime, recent: list[datetime]
) -> list[LogLine]:
    return [
        klog(start, "W", "cmd.go:213", "Using insecure, self-signed certificates"),
        klog(start + timedelta(seconds=1), "I", "observer_polling.go:159", "Starting file observer"),
        *(
            klog(
                when,
                "I",
                "event.go:298",
                'Event(v1.ObjectReference{Kind:"Deployment", Namespace:"openshift-cluster-csi-drivers", '
                "Name:\"aws-ebs-csi-driver-operator\"}): type: 'Normal' reason: 'DeploymentUpdated' "
                "Updated Deployment.apps/aws-ebs-csi-driver-controller -n openshift-cluster-csi-drivers",
            )
            for when in recent[-1:]
        ),
    ]


def _credentials(
    cluster: Cluster, workload: Workload, start: datetime, recent: list[datetime]
) -> list[LogLine]:
    lines = [
        LogLine(start, "Copying system trust bundle"),
        logrus(start + timedelta(seconds=1), "info", "setting up client for manager"),
    ]
    if cluster.mode == "Manual":
        disabled = "operator set to disabled / manual mode"
        lines += [logrus(when, "info", disabled, controller="credreq") for when in recent]
    for when in recent:
        later = when + timedelta(seconds=3)
        text = "calculating metrics for all CredentialsRequests"
        lines.append(logrus(later, "info", text, controller="metrics"))
    return lines


def _webhook(cluster: Cluster, workload: Workload, start: datetime, recent: list[datetime]) -> list[LogLine]:
    return [
        klog(start, "I", "main.go:251", "Creating server"),
        klog(start + timedelta(seconds=1), "I", "main.go:278", "Listening on :6443"),
    ]


def _network(cluster: Cluster, workload: Workload, start: datetime, recent: list[datetime]) -> list[LogLine]:
    lease = "openshift-cloud-network-config-controller/cloud-network-config-controller-lock"
    return [
        klog(start, "I", "leaderelection.go:245", f"attempting to acquire leader lease {lease}..."),
        klog(
            start + timedelta(seconds=31),
            "I",
            "leaderelection.go:255",
            f"successfully acquired lease {lease}",
        ),
        klog(start + timedelta(seconds=32), "I", "controller.go:88", "Starting node controller"),
        *(
            klog(when, "I", "controller.go:182", "Dropping key from the node workqueue")
            for when in recent[:1]
        ),
    ]


_WRITERS = {
    "ingress-operator": _ingress,
    "cluster-image-registry-operator": _registry_operator,
    "image-registry": _registry,
    "machine-api-controllers": _machines,
    "aws-ebs-csi-driver-controller": _csi_driver,
    "aws-ebs-csi-driver-operator": _csi_operator,
    "cloud-credential-operator": _credentials,
    "pod-identity-webhook": _webhook,
    "cloud-network-config-controller": _network,
}
