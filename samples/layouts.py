"""One cluster in the layouts that people hand in beside a plain must-gather, file by file.

Shapes and paths are those of openshift/oc (``adm inspect``, ``cluster-info dump``), openshift/must-gather,
openshift/hypershift (``cmd/cluster/core/dump.go``), openshift/insights-operator (its sample archive)
and openshift/installer (``installer-gather.sh``).
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import yaml

from samples.bundle import bundle_files, bundle_folder, image_folder
from samples.yamlout import Json

if TYPE_CHECKING:
    from samples.cluster import Cluster

Files = dict[str, bytes]
_NODE = "ip-10-0-141-23-us-west-2-compute-internal"
_INSIGHTS = "insights-2024-03-12-084412"


def must_gather(cluster: Cluster) -> Files:
    """Give the plain must-gather."""
    return _below(bundle_folder(cluster), bundle_files(cluster))


def root_files(cluster: Cluster) -> Files:
    """Give what lies below the bundle's root, without the gather's own files."""
    image = f"{image_folder(cluster)}/"
    files = {path.removeprefix(image): data for path, data in bundle_files(cluster).items() if image in path}
    return {path: data for path, data in files.items() if "/" in path}


def inspect(cluster: Cluster) -> Files:
    """Give ``oc adm inspect`` of everything: no files of a gather beside it."""
    return _below("inspect.local.5577006791947779410", root_files(cluster))


def inspect_namespace(cluster: Cluster, namespace: str = "openshift-ingress-operator") -> Files:
    """Give ``oc adm inspect ns/NAMESPACE``."""
    wanted = f"namespaces/{namespace}/"
    files = {path: data for path, data in root_files(cluster).items() if path.startswith(wanted)}
    return _below("inspect.local.8674665223082153551", files)


def beside_inspect(cluster: Cluster) -> Files:
    """Give a must-gather without one namespace, and an inspect of that namespace beside it."""
    hidden = "/namespaces/openshift-ingress-operator/"
    return {
        path: data for path, data in must_gather(cluster).items() if hidden not in path
    } | inspect_namespace(cluster)


def several_images(cluster: Cluster) -> Files:
    """Give a bundle of two images: that of OpenShift Data Foundation repeats parts in roots of its own."""
    top = bundle_folder(cluster)
    second = f"{top}/registry-redhat-io-odf4-odf-must-gather-rhel9-sha256-0f0c"
    files = must_gather(cluster)
    for path, data in root_files(cluster).items():
        if path.startswith("namespaces/openshift-image-registry/"):
            files[f"{second}/namespaces/all/{path}"] = data
            files[f"{second}/minimal_resources/{path}"] = data
        elif path.startswith("cluster-scoped-resources/config.openshift.io/"):
            files[f"{second}/cluster-scoped-resources/oc_output/desc_{path.rpartition('/')[2]}"] = (
                b"Name: x\n"
            )
            files[f"{second}/{path}"] = data
    return files


def node_level(cluster: Cluster) -> Files:
    """Give a bundle that was gathered on a chosen node: one more level."""
    image = f"{image_folder(cluster)}/"
    return {path.replace(image, f"{_NODE}/{image}"): data for path, data in must_gather(cluster).items()}


def fallback(cluster: Cluster) -> Files:
    """Give what a gather leaves whose pod could not run: an inspection of the operators."""
    top = bundle_folder(cluster)
    kept = re.compile(
        r"cluster-scoped-resources/config\.openshift\.io/(?:clusterversions|clusteroperators)|"
        r"namespaces/openshift-(?:cloud-credential-operator|ingress-operator)/"
    )
    files = {
        path: data
        for path, data in must_gather(cluster).items()
        if path in (f"{top}/timestamp", f"{top}/must-gather.logs")
    }
    inner = {path: data for path, data in root_files(cluster).items() if kept.match(path)}
    return files | _below(f"{top}/inspect.local.1443635317331776148", inner)


def hosted_dump(cluster: Cluster) -> Files:
    """Give a guest's whole bundle in the paths of a HyperShift dump, without Secrets.

    What such a dump really holds is in ``samples.hosted``.
    """
    space = f"clusters-{cluster.name}"
    files: Files = {}
    for path, data in root_files(cluster).items():
        if "/core/secrets.yaml" in path:
            continue
        files[f"hostedcluster-{cluster.name}/{path}"] = data
        if found := re.fullmatch(r"namespaces/[^/]+/pods/([^/]+)/([^/]+)/[^/]+/logs/current\.log", path):
            stampless = re.sub(rb"(?m)^\d{4}-\d\d-\d\dT\S+Z ", b"", data)
            files[f"namespaces/{space}/core/pods/logs/{found[1]}-{found[2]}.log"] = stampless
    hosted = {
        "apiVersion": "hypershift.openshift.io/v1beta1",
        "kind": "HostedControlPlane",
        "metadata": {"name": cluster.name, "namespace": space, "uid": "hcp", "resourceVersion": "4711"},
        "spec": {
            "issuerURL": cluster.issuer,
            "infraID": cluster.infra_name,
            "platform": {"type": "AWS", "aws": {"region": cluster.region, "rolesRef": _roles_ref(cluster)}},
        },
    }
    path = f"namespaces/{space}/hypershift.openshift.io/hostedcontrolplanes/{cluster.name}.yaml"
    files[path] = _yaml(hosted)
    return files


def hosted_guest(cluster: Cluster) -> Files:
    """Give a must-gather of a hosted cluster's guest: its control plane runs elsewhere."""
    files = {}
    for path, data in must_gather(cluster).items():
        if "/openshift-kube-apiserver" in path or "/kubeapiservers/" in path:
            continue
        if "/infrastructures" in path:
            data = re.sub(rb"(?m)controlPlaneTopology: \w+$", b"controlPlaneTopology: External", data)
        files[path] = data
    return files


def _roles_ref(cluster: Cluster) -> dict[str, str | None]:
    fields = {
        "ingressARN": "openshift-ingress-operator-cloud-credentials",
        "imageRegistryARN": "openshift-image-registry-installer-cloud-credentials",
        "storageARN": "openshift-cluster-csi-drivers-ebs-cloud-credentials",
        "networkARN": "openshift-cloud-network-config-controller-cloud-credentials",
    }
    start = f"arn:{cluster.partition}:iam::{cluster.account}:role/{cluster.name}"
    return {field: f"{start}-{tail}"[: len(start) - len(cluster.name) + 64] for field, tail in fields.items()}


def insights(cluster: Cluster) -> Files:
    """Give an Insights archive: JSON, most of it without its kind, names as long as they were."""
    objects = _objects(cluster)
    version = objects["ClusterVersion", "", "version"]
    infra = json.loads(json.dumps(objects["Infrastructure", "", "cluster"]))
    infra["status"]["infrastructureName"] = "x" * len(cluster.infra_name)
    infra["status"].get("platformStatus", {}).get("aws", {})["region"] = "x" * len(cluster.region)
    found: dict[str, Json] = {
        "config/authentication": _untyped(objects["Authentication", "", "cluster"]),
        "config/infrastructure": _untyped(infra),
        "config/version": _untyped(version),
    }
    for (kind, namespace, name), value in objects.items():
        if kind == "ClusterOperator":
            found[f"config/clusteroperator/{name}"] = value
        if kind == "CloudCredential":
            bare = {"apiVersion": value["apiVersion"], "kind": kind, "name": name, "spec": value["spec"]}
            found[f"config/clusteroperator/operator.openshift.io/cloudcredential/{name}"] = bare
        if kind == "Pod" and namespace == "openshift-ingress-operator":
            found[f"config/pod/{namespace}/{name}"] = _untyped(value)
    install = objects["ConfigMap", "kube-system", "cluster-config-v1"]["data"]["install-config"]
    files = {f"{path}.json": json.dumps(value, indent=2).encode() for path, value in found.items()}
    files["config/id"] = cluster.cluster_id.encode()
    files["config/configmaps/kube-system/cluster-config-v1/install-config"] = install.encode()
    files["insights-operator/gathers.json"] = b'{"status_reports": []}'
    for path, data in root_files(cluster).items():
        log = re.fullmatch(
            r"namespaces/(openshift-ingress-operator)/pods/([^/]+)/([^/]+)/[^/]+/logs/(current|previous)\.log",
            path,
        )
        if log and data:
            files[f"config/pod/{log[1]}/logs/{log[2]}/{log[3]}_{log[4]}.log"] = data
    return files


def insights_name() -> str:
    """Give the name of the archive in which the Insights operator keeps these files."""
    return f"{_INSIGHTS}.tar.gz"


def with_insights(cluster: Cluster, older: Cluster) -> Files:
    """Give a must-gather with an Insights archive of an earlier hour inside."""
    path = (
        f"{bundle_folder(cluster)}/{image_folder(cluster)}/insights-data/insights-operator/{insights_name()}"
    )
    return must_gather(cluster) | {path: pack(insights(older), "w:gz")}


def installer_bundle(cluster: Cluster) -> Files:
    """Give the log bundle of a failed installation: lists of the bootstrap's ``oc get -o json -A``."""
    top = "log-bundle-20240312093000"
    objects = _objects(cluster)
    files: Files = {}
    for plural, kind in (
        ("clusteroperators", "ClusterOperator"),
        ("pods", "Pod"),
        ("configmaps", "ConfigMap"),
    ):
        members = [value for key, value in objects.items() if key[0] == kind]
        files[f"{top}/resources/{plural}.json"] = _list(members)
    names = (("authentication-02-config", "Authentication"), ("infrastructure-02-config", "Infrastructure"))
    for name, kind in names:
        manifest = json.loads(json.dumps(objects[kind, "", "cluster"]))
        manifest["metadata"] = {"name": "cluster"}
        where = f"{top}/rendered-assets/openshift/manifests/cluster-{name}.yaml"
        files[where] = _yaml(manifest)
    for path, data in root_files(cluster).items():
        if found := re.fullmatch(r"namespaces/[^/]+/pods/[^/]+/([^/]+)/[^/]+/logs/current\.log", path):
            files[f"{top}/control-plane/10.0.141.23/containers/{found[1]}-{'0f' * 32}.log"] = data
    files[f"{top}/bootstrap/journals/bootkube.log"] = (
        b"Mar 12 09:12:44 localhost bootkube.sh[2345]: waiting\n"
    )
    return files


def cluster_info(cluster: Cluster) -> Files:
    """Give ``oc cluster-info dump --output-directory``: no Secrets, no custom resources."""
    files: Files = {}
    objects = _objects(cluster)
    spaces = sorted({key[1] for key in objects if key[0] == "Pod"})
    for space in spaces:
        for plural, kind in (("pods", "Pod"), ("deployments", "Deployment")):
            members = [_untyped(v) for key, v in objects.items() if key[:2] == (kind, space)]
            files[f"{space}/{plural}.json"] = _list(
                members, f"{kind}List", "v1" if kind == "Pod" else "apps/v1"
            )
    for space, pod, container, data in _logs(cluster):
        head = f"==== START logs for container {container} of pod {space}/{pod} ====\n".encode()
        end = f"\n==== END logs for container {container} of pod {space}/{pod} ====\n".encode()
        files[f"{space}/{pod}/logs.txt"] = files.get(f"{space}/{pod}/logs.txt", b"") + head + data + end
    return files


def cluster_info_stream(cluster: Cluster) -> Files:
    """Give ``oc cluster-info dump`` as it comes on the terminal: lists, then logs, in one file."""
    files = cluster_info(cluster)
    lists = b"".join(data for path, data in files.items() if path.endswith(".json"))
    return {"dump.txt": lists + b"".join(data for path, data in files.items() if path.endswith("logs.txt"))}


def get_yaml(cluster: Cluster) -> Files:
    """Give ``oc get KIND -A -o yaml`` of what matters, one List a file, under names that say nothing."""
    return {f"{number:02}": _yaml(body) for number, body in _gets(cluster)}


def get_json(cluster: Cluster) -> Files:
    """Give the same as JSON."""
    return {f"{number:02}": json.dumps(body, indent=4).encode() for number, body in _gets(cluster)}


def get_documents(cluster: Cluster) -> Files:
    """Give the same objects as one YAML file of many documents."""
    members = [member for _, body in _gets(cluster) for member in body["items"]]
    return {"all": yaml.dump_all(members, Dumper=yaml.CSafeDumper).encode()}


def _gets(cluster: Cluster) -> list[tuple[int, Json]]:
    objects = _objects(cluster)
    kinds = dict.fromkeys(key[0] for key in objects)
    lists = []
    for number, kind in enumerate(kinds):
        members = [value for key, value in objects.items() if key[0] == kind]
        body: Json = {
            "apiVersion": "v1",
            "items": members,
            "kind": "List",
            "metadata": {"resourceVersion": ""},
        }
        lists.append((number, body))
    return lists


LAYOUTS: dict[str, Callable[[Cluster], Files]] = {
    "must-gather": must_gather,
    "inspect": inspect,
    "inspect-namespace": inspect_namespace,
    "beside-inspect": beside_inspect,
    "several-images": several_images,
    "node-level": node_level,
    "fallback": fallback,
    "hosted-dump": hosted_dump,
    "hosted-guest": hosted_guest,
    "insights": lambda cluster: _below(_INSIGHTS, insights(cluster)),
    "with-insights": lambda cluster: with_insights(cluster, cluster),
    "installer-bundle": installer_bundle,
    "cluster-info": cluster_info,
    "cluster-info-stream": cluster_info_stream,
    "get-yaml": get_yaml,
    "get-json": get_json,
    "get-documents": get_documents,
}
"""Every layout by a name of its own."""


def pack(files: Files, mode: str = "w") -> bytes:
    """Pack files as ``tar`` does."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as packed:  # type: ignore[call-overload]
        for name, content in files.items():
            packed.fileobj.write(_header(name, len(content)) + content + bytes(-len(content) % 512))
            packed.offset = packed.fileobj.tell()
    return out.getvalue()


@cache
def _header(name: str, size: int) -> bytes:
    """Give the header of a member; the bundles of the tests differ in few files."""
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.DEFAULT_FORMAT, tarfile.ENCODING, "surrogateescape")


def _below(folder: str, files: Files) -> Files:
    return {f"{folder}/{path}": data for path, data in files.items()}


def _objects(cluster: Cluster) -> dict[tuple[str, str, str], Json]:
    """Give every object of the bundle by kind, namespace and name."""
    found: dict[tuple[str, str, str], Json] = {}
    for path, data in root_files(cluster).items():
        if not path.endswith(".yaml"):
            continue
        body = yaml.load(data, yaml.CSafeLoader)
        for value in body.get("items") or [] if body["kind"].endswith("List") else [body]:
            metadata = value["metadata"]
            found[value["kind"], metadata.get("namespace", ""), metadata["name"]] = value
    return found


def _logs(cluster: Cluster) -> list[tuple[str, str, str, bytes]]:
    pattern = re.compile(r"namespaces/([^/]+)/pods/([^/]+)/([^/]+)/[^/]+/logs/current\.log")
    return [
        (found[1], found[2], found[3], data)
        for path, data in root_files(cluster).items()
        if (found := pattern.fullmatch(path)) and data
    ]


def _yaml(value: Json) -> bytes:
    return yaml.dump(value, Dumper=yaml.CSafeDumper).encode()


def _untyped(value: Json) -> Json:
    return {key: inner for key, inner in value.items() if key not in ("apiVersion", "kind")}


def _list(members: list[Json], kind: str = "List", version: str = "v1") -> bytes:
    body = {"kind": kind, "apiVersion": version, "metadata": {}, "items": members}
    return json.dumps(body, indent=4).encode() + b"\n"
