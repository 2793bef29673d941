"""Kubernetes objects in loose YAML or JSON files: manifests, ``oc get -o yaml`` output, release requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.bundle.document import Document
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject
from analyzer.evidence.values import mapping, text

MOST_OBJECTS = 50_000
"""Objects taken from one file: the largest list of a real cluster holds some thousands."""

_DEEPEST = 3
_NOISE = frozenset(
    {
        "APIService",
        "ControllerRevision",
        "EndpointSlice",
        "Endpoints",
        "Event",
        "Image",
        "ImageStream",
        "Lease",
        "PackageManifest",
        "ReplicaSet",
        "RoleBinding",
    }
)
_NO_OBJECTS = frozenset({"audit.k8s.io", "client.authentication.k8s.io", "authentication.k8s.io"})


def is_kubernetes(value: Json) -> bool:
    """Tell a Kubernetes object or list by its two type fields."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("apiVersion"), str)
        and isinstance(value.get("kind"), str)
    )


def is_noise(kind: str) -> bool:
    """Tell kinds, and lists of kinds, that a cluster has by the thousand and no chain needs."""
    return kind.removesuffix("List") in _NOISE


def read_objects(input_id: str, path: str, document: Document, list_kind: str = "") -> Iterator[K8sObject]:
    """Yield the objects of one document, lists flattened, each with the place where it stands.

    ``list_kind`` names the typed list that the document was cut from: its items may leave their kind out.
    """
    where = Where(input_id, document.at())
    kind = list_kind.removesuffix("List")
    yield from _objects(document.value, where, f"{input_id}:{path}", "v1" if kind else "", kind, 0)


def _objects(
    value: Json, where: Where, root: str, list_version: str, list_kind: str, depth: int
) -> Iterator[K8sObject]:
    if isinstance(value, list):
        for at, member in enumerate(value if depth == 0 else []):
            yield from _objects(member, where.at(at), root, "", "", 1)
        return
    entry = mapping(value)
    # The items of a typed list carry no type of their own when they come from the API itself.
    version = text(entry.get("apiVersion")) or list_version
    kind = text(entry.get("kind")) or list_kind
    if not version or not kind:
        return
    group = version.rpartition("/")[0]
    members = entry.get("items")
    if kind.endswith("List") and isinstance(members, list):
        if depth < _DEEPEST:
            inner = (version, kind[:-4]) if kind != "List" else ("", "")
            for at, member in enumerate(members):
                yield from _objects(member, where.at("items", at), root, *inner, depth + 1)
        return
    if group in _NO_OBJECTS or kind == "Status":
        return
    metadata = mapping(entry.get("metadata"))
    namespace, name = text(metadata.get("namespace")) or "", text(metadata.get("name")) or ""
    yield K8sObject(kind, group, namespace, name, entry, where, root)
