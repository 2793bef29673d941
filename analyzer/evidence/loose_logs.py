"""Logs that were handed in by themselves: ``oc logs`` output, ``oc cluster-info dump``, installer bundles."""

from __future__ import annotations

import re

from analyzer.evidence.log_text import LogName, log_name
from analyzer.evidence.logs import LogScan
from analyzer.patterns import later

_STAMPED = later(
    rb"^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ |time=\"\d{4}-"
    rb"|\{\"(?:level|ts|time|timestamp)\":|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )",
    re.MULTILINE,
)
_SECTION = later(
    rb"^==== START logs for container (?P<container>\S+) of pod (?P<namespace>[^/\s]+)/(?P<pod>\S+) ====\r?$",
    re.MULTILINE,
)
_SECTION_END = later(rb"^==== END logs for container ", re.MULTILINE)
_HOST = later(rb"^[A-Z][a-z]{2} [ \d]\d [\d:.]{8,15} \S+ (?:kubenswrapper|hyperkube|kubelet|crio)\[", re.M)
"""What ``oc adm node-logs`` writes: a service of the node, no pod of an operator."""
_HEAD = 64 * 1024
_NAMESPACE = later(r"(?:^|[/_ .])(openshift-[a-z0-9]+(?:-[a-z0-9]+)*)(?=[/_ .]|$)")
_PROGRAM = later(r"(?:^|[/_ .])([a-z0-9]+(?:-[a-z0-9]+)*)(?=[/_ .]|$)")
_NAMESPACES = {
    "aws-ebs-csi-driver-controller": "openshift-cluster-csi-drivers",
    "aws-ebs-csi-driver-operator": "openshift-cluster-csi-drivers",
    "cloud-credential-operator": "openshift-cloud-credential-operator",
    "cloud-network-config-controller": "openshift-cloud-network-config-controller",
    "cluster-image-registry-operator": "openshift-image-registry",
    "image-registry": "openshift-image-registry",
    "ingress-operator": "openshift-ingress-operator",
    "machine-api-controllers": "openshift-machine-api",
    "machine-controller": "openshift-machine-api",
    "machineset-controller": "openshift-machine-api",
}
"""Namespaces of the pods and containers whose logs tell of AWS, for files that are named after these."""
_TAIL = later(r"-(?:[0-9a-f]{64}|[0-9a-z]{8,10}-[0-9a-z]{5}|[0-9a-z]{5})$")


def looks_like_log(data: bytes) -> bool:
    """Tell a log by the stamps on its first lines."""
    head = data[:_HEAD]
    return len(_STAMPED.findall(head)) >= min(3, max(1, head.count(b"\n")))


def sections_begin(data: bytes) -> int | None:
    """Give where kubectl's headings of logs begin, behind the lists of objects in the same file."""
    if b"==== START logs for container " not in data:
        return None
    found = _SECTION.search(data)
    return found.start() if found else None


def feed_loose(logs: LogScan, input_id: str, path: str, data: bytes) -> bool:
    """Scan a log, section by section where it is of several pods; False where no pod is told."""
    sections = list(_SECTION.finditer(data))
    if not sections:
        name = LogName(host=True) if _HOST.search(data, 0, _HEAD) else _named_by_path(path)
        logs.feed(input_id, path, (data,), name=name)
        return name.host or bool(name.namespace)
    for section in sections:
        end = _SECTION_END.search(data, section.end())
        namespace, pod, container = (
            section[part].decode("utf-8", "replace") for part in ("namespace", "pod", "container")
        )
        logs.feed(
            input_id,
            path,
            (data[section.end() : end.start() if end else len(data)],),
            name=LogName(namespace, pod, container),
            before=data.count(b"\n", 0, section.end()),
        )
    return True


def _named_by_path(path: str) -> LogName:
    name = log_name(path)
    if name.namespace or name.host:
        return name
    if found := _NAMESPACE.search(path):
        return LogName(found[1])
    stem = path.rpartition("/")[2].partition(".")[0].lower()
    for candidate in (_TAIL.sub("", stem), *_PROGRAM.findall(stem.replace("_", " "))):
        if candidate in _NAMESPACES:
            return LogName(_NAMESPACES[candidate], container=candidate)
    return LogName()
