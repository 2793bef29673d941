"""Kubernetes objects turned into typed records."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime

from analyzer.evidence.ccoctl import PLACEHOLDER_LINE
from analyzer.evidence.masks.shapes import is_masked, is_masked_text
from analyzer.evidence.masks.torn_pods import is_torn
from analyzer.evidence.masks.translation import holds_mask
from analyzer.evidence.records import (
    Container,
    CredentialsRequest,
    Json,
    K8sObject,
    PolicyEntry,
    Secret,
    SecretValue,
    Termination,
    TokenVolume,
    Workload,
)
from analyzer.evidence.values import dig, items, mapping, parse_time, strings, text
from analyzer.patterns import later

_COMMENT = later(r"(?m)^[ \t]*[#;].*$")
_BLACKED_OUT = later(r"\s*(?:\[[^\]\n]{1,99}\]\s+)?(?:#{4,}(?:\s+|\Z))+")
"""Each line of a text but for the head of its section, which by itself looks like a comment."""
_DEBUGGED = "debug.openshift.io/source-container"
"""The annotation that `oc debug` gives to the pods that it makes."""
_THROUGH = {"Running": True, "Pending": False}
"""By the phase of a pod, whether its init containers are through."""
_UNTOLD = "REDACTED"
"""Stands for a name that was taken out, as a mask of one would."""
_ELIDED = later(r"(\d{1,9}) bytes long")


def credentials_request(obj: K8sObject, *, release: bool) -> CredentialsRequest:
    """Read a CredentialsRequest (openshift/api, cloudcredential.openshift.io/v1)."""
    spec = mapping(obj.value.get("spec"))
    provider = mapping(spec.get("providerSpec"))
    listed = provider.get("statementEntries")
    entries = [_policy_entry(entry) for entry in items(listed)]
    return CredentialsRequest(
        name=obj.name,
        namespace=obj.namespace,
        annotations=strings(dig(obj.value, "metadata", "annotations")),
        provider_kind=text(provider.get("kind")) or "",
        secret_namespace=text(dig(spec, "secretRef", "namespace")) or "",
        secret_name=text(dig(spec, "secretRef", "name")) or "",
        service_accounts=tuple(s for s in items(spec.get("serviceAccountNames")) if isinstance(s, str)),
        entries=tuple(entry for entry, _ in entries),
        hides_actions=not isinstance(listed, list) or any(hides for _, hides in entries),
        sts_role_arn=text(provider.get("stsIAMRoleARN")) or None,
        token_path=text(spec.get("cloudTokenPath")) or None,
        conditions=tuple(mapping(c) for c in items(dig(obj.value, "status", "conditions"))),
        where=obj.where,
        origin="release" if release else "cluster",
    )


def _policy_entry(value: Json) -> tuple[PolicyEntry, bool]:
    """Read a statementEntry without what is masked or was taken out of it, and tell whether something is.

    Of one whose effect, resource or condition is not known nobody knows what its actions are good for.
    """
    effect, resource = text(dig(value, "effect")), text(dig(value, "resource"))
    given = items(dig(value, "action"))
    condition = dig(value, "policyCondition")
    actions = tuple(one for one in given if isinstance(one, str) and one and not is_masked(one))
    whole = not any(one is not None and (not one or is_masked(one)) for one in (effect, resource))
    whole = whole and effect is not None and isinstance(condition, dict | None) and not holds_mask(condition)
    entry = PolicyEntry(
        effect=effect if effect and whole else "Allow",
        actions=actions if whole else (),
        resource=resource or "",
        condition=mapping(condition),
    )
    return entry, not whole or not given or len(actions) < len(given)


def secret(obj: K8sObject) -> Secret:
    """Read a Secret: elided values keep their length, readable ones their text."""
    values = {key: _secret_value(value) for key, value in mapping(obj.value.get("data")).items()}
    for key, value in strings(obj.value.get("stringData")).items():
        if PLACEHOLDER_LINE in obj.value:
            value = f"{value}\n{PLACEHOLDER_LINE}"
        values[key] = _readable(value, len(value.encode()))
    metadata = obj.value.get("metadata")
    return Secret(
        namespace=obj.namespace,
        name=obj.name,
        values=values,
        annotations=strings(dig(metadata, "annotations")),
        labels=strings(dig(metadata, "labels")),
        created=parse_time(dig(metadata, "creationTimestamp")),
        where=obj.where,
        changed=_data_set_at(metadata),
    )


def _data_set_at(metadata: Json) -> datetime | None:
    """Give the newest time of what set an object's ``data``, by its ``managedFields``."""
    owners = [e for e in items(dig(metadata, "managedFields")) if dig(e, "fieldsV1", "f:data") is not None]
    return max(filter(None, (parse_time(dig(entry, "time")) for entry in owners)), default=None)


def _secret_value(value: Json) -> SecretValue:
    if not isinstance(value, str):
        return SecretValue(None)
    if not value:  # a gather gives how long it is, and whoever hides values empties them
        return SecretValue(None, masked=True)
    try:
        raw = base64.b64decode("".join(value.split()), validate=True)
        decoded = raw.decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return SecretValue(None, masked=is_masked_text(value))
    elided = _ELIDED.fullmatch(decoded)
    if elided:
        return SecretValue(int(elided[1]))
    return _readable(decoded, len(raw))


def _readable(value: str, length: int) -> SecretValue:
    """Give a value that can be read; how long the real one is a masked one does not tell.

    What is masked in a comment hides nothing; a text that is nothing but one (``########``) is a mask.
    """
    if _BLACKED_OUT.fullmatch(value):
        return SecretValue(None, value, masked=True)
    if not is_masked_text(value):
        return SecretValue(length, value)
    rest = _COMMENT.sub("", value)
    return SecretValue(None, value, masked=not rest.strip() or is_masked_text(rest))


def workload(obj: K8sObject) -> Workload:
    """Read a Pod, or the pod template of a Deployment."""
    template = ("spec", "template") if obj.kind == "Deployment" else ()
    spec = mapping(dig(obj.value, *template, "spec"))
    path = (*template, "spec")
    volumes = items(spec.get("volumes"))
    phase = text(dig(obj.value, "status", "phase"))
    containers = tuple(_containers(spec, _THROUGH.get(phase or "")))
    mounted = {volume for container in containers for volume in container.mounts}
    return Workload(
        kind=obj.kind,
        namespace=obj.namespace,
        name=obj.name,
        service_account=_service_account(obj, spec),
        containers=containers,
        tokens=tuple(_token_volumes(obj, path, volumes)),
        secret_volumes=_secret_volumes(volumes),
        started=parse_time(dig(obj.value, "status", "startTime")),
        phase=phase,
        where=obj.where,
        terminations=tuple(_terminations(obj)) if obj.kind == "Pod" else (),
        cut=is_torn(spec) or not mounted <= {text(dig(volume, "name")) for volume in volumes},
        controlled=bool(items(dig(obj.value, "metadata", "ownerReferences"))),
        debugging=_DEBUGGED in mapping(dig(obj.value, "metadata", "annotations")),
        running=dict(_running(obj)),
        owner=_owner(obj),
        over=is_over(obj),
    )


def is_over(pod: K8sObject) -> bool:
    """Tell a pod that ended, or was told to end: what a rollout replaces stays for a while beside the new."""
    deleted = dig(pod.value, "metadata", "deletionTimestamp") is not None
    return pod.kind == "Pod" and (deleted or dig(pod.value, "status", "phase") in ("Succeeded", "Failed"))


def _owner(obj: K8sObject) -> str | None:
    """Give what made a pod; the Deployment of a ReplicaSet by the hash that it puts behind its own name."""
    if obj.kind == "Deployment":
        return None if is_masked(obj.name) else f"deployment/{obj.name}"
    metadata = dig(obj.value, "metadata")
    for entry in items(dig(metadata, "ownerReferences")):
        kind, name = text(dig(entry, "kind")), text(dig(entry, "name"))
        if dig(entry, "controller") is not True or dig(entry, "apiVersion") != "apps/v1":
            continue
        if not name or is_masked(name):
            return None
        if kind in ("DaemonSet", "StatefulSet"):
            return f"{kind.lower()}/{name}"
        made, _, ending = name.rpartition("-")
        if kind == "ReplicaSet" and made and ending == dig(metadata, "labels", "pod-template-hash"):
            return f"deployment/{made}"
    return None


def _service_account(obj: K8sObject, spec: Mapping[str, Json]) -> str:
    """Give what a workload runs as; the API server writes it into every pod: there, none was taken out."""
    named = text(spec.get("serviceAccountName")) or text(spec.get("serviceAccount"))
    ran = obj.kind == "Pod" and bool(mapping(obj.value.get("status")))
    return named or (_UNTOLD if ran else "default")


def _running(obj: K8sObject) -> Iterable[tuple[str, datetime]]:
    for status in items(dig(obj.value, "status", "containerStatuses")):
        name, since = text(dig(status, "name")), parse_time(dig(status, "state", "running", "startedAt"))
        if name and since is not None:
            yield name, since


def _terminations(obj: K8sObject) -> Iterable[Termination]:
    """Read how runs of a pod's containers failed that left a message: the one before, or one just over."""
    for kind in ("initContainerStatuses", "containerStatuses"):
        for index, status in enumerate(items(dig(obj.value, "status", kind))):
            for state in ("lastState", "state"):
                ended = dig(status, state, "terminated")
                message = text(dig(ended, "message"))
                if message and dig(ended, "exitCode") != 0:
                    yield Termination(
                        container=text(dig(status, "name")) or "",
                        message=message,
                        finished=parse_time(dig(ended, "finishedAt")),
                        again=parse_time(dig(status, "state", "running", "startedAt")),
                        where=obj.where.at("status", kind, index, state, "terminated", "message"),
                    )


def _containers(spec: Mapping[str, Json], begun: bool | None) -> Iterable[Container]:
    """Read the containers of a pod; ``begun`` tells whether its init containers are through."""
    first = items(spec.get("initContainers"))
    for index, entry in enumerate([*first, *items(spec.get("containers"))]):
        sidecar = dig(entry, "restartPolicy") == "Always"
        env: dict[str, str] = {}
        env_secrets: dict[str, str] = {}
        secret_keys: dict[str, str] = {}
        for variable in items(dig(entry, "env")):
            name = text(dig(variable, "name"))
            value, source = (
                text(dig(variable, "value")),
                text(dig(variable, "valueFrom", "secretKeyRef", "name")),
            )
            if name and value is not None:
                env[name] = value
            elif name and source:
                env_secrets[name] = source
                if key := text(dig(variable, "valueFrom", "secretKeyRef", "key")):
                    secret_keys[name] = key
        mounts: dict[str, str] = {}
        sub_paths: dict[str, str] = {}
        for mount in items(dig(entry, "volumeMounts")):
            volume, place = text(dig(mount, "name")), text(dig(mount, "mountPath"))
            if volume and place:
                mounts[volume] = place
                if part := (text(dig(mount, "subPath")) or "").strip("/"):
                    sub_paths[volume] = part
        env_from = tuple(
            (text(dig(one, "prefix")) or "", source)
            for one in items(dig(entry, "envFrom"))
            if (source := text(dig(one, "secretRef", "name")))
        )
        name = text(dig(entry, "name")) or ""
        through = begun if index < len(first) and not sidecar else False
        yield Container(name, env, env_secrets, mounts, sub_paths, secret_keys, env_from, through)


def _token_volumes(obj: K8sObject, path: tuple[str, ...], volumes: list[Json]) -> Iterable[TokenVolume]:
    for index, volume in enumerate(volumes):
        for number, source in enumerate(items(dig(volume, "projected", "sources"))):
            token = dig(source, "serviceAccountToken")
            name, file = text(dig(volume, "name")), text(dig(token, "path"))
            if not isinstance(token, Mapping) or not name or not file:
                continue
            expiration = token.get("expirationSeconds")
            place: tuple[str | int, ...] = (
                *path,
                "volumes",
                index,
                "projected",
                "sources",
                number,
                "serviceAccountToken",
            )
            yield TokenVolume(
                volume=name,
                audience=text(token.get("audience")),
                path=file,
                expiration=expiration if isinstance(expiration, int) else None,
                where=obj.where.at(*place),
            )


def _secret_volumes(volumes: list[Json]) -> dict[str, str]:
    found = {}
    for volume in volumes:
        name = text(dig(volume, "name"))
        names = [text(dig(volume, "secret", "secretName"))]
        names += [text(dig(s, "secret", "name")) for s in items(dig(volume, "projected", "sources"))]
        if name and (secret_name := next((n for n in names if n), None)):
            found[name] = secret_name
    return found
