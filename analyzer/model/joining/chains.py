"""Chains: one for each CredentialsRequest that AWS must serve, joined with its Secret and its pods."""

from __future__ import annotations

from collections.abc import Collection

from analyzer.evidence import kubernetes
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.layout import REQUESTS_NAMESPACE
from analyzer.evidence.records import CredentialsRequest, K8sObject, SecretValue
from analyzer.model.joining.chain import COPIES, Chain
from analyzer.model.joining.consumers import add_workloads
from analyzer.model.joining.credentials import read_credentials
from analyzer.model.joining.hosted import CONSUMERS, Hosted, deployment_of, is_told_of
from analyzer.model.joining.objects import Objects, was_in_cluster
from analyzer.model.joining.release_profile import (
    CORE_NAMESPACES,
    Enabled,
    hangs_on_topology,
    hides_needs,
    is_of_profile,
    names_release,
)
from analyzer.model.joining.releases import CAPABILITY
from analyzer.model.joining.told_secrets import told_secrets
from analyzer.patterns import later

_LABEL = later(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
DELETE = "release.openshift.io/delete"


def join_chains(
    evidence: Evidence,
    objects: Objects,
    enabled: Enabled,
    hosted: Hosted | None,
    *,
    guest: bool,
    manual: bool = False,
) -> list[Chain]:
    """Join requests, Secrets and workloads into chains, sorted by id.

    To those of a hosted ``guest`` come the roles that its management cluster names, and what uses a role
    outside it, or inside without a request, and left a log or a Secret here. In ``manual`` mode users make
    Secrets for STS by hand too.
    """
    chains: dict[str, Chain] = {}
    for obj in objects.all("CredentialsRequest"):
        if obj.namespace not in (REQUESTS_NAMESPACE, "") and not was_in_cluster(obj):
            continue
        released = _copy(objects, obj, in_cluster=False)
        if released and not (_is_brought(released, objects) and may_be_here(released, evidence)):
            released = None
        _add_request(chains, _copy(objects, obj, in_cluster=True), released, enabled)
    requested = any(obj.namespace in (REQUESTS_NAMESPACE, "") for obj in objects.all("CredentialsRequest"))
    _add_orphans(chains, objects, of_core_alone=requested)
    _add_outside(chains, evidence, hosted, guest=guest)
    claimed = {chain.namespace for chain in chains.values()}
    for namespace, name in told_secrets(evidence, objects, claimed) if manual else ():
        chains.setdefault(f"{namespace}/{name}", Chain(namespace, name))
    untold = objects.one("ClusterVersion", "version") is None
    for chain in chains.values():
        release = chain.in_release if chain.in_cluster is None else None
        if untold and release is not None and CAPABILITY in release.annotations:
            chain.gated = "clusterversions.config.openshift.io"
        elif release is not None and hangs_on_topology(release.annotations, objects):
            chain.gated = "infrastructures.config.openshift.io"
        if not chain.of_control_plane:
            _add_secret(chain, evidence, objects)
    _withhold_emptied(chains.values())
    add_workloads([c for c in chains.values() if not c.of_control_plane], evidence, objects)
    return [chains[key] for key in sorted(chains) if not _is_gated_off(chains[key], evidence, enabled)]


def _add_outside(chains: dict[str, Chain], evidence: Evidence, hosted: Hosted | None, *, guest: bool) -> None:
    for consumer in CONSUMERS if guest else ():
        told = {log.pod for log in evidence.log_files if log.namespace == consumer.namespace}
        names = (consumer.deployment, *consumer.quoting)
        pods = frozenset(pod for pod in told if deployment_of(pod) in names)
        has_secret = consumer.secret in evidence.seen("Secret", consumer.namespace)
        if consumer.id in chains or pods or has_secret or is_told_of(consumer, hosted):
            chain = chains.setdefault(consumer.id, Chain(consumer.namespace, consumer.secret))
            chain.consumer, chain.pods_outside = consumer, pods
            chain.hosted_role = hosted.find(*consumer.path) if hosted else None


def _is_gated_off(chain: Chain, evidence: Evidence, enabled: Enabled) -> bool:
    """Tell a request of a feature or capability that is off, though it was applied, say by hand.

    Where a capability is on, the cluster has the Secret's namespace, which the operator's bundle holds.
    """
    request = chain.in_cluster
    if request is None or chain.secret is not None:
        return False
    features = enabled.has_features(request.annotations)
    if features is False:
        return True
    gathered = any(key[2] == chain.namespace for key in evidence.listed)
    if gathered or chain.namespace in evidence.seen("Namespace", ""):
        return False
    if features is None:
        chain.gated = "featuregates.config.openshift.io"
    return not enabled.has_capability(request.annotations)


def _copy(objects: Objects, obj: K8sObject, *, in_cluster: bool) -> CredentialsRequest | None:
    copies = [c for c in objects.copies(obj.kind, obj.name, obj.namespace) if was_in_cluster(c) is in_cluster]
    return kubernetes.credentials_request(copies[-1], release=not in_cluster) if copies else None


def _add_request(
    chains: dict[str, Chain],
    in_cluster: CredentialsRequest | None,
    in_release: CredentialsRequest | None,
    enabled: Enabled,
) -> None:
    request = in_cluster or in_release
    if request is None or not request.secret_namespace or not request.secret_name:
        return
    if request.provider_kind != "AWSProviderSpec" or request.annotations.get(DELETE) == "true":
        return
    held = {c.get("type") for c in request.conditions if c.get("status") == "True"}
    if "Ignored" in held or ("StaleCredentials" in held and in_release is None):
        # nothing asks for the Secret of a request that was left behind
        return
    brought = enabled.has_capability(request.annotations) and enabled.has_features(request.annotations)
    if in_cluster is None and (not brought or hides_needs(request.annotations)):
        # what a bundle does not tell of features is taken for the default, in which such a request is off
        return
    chain_id = f"{request.secret_namespace}/{request.secret_name}"
    chain = chains.setdefault(chain_id, Chain(request.secret_namespace, request.secret_name))
    chain.in_cluster = chain.in_cluster or in_cluster
    chain.in_release = chain.in_release or in_release


def _is_brought(request: CredentialsRequest, objects: Objects) -> bool:
    """Tell whether a cluster of this kind has a release's request, or its Secret at least.

    What hosts a guest makes the Secret of the storage driver there, whose request the guest leaves out.
    """
    secrets = objects.copies("Secret", request.secret_name, request.secret_namespace)
    return is_of_profile(request.annotations, objects) or any(was_in_cluster(secret) for secret in secrets)


def may_be_here(request: CredentialsRequest, evidence: Evidence) -> bool:
    """Tell whether a request that was handed in may be the cluster's: a release's, or with a Secret there.

    That of an operator which users install may be for a cluster where it is not, and be a template.
    """
    namespace, name = request.secret_namespace or "", request.secret_name or ""
    if names_release(request) or name in evidence.seen("Secret", namespace):
        return True
    if not (_LABEL.fullmatch(namespace) and _LABEL.fullmatch(name)) or evidence.has_list("Secret", namespace):
        return False
    return not evidence.has_list("Namespace", "") or namespace in evidence.seen("Namespace", "")


def _add_orphans(chains: dict[str, Chain], objects: Objects, *, of_core_alone: bool) -> None:
    """Without any request, the Secrets of STS shape are what shows the consumers.

    Where other requests were read, they show those of every release (``of_core_alone``) that none is for.
    """
    claimed = {chain.namespace for chain in chains.values()}
    for obj in objects.all("Secret"):
        record = kubernetes.secret(obj)
        if of_core_alone and (obj.namespace not in CORE_NAMESPACES or obj.namespace in claimed):
            continue
        if set(record.values) == {"credentials"} and obj.name not in COPIES and was_in_cluster(obj):
            chains.setdefault(f"{obj.namespace}/{obj.name}", Chain(obj.namespace, obj.name))


def _add_secret(chain: Chain, evidence: Evidence, objects: Objects) -> None:
    found = objects.copies("Secret", chain.secret_name, chain.namespace)
    found = found or list(evidence.parse_raw(("Secret",), (chain.namespace,), chain.secret_name))
    found = [c for c in found if isinstance(c.value.get("data"), dict | None)]  # none with a mask over it
    copies = [kubernetes.secret(c) for c in found]
    if not copies:
        return
    live = [c for c in found if was_in_cluster(c)]
    chain.secret = kubernetes.secret(live[-1]) if live else None
    value = chain.secret.values.get("credentials") if chain.secret else None
    chain.length = value.length if value else None
    for record in reversed(copies):
        readable = record.values.get("credentials")
        if readable is None or readable.text is None or readable.masked or not speaks_for(value, readable):
            continue
        chain.secret = chain.secret or record
        chain.length = len(readable.text.encode())
        chain.credentials = read_credentials(readable.text)
        chain.credentials_where = record.at("credentials")
        return
    chain.secret = chain.secret or copies[-1]
    if chain.length is None:
        elided = chain.secret.values.get("credentials")
        chain.length = elided.length if elided else None


def _withhold_emptied(chains: Collection[Chain]) -> None:
    """Take Secrets for not read where none of them has a key: what gathered or cleaned them took all data."""
    if any(chain.secret is not None and chain.secret.values for chain in chains):
        return
    for chain in chains:
        chain.secret = None


def speaks_for(elided: SecretValue | None, readable: SecretValue) -> bool:
    """Tell whether a manifest speaks for the cluster's Secret: if their lengths agree, a newline aside.

    The cluster's may have one at its end that the manifest has not, or lack one: a name that is longer
    by a letter is no newline.
    """
    if elided is None or elided.length is None or readable.length is None:
        return True
    if readable.text is None:
        return abs(elided.length - readable.length) <= 1
    bare = len(readable.text.rstrip("\n").encode())
    return elided.length in (readable.length, bare, bare + 1)
