"""Pods, Deployments and their events."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from samples.manifests import PROFILES, generated, image, metadata
from samples.operators import stamp
from samples.workloads import Container, Workload
from samples.yamlout import Json

if TYPE_CHECKING:
    from samples.cluster import Cluster


def node_names(cluster: Cluster) -> list[str]:
    """Return the node names: three control plane nodes and a worker."""
    domain = "ec2.internal" if cluster.region == "us-east-1" else f"{cluster.region}.compute.internal"
    return [
        f"ip-10-0-{third}-{last}.{domain}" for third, last in ((141, 23), (172, 8), (203, 117), (150, 64))
    ]


def _replica_set(cluster: Cluster, workload: Workload) -> str:
    return f"{workload.name}-{generated(10, cluster.cluster_id, workload.namespace, workload.name)}"


def pod_name(cluster: Cluster, workload: Workload) -> str:
    """Return the name of a workload's pod."""
    replica_set = _replica_set(cluster, workload)
    return f"{replica_set}-{generated(5, cluster.cluster_id, replica_set, stamp(workload.started))}"


def _container(cluster: Cluster, workload: Workload, container: Container, api_access: str | None) -> Json:
    mounts = list(container.mounts)
    if workload.token is not None and container.uses_token:
        mounts.append({"mountPath": workload.token.mount, "name": workload.token.name, "readOnly": True})
    if api_access is not None:
        path = "/var/run/secrets/kubernetes.io/serviceaccount"
        mounts.append({"mountPath": path, "name": api_access, "readOnly": True})
    body: Json = {
        "image": image(cluster.version, container.name),
        "imagePullPolicy": "IfNotPresent",
        "name": container.name,
        "resources": {"requests": {"cpu": "10m", "memory": "50Mi"}},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }
    body |= {"env": container.env} if container.env else {}
    return body | ({"args": container.args} if container.args else {})


def _volumes(workload: Workload) -> list[Json]:
    volumes = list(workload.volumes)
    if workload.token is not None:
        token = {"expirationSeconds": workload.token.expiration, "path": workload.token.path}
        token |= {} if workload.token.audience is None else {"audience": workload.token.audience}
        sources = [{"serviceAccountToken": token}]
        volumes.append({"name": workload.token.name, "projected": {"defaultMode": 420, "sources": sources}})
    return volumes


def _api_access(name: str) -> Json:
    namespace = {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": name, "projected": {"defaultMode": 420, "sources": sources}}


def _spec(cluster: Cluster, workload: Workload, api_access: str | None) -> Json:
    containers = workload.containers.values()
    return {
        "containers": [_container(cluster, workload, container, api_access) for container in containers],
        "dnsPolicy": "ClusterFirst",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-cluster-critical",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": workload.service_account,
        "serviceAccountName": workload.service_account,
        "terminationGracePeriodSeconds": 30,
    }


def pod(cluster: Cluster, workload: Workload) -> Json:
    """Return the pod of a workload."""
    name, replica_set = pod_name(cluster, workload), _replica_set(cluster, workload)
    access = f"kube-api-access-{generated(5, name)}"
    owner = {
        "apiVersion": "apps/v1",
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": "ReplicaSet",
        "name": replica_set,
        "uid": cluster.uid("ReplicaSet", workload.namespace, replica_set),
    }
    scc = "restricted-v2" if cluster.minor >= 11 else "restricted"
    labels = workload.labels | {"pod-template-hash": replica_set.rsplit("-", 1)[1]}
    meta = metadata(
        cluster,
        "Pod",
        name,
        workload.namespace,
        created=workload.started,
        generateName=f"{replica_set}-",
        annotations={"openshift.io/scc": scc} | workload.pod_annotations,
        labels=labels,
        ownerReferences=[owner],
    )
    spec = _spec(cluster, workload, access)
    spec |= {"nodeName": node_names(cluster)[0], "volumes": [*_volumes(workload), _api_access(access)]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": spec,
        "status": _status(cluster, workload),
    }


def _status(cluster: Cluster, workload: Workload) -> Json:
    ready = all(container.ready for container in workload.containers.values())
    running = stamp(workload.started + timedelta(seconds=6))
    conditions = [
        {"lastProbeTime": None, "lastTransitionTime": running, "status": status, "type": kind}
        for kind, status in (("Initialized", "True"), ("Ready", str(ready)), ("PodScheduled", "True"))
    ]
    containers = [
        {
            "containerID": f"cri-o://{image(workload.name, container.name).rpartition(':')[2]}",
            "image": image(cluster.version, container.name),
            "imageID": image(cluster.version, container.name),
            "lastState": _last_state(cluster, container),
            "name": container.name,
            "ready": container.ready,
            "restartCount": container.restarts,
            "started": True,
            "state": _state(cluster, container, running),
        }
        for container in workload.containers.values()
    ]
    return {
        "conditions": conditions,
        "containerStatuses": containers,
        "hostIP": "10.0.141.23",
        "phase": "Running",
        "qosClass": "Burstable",
        "startTime": stamp(workload.started),
    }


def _last_state(cluster: Cluster, container: Container) -> Json:
    ended = container.ended
    if ended is None:
        return {}
    end = cluster.gathered - timedelta(minutes=ended.minutes)
    return {
        "terminated": {
            "containerID": f"cri-o://{image(container.name, 'before').rpartition(':')[2]}",
            "exitCode": 1,
            "finishedAt": stamp(end),
            "message": ended.message,
            "reason": "Error",
            "startedAt": stamp(end - timedelta(seconds=40)),
        }
    }


def _state(cluster: Cluster, container: Container, running: str) -> Json:
    if container.ended is None:
        return {"running": {"startedAt": running}}
    if not container.ended.waits:
        again = cluster.gathered - timedelta(minutes=container.ended.minutes) + timedelta(seconds=10)
        return {"running": {"startedAt": stamp(again)}}
    words = f"back-off 5m0s restarting failed container={container.name}"
    return {"waiting": {"message": words, "reason": "CrashLoopBackOff"}}


def deployment(cluster: Cluster, workload: Workload) -> Json:
    """Return the Deployment of a workload."""
    spec = _spec(cluster, workload, None)
    volumes = _volumes(workload)
    template = {
        "metadata": {"creationTimestamp": None, "labels": workload.labels},
        "spec": spec | ({"volumes": volumes} if volumes else {}),
    }
    meta = metadata(
        cluster,
        "Deployment",
        workload.name,
        workload.namespace,
        annotations={"deployment.kubernetes.io/revision": "1", **PROFILES},
        generation=1,
    )
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {
            "progressDeadlineSeconds": 600,
            "replicas": 1,
            "selector": {"matchLabels": workload.labels},
            "strategy": {"type": "Recreate"},
            "template": template,
        },
        "status": {"availableReplicas": 1, "observedGeneration": 1, "readyReplicas": 1, "replicas": 1},
    }


def events(cluster: Cluster, workload: Workload) -> list[Json]:
    """Return an event of a workload from the hours before the gather."""
    when = cluster.gathered - timedelta(hours=1, minutes=7)
    name = f"{workload.name}.{cluster.uid('Event', workload.namespace, workload.name).replace('-', '')[:16]}"
    involved = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": workload.name,
        "namespace": workload.namespace,
        "uid": cluster.uid("Deployment", workload.namespace, workload.name),
    }
    event = {
        "apiVersion": "v1",
        "count": 3,
        "eventTime": None,
        "firstTimestamp": stamp(when - timedelta(minutes=42)),
        "involvedObject": involved,
        "kind": "Event",
        "lastTimestamp": stamp(when),
        "message": f"Scaled up replica set {_replica_set(cluster, workload)} to 1",
        "metadata": metadata(cluster, "Event", name, workload.namespace, created=when),
        "reason": "ScalingReplicaSet",
        "reportingComponent": "",
        "reportingInstance": "",
        "source": {"component": "deployment-controller"},
        "type": "Normal",
    }
    return [event]
