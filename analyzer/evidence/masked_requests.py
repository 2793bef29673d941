"""CredentialsRequests of which it is masked what they are: no more than that there may be one is known.

The same goes for those from which it was taken out.
"""

from __future__ import annotations

from analyzer.evidence.gathered import Evidence, ReadFile
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.masks.translation import holds_mask
from analyzer.evidence.records import K8sObject
from analyzer.evidence.values import dig, items, text

_NAMING = (
    ("metadata", "name"),
    ("metadata", "namespace"),
    ("spec", "secretRef"),
    ("spec", "serviceAccountNames"),
    ("spec", "providerSpec", "kind"),
)
_ALWAYS_THERE = (("spec", "secretRef", "namespace"), ("spec", "secretRef", "name"), _NAMING[-1])
"""What the credential operator cannot do without in any request."""
_DELETED = "release.openshift.io/delete"
"""Marks a manifest that has the cluster's copy deleted: it needs no more than a name."""


def withhold_requests(evidence: Evidence) -> None:
    """Take such requests away; lists of requests or Secrets with masked names are no longer whole."""
    hidden = [obj for obj in evidence.objects if obj.kind == "CredentialsRequest" and _is_nameless(obj)]
    for obj in hidden:
        evidence.masked.append(ReadFile(obj.where.input, obj.where.file, f"names in {obj.kind} {obj.name}"))
    if hidden:
        gone = {id(obj) for obj in hidden}
        evidence.objects = [obj for obj in evidence.objects if id(obj) not in gone]
    evidence.listed -= {
        key
        for key, names in evidence.names.items()
        if key[1] in ("CredentialsRequest", "Secret") and any(map(is_masked, names))
    } | {(obj.root, obj.kind, obj.namespace) for obj in hidden}


def _is_nameless(obj: K8sObject) -> bool:
    names = dig(obj.value, "spec", "serviceAccountNames")
    emptied = [one for one in items(names) if not isinstance(one, str) or not one]
    return (
        any(holds_mask(dig(obj.value, *path)) for path in _NAMING)
        or not (_is_stub(obj) or all(text(dig(obj.value, *path)) for path in _ALWAYS_THERE))
        or bool(emptied)
        or not isinstance(names, list | None)
    )


def _is_stub(obj: K8sObject) -> bool:
    """Tell a manifest without a spec that is there to delete the request of its name."""
    return "spec" not in obj.value and dig(obj.value, "metadata", "annotations", _DELETED) == "true"
