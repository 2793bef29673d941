"""ServiceAccounts that sign in by the pod identity webhook, or seem meant to, with their pods."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from analyzer.evidence import kubernetes
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import K8sObject
from analyzer.evidence.values import dig, strings, text
from analyzer.frozen import field, slotted
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.objects import Objects, was_in_cluster
from analyzer.model.joining.webhook_names import ANNOTATION, near_misses
from analyzer.needles import Needles

_OF_THE_WEBHOOK = ("AWS_ROLE_ARN", "eks.amazonaws.com/")
"""What a pod holds that the webhook changed, or was asked to change."""

_TOKEN_VOLUME = "aws-iam-token"  # noqa: S105  (a name)


@slotted
class Account:
    """A ServiceAccount that has, or seems meant to have, a role; ``obj`` is None if it was not gathered."""

    namespace: str
    name: str
    obj: K8sObject | None = None
    pods: list[K8sObject] = field(default_factory=list)

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations, none where it was not gathered."""
        return notes_of(self.obj) if self.obj else {}


def notes_of(obj: K8sObject) -> dict[str, str]:
    """Give an object's annotations, without a role that is empty: to the webhook it is none.

    Charts of Helm write it so where nobody set one (aws/amazon-eks-pod-identity-webhook pkg/handler).
    """
    notes = strings(dig(obj.value, "metadata", "annotations"))
    return {key: value for key, value in notes.items() if key != ANNOTATION or value.strip()}


def accounts_of(chains: Sequence[Chain], evidence: Evidence, objects: Objects) -> list[Account]:
    """Find the ServiceAccounts that have, or seem meant to have, a role by the webhook."""
    found: dict[tuple[str, str], Account] = {}
    for obj in objects.all("ServiceAccount"):
        notes = notes_of(obj)
        if was_in_cluster(obj) and (ANNOTATION in notes or near_misses(notes)):
            found[(obj.namespace, obj.name)] = Account(obj.namespace, obj.name, obj)
    requested = {(c.namespace, name) for c in chains for name in c.service_accounts}
    for pod in _pods(evidence, objects, found):
        key = (pod.namespace, text(dig(pod.value, "spec", "serviceAccountName")) or "default")
        meant = is_mutated(pod) or _names_role(pod)
        if key in found:
            found[key].pods.append(pod)
        elif meant and key not in requested:
            own = objects.one("ServiceAccount", key[1], key[0])
            found[key] = Account(*key, own, [pod])
    return [found[key] for key in sorted(found)]


def _pods(evidence: Evidence, objects: Objects, accounts: Collection[tuple[str, str]]) -> Iterator[K8sObject]:
    """Yield the running pods of these accounts' namespaces, and those elsewhere that speak of a role."""
    needles = Needles(word.encode() for word in _OF_THE_WEBHOOK)
    marked = {raw.namespace for raw in evidence.raw if raw.kind == "Pod" and raw.speaks_of(needles)}
    spaces = marked | {namespace for namespace, _ in accounts}
    words = (*_OF_THE_WEBHOOK, ":role/", *(name for _, name in accounts))
    seen: set[tuple[str, str]] = set()
    for pod in [*evidence.parse_raw(("Pod",), spaces, words=words), *objects.all("Pod")]:
        key = (pod.namespace, pod.name)
        if key in seen or kubernetes.is_over(pod):
            continue
        if kubernetes.workload(pod).cut:  # what the webhook gave it is not known
            evidence.withhold_list(pod)
            continue
        seen.add(key)
        yield pod


def is_mutated(pod: K8sObject) -> bool:
    """Tell a pod with a role in its environment: the webhook gave it, or the pod's own template."""
    return any(
        "AWS_ROLE_ARN" in container.env or "AWS_ROLE_ARN" in container.env_secrets
        for container in kubernetes.workload(pod).containers
    )


def is_by_webhook(pod: K8sObject) -> bool:
    """Tell a pod with a role that has the webhook's own token volume."""
    return is_mutated(pod) and any(t.volume == _TOKEN_VOLUME for t in kubernetes.workload(pod).tokens)


def _names_role(pod: K8sObject) -> bool:
    notes = notes_of(pod)
    return ANNOTATION in notes or bool(near_misses(notes))
