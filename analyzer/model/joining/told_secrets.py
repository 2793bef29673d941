"""Secrets that were made by hand for programs without a request, where STS's own answer tells of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from analyzer.evidence import kubernetes
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.logs.classes import ANSWERS_OF_STS
from analyzer.evidence.records import K8sObject, Secret
from analyzer.model.joining.credentials import STATIC_LENGTH
from analyzer.model.joining.mounted_tokens import signs_in
from analyzer.model.joining.objects import Objects, was_in_cluster

_OF_KEYS = (STATIC_LENGTH, STATIC_LENGTH + 1)


def told_secrets(evidence: Evidence, objects: Objects, claimed: Collection[str]) -> Iterator[tuple[str, str]]:
    """Give namespace and name of the Secrets of pods that STS refused, where no chain claims the namespace.

    Such a pod mounts a token for AWS, and a Secret that holds an AWS configuration file alone.
    """
    told: dict[str, set[str]] = {}
    for symptom in evidence.symptoms:
        if (
            symptom.klass in ANSWERS_OF_STS
            and symptom.source == "log"
            and symptom.namespace not in ("", *claimed)
        ):
            told.setdefault(symptom.namespace, set()).add(symptom.pod)
    if not told:
        return
    secrets = [*evidence.parse_raw(("Secret",), told), *_among(objects.all("Secret"), told)]
    live = [kubernetes.secret(obj) for obj in secrets if was_in_cluster(obj)]
    files = {(secret.namespace, secret.name) for secret in live if _may_name_a_role(secret)}
    for namespace in sorted({namespace for namespace, _ in files}):
        for pod in _pods(namespace, told[namespace], evidence, objects):
            if signs_in(found := kubernetes.workload(pod)):
                mounted = [(namespace, name) for name in found.secret_volumes.values()]
                yield from (secret for secret in mounted if secret in files)


def _pods(namespace: str, names: Collection[str], evidence: Evidence, objects: Objects) -> list[K8sObject]:
    """Give the pods of these names: those beside them are not parsed."""
    raw = [pod for name in sorted(names) for pod in evidence.parse_raw(("Pod",), (namespace,), name)]
    return raw + [pod for pod in _among(objects.all("Pod"), (namespace,)) if pod.name in names]


def _among(found: list[K8sObject], places: Collection[str]) -> list[K8sObject]:
    return [obj for obj in found if obj.namespace in places]


def _may_name_a_role(secret: Secret) -> bool:
    """Tell a Secret of one configuration file that is not as long as one with a pair of keys."""
    value = secret.values.get("credentials")
    return value is not None and len(secret.values) == 1 and value.length not in _OF_KEYS
