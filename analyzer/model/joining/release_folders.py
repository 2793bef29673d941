"""Several releases handed in at once: which one is the cluster's, and which others are there."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.evidence import kubernetes
from analyzer.evidence.records import K8sObject
from analyzer.frozen import frozen
from analyzer.model.joining.objects import was_in_cluster
from analyzer.model.joining.releases import minor_of, range_of

_REQUEST = "CredentialsRequest"


@frozen
class ReleaseFolder:
    """One folder (or file) of a release's requests; ``version`` is what stands in them, "" if untold."""

    input: str
    folder: str
    version: str
    objects: tuple[K8sObject, ...]
    fits: bool


def release_folders(objects: Sequence[K8sObject], version: str | None) -> list[ReleaseFolder]:
    """Give the releases that contradict each other, the one that fits the cluster's version first.

    One folder alone, and folders that say the same of every request that both have, are one release:
    then the list is empty.
    """
    groups: dict[tuple[str, str], list[K8sObject]] = {}
    for obj in objects:
        if obj.kind == _REQUEST and not was_in_cluster(obj):
            groups.setdefault((obj.where.input, obj.where.file.rpartition("/")[0]), []).append(obj)
    if len(groups) < 2 or not _contradict(list(groups.values())):
        return []
    minor = minor_of(version)
    found = []
    for (input_id, folder), members in groups.items():
        range_ = range_of(kubernetes.credentials_request(o, release=True) for o in members)
        fits = range_ is not None and minor is not None and minor in range_
        found.append(ReleaseFolder(input_id, folder, str(range_ or ""), tuple(members), fits))
    return sorted(found, key=lambda f: (not f.fits, -len(f.objects), f.input, f.folder))


def _contradict(groups: Sequence[Sequence[K8sObject]]) -> bool:
    seen: dict[str, object] = {}
    for members in groups:
        for obj in members:
            spec = obj.value.get("spec")
            if seen.setdefault(obj.name, spec) != spec:
                return True
    return False
