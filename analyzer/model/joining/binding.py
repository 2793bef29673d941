"""Which cluster each bundle root is of, and which gather is the newer: two are never mixed into one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from analyzer.engine.facts import Cite
from analyzer.errors import UsageProblem
from analyzer.evidence.gathered import Evidence, GatherTime, Problem
from analyzer.evidence.masks.shapes import is_stand_in
from analyzer.evidence.records import K8sObject
from analyzer.evidence.values import dig, text
from analyzer.frozen import field, frozen, replace
from analyzer.model.joining.objects import was_in_cluster

_ID = ("ClusterVersion", ("spec", "clusterID"))
_UID = "uid of "
_INFRA = ("Infrastructure", ("status", "infrastructureName"))


@frozen
class Identity:
    """A cluster that some roots are of: its id and infrastructure name as far as they are told."""

    id: str | None
    infra: str | None
    roots: frozenset[str]
    cites: tuple[Cite, ...]
    uids: Mapping[str, str] = field(default_factory=dict)
    """Uids of the configuration objects that each cluster has one of, by their kind."""

    @property
    def phrase(self) -> str:
        """What identifies it, and the file that says so."""
        word = f"infrastructure {self.infra}" if self.infra else f"cluster {self.id}"
        if not (self.infra or self.id):
            kind = min(self.uids)
            word = f"the cluster whose {kind} has the uid {self.uids[kind]}"
        more = f", cluster {self.id}" if self.infra and self.id else ""
        return f"{word}{more} ({_bundle_of(self.cites[0].file)})"


def _bundle_of(file: str) -> str:
    """Name the bundle that holds a file: its archive, else the folder above its image's."""
    if "!/" in file:
        return file.partition("!/")[0]
    folder = re.split(r"(?:^|/)(?:cluster-scoped-resources|config)/", file, maxsplit=1)[0]
    return re.sub(r"(?:^|/)[^/]*-sha256-[0-9a-f]+$", "", folder) or file


def clusters_of(objects: Iterable[K8sObject]) -> list[Identity]:
    """Give the clusters that the roots name, in the order in which they were read.

    Roots are of one cluster where they share its id or, where one of them tells no id, its
    infrastructure name; where that leaves it open, where their configuration objects have the same uids.
    A name that was masked tells nothing.
    """
    told: dict[str, dict[str, tuple[str, Cite]]] = {}
    for obj in objects:
        uid = text(dig(obj.value, "metadata", "uid")) if _is_single(obj) else None
        if uid and not is_stand_in(uid):
            told.setdefault(obj.root, {}).setdefault(
                f"{_UID}{obj.kind}", (uid, obj.where.at("metadata", "uid"))
            )
        for kind, path in (_ID, _INFRA):
            value = text(dig(obj.value, *path)) if obj.kind == kind else None
            if value and not is_stand_in(value) and was_in_cluster(obj):
                told.setdefault(obj.root, {}).setdefault(kind, (value, obj.where.at(*path)))
    found: list[Identity] = []
    # Roots that tell their id come first: they say which names belong to it.
    for root, values in sorted(told.items(), key=lambda item: _ID[0] not in item[1]):
        one = _identity(root, values)
        same = [i for i, other in enumerate(found) if _is_same(one, other) is True]
        open_ = [i for i, other in enumerate(found) if _is_same(one, other) is None]
        if same or len(open_) == len(found) == 1:
            at = same[0] if same else open_[0]
            found[at] = _united(found[at], one)
        elif not open_:
            found.append(one)
        # else it may be of any of several: as little is told of it as of a loose file
    return found


def _is_single(obj: K8sObject) -> bool:
    """Tell an object of which a cluster has one from its installation to its end."""
    return obj.group == "config.openshift.io" and not obj.namespace and obj.name in ("cluster", "version")


def _identity(root: str, values: dict[str, tuple[str, Cite]]) -> Identity:
    id_, infra = values.get(_ID[0]), values.get(_INFRA[0])
    return Identity(
        id_[0] if id_ else None,
        infra[0] if infra else None,
        frozenset({root}),
        tuple(pair[1] for pair in (infra, id_) if pair) or tuple(cite for _, cite in values.values()),
        {kind.removeprefix(_UID): uid for kind, (uid, _) in values.items() if kind.startswith(_UID)},
    )


def _is_same(one: Identity, other: Identity) -> bool | None:
    """Compare what both tell; None where they tell nothing that can be compared."""
    if one.id and other.id:
        return one.id == other.id
    if one.infra and other.infra:
        return one.infra == other.infra
    both = one.uids.keys() & other.uids.keys()
    return any(one.uids[kind] == other.uids[kind] for kind in both) if both else None


def _united(one: Identity, other: Identity) -> Identity:
    return Identity(
        one.id or other.id,
        one.infra or other.infra,
        one.roots | other.roots,
        one.cites + other.cites,
        {**other.uids, **one.uids},
    )


def only_one_cluster(evidence: Evidence, wanted: str | None = None) -> tuple[Evidence, list[Problem]]:
    """Keep what belongs to one cluster: the one asked for, else that of which most was gathered.

    Roots that name no cluster (an inspect of one namespace, a loose file) are kept. The finding that
    the inputs are mixed is made from the whole evidence, elsewhere; notes say what was left out where
    the cluster was asked for. Raises UsageProblem where that is not there, or several are called so.
    """
    clusters = clusters_of(evidence.objects)
    if wanted is not None:
        kept = _called(wanted, clusters)
    elif len(clusters) < 2:
        return evidence, []
    else:
        kept = heaviest(clusters, evidence)
    others = [cluster for cluster in clusters if cluster is not kept]
    foreign = {root for cluster in others for root in cluster.roots}
    return without_roots(evidence, foreign), left_out(others) if wanted is not None else []


def _called(wanted: str, clusters: Collection[Identity]) -> Identity:
    found = [c for c in clusters if wanted in (c.id, c.infra)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(c.phrase for c in found or clusters) or "none that tells its name"
    if found:
        raise UsageProblem(f"several clusters are called {wanted!r}", do=f"Name one by its id: {known}")
    raise UsageProblem(f"the inputs hold no cluster {wanted!r}", do=f"Clusters in them: {known}")


def heaviest(clusters: Iterable[Identity], evidence: Evidence) -> Identity:
    """Give the cluster of which most was gathered."""
    weights = Counter(obj.root for obj in evidence.objects)
    return max(clusters, key=lambda cluster: sum(weights[root] for root in cluster.roots))


def left_out(clusters: Iterable[Identity]) -> list[Problem]:
    """Say of which clusters parts were left out."""
    return [
        Problem(c.cites[0].input, c.cites[0].file, "other-cluster", f"left out: {c.phrase}", "note")
        for c in clusters
    ]


def without_roots(evidence: Evidence, foreign: Collection[str]) -> Evidence:
    """Leave out what lies below some bundle roots."""
    keep = _outside(foreign)
    return replace(
        evidence,
        objects=[o for o in evidence.objects if o.root not in foreign],
        raw=[r for r in evidence.raw if r.root not in foreign],
        names={k: v for k, v in evidence.names.items() if k[0] not in foreign},
        listed={k for k in evidence.listed if k[0] not in foreign},
        log_files=[f for f in evidence.log_files if keep(f.input, f.path)],
        symptoms=tuple(s for s in evidence.symptoms if keep(s.quote.input, s.quote.file)),
        times=[t for t in evidence.times if not _made(t, foreign)],
    )


def _outside(roots: Collection[str]) -> Callable[[str, str], bool]:
    folders = [root.split(":", 1) for root in roots]

    def keep(input_id: str, path: str) -> bool:
        return not any(
            input_id == i and (not folder or path.startswith(f"{folder}/")) for i, folder in folders
        )

    return keep


def _made(time: GatherTime, roots: Collection[str]) -> bool:
    return any(_is_of(time, root) for root in roots)


def _is_of(time: GatherTime, root: str) -> bool:
    input_id, _, folder = root.partition(":")
    same = not time.folder or folder == time.folder or folder.startswith(f"{time.folder}/")
    return input_id == time.input and same


def gather_of(root: str, times: Iterable[GatherTime]) -> GatherTime | None:
    """Give the gather that made a root: that of the topmost folder above it which tells a time."""
    return min((t for t in times if _is_of(t, root)), key=lambda t: len(t.folder), default=None)


def newest_gather(evidence: Evidence) -> tuple[Evidence, list[Problem]]:
    """Take what a later gather of the same cluster lists as the whole of its kind; says so in notes.

    Objects that both hold are settled by their resourceVersion elsewhere. What only the earlier one
    holds of a list that the later one has whole was deleted in between.
    """
    times: dict[str, GatherTime] = {}
    for root in {key[0] for key in evidence.names} | {obj.root for obj in evidence.objects}:
        made = gather_of(root, evidence.times)
        if made is not None:
            times[root] = made
    gathers = sorted(set(times.values()), key=lambda t: (t.last, t.input, t.folder))
    listing = {times[root] for root, _, _ in evidence.listed if root in times}
    whole = [t for t in gathers if t in listing]
    if len(whole) < 2 or whole[0].last == whole[-1].last:
        return evidence, []
    gone = _deleted(evidence, times)
    notes = [
        Problem(
            older.input,
            older.folder,
            "older-gather",
            f"gathered {older.last:%Y-%m-%d %H:%M}Z; the gather of {whole[-1].last:%Y-%m-%d %H:%M}Z"
            " wins where they differ",
            "note",
        )
        for older in whole
        if older.last < whole[-1].last
    ]
    return replace(
        evidence,
        objects=[o for o in evidence.objects if (o.root, o.kind, o.namespace, o.name) not in gone],
        raw=[r for r in evidence.raw if (r.root, r.kind, r.namespace, r.name) not in gone],
        names={
            key: {name for name in names if (*key, name) not in gone} for key, names in evidence.names.items()
        },
    ), notes


def _deleted(evidence: Evidence, times: dict[str, GatherTime]) -> set[tuple[str, str, str, str]]:
    lists: dict[tuple[str, str], str] = {}
    for root, kind, namespace in evidence.listed:
        if root not in times:
            continue
        before = lists.get((kind, namespace))
        if before is None or times[root].last > times[before].last:
            lists[kind, namespace] = root
    gone = set()
    listing = {root for root, _, _ in evidence.listed}  # not manifests that lie beside a bundle
    for (root, kind, namespace), names in evidence.names.items():
        newer = lists.get((kind, namespace))
        if newer is None or root not in times or root not in listing:
            continue
        if times[root].last >= times[newer].last:
            continue
        left = evidence.names.get((newer, kind, namespace), set())
        gone |= {(root, kind, namespace, name) for name in names - left}
    return gone
