"""Which cluster a run judges where inputs describe hosted ones: the management cluster, or one of its guests.

A guest's operators run in the management cluster, in the namespace of its control plane. Of what was gathered
there, that namespace's logs and the objects that describe the guest are the guest's; all else is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from analyzer.errors import UsageProblem
from analyzer.evidence.gathered import Evidence, Problem
from analyzer.evidence.masks.shapes import is_stand_in
from analyzer.evidence.records import LogFile, RoleRecord, Symptom
from analyzer.evidence.values import dig, text
from analyzer.frozen import frozen, replace
from analyzer.model.joining.aws import without_scheme
from analyzer.model.joining.binding import (
    Identity,
    clusters_of,
    gather_of,
    heaviest,
    left_out,
    only_one_cluster,
    without_roots,
)
from analyzer.model.joining.hosted import (
    CONSUMERS,
    GROUP,
    KINDS,
    Hosted,
    consumer_of_log,
    folder_of,
    hosted_clusters,
)
from analyzer.model.joining.roles import trusted_issuers

_Logged = TypeVar("_Logged", LogFile, Symptom)


@frozen
class Choice:
    """The evidence of one cluster, what was left out, and what is told of it as a hosted one.

    ``beside`` are the hosted clusters that are not judged. ``belongs`` tells that what else was gathered is
    of the management cluster of the one that is judged, so that the inputs belong together.
    """

    evidence: Evidence
    left: list[Problem]
    hosted: Hosted | None = None
    beside: tuple[Hosted, ...] = ()
    belongs: bool = False


def choose_cluster(evidence: Evidence, wanted: str | None = None) -> Choice:
    """Keep what belongs to one cluster: the one asked for, else the one that the inputs are about.

    That is the guest where a bundle of its own is there, alone or beside its management cluster's, where
    nothing but it is told of, or where the exports are of its roles. Raises UsageProblem where the one asked
    for is not there.
    """
    hosted = hosted_clusters(evidence.objects)
    if not hosted:
        kept, left = only_one_cluster(evidence, wanted)
        return Choice(_with_logs_outside(kept), left)
    clusters = clusters_of(evidence.objects)
    issuers = [_issuers(cluster, evidence) for cluster in clusters]
    bundles = [_bundle_of(one, clusters, issuers) for one in hosted]
    if wanted:
        at = _asked_for(wanted, hosted, clusters, bundles)
    else:
        at = _evident(hosted, clusters, bundles, evidence)
        if at is None and not any(bundles):
            at = _exported(hosted, {issuer for known in issuers for issuer in known}, evidence)
    if at is None:
        return _of_no_guest(evidence, wanted, hosted)
    one, own = hosted[at], bundles[at]
    others = [cluster for cluster in clusters if cluster is not own]
    manage = [cluster for cluster in others if _manages(cluster, one)]
    notes = left_out(others if wanted else manage)
    return Choice(
        _guest_of(_parts_of(evidence, one, own, others), one.namespace),
        notes,
        replace(one, has_all_pools=evidence.has_list("NodePool", one.space or "")),
        tuple(other for other in hosted if other is not one),
        len(manage) == len(others),
    )


def _asked_for(
    wanted: str, hosted: Sequence[Hosted], clusters: Sequence[Identity], bundles: Sequence[Identity | None]
) -> int | None:
    """Find the hosted cluster that was asked for by id, infrastructure name or name; None for another one."""
    named = next((c for c in clusters if wanted in (c.id, c.infra)), None)
    if named is not None:
        return next((at for at, own in enumerate(bundles) if own is named), None)
    found = [at for at, one in enumerate(hosted) if wanted in (one.id, one.infra)]
    found = found or [at for at, one in enumerate(hosted) if wanted == one.name]
    if len(found) == 1:
        return found[0]
    known = ", ".join([c.phrase for c in clusters] + [one.phrase for one in hosted])
    word = "more than one cluster" if found else "no cluster"
    raise UsageProblem(f"the inputs hold {word} {wanted!r}", do=f"Clusters in them: {known}")


def _evident(
    hosted: Sequence[Hosted],
    clusters: Sequence[Identity],
    bundles: Sequence[Identity | None],
    evidence: Evidence,
) -> int | None:
    """Find the hosted cluster that the inputs are about; None where they are about another, or several."""
    if not clusters:
        return 0 if len(hosted) == 1 else None
    there = [at for at, own in enumerate(bundles) if own is not None]
    others = [c for c in clusters if not any(c is own for own in bundles)]
    if len(there) == 1 and all(_manages(c, hosted[there[0]]) for c in others):
        return there[0]
    most = heaviest(clusters, evidence)
    return next((at for at in there if bundles[at] is most), None)


def _exported(hosted: Sequence[Hosted], others: Collection[str], evidence: Evidence) -> int | None:
    """Find the one hosted cluster whose roles were exported; None where another cluster's were too.

    ``others`` are the issuers of the clusters whose bundles are there.
    """
    roles = [role for role in evidence.of(RoleRecord) if not role.planned]
    trusted = {url for role in roles for url in trusted_issuers(role.trust)}
    if trusted & {without_scheme(issuer) for issuer in others}:
        return None
    arns = {role.arn for role in roles if role.arn}
    found = [
        at
        for at, one in enumerate(hosted)
        if any((named := one.find(*consumer.path)) and named[0] in arns for consumer in CONSUMERS)
    ]
    return found[0] if len(found) == 1 else None


def _bundle_of(
    one: Hosted, clusters: Sequence[Identity], issuers: Sequence[Collection[str]]
) -> Identity | None:
    """Find the cluster that bundles tell of and that a hosted one is: what both tell first decides."""
    for cluster, known in zip(clusters, issuers, strict=True):
        for ours, theirs in ((one.id, cluster.id), (one.infra, cluster.infra)):
            if ours and theirs:
                if ours == theirs:
                    return cluster
                break
        else:
            if one.issuer in known:
                return cluster
    return None


def _issuers(cluster: Identity, evidence: Evidence) -> set[str]:
    told = {
        text(dig(obj.value, "spec", "serviceAccountIssuer"))
        for obj in evidence.objects
        if obj.kind == "Authentication" and obj.root in cluster.roots
    }
    return {issuer for issuer in told if issuer and not is_stand_in(issuer)}


def _manages(cluster: Identity, one: Hosted) -> bool:
    """Tell whether what describes a hosted cluster was gathered from this one."""
    return any(obj.root in cluster.roots for obj in one.objects)


def _of_no_guest(evidence: Evidence, wanted: str | None, hosted: Sequence[Hosted]) -> Choice:
    """Keep what is of a cluster that is none of the hosted ones, and nothing of those."""
    rest = without_roots(evidence, {root for root in _roots(evidence) if folder_of(root)})
    rest = replace(rest, objects=[o for o in rest.objects if not (o.kind in KINDS and o.group == GROUP)])
    kept, left = only_one_cluster(rest, wanted)
    return Choice(kept, left, None, tuple(hosted))


def _roots(evidence: Evidence) -> set[str]:
    roots = {f"{entry.id}:{root}" for entry in evidence.inputs for root in entry.roots}
    return roots | {obj.root for obj in evidence.objects}


def _parts_of(evidence: Evidence, one: Hosted, own: Identity | None, others: Sequence[Identity]) -> Evidence:
    """Keep what is of one hosted cluster: its own bundle, what describes it, and its control plane's logs."""
    rest = without_roots(evidence, _foreign_roots(evidence, one, own, others))
    ids = {id(obj) for obj in (*one.objects, *one.pools)}
    return replace(
        rest,
        objects=[o for o in rest.objects if not (o.kind in KINDS and o.group == GROUP)]
        + [o for o in evidence.objects if id(o) in ids],
        log_files=_with_those_of(one, rest.log_files, evidence.log_files),
        symptoms=tuple(_with_those_of(one, rest.symptoms, evidence.symptoms)),
        times=evidence.times,
    )


def _foreign_roots(
    evidence: Evidence, one: Hosted, own: Identity | None, others: Sequence[Identity]
) -> set[str]:
    """Name the bundle roots that are not the guest's: other clusters', and those that describe it.

    What one gather made is of one cluster, also a root of it that tells nothing itself.
    """
    ours = own.roots if own else frozenset()
    foreign = {root for cluster in others for root in cluster.roots}
    foreign |= {obj.root for obj in (*one.objects, *one.pools)} - ours
    made = {gather_of(root, evidence.times) for root in foreign}
    made -= {None, *(gather_of(root, evidence.times) for root in ours)}
    roots = _roots(evidence)
    foreign |= {root for root in roots if gather_of(root, evidence.times) in made}
    foreign |= {root for root in roots if folder_of(root) is not None}
    return foreign - ours - {root for root in roots if folder_of(root) == one.name}


def _with_those_of(one: Hosted, kept: Sequence[_Logged], every: Sequence[_Logged]) -> list[_Logged]:
    """Add what was gathered of the control plane's namespace."""
    ids = {id(found) for found in kept}
    return [found for found in every if id(found) in ids or found.namespace == one.namespace]


def _guest_of(evidence: Evidence, namespace: str) -> Evidence:
    """Take the logs of the control plane's namespace for what they are: those of the guest's operators."""
    return replace(
        evidence,
        log_files=[_in_guest(file, namespace) for file in evidence.log_files],
        symptoms=tuple(_in_guest(symptom, namespace) for symptom in evidence.symptoms),
    )


def _in_guest(found: _Logged, namespace: str) -> _Logged:
    consumer = consumer_of_log(found.pod, found.container) if found.namespace == namespace else None
    return replace(found, namespace=consumer.namespace) if consumer else found


def _with_logs_outside(evidence: Evidence) -> Evidence:
    """Tie the logs of a control plane to a guest beside which nothing tells whose they are.

    There must be one control plane alone, or one that bears the cluster's name, and none of its errors may
    name another issuer than the guest's.
    """
    infra = next((o for o in evidence.objects if o.kind == "Infrastructure" and o.name == "cluster"), None)
    if infra is None or text(dig(infra.value, "status", "controlPlaneTopology")) != "External":
        return evidence
    planes = _control_planes(evidence.log_files)
    if len(planes) > 1:
        name = (text(dig(infra.value, "status", "infrastructureName")) or "").rpartition("-")[0]
        planes = {plane for plane in planes if name and plane.endswith(f"-{name}")}
    if len(planes) != 1:
        return evidence
    (plane,) = planes
    own = {
        text(dig(o.value, "spec", "serviceAccountIssuer"))
        for o in evidence.objects
        if o.kind == "Authentication"
    }
    told = {symptom.issuer for symptom in evidence.symptoms if symptom.namespace == plane} - {None}
    return evidence if told - own else _guest_of(evidence, plane)


def _control_planes(logs: Iterable[LogFile]) -> set[str]:
    """Name the namespaces of control planes, by two of what writes logs there, or by one and their name.

    A program of a user may be called like one operator.
    """
    signs: dict[str, set[str]] = {}
    for log in logs:
        if not log.namespace or log.namespace.startswith(("openshift-", "kube-")):
            continue
        if consumer := consumer_of_log(log.pod, log.container):
            signs.setdefault(log.namespace, set()).add(consumer.operator)
            if log.container == "token-minter":
                signs[log.namespace].add(log.container)
    usual = ("clusters-", "ocm-")
    return {space for space, found in signs.items() if len(found) > 1 or space.startswith(usual)}
