"""Pieces that every Kubernetes object in a bundle shares."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from samples.operators import stamp
from samples.yamlout import Json

if TYPE_CHECKING:
    from samples.cluster import Cluster, Secret

PROFILES = {
    f"include.release.openshift.io/{profile}": "true"
    for profile in ("ibm-cloud-managed", "self-managed-high-availability", "single-node-developer")
}

# The alphabet of names that Kubernetes generates.
_GENERATED = "bcdfghjklmnpqrstvwxz2456789"

_SHOWN_SECRET_KEYS = {"tls.crt", "ca.crt", "service-ca.crt"}


def metadata(
    cluster: Cluster,
    kind: str,
    name: str,
    namespace: str | None = None,
    *,
    created: datetime | None = None,
    changed: datetime | None = None,
    **more: Any,
) -> Json:
    """Return an object's metadata; what is empty is left out."""
    born = created or cluster.installed + timedelta(minutes=3)
    where = {"namespace": namespace} if namespace else {}
    return {
        "creationTimestamp": stamp(born),
        "name": name,
        **where,
        "resourceVersion": cluster.resource_version(changed or born, kind, namespace or "", name),
        "uid": cluster.uid(kind, namespace or "", name),
        **{key: value for key, value in more.items() if value},
    }


def listing(cluster: Cluster, items: list[Json], kind: str, api_version: str) -> Json:
    """Return a typed list as `oc adm inspect` writes it."""
    version = cluster.resource_version(cluster.gathered, kind)
    return {
        "apiVersion": api_version,
        "items": items,
        "kind": f"{kind}List",
        "metadata": {"resourceVersion": version},
    }


def config_listing(cluster: Cluster, items: list[Json]) -> Json:
    """Return a list of the group config.openshift.io, which must-gather fetches in another way."""
    body = listing(cluster, items, items[0]["kind"], items[0]["apiVersion"])
    body["metadata"]["continue"] = ""
    return body


def managed_fields(cluster: Cluster, group: str, fields: Json) -> list[Json]:
    """Return the bookkeeping of the installer's manifests, which YAML output shows since 4.11."""
    if cluster.minor < 11:
        return []
    entry = {
        "apiVersion": f"{group}/v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "manager": "cluster-bootstrap",
        "operation": "Update",
        "time": stamp(cluster.installed),
    }
    return [entry]


def generated(length: int, *seed: str) -> str:
    """Return a suffix as Kubernetes makes up for names, the same for the same seed."""
    digest = hashlib.sha256("/".join(seed).encode()).digest()
    return "".join(_GENERATED[byte % len(_GENERATED)] for byte in digest[:length])


def image(*seed: str) -> str:
    """Return an image reference by digest."""
    digest = hashlib.sha256("/".join(seed).encode()).hexdigest()
    return f"quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:{digest}"


def elided(length: int) -> str:
    """Return what `oc adm inspect` puts in the place of a secret value."""
    return base64.b64encode(f"{length} bytes long".encode()).decode()


def secret_manifest(cluster: Cluster, namespace: str, name: str, secret: Secret, *, full: bool) -> Json:
    """Return a Secret, its values elided unless asked for."""
    data = {
        key: base64.b64encode(value).decode() if full or key in _SHOWN_SECRET_KEYS else elided(len(value))
        for key, value in secret.data.items()
    }
    notes: Json = {"annotations": secret.annotations, "labels": secret.labels}
    meta = metadata(cluster, "Secret", name, namespace, created=secret.created, **notes)
    return {"apiVersion": "v1", "data": data, "kind": "Secret", "metadata": meta, "type": secret.type}


def config_map(
    cluster: Cluster,
    namespace: str,
    name: str,
    data: dict[str, str],
    created: datetime | None = None,
    changed: datetime | None = None,
) -> Json:
    """Return a ConfigMap."""
    meta = metadata(cluster, "ConfigMap", name, namespace, created=created, changed=changed)
    return {"apiVersion": "v1", "data": data, "kind": "ConfigMap", "metadata": meta}
