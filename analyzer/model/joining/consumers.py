"""The pods that use a chain's role: by their ServiceAccount, their Secret, or their token and place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from analyzer.evidence import kubernetes
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.records import Container, K8sObject, Workload
from analyzer.model.joining.chain import Chain, brought_by_release, copies_of
from analyzer.model.joining.hosted import deployment_of
from analyzer.model.joining.mounted_tokens import paths_of, signs_in
from analyzer.model.joining.objects import Objects
from analyzer.model.joining.stray_pods import without_strays

_KINDS = ("Pod", "Deployment")


def add_workloads(chains: Collection[Chain], evidence: Evidence, objects: Objects) -> None:
    """Find the pods of each chain; where it has none, its Deployments."""
    by_namespace: dict[str, list[Chain]] = {}
    for chain in chains:
        by_namespace.setdefault(chain.namespace, []).append(chain)
    unclaimed: dict[str, list[Workload]] = {}
    found = _workloads_in(by_namespace, evidence, objects)
    for one in found:
        peers = by_namespace.get(one.namespace, ())  # damage may hide the place
        users = [c for c in peers if uses(one, c)] or [c for c in peers if goes_by(one, c)]
        for chain in users:
            _give(one, chain)
        if not users and signs_in(one) and not (one.debugging or one.over):
            unclaimed.setdefault(one.namespace, []).append(one)
    for namespace, workloads in unclaimed.items():
        _note_strangers(by_namespace.get(namespace, ()), workloads)
    bare = not any(one.controlled and one.kind == "Pod" for one in found)
    for chain in chains:
        _keep_own(chain, bare=bare)


def _workloads_in(
    by_namespace: Mapping[str, Sequence[Chain]], evidence: Evidence, objects: Objects
) -> list[Workload]:
    """Give the pods and Deployments of these namespaces once each; what is there only cut is withheld."""
    words = {
        word
        for peers in by_namespace.values()
        for chain in peers
        for word in (*chain.service_accounts, chain.secret_name)
    }
    words.add("audience")  # of a token that is not for the API server
    found: dict[tuple[str, str, str], Workload] = {}
    torn: list[K8sObject] = []
    kept = (o for kind in _KINDS for o in objects.all(kind) if o.namespace in by_namespace)
    for obj in (*evidence.parse_raw(_KINDS, by_namespace, words=words), *kept):
        one = kubernetes.workload(obj)
        if one.cut:  # neither its token nor its ServiceAccount is known
            torn.append(obj)
        else:
            found.setdefault((obj.kind, obj.namespace, obj.name), one)
    for obj in torn:
        if (obj.kind, obj.namespace, obj.name) not in found:
            evidence.withhold_list(obj)
    return list(found.values())


def _give(found: Workload, chain: Chain) -> None:
    """Note a workload with a chain that it uses; one that ended, or that is for debugging, by name alone."""
    if found.debugging:
        chain.debugged.add(found.name)
    elif found.over:
        chain.ended.add(found.name)
    else:
        chain.workloads.append(found)


def _note_strangers(peers: Sequence[Chain], found: Sequence[Workload]) -> None:
    """Note with the chains of a namespace what signs in there by none of them."""
    # one with credentials of another name has a role of its own
    without = [w for w in found if not any("cred" in name for name in _secrets_of(w))]
    for chain in peers:
        chain.strangers.update(w.name for w in without)
        chain.others_sign_in = not brought_by_release(chain)
    _presume(peers, without)


def _keep_own(chain: Chain, *, bare: bool) -> None:
    """Leave out what somebody started by hand; Deployments count where no pod does, and without pods."""
    workloads = without_strays(chain, bare=bare)
    pods = [w for w in workloads if w.kind == "Pod"]
    running = {deployment_of(pod.name) for pod in pods}
    chain.without_pods = [w for w in workloads if w.kind != "Pod" and w.name not in running]
    chain.workloads = pods or workloads


def _presume(peers: Sequence[Chain], found: list[Workload]) -> None:
    """Take what signs in to AWS in the namespace of an operator for the chain's that nothing there uses.

    It may run as a wrong ServiceAccount, and have another name than the right one (`goes_by`). Users'
    namespaces may hold programs with roles of their own.
    """
    idle = [c for c in peers if not c.workloads and not c.optional and c.consumer is None]
    if found and len(idle) == 1 and brought_by_release(idle[0]):
        idle[0].workloads, idle[0].presumed = found, True


def _secrets_of(found: Workload) -> list[str]:
    """Name the Secrets that a workload mounts or reads values of."""
    read = [name for container in found.containers for name in container.env_secrets.values()]
    return [*found.secret_volumes.values(), *read]


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


def foreign_workloads(chain: Chain) -> list[Workload]:
    """Give the workloads that use the Secret as a ServiceAccount that the request does not name."""
    return [
        found
        for found in chain.workloads
        if found.service_account not in chain.service_accounts
        and not is_masked(found.service_account)
        and (chain.presumed or uses_secret(found, chain.secret_name) or goes_by(found, chain))
    ]


def readers(found: Workload, secret_name: str) -> list[Container]:
    """Give the containers that mount a Secret or a copy of it, or take environment values from one."""
    names = {secret_name, *copies_of(secret_name)}
    volumes = {volume for volume, name in found.secret_volumes.items() if name in names}
    return [
        container
        for container in found.containers
        if volumes & container.mounts.keys() or names & set(container.env_secrets.values())
    ]


def signing_in(found: Workload, secret_name: str) -> Sequence[Container]:
    """Give the containers that read the Secret or have a token for AWS, where any do; else all.

    One beside them may call another service than AWS.
    """
    reading = readers(found, secret_name)
    return [c for c in found.containers if c in reading or paths_of(found, c)] or found.containers


def uses_secret(found: Workload, secret_name: str) -> bool:
    """Tell whether a workload mounts the Secret or takes environment values from it."""
    return secret_name in found.secret_volumes.values() or any(
        secret_name in container.env_secrets.values() for container in found.containers
    )
