"""What an input is, in the words that its sender would use."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from analyzer.patterns import later

_LOOSE = {
    "cluster-info dump": later(r"(?:^|/)[^/]+/[^/]+/logs\.txt$"),
    "installer log bundle": later(
        r"(?:^|/)log-bundle-\d+/|(?:^|/)(?:rendered-assets/openshift/manifests|bootstrap/journals)/"
    ),
}
_WHOLE = "cluster-scoped-resources/config.openshift.io/"


def layout_of(root: str, inner: str) -> str:
    """Name the layout that a member below a bundle root shows; "bundle" where it may be any."""
    folder = root.rpartition("/")[2]
    if folder.startswith("hostedcluster-") or "/core/pods/logs/" in inner:
        return "HyperShift dump"
    if folder.startswith("inspect.local."):
        return "inspect"
    if inner.startswith(_WHOLE):
        return "whole"
    return "bundle"


def loose_layout(path: str) -> str | None:
    """Name the layout that a file outside any bundle root shows by its path; None for most."""
    return next((name for name, pattern in _LOOSE.items() if pattern.search(path)), None)


def kind_of(layouts: AbstractSet[str], contents: AbstractSet[str]) -> str:
    """Name an input after its layouts and loose contents; "" where it holds nothing of use.

    A must-gather has the gather's own files beside its roots, or the cluster's configuration; without
    both it is what ``oc adm inspect`` wrote.
    """
    names = sorted(layouts - {"gather", "whole", "bundle"})
    plain = layouts & {"whole", "bundle"}
    if "inspect" in names and "gather" in layouts and not plain:
        names[names.index("inspect")] = "must-gather (its fallback)"
    # These two write parts of their own as oc adm inspect does.
    own = not layouts & {"gather", "whole"} and names != ["inspect"] and names
    if plain and not own:
        names.insert(0, "must-gather" if layouts & {"gather", "whole"} else "inspect")
    return ", ".join([*names, *sorted(contents)])
