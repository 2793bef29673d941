"""Pods that sign in by the pod identity webhook: one subject for each ServiceAccount, one for the webhook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from analyzer.engine.facts import Fact, Subject, Unknown
from analyzer.evidence import kubernetes
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.layout import REQUESTS_NAMESPACE
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.origin import Where
from analyzer.evidence.records import K8sObject, Workload
from analyzer.evidence.values import dig, items, mapping, parse_time, strings
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import parse_role_arn
from analyzer.model.joining.cluster import ClusterView, Facts
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import Objects, known, was_in_cluster
from analyzer.model.joining.webhook_accounts import Account, is_by_webhook, is_mutated, notes_of
from analyzer.model.joining.webhook_names import ANNOTATION, SKIP, near_misses
from analyzer.model.workloads.restart import owners, without_owner

WEBHOOK = "pod-identity-webhook"
ROLE = "AWS_ROLE_ARN"

_OVERTAKEN = (
    "they were made before the annotation was changed, or their own template sets AWS_ROLE_ARN, which the "
    "webhook leaves alone"
)

OPT_IN = (
    "af-south-1", "ap-east-", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-", "il-central-1", "me-",
    "mx-central-1",
)  # fmt: skip
"""Regions that an account must switch on: the global STS endpoint's answers do not hold there by default."""


def webhook_subjects(joined: Joined) -> list[Subject]:
    """Give the subjects of the kinds ``webhook`` and ``workload``; none where nothing shows their use."""
    accounts, evidence, objects = joined.accounts, joined.evidence, joined.objects
    view, asks = joined.view, joined.asks
    subjects = []
    ready = _ready(evidence, objects)
    if ready is not None:
        replicas, wanted, where = ready
        more: Facts = {
            "webhook.ready": known(replicas, where.at("status")),
            "webhook.wanted": known(wanted, where.at("spec", "replicas")),
        }
    else:
        more = dict.fromkeys(
            ("webhook.ready", "webhook.wanted"), asks.objects(REQUESTS_NAMESPACE, "deployments")
        )
    if ready is not None or (
        accounts and not view.hosted and not evidence.has_list("Deployment", REQUESTS_NAMESPACE)
    ):
        more["webhook.accounts"] = known([f"{a.namespace}/{a.name}" for a in accounts])
        subjects.append(Subject("webhook", f"{REQUESTS_NAMESPACE}/{WEBHOOK}", view.facts | more, ()))
    down = ready is not None and ready[0] == 0
    for account in accounts:
        facts = view.facts | _facts(account, evidence, objects, view, asks, down=down)
        subjects.append(Subject("workload", f"{account.namespace}/{account.name}", facts, ()))
    return subjects


def _ready(evidence: Evidence, objects: Objects) -> tuple[int, int, Where] | None:
    """Give the webhook's ready and wanted replicas, None where its Deployment was not gathered."""
    found = objects.one("Deployment", WEBHOOK, REQUESTS_NAMESPACE) or next(
        evidence.parse_raw(("Deployment",), (REQUESTS_NAMESPACE,), WEBHOOK), None
    )
    if found is None or not was_in_cluster(found) or dig(found.value, "status") is None:
        return None
    ready = dig(found.value, "status", "readyReplicas")
    wanted = dig(found.value, "spec", "replicas")
    return (
        ready if isinstance(ready, int) else 0,
        wanted if isinstance(wanted, int) else 1,
        found.where,
    )


def _facts(
    account: Account, evidence: Evidence, objects: Objects, view: ClusterView, asks: Asks, *, down: bool
) -> Facts:
    where = account.obj.where if account.obj else (account.pods[0].where if account.pods else None)
    mutated = [pod for pod in account.pods if is_mutated(pod)]
    bare = [pod for pod in account.pods if not is_mutated(pod)]
    near, near_places = _near(account)
    gathered = bool(account.pods) or evidence.has_list("Pod", account.namespace)
    pods: Fact | Unknown = known([p.name for p in account.pods], *(p.where for p in account.pods))
    lacking: Fact | Unknown = known([p.name for p in bare], *(p.where.at("spec") for p in bare))
    annotated = _annotated(account, mutated, evidence, asks)
    other = _other_role(account, mutated)
    names = {*(pod.name for pod in bare), *other}
    remade = [kubernetes.workload(pod) for pod in account.pods if pod.name in names]
    if not gathered:
        pods = lacking = asks.namespace(account.namespace, "pods")
    cause, reason = (None, None)
    if bare:
        cause, reason = _reason(account, bare, objects, down=down)
    elif other:
        cause, reason = "older", _OVERTAKEN
    return {
        "account.name": known(account.name, where),
        "account.namespace": known(account.namespace, where),
        "account.role_arn": known(role_of(account, mutated), where),
        "account.annotated": annotated,
        "account.near": known(near, *near_places),
        "account.annotation_fault": _annotation_fault(account, near, near_places, mutated),
        "account.pods": pods,
        "account.pods_bare": lacking,
        "account.pods_other_role": _pods_of(other, account, pods, asks),
        "account.remake_owners": known(owners(remade)),
        "account.remake_alone": known(without_owner(remade)),
        "account.pods_phrase": known(_phrase([pod.name for pod in bare], other)),
        "account.bare_reason": known(reason, where),
        "account.bare_cause": known(cause, where),
        "account.needs_region": known(
            view.partition != "aws" or view.region.startswith(OPT_IN), derived=True
        ) if view.region else view.facts["cluster.region"],
        "account.pods_without_region": _without_region(mutated) if gathered else pods,
    }  # fmt: skip


def role_of(account: Account, mutated: Sequence[K8sObject]) -> str | None:
    """Give the role of an account: by its annotation, by its pods, else by an annotation that misses it."""
    if arn := account.annotations.get(ANNOTATION):
        return arn
    for pod in mutated:
        for container in kubernetes.workload(pod).containers:
            if arn := container.env.get(ROLE):
                return arn
    on_pods = (notes_of(pod) for pod in account.pods)
    for notes in (account.annotations, *on_pods):
        for key in (ANNOTATION, *near_misses(notes)):
            if key in notes:
                return notes[key].strip()
    return None


def _annotation_fault(
    account: Account, near: list[str], places: list[Where], mutated: Sequence[K8sObject]
) -> Fact:
    """Say what is wrong with the annotation as one phrase: another name or place, or no ARN of a role."""
    if near:
        return known(f"the webhook does not see a role that is written as {', '.join(near)}", *places)
    value = account.annotations.get(ANNOTATION)
    given = [arn for pod in mutated for c in kubernetes.workload(pod).containers if (arn := c.env.get(ROLE))]
    if account.obj is None or value is None or is_masked(value) or any(map(parse_role_arn, (value, *given))):
        return known(None)
    fault = f"its {ANNOTATION} is {value}, which is no ARN of a role, and STS takes no other"
    return known(fault, account.obj.where.at("metadata", "annotations", ANNOTATION))


def _annotated(
    account: Account, mutated: Sequence[K8sObject], evidence: Evidence, asks: Asks
) -> Fact | Unknown:
    if account.obj is not None:
        return known(ANNOTATION in account.annotations, account.obj.where.at("metadata", "annotations"))
    given = [pod.where for pod in mutated if is_by_webhook(pod)]
    if given:
        return known(True, *given[:1], derived=True)
    if account.name in evidence.seen("ServiceAccount", account.namespace):
        # it was read past, since no annotation of it speaks of AWS
        return known(False)
    return asks.objects(account.namespace, f"serviceaccounts/{account.name}")


def _near(account: Account) -> tuple[list[str], list[Where]]:
    """Name the annotations that miss the real one: by a letter, or by standing on the pod."""
    found: list[str] = []
    places: list[Where] = []
    if account.obj and ANNOTATION not in account.annotations:
        for key in near_misses(account.annotations):
            found.append(f"{key} on ServiceAccount {account.name}")
            places.append(account.obj.where.at("metadata", "annotations", key))
    if ANNOTATION in account.annotations:
        return found, places
    for pod in account.pods:
        notes = notes_of(pod)
        keys = [key for key in (ANNOTATION, *near_misses(notes)) if key in notes]
        if keys and not is_mutated(pod):
            found.append(f"{keys[0]} on pod {pod.name}")
            places.append(pod.where.at("metadata", "annotations", keys[0]))
    return found, places


def _without_region(mutated: Sequence[K8sObject]) -> Fact:
    lacking = [pod for pod in mutated if not _has_region(kubernetes.workload(pod))]
    return known([pod.name for pod in lacking], *(pod.where.at("spec") for pod in lacking))


def _has_region(found: Workload) -> bool:
    names = {"AWS_REGION", "AWS_DEFAULT_REGION"}
    return all(
        names & (set(container.env) | set(container.env_secrets))
        for container in found.containers
        if "AWS_ROLE_ARN" in container.env
    )


def _other_role(account: Account, mutated: Sequence[K8sObject]) -> dict[str, str]:
    """Give the pods whose role is not the annotation's, by name, each with the role that it has."""
    wanted = account.annotations.get(ANNOTATION, "").strip()
    found = {}
    for pod in mutated if wanted else ():
        roles = (c.env.get("AWS_ROLE_ARN", "").strip() for c in kubernetes.workload(pod).containers)
        if role := next((role for role in roles if role and role != wanted), None):
            found[pod.name] = role
    return found


def _phrase(bare: Sequence[str], other: dict[str, str]) -> str | None:
    parts = [f"these of its pods have no AWS_ROLE_ARN: {', '.join(bare)}"] if bare else []
    for role in sorted(set(other.values())):
        names = ", ".join(name for name, own in other.items() if own == role)
        parts.append(f"these of its pods have the role {role}: {names}")
    return "; ".join(parts) or None


def _pods_of(other: dict[str, str], account: Account, pods: Fact | Unknown, asks: Asks) -> Fact | Unknown:
    """Give those pods as a fact: it takes the pods and the ServiceAccount to know them."""
    if isinstance(pods, Unknown):
        return pods
    if account.obj is None and account.pods:
        return asks.objects(account.namespace, f"serviceaccounts/{account.name}")
    return known(list(other), *(p.where.at("spec") for p in account.pods if p.name in other))


def _reason(account: Account, bare: Sequence[K8sObject], objects: Objects, *, down: bool) -> tuple[str, str]:
    """Say why the webhook left pods alone, as far as the bundle shows it: in a word, and as a phrase."""
    space = objects.one("Namespace", account.namespace)
    labels = strings(dig(space.value, "metadata", "labels")) if space else {}
    if labels.get("openshift.io/run-level") == "0":
        return "run-level", "the namespace has run-level 0, which the webhook leaves out"
    if any(SKIP in notes_of(pod) for pod in bare):
        return "skipped", f"the annotation {SKIP} leaves containers out"
    since = _annotated_since(account)
    started = [parse_time(dig(pod.value, "metadata", "creationTimestamp")) for pod in bare]
    if since and all(when is not None and when < since for when in started):
        return "older", "the pods were made before the ServiceAccount got its annotation"
    if down:
        return "down", "the webhook has no ready replica, and then pods are made without it"
    likely = "most likely the pods were made before the annotation, or while the webhook was away"
    return "unknown", likely


def _annotated_since(account: Account) -> datetime | None:
    """The time at which the annotation was set at the earliest: its managed field's, else the birth."""
    if account.obj is None:
        return None
    for entry in items(dig(account.obj.value, "metadata", "managedFields")):
        notes = mapping(dig(entry, "fieldsV1", "f:metadata", "f:annotations"))
        if f"f:{ANNOTATION}" in notes and len(notes) <= 2 and (when := parse_time(dig(entry, "time"))):
            return when
    return parse_time(dig(account.obj.value, "metadata", "creationTimestamp"))
