"""A must-gather of a cluster, file by file."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from samples.clusterscoped import cluster_scoped
from samples.namespaced import namespaced
from samples.yamlout import Json, document

if TYPE_CHECKING:
    from samples.cluster import Cluster

_EVENTS = """
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Events</title>
  </head>
  <body><table id="events"></table></body>
</html>
"""


def bundle_folder(cluster: Cluster) -> str:
    """Return the name that `oc adm must-gather` gives to its destination."""
    digest = hashlib.sha256(cluster.cluster_id.encode() + cluster.gathered.isoformat().encode()).digest()
    return f"must-gather.local.{int.from_bytes(digest[:8], 'big') >> 1}"


def image_folder(cluster: Cluster) -> str:
    """Return the folder of the must-gather image."""
    digest = hashlib.sha256(f"must-gather:{cluster.version}".encode()).hexdigest()
    return f"quay-io-openshift-release-dev-ocp-v4-0-art-dev-sha256-{digest}"


def bundle_files(cluster: Cluster, *, secrets: str = "elided") -> dict[str, bytes]:
    """Return the whole bundle, by path below the destination folder."""
    if secrets not in ("elided", "full"):
        raise ValueError(f"secrets are elided or full, not {secrets}")
    image = image_folder(cluster)
    files: dict[str, bytes] = {
        "event-filter.html": _EVENTS.encode(),
        "must-gather.logs": _client_log(cluster).encode(),
        "timestamp": _timestamps(cluster, timedelta(0), timedelta(minutes=3, seconds=17)),
        f"{image}/event-filter.html": _EVENTS.encode(),
        f"{image}/gather.logs": _gather_log(cluster).encode(),
        f"{image}/timestamp": _timestamps(cluster, timedelta(seconds=4), timedelta(minutes=2, seconds=51)),
        f"{image}/version": b"openshift/must-gather\n4.%d.0-assembly.stream\n" % cluster.minor,
    }
    documents: list[tuple[str, Json | bytes]] = [*cluster_scoped(cluster)]
    documents += namespaced(cluster, full_secrets=secrets == "full")
    for path, content in documents:
        body: Json | bytes | None = content
        for hook in cluster.hooks:
            body = hook(path, body) if isinstance(body, dict) else body
        if body is not None:
            files[f"{image}/{path}"] = body if isinstance(body, bytes) else document(body)
    for path, extra in cluster.extra_files.items():
        files.pop(f"{image}/{path}", None)
        if extra is not None:
            files[f"{image}/{path}"] = extra
    return files


def write_bundle(cluster: Cluster, directory: Path, *, secrets: str = "elided") -> Path:
    """Write the bundle into a folder of its own below a directory, and return that folder."""
    root = Path(directory) / bundle_folder(cluster)
    write_files(root, bundle_files(cluster, secrets=secrets))
    return root


def write_files(root: Path, files: dict[str, bytes]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _go_time(when: datetime, seconds: float) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S.%f}583 +0000 UTC m=+{seconds:.9f}"


def _timestamps(cluster: Cluster, start: timedelta, length: timedelta) -> bytes:
    begin = cluster.gathered + start + timedelta(microseconds=16_988)
    end = begin + length
    lines = [_go_time(begin, 0.380233555), _go_time(end, 0.380233555 + length.total_seconds())]
    return ("\n".join(lines) + "\n").encode()


def _client_log(cluster: Cluster) -> str:
    lines = [
        "[must-gather      ] OUT Using must-gather plug-in image: quay.io/openshift-release-dev/must-gather",
        "When opening a support case, bugzilla, or issue please include the following summary data along "
        "with any other requested information:",
        f"ClusterID: {cluster.cluster_id}",
        f"ClientVersion: {cluster.version}",
        f'ClusterVersion: Stable at "{cluster.version}"',
        "ClusterOperators:",
    ]
    troubled = [
        f"\tclusteroperator/{operator.name} is degraded because {degraded.message}"
        for operator in cluster.operators.values()
        if (degraded := operator.conditions.get("Degraded")) and degraded.status == "True"
    ]
    lines += troubled or ["\tAll healthy and stable"]
    return "\n".join(lines) + "\n"


def _gather_log(cluster: Cluster) -> str:
    texts = [
        "[disk usage checker] Started. Volume usage percentage will not exceed 70",
        "Gathering data for ns/openshift-cluster-version...",
        "Wrote inspect data to must-gather.",
    ]
    lines = [
        f"{cluster.gathered + timedelta(seconds=3 + 51 * number):%Y-%m-%dT%H:%M:%S}.10437729{number}Z {text}"
        for number, text in enumerate(texts)
    ]
    return "\n".join(lines) + "\n"
