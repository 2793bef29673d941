"""Manifests that ccoctl made for another cluster: their Secrets' values have other lengths than this one's.

Names of roles are cut at 64 characters, so that some values of every cluster have one length: the Secrets
of a folder are judged together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzer.evidence.gathered import Problem
from analyzer.evidence.kubernetes import secret
from analyzer.evidence.records import K8sObject
from analyzer.model.joining.chains import speaks_for
from analyzer.model.joining.objects import was_in_cluster

Folder = tuple[str, str]


def without_foreign_manifests(objects: Sequence[K8sObject]) -> tuple[list[K8sObject], list[Problem]]:
    """Leave out what fits among the manifests of a folder most of which do not, and say so."""
    kept = {
        (obj.namespace, obj.name): secret(obj).values.get("credentials")
        for obj in objects
        if obj.kind == "Secret" and was_in_cluster(obj)
    }
    fitting: dict[Folder, list[K8sObject]] = {}
    others: Counter[Folder] = Counter()
    for obj in objects:
        if obj.kind != "Secret" or was_in_cluster(obj):
            continue
        own, value = kept.get((obj.namespace, obj.name)), secret(obj).values.get("credentials")
        if own and own.length is not None and value and value.text is not None and not value.masked:
            if speaks_for(own, value):
                fitting.setdefault(_folder(obj), []).append(obj)
            else:
                others[_folder(obj)] += 1
    gone = [obj for folder, fit in fitting.items() if others[folder] > len(fit) for obj in fit]
    left_out = {id(obj) for obj in gone}
    detail = "left out: most Secrets in its folder have other lengths than the cluster's, as another's have"
    return [obj for obj in objects if id(obj) not in left_out], [
        Problem(obj.where.input, obj.where.file, "not-used", detail, "note") for obj in gone
    ]


def _folder(obj: K8sObject) -> Folder:
    return obj.where.input, obj.where.file.rpartition("/")[0]
