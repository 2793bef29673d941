"""How the release that was handed in fits the cluster, and which of its requests are the cluster's."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.evidence.values import dig, text
from analyzer.frozen import frozen
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import ClusterView, value_of
from analyzer.model.joining.objects import Objects
from analyzer.model.joining.release_folders import ReleaseFolder
from analyzer.model.joining.releases import foreign_release, minor_of, tells_release


@frozen
class ReleaseMatch:
    """How the release's requests that were handed in fit the cluster.

    ``other`` names their version where it is another one, ``sure`` tells whether all is there that could
    show that; ``changing`` tells an upgrade under way.
    """

    given: bool
    other: str | None
    sure: bool
    changing: bool
    beside: tuple[ReleaseFolder, ...] = ()
    """Releases that were handed in as well and left aside, since they contradict the one that fits best."""

    @property
    def usable(self) -> bool:
        """Whether the cluster's requests can be held against them."""
        return self.given and self.other is None and not self.changing


def match_release(
    chains: Sequence[Chain],
    view: ClusterView,
    objects: Objects,
    beside: Sequence[ReleaseFolder] = (),
    *,
    all_requests: bool,
) -> ReleaseMatch:
    """Tell whether the release that was handed in is the cluster's, whose requests were all read or not."""
    own = {c.in_cluster.name: c.in_cluster for c in chains if c.in_cluster}
    released = {c.in_release.name: c.in_release for c in chains if c.in_release}
    version = objects.one("ClusterVersion", "version")
    desired = text(dig(version.value, "status", "desired", "version")) if version else None
    done = text(value_of(view.facts, "cluster.version"))
    minors = {m for m in (minor_of(done), minor_of(desired)) if m is not None}
    changing = bool(desired and done and desired != done)
    other = foreign_release(own, released, minors)
    sure = other is not None or (all_requests and tells_release(own, released, minors))
    return ReleaseMatch(bool(released), other, sure, changing, tuple(beside))


def own_chains(chains: Sequence[Chain], match: ReleaseMatch, *, hosted: bool | None) -> list[Chain]:
    """Leave out what only the release asks for, where that is another version's, or not this cluster's.

    The guest of a hosted control plane has neither request nor Secret of what runs outside it.
    """

    def is_own(chain: Chain) -> bool:
        if chain.in_cluster is not None or chain.in_release is None:
            return True
        used = chain.secret is not None or chain.hosted_role is not None
        return match.other is None and (not hosted or used)

    return [chain for chain in chains if is_own(chain)]
