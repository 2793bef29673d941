"""The Kubernetes objects of a run, found by kind and name; of several copies the newest."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.engine.facts import Cite, Fact
from analyzer.evidence.records import Json, K8sObject
from analyzer.evidence.values import dig, text


class Objects:
    """An index over objects from all roots and loose files."""

    def __init__(self, objects: Iterable[K8sObject]) -> None:
        self._index: dict[tuple[str, str, str], list[K8sObject]] = {}
        self._kinds: dict[str, list[K8sObject]] = {}
        for obj in objects:
            self._index.setdefault((obj.kind, obj.namespace, obj.name), []).append(obj)
            self._kinds.setdefault(obj.kind, []).append(obj)

    def one(self, kind: str, name: str, namespace: str = "", group: str | None = None) -> K8sObject | None:
        """Give the newest copy of an object that was in a cluster, else a manifest of it."""
        found = [
            obj for obj in self._index.get((kind, namespace, name), ()) if group is None or obj.group == group
        ]
        return max(found, key=_age, default=None)

    def all(self, kind: str, namespace: str | None = None) -> list[K8sObject]:
        """Give the newest copy of each object of a kind, in the order in which they were read."""
        newest: dict[tuple[str, str], K8sObject] = {}
        for obj in self._kinds.get(kind, ()):
            if namespace is not None and obj.namespace != namespace:
                continue
            before = newest.get((obj.namespace, obj.name))
            if before is None or _age(obj) > _age(before):
                newest[(obj.namespace, obj.name)] = obj
        return list(newest.values())

    def every(self) -> list[K8sObject]:
        """Give all copies of all objects, kind by kind."""
        return [obj for found in self._kinds.values() for obj in found]

    def copies(self, kind: str, name: str, namespace: str = "") -> list[K8sObject]:
        """Give every copy of an object, newest last."""
        return sorted(self._index.get((kind, namespace, name), ()), key=_age)


def was_in_cluster(obj: K8sObject) -> bool:
    """Tell an object that the API server gave out from a manifest: a bundle holds no manifests."""
    loose = obj.root in ("", f"{obj.where.input}:{obj.where.file}")
    return (
        not loose
        or dig(obj.value, "metadata", "uid") is not None
        or dig(obj.value, "metadata", "resourceVersion") is not None
    )


def _age(obj: K8sObject) -> tuple[bool, int, bool, str]:
    """How new a copy is; of equal ones the path decides, so that the order of an archive does not."""
    version = text(dig(obj.value, "metadata", "resourceVersion")) or ""
    return (
        was_in_cluster(obj),
        int(version) if version.isdecimal() and len(version) < 20 else 0,
        not obj.second_hand,
        obj.where.file,
    )


def read(obj: K8sObject, *path: str | int) -> Json:
    """Give the value at a path of an object, None where there is none."""
    return dig(obj.value, *path)


def known(value: object, *cites: Cite | None, derived: bool = False) -> Fact:
    """Make a known fact with the places that prove it."""
    return Fact(value, tuple(c for c in cites if c is not None), derived)
