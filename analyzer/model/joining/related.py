"""Which names and issuers may be this cluster's: what has nothing in common with it proves no fault."""

from __future__ import annotations

from analyzer.model.joining.aws import bucket_region_of, ccoctl_name_of, partition_of, without_scheme
from analyzer.model.joining.cluster import ClusterView, value_of
from analyzer.model.joining.urls import split_url, url_difference


def infra_name(view: ClusterView) -> str | None:
    """Give the infrastructure name, None where it is not known."""
    name = value_of(view.facts, "cluster.infra_name")
    return name if isinstance(name, str) else None


def is_alike(name: str, infra: str) -> bool:
    """Tell a name that may have been given for a cluster: installer and people begin both alike."""
    return name[:3].lower() == infra[:3].lower()


def is_of_another_partition(url: str, view: ClusterView) -> bool:
    """Tell an issuer in a bucket of another partition: names of buckets are given anew in each."""
    region = bucket_region_of(url)
    return view.partition_known and region is not None and partition_of(region) != view.partition


def is_related(url: str, view: ClusterView) -> bool:
    """Tell whether an issuer, with or without scheme, is this cluster's, almost its own, or one it had.

    One whose bucket bears the cluster's name counts as such: it was made for it, if not set in it.
    """
    own, other = (without_scheme(one).removeprefix("http://") for one in (view.issuer or "", url))
    runtime = value_of(view.facts, "cluster.runtime_issuers")
    named = [value_of(view.facts, "cluster.authentication_issuer")]
    named += runtime if isinstance(runtime, list) else []
    had = {without_scheme(str(one)).removeprefix("http://") for one in named if one}
    if other == own or other in had or url_difference(own, other) is not None:
        return True
    if split_url(f"https://{own}").hostname == split_url(f"https://{other}").hostname:
        # One host serves many clusters' issuers where they differ by the path.
        return "/" not in own.rstrip("/")
    name, infra = ccoctl_name_of(f"https://{other}"), infra_name(view)
    if name is None or is_of_another_partition(f"https://{other}", view):
        return False
    return name == ccoctl_name_of(f"https://{own}") or (infra is not None and is_alike(name, infra))
