"""Chains: one for each CredentialsRequest that AWS must serve, joined with its Secret and its pods."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import field

from analyzer.evidence import kubernetes
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.layout import REQUESTS_NAMESPACE
from analyzer.evidence.origin import Where
from analyzer.evidence.records import CredentialsRequest, K8sObject, Secret, SecretValue, Workload
from analyzer.evidence.values import text
from analyzer.frozen import slotted
from analyzer.model.joining.credentials import STATIC_LENGTH, Credentials, read_credentials
from analyzer.model.joining.hosted import CONSUMERS, Consumer, Hosted, deployment_of, is_told_of
from analyzer.model.joining.mounted_tokens import USUAL_AUDIENCES, aws_tokens
from analyzer.model.joining.objects import Objects, was_in_cluster
from analyzer.model.joining.release_profile import CORE_NAMESPACES, Enabled, is_of_profile, names_release
from analyzer.model.joining.releases import CAPABILITY
from analyzer.patterns import later

READ_ONLY_REQUEST = "cloud-credential-operator-iam-ro"
"""The credential operator's own request: nothing uses it in Manual mode."""
READ_ONLY_SECRET = f"{REQUESTS_NAMESPACE}/cloud-credential-operator-iam-ro-creds"
"""Its Secret in every release (its request was not gathered with all bundles)."""

COPIES = {"image-registry-private-configuration": "installer-cloud-credentials"}
"""Secrets that an operator copies from another of its namespace: no consumer of their own."""

_LABEL = later(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
DELETE = "release.openshift.io/delete"


@slotted
class Chain:
    """One consumer of one role, as far as the evidence joins.

    ``secret`` is None where none was seen; ``credentials`` where its value cannot be read.
    ``in_cluster`` and ``in_release`` are the request's two sources, either may be None.
    """

    namespace: str
    secret_name: str
    in_cluster: CredentialsRequest | None = None
    in_release: CredentialsRequest | None = None
    secret: Secret | None = None
    length: int | None = None
    credentials: Credentials | None = None
    credentials_where: Where | None = None
    workloads: list[Workload] = field(default_factory=list)
    presumed: bool = False
    """Whether its workloads are taken for its own by their token and namespace alone."""
    hosted_role: tuple[str, Where] | None = None
    """The role that the hosted cluster's own object names for it, and where."""
    consumer: Consumer | None = None
    """What uses its role outside the guest, where the control plane is hosted."""
    pods_outside: frozenset[str] = frozenset()
    """The pods there that left a log."""
    gated: str | None = None
    """The resource that would tell whether the capability or feature that asks for it is on."""
    left_over: bool = False
    """Whether nothing needs its request any more: its operator is gone, or its release deletes it."""
    webhook_account: str | None = None
    """The ServiceAccount of a chain that the pod identity webhook serves: it has no request and no Secret."""

    @property
    def id(self) -> str:
        """Stable id: ``<namespace>/<secret>``."""
        return f"{self.namespace}/{self.secret_name}"

    @property
    def request(self) -> CredentialsRequest | None:
        """The request in the cluster, else the release's."""
        return self.in_cluster or self.in_release

    @property
    def service_accounts(self) -> tuple[str, ...]:
        """The ServiceAccounts that the request names."""
        if self.webhook_account is not None:
            return (self.webhook_account,)
        if self.request is None and self.consumer is not None:
            return self.consumer.accounts
        return self.request.service_accounts if self.request else ()

    @property
    def subjects(self) -> list[str]:
        """The sub claims that their tokens carry."""
        return [f"system:serviceaccount:{self.namespace}:{name}" for name in self.service_accounts]

    @property
    def of_control_plane(self) -> bool:
        """Whether a hosted control plane alone uses its role: the guest has neither request nor Secret."""
        return self.consumer is not None and self.consumer.is_of_control_plane

    @property
    def secret_outside(self) -> bool:
        """Whether its Secret is in the control plane's namespace alone, as far as is seen."""
        return self.consumer is not None and not self.consumer.has_secret and self.secret is None

    @property
    def optional(self) -> bool:
        """Whether nothing uses it: it is left over, or only of use in other modes than Manual."""
        if self.request is None:
            return self.left_over or self.id == READ_ONLY_SECRET
        return self.left_over or self.request.name == READ_ONLY_REQUEST

    @property
    def static_keys(self) -> bool | None:
        """Whether the Secret holds long-lived keys; None without a Secret."""
        if self.secret is None:
            return None
        keys = self.secret.values
        if self.credentials is not None:
            return self.credentials.static or ("aws_access_key_id" in keys and "credentials" not in keys)
        return "aws_access_key_id" in keys or (self.length == STATIC_LENGTH and "credentials" in keys)

    @property
    def sts_shaped(self) -> bool:
        """Whether the Secret has a credentials value and no long-lived keys."""
        return self.secret is not None and "credentials" in self.secret.values and self.static_keys is False


def join_chains(
    evidence: Evidence, objects: Objects, enabled: Enabled, hosted: Hosted | None, *, guest: bool
) -> list[Chain]:
    """Join requests, Secrets and workloads into chains, sorted by id.

    To those of a hosted ``guest`` come the roles that its management cluster names, and what uses a role
    outside it, or inside without a request, and left a log or a Secret here.
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
    untold = objects.one("ClusterVersion", "version") is None
    for chain in chains.values():
        release = chain.in_release if chain.in_cluster is None else None
        if untold and release is not None and CAPABILITY in release.annotations:
            chain.gated = "clusterversions.config.openshift.io"
        if not chain.of_control_plane:
            _add_secret(chain, evidence, objects)
    _add_workloads([c for c in chains.values() if not c.of_control_plane], evidence, objects)
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
    if in_cluster is None and not brought:
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


def brought_by_release(chain: Chain) -> bool:
    """Tell whether a release brings a chain's request, as its annotations or its name say."""
    return any(r is not None and names_release(r) for r in (chain.in_release, chain.in_cluster))


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


def speaks_for(elided: SecretValue | None, readable: SecretValue) -> bool:
    """Tell whether a manifest speaks for the cluster's Secret: if their lengths agree, a newline aside."""
    if elided is None or elided.length is None or readable.length is None:
        return True
    return abs(elided.length - readable.length) <= 1


def _add_workloads(chains: Collection[Chain], evidence: Evidence, objects: Objects) -> None:
    by_namespace: dict[str, list[Chain]] = {}
    for chain in chains:
        by_namespace.setdefault(chain.namespace, []).append(chain)
    words = {word for chain in chains for word in (*chain.service_accounts, chain.secret_name)}
    words.add("audience")  # of a token that is not for the API server
    parsed = list(evidence.parse_raw(("Pod", "Deployment"), by_namespace, words=words)) + [
        obj for kind in ("Pod", "Deployment") for obj in objects.all(kind) if obj.namespace in by_namespace
    ]
    seen: set[tuple[str, str, str]] = set()
    unclaimed: dict[str, list[Workload]] = {}
    for obj in parsed:
        if (obj.kind, obj.namespace, obj.name) in seen:
            continue
        found = kubernetes.workload(obj)
        if found.cut:  # neither its token nor its ServiceAccount is known
            continue
        seen.add((obj.kind, obj.namespace, obj.name))
        if found.phase in ("Succeeded", "Failed"):
            continue
        peers = by_namespace.get(obj.namespace, ())  # damage may hide the place
        users = [c for c in peers if uses(found, c)] or [c for c in peers if goes_by(found, c)]
        for chain in users:
            chain.workloads.append(found)
        if not users and signs_in(found):
            unclaimed.setdefault(obj.namespace, []).append(found)
    for namespace, workloads in unclaimed.items():
        _presume(by_namespace.get(namespace, ()), workloads)
    for chain in chains:
        pods = [w for w in chain.workloads if w.kind == "Pod"]
        chain.workloads = pods or chain.workloads


def _presume(peers: Sequence[Chain], unclaimed: list[Workload]) -> None:
    """Take what signs in to AWS in the namespace of an operator for the chain's that nothing there uses.

    It may run as a wrong ServiceAccount, and have another name than the right one (`goes_by`). Users'
    namespaces may hold programs with roles of their own.
    """
    idle = [c for c in peers if not c.workloads and not c.optional and c.consumer is None]
    found = [w for w in unclaimed if not any("cred" in name for name in _secrets_of(w))]
    if found and len(idle) == 1 and brought_by_release(idle[0]):
        idle[0].workloads, idle[0].presumed = found, True


def _secrets_of(found: Workload) -> list[str]:
    """Name the Secrets that a workload mounts or reads values of."""
    read = [name for container in found.containers for name in container.env_secrets.values()]
    return [*found.secret_volumes.values(), *read]


def copies_of(secret_name: str) -> tuple[str, ...]:
    """Name the Secrets that are made as copies of one."""
    return tuple(copy for copy, original in COPIES.items() if original == secret_name)


def uses(found: Workload, chain: Chain) -> bool:
    """Tell whether a workload is a consumer of a chain: by its ServiceAccount, or by using the Secret."""
    return found.service_account in chain.service_accounts or uses_secret(found, chain.secret_name)


def goes_by(found: Workload, chain: Chain) -> bool:
    """Tell a workload that signs in and has the name of one of the request's ServiceAccounts.

    An operator that reads its Secret by the API is known by its ServiceAccount, and may run as a wrong one.
    """
    if not signs_in(found) or any("cred" in name for name in _secrets_of(found)):
        return False
    name = found.name if found.kind == "Deployment" else deployment_of(found.name)
    return name in chain.service_accounts


def signs_in(found: Workload) -> bool:
    """Tell a workload with a mounted token for AWS that is not served by the pod identity webhook."""
    tokens = {t.volume for t in aws_tokens(found) if t.audience in USUAL_AUDIENCES}
    return any(tokens & set(c.mounts) and "AWS_ROLE_ARN" not in c.env for c in found.containers)


def uses_secret(found: Workload, secret_name: str) -> bool:
    """Tell whether a workload mounts the Secret or takes environment values from it."""
    return secret_name in found.secret_volumes.values() or any(
        secret_name in container.env_secrets.values() for container in found.containers
    )


def condition(request: CredentialsRequest | None, kind: str) -> tuple[str, Where] | None:
    """Give message and place of a condition that is true, None where it is not."""
    for index, entry in enumerate(request.conditions if request else ()):
        if entry.get("type") == kind and entry.get("status") == "True":
            assert request is not None  # noqa: S101  (it has conditions)
            return text(entry.get("message")) or "", request.where.at("status", "conditions", index)
    return None
