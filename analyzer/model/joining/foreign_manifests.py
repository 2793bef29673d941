"""Manifests that ccoctl made for another cluster: by the issuer beside them, or by their values' lengths.

Names of roles are cut at 64 characters, so that some values of every cluster have one length, and those of
two clusters whose names are as long as each other have all: the Secrets of a folder are judged together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzer.evidence.gathered import Problem
from analyzer.evidence.kubernetes import secret
from analyzer.evidence.records import K8sObject
from analyzer.evidence.values import dig, text
from analyzer.model.joining.chains import speaks_for
from analyzer.model.joining.cluster import ClusterView
from analyzer.model.joining.objects import was_in_cluster
from analyzer.model.joining.related import is_related

Folder = tuple[str, str]


def without_foreign_manifests(
    objects: Sequence[K8sObject], view: ClusterView
) -> tuple[list[K8sObject], list[Problem]]:
    """Leave out the Secrets among the manifests of another cluster, and say so."""
    manifests = [obj for obj in objects if not was_in_cluster(obj)]
    named = _beside_another_issuer(manifests, view)
    gone = {id(obj): f"left out: the Authentication in its folder is for the issuer {url}, which is not the "
            "cluster's" for obj, url in named}  # fmt: skip
    rest = [obj for obj in manifests if id(obj) not in gone]
    odd = "left out: most Secrets in its folder have other lengths than the cluster's, as another's have"
    gone |= {id(obj): odd for obj in _among_other_lengths(objects, rest)}
    return [obj for obj in objects if id(obj) not in gone], [
        Problem(obj.where.input, obj.where.file, "not-used", gone[id(obj)], "note")
        for obj in manifests
        if id(obj) in gone
    ]


def _beside_another_issuer(manifests: Sequence[K8sObject], view: ClusterView) -> list[tuple[K8sObject, str]]:
    """Find Secrets whose folder holds the Authentication that ccoctl wrote for an issuer never this one's."""
    if not view.issuer:
        return []
    issuers: dict[Folder, list[str]] = {}
    for obj in manifests:
        if obj.kind == "Authentication" and (url := text(dig(obj.value, "spec", "serviceAccountIssuer"))):
            issuers.setdefault(_folder(obj), []).append(url)
    # in a folder of several clusters' files, whose a Secret is shows its length at best
    others = {
        folder: urls[0] for folder, urls in issuers.items() if not any(is_related(url, view) for url in urls)
    }
    return [(o, others[_folder(o)]) for o in manifests if o.kind == "Secret" and _folder(o) in others]


def _among_other_lengths(objects: Sequence[K8sObject], manifests: Sequence[K8sObject]) -> list[K8sObject]:
    """Find Secrets whose lengths fit the cluster's, in a folder in which those of most do not."""
    kept = {
        (obj.namespace, obj.name): secret(obj).values.get("credentials")
        for obj in objects
        if obj.kind == "Secret" and was_in_cluster(obj)
    }
    fitting: dict[Folder, list[K8sObject]] = {}
    others: Counter[Folder] = Counter()
    for obj in manifests:
        if obj.kind != "Secret":
            continue
        own, value = kept.get((obj.namespace, obj.name)), secret(obj).values.get("credentials")
        if own and own.length is not None and value and value.text is not None and not value.masked:
            if speaks_for(own, value):
                fitting.setdefault(_folder(obj), []).append(obj)
            else:
                others[_folder(obj)] += 1
    return [obj for folder, fit in fitting.items() if others[folder] > len(fit) for obj in fit]


def _folder(obj: K8sObject) -> Folder:
    return obj.where.input, obj.where.file.rpartition("/")[0]
