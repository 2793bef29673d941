"""Events in a bundle: made as Kubernetes makes them, and written as `oc adm inspect` writes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import yaml

from samples import Cluster

from .runs import Files

PROVISIONER = (
    "ebs.csi.aws.com_aws-ebs-csi-driver-controller-7d9c8b6f5-x2x4q_fe17ffed-e272-4390-9c3e-3fdb447f0ba3"
)
REFUSED = (
    'failed to provision volume with StorageClass "gp3-csi": rpc error: code = Internal desc = Could not '
    'create volume "pvc-2c053d99-aaf1-45f0-af71-f24ee02798e9": could not create volume in EC2: operation '
    "error EC2: CreateVolume, get identity: get credentials: failed to refresh cached credentials, failed to "
    "retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: "
    "403, RequestID: 32dcb208-6f0e-4798-bba2-ad8ddaab9079, api error AccessDenied: Not authorized to perform "
    "sts:AssumeRoleWithWebIdentity"
)


def event(
    cluster: Cluster,
    message: str = REFUSED,
    *,
    about: str = "PersistentVolumeClaim/data",
    namespace: str = "openshift-monitoring",
    reason: str = "ProvisioningFailed",
    reporter: str = PROVISIONER,
    count: int = 14,
    first: int = 150,
    last: int = 5,
) -> dict[str, Any]:
    """Make an Event of core/v1; it happened ``first`` and ``last`` so many minutes before the gather."""
    kind, _, name = about.partition("/")
    begun, ended = (_stamp(cluster.gathered - timedelta(minutes=minutes)) for minutes in (first, last))
    return {
        "apiVersion": "v1",
        "count": count,
        "eventTime": None,
        "firstTimestamp": begun,
        "involvedObject": {"apiVersion": "v1", "kind": kind, "name": name, "namespace": namespace},
        "kind": "Event",
        "lastTimestamp": ended,
        "message": message,
        "metadata": {
            "creationTimestamp": begun,
            "name": f"{name}.{reason.lower()}{last}",
            "namespace": namespace,
        },
        "reason": reason,
        "reportingComponent": "",
        "source": {"component": reporter},
        "type": "Warning",
    }


def in_other_api(one: dict[str, Any]) -> dict[str, Any]:
    """Give an Event as events.k8s.io/v1 shows it."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "deprecatedCount": one["count"],
        "deprecatedFirstTimestamp": one["firstTimestamp"],
        "deprecatedLastTimestamp": one["lastTimestamp"],
        "deprecatedSource": one["source"],
        "eventTime": None,
        "kind": "Event",
        "metadata": one["metadata"],
        "note": one["message"],
        "reason": one["reason"],
        "regarding": one["involvedObject"],
    }


def in_series(one: dict[str, Any]) -> dict[str, Any]:
    """Give an Event as those report it that use the newer API."""
    old = {"count": None, "firstTimestamp": None, "lastTimestamp": None, "source": {}}
    series = {"count": one["count"], "lastObservedTime": one["lastTimestamp"].replace("Z", ".000001Z")}
    reporter = {"reportingComponent": one["source"]["component"], "eventTime": one["firstTimestamp"]}
    return {**one, **old, **reporter, "series": series}


def events_file(*events: dict[str, Any], kind: str = "EventList") -> bytes:
    """Write a list of Events, long texts broken at 80 columns."""
    body = {"apiVersion": "v1", "items": list(events), "kind": kind, "metadata": {"resourceVersion": "1"}}
    return b"---\n" + yaml.safe_dump(body, width=80).encode()


def with_events(files: Files, *events: dict[str, Any], group: str = "core") -> dict[str, bytes]:
    """Put Events into the files of their namespaces, in the place of what is there."""
    root = next(path for path in files if "/namespaces/" in path).partition("/namespaces/")[0]
    made = dict(files)
    for namespace in {one["metadata"]["namespace"] for one in events}:
        here = [one for one in events if one["metadata"]["namespace"] == namespace]
        made[f"{root}/namespaces/{namespace}/{group}/events.yaml"] = events_file(*here)
    return made


def _stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
