"""Logs that were handed in by themselves: ``oc logs`` output, ``oc cluster-info dump``, installer bundles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.evidence.logs.scan import LogScan
from analyzer.evidence.logs.text import LogName, log_name
from analyzer.evidence.loose.collected_logs import by_pod, says_whose
from analyzer.evidence.loose.terminal import first_prompt, outputs
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
_COPY = later(r"[-_.](?P<previous>prev(?:ious)?)$|[-_.](?:current|old|last|latest|new|logs?|\d{1,8})$")
"""What people put behind the name of a pod or program."""
_PREFIX = later(
    rb"^(?:\[pod/(?=[^\]\s]{1,300}\] )"
    rb"|(?=[^\s\[]{1,253}-[0-9a-z]{5} [a-z0-9-]{1,63} (?:\d{4}-|[IWEF]\d{4} |time=|\{\")))"
    rb"([^/\]\s]{1,253})[/ ]([^/\]\s]{1,63})\]? ",
    re.MULTILINE,
)
"""``[pod/NAME/CONTAINER] `` of oc logs, ``NAME CONTAINER `` of stern."""
_ASKED = later(r"\b(?:oc|kubectl)\b.*?\slogs?\s")
_IN = later(r"\s(?:-n|--namespace)[ =]?([a-z0-9-]{1,63})\s")
_OF = later(r"\s(?:-c|--container)[ =]?([a-z0-9-]{1,63})\s")
_PREVIOUS = later(r"\s(?:-p|--previous)(?:=true)?\s")
_TARGET = later(r"(?<!\s-[nc])(?<!--namespace)(?<!--container)\s(?!-)[a-z0-9./-]{1,253}\s")
_TAIL = later(r"-(?:[0-9a-f]{64}|[0-9a-z]{8,10}-[0-9a-z]{5}|[0-9a-z]{5})$")


def looks_like_log(data: bytes) -> bool:
    """Tell a log by the stamps on its first lines."""
    head = data[:_HEAD]
    lines = min(3, max(1, head.count(b"\n")))
    return len(_STAMPED.findall(head)) >= lines or len(_PREFIX.findall(head)) >= lines or says_whose(data)


def sections_begin(data: bytes) -> int | None:
    """Give where kubectl's headings of logs begin, behind the lists of objects in the same file."""
    if b"==== START logs for container " not in data:
        return None
    found = _SECTION.search(data)
    return found.start() if found else None


def feed_loose(logs: LogScan, input_id: str, path: str, data: bytes) -> bool:
    """Scan a log, section by section where it is of several pods; False where no pod is told."""
    if says_whose(data):
        for name, lines in by_pod(data):
            own = lines.lstrip(b"\n")  # its first time is looked for in its first lines
            logs.feed(input_id, path, (own,), name=name, before=len(lines) - len(own))
        return True
    sections = list(_SECTION.finditer(data))
    if not sections and (prefixed := _by_prefix(path, data)) is not None:
        name, data = prefixed
        logs.feed(input_id, path, (data,), name=name)
        return bool(name.namespace)
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
    age = 0
    while copy := _COPY.search(stem):
        age = 1 if copy["previous"] else age
        stem = stem[: copy.start()]
    for candidate in (_TAIL.sub("", stem), *_PROGRAM.findall(stem.replace("_", " "))):
        if candidate in _NAMESPACES:
            return LogName(_NAMESPACES[candidate], container=candidate, age=age)
    return LogName()


def _by_prefix(path: str, data: bytes) -> tuple[LogName, bytes] | None:
    """Take off what ``oc logs --prefix`` and stern put before each line, and tell by it whose log it is.

    Lines of pods that are not all known to be of one namespace are no namespace's.
    """
    start = len(data) - len(data.lstrip(b"\r\n"))  # blank lines stand for what came before an output
    head = data[start : start + _HEAD]
    if _PREFIX.match(head) is None or len(_PREFIX.findall(head)) < min(3, head.count(b"\n")):
        return None
    told = {
        (pod.decode("utf-8", "replace"), of.decode("utf-8", "replace")) for pod, of in _PREFIX.findall(data)
    }
    known = {pod: _NAMESPACES[container] for pod, container in told if container in _NAMESPACES}
    within = set(known.values()) if {pod for pod, _ in told} <= known.keys() else set()
    named = _named_by_path(path)
    namespace = named.namespace or (within.pop() if len(within) == 1 else "")
    pod, container = next(iter(told)) if len(told) == 1 else ("", "")
    return LogName(namespace, pod, container), _PREFIX.sub(b"", data)


def logs_asked_for(data: bytes) -> Iterator[tuple[LogName, bytes]]:
    """Yield what ``oc logs`` printed in a pasted terminal; the command tells whose log it is."""
    if b" log" not in data or first_prompt(data) is None:
        return
    for command, output in outputs(data):
        asked = _ASKED.search(command.text) if command else None
        if asked is None or command is None:
            continue
        words = f"{command.text} "
        namespace, container = _IN.search(words), _OF.search(words)
        target = (_TARGET.search(words, asked.end() - 1) or asked)[0].rpartition("/")[2].strip()
        prefixed = _by_prefix(f"{target}.log", output)
        named, lines = prefixed or (_named_by_path(f"{target}.log"), output)
        yield (
            LogName(
                namespace[1] if namespace else named.namespace,
                named.pod,
                container[1] if container else named.container,
                age=1 if _PREVIOUS.search(words) else 0,
            ),
            lines,
        )
