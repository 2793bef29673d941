"""Pods of which something was masked or taken out that tells which token and which Secret they have.

The API server gives every volume a source and every mount a path, and refuses empty ones: where they are
not there, somebody took them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.records import Json
from analyzer.evidence.values import dig, items, mapping

_DECIDING = frozenset(
    {"AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"}
)
"""Variables whose value tells whether the Secret and the token are used."""


def is_torn(spec: Mapping[str, Json]) -> bool:
    """Tell the spec of a pod whose containers, volumes or mounts are not known as they were."""
    if not isinstance(spec.get("volumes"), list | None) or not items(spec.get("containers")):
        return True
    if _lacks_every_mount(spec):
        return True
    return any(map(_is_torn_volume, items(spec.get("volumes")))) or any(
        map(_is_torn_container, items(spec.get("initContainers")) + items(spec.get("containers")))
    )


def _lacks_every_mount(spec: Mapping[str, Json]) -> bool:
    """Tell a pod with the volume for the API, which is mounted into each container, and without any mount."""
    names = [dig(volume, "name") for volume in items(spec.get("volumes"))]
    if not any(isinstance(name, str) and name.startswith("kube-api-access-") for name in names):
        return False
    return not any(items(dig(container, "volumeMounts")) for container in items(spec.get("containers")))


def _is_torn_volume(volume: Json) -> bool:
    source = {name: value for name, value in mapping(volume).items() if name != "name"}
    if _is_hidden(dig(volume, "name")) or not any(value is not None for value in source.values()):
        return True
    if not all(isinstance(value, dict | None) for value in source.values()):
        return True
    if "secret" in source and _is_hidden(dig(volume, "secret", "secretName")):
        return True
    if "projected" not in source:
        return False
    sources = dig(volume, "projected", "sources")
    return not isinstance(sources, list) or any(map(_is_torn_source, sources))


def _is_torn_source(source: Json) -> bool:
    """Tell a source of a projected volume that may have been another; no audience is the API server's."""
    kinds = list(mapping(source).items())
    if not kinds or not all(isinstance(value, dict) for _, value in kinds):
        return True
    token = dig(source, "serviceAccountToken")
    if token is None:
        return False
    audience, lifetime = dig(token, "audience"), mapping(token).get("expirationSeconds", 0)
    if _is_hidden(dig(token, "path")) or not isinstance(lifetime, int):
        return True
    return "audience" in mapping(token) and _is_hidden(audience)


def _is_torn_container(container: Json) -> bool:
    mounts = dig(container, "volumeMounts")
    if not isinstance(container, dict) or not isinstance(mounts, list | None):
        return True
    return any(map(_is_hidden, _of_mounts(items(mounts)))) or any(
        map(_is_hidden_variable, items(dig(container, "env")))
    )


def _of_mounts(mounts: list[Json]) -> Iterator[Json]:
    for mount in mounts:
        yield from (dig(mount, "name"), dig(mount, "mountPath"))
        if "subPath" in mapping(mount):
            yield dig(mount, "subPath") or "whole"


def _is_hidden_variable(variable: Json) -> bool:
    name, value = dig(variable, "name"), dig(variable, "value")
    return _is_hidden(name) or (name in _DECIDING and isinstance(value, str) and is_masked(value))


def _is_hidden(value: Json) -> bool:
    return not isinstance(value, str) or not value or is_masked(value)
