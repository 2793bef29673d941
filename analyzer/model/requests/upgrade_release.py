"""Which release an upgrade goes to, and whether the credential operator lets it begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.origin import Where
from analyzer.evidence.records import CredentialsRequest, Json, K8sObject
from analyzer.evidence.values import dig, items, mapping, strings, text
from analyzer.frozen import frozen
from analyzer.model.joining.asks import NOT_JUDGED
from analyzer.model.joining.cluster import Facts, value_of
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.joining.releases import Range, minor_of, range_of
from analyzer.patterns import later

_VERSION = later(r"(?<!\d)4\.\d{1,2}(?!\d)")
_REQUEST = "CredentialsRequest"
ANNOTATION = "cloudcredential.openshift.io/upgradeable-to"
_REASON = "MissingUpgradeableAnnotation"
_NOT_WHOLE = ("unsafe", "incomplete", "unreadable")
_GATED_GUESTS = 22
"""The first minor release in whose hosted guests the credential operator holds upgrades back."""


@frozen
class Target:
    """The AWS requests of the release to go to, and the version that its folder's name hints at.

    ``unread`` are the files of it that were not read in whole: each may hold a request.
    """

    objects: tuple[K8sObject, ...]
    hint: str | None
    unread: tuple[str, ...] = ()


def take_target(evidence: Evidence, input_id: str, path: Path, within: Mapping[str, str]) -> Target:
    """Take the target's requests out of the evidence: nothing in its folder is of the cluster.

    ``within`` are the inputs that the folder lies in too, by id, and its place there.
    """
    objects = tuple(
        o
        for o in evidence.objects
        if o.where.input == input_id and o.kind == _REQUEST
        if dig(o.value, "spec", "providerSpec", "kind") == "AWSProviderSpec"
    )
    evidence.objects = [
        o
        for o in evidence.objects
        if o.where.input != input_id
        if not ((place := within.get(o.where.input)) and f"{o.where.file}/".startswith(f"{place}/"))
    ]
    evidence.raw = [raw for raw in evidence.raw if raw.input != input_id]
    evidence.names = {k: v for k, v in evidence.names.items() if not k[0].startswith(f"{input_id}:")}
    evidence.listed = {k for k in evidence.listed if not k[0].startswith(f"{input_id}:")}
    hint = _VERSION.search(path.resolve().name)
    unread = dict.fromkeys(
        p.member for p in evidence.problems if p.input == input_id and p.severity in _NOT_WHOLE
    )
    return Target(objects, hint[0] if hint else None, tuple(unread))


@frozen
class Version:
    """The target: ``minors`` it may be of, ``minor_update`` whether they are later than the cluster's."""

    fact: Fact
    minors: Range | None
    minor_update: bool | None


def cluster_minor(joined: Joined) -> int | None:
    """Give the minor release of the cluster."""
    return minor_of(text(value_of(joined.view.facts, "cluster.version")))


def target_version(requests: Sequence[CredentialsRequest], hint: str | None, current: int | None) -> Version:
    """Tell the target's minor release: by the folder's name if its requests agree, else by these alone."""
    found = range_of(requests)
    hinted = minor_of(hint)
    cites = [r.where for r in requests[:1]]
    if hinted is not None and (found is None or hinted in found):
        found = Range(hinted, hinted)
    elif found is not None and current is not None and current + 1 in found:
        found = Range(current + 1, current + 1)
    fact = known(str(found) if found else None, *cites, derived=True)
    return Version(fact, found, None if found is None or current is None else found.last > current)


def _way(version: Version, current: int | None) -> Facts:
    """Tell the one minor release that the target is of, and which are between it and the cluster's."""
    minors = version.minors
    one = minors is not None and minors.first == minors.last
    older = known(minors.last < current, derived=True) if minors and current is not None else NOT_JUDGED
    between = range(current + 1, minors.first) if minors and current is not None else ()
    return {
        "upgrade.minor": known(str(minors), derived=True) if one else NOT_JUDGED,
        "upgrade.older": older,
        "upgrade.between": known([f"4.{minor}" for minor in between], derived=True),
    }


def release_facts(version: Version, joined: Joined) -> Facts:
    """Give the facts of the subject that is the release as a whole."""
    facts: Facts = {"upgrade.request": known(None), "upgrade.removed": known(False)}
    facts |= _way(version, cluster_minor(joined))
    facts["upgrade.minor_update"] = known(version.minor_update, derived=True)
    facts["upgrade.gated"] = _gated(joined)
    operator = joined.objects.one("CloudCredential", "cluster", group="operator.openshift.io")
    blocked = _blocked(joined)
    said = blocked.cites if blocked else ()
    if operator is None or not _has_metadata(operator):
        ask = joined.asks.config("cloudcredentials.operator.openshift.io")
        held = known("the operator reports Upgradeable=False, MissingUpgradeableAnnotation", *said)
        return facts | {"upgrade.annotation": ask, "upgrade.annotation_problem": held if blocked else ask}
    value = strings(dig(operator.value, "metadata", "annotations")).get(ANNOTATION)
    where = operator.where.at("metadata", "annotations", ANNOTATION)
    facts["upgrade.annotation"] = known(value, where)
    facts["upgrade.annotation_problem"] = known(None, where)
    if value is None and not blocked:
        if joined.objects.one("ClusterOperator", "cloud-credential") is None:
            return facts | {
                "upgrade.annotation_problem": joined.asks.config("clusteroperators.config.openshift.io")
            }
        if _lets_upgrade(joined):
            return facts
    if value is None:
        problem = known("it is not set", operator.where.at("metadata"), *said)
    elif version.minors is not None and (minor_of(value) or 0) not in version.minors:
        problem = known(f"it is {value}", where, *said)
    elif blocked:
        phrase = (
            f"it is {value}, but the operator still reports Upgradeable=False, MissingUpgradeableAnnotation"
        )
        problem = known(phrase, where, *said)
    else:
        return facts
    return facts | {"upgrade.annotation_problem": problem}


def _has_metadata(operator: K8sObject) -> bool:
    """Tell whether an annotation would be seen: Insights keeps the spec alone."""
    return bool(mapping(operator.value.get("metadata")))


def _gated(joined: Joined) -> Fact | Unknown:
    """Tell whether the credential operator has a say in upgrades.

    In guests of hosted control planes it has from 4.22 on (openshift/managed-cluster-config, deploy of
    acknowledgements), or where its ClusterOperator there says so.
    """
    blocked, hosted = _blocked(joined), joined.view.facts["cluster.hosted"]
    if blocked or isinstance(hosted, Unknown):
        return blocked or hosted
    minor = cluster_minor(joined)
    if not hosted.value:
        return Fact(True, hosted.cites, derived=True)
    if minor is None:
        return joined.asks.config("clusterversions.config.openshift.io")
    return Fact(minor >= _GATED_GUESTS, hosted.cites, derived=True)


def _blocked(joined: Joined) -> Fact | None:
    """Find that the credential operator holds upgrades back: in its own words, else in the version's."""
    told = [
        (dig(entry, "status"), dig(entry, "reason"), where)
        for entry, where in _conditions(joined.objects.one("ClusterOperator", "cloud-credential"))
    ]
    if not told:  # the ClusterVersion repeats what keeps it, in a sentence on each operator
        told = [
            (
                dig(entry, "status"),
                _REASON if ANNOTATION in (text(dig(entry, "message")) or "") else None,
                where,
            )
            for entry, where in _conditions(joined.objects.one("ClusterVersion", "version"))
        ]
    held = [where for status, reason, where in told if (status, reason) == ("False", _REASON)]
    return known(True, held[0]) if held else None


def _lets_upgrade(joined: Joined) -> bool:
    """Tell whether the credential operator itself says that it holds nothing back."""
    told = _conditions(joined.objects.one("ClusterOperator", "cloud-credential"))
    return any(dig(entry, "status") == "True" for entry, _ in told)


def _conditions(one: K8sObject | None) -> list[tuple[Json, Where]]:
    """Give the conditions that tell whether an operator, or the cluster, may be upgraded."""
    path = ("status", "conditions")
    return [
        (entry, one.where.at(*path, index))
        for index, entry in enumerate(items(dig(one.value, *path)) if one else ())
        if one and dig(entry, "type") == "Upgradeable"
    ]
