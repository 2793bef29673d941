"""Lists from which all members were taken: what is not in them is not known to be absent.

No cluster runs without Secrets, since its API server serves by certificates that lie in some. Where the
lists of several namespaces hold none at all, someone emptied them before handing the bundle over.
"""

from __future__ import annotations

from analyzer.evidence.gathered import Evidence, ReadFile

_SEVERAL = 3
"""Namespaces whose lists are empty together; that one is, or two are, may be so."""


def withhold_emptied_lists(evidence: Evidence) -> None:
    """Take the lists of Secrets of a bundle that shows not a single one for lists that were not read."""
    for root in sorted({root for root, _, _ in evidence.listed}):
        lists = {key for key in evidence.listed if key[:2] == (root, "Secret")}
        seen = any(names for key, names in evidence.names.items() if key[:2] == (root, "Secret"))
        if seen or len(lists) < _SEVERAL:
            continue
        evidence.listed -= lists
        source, _, folder = root.partition(":")
        evidence.masked.append(ReadFile(source, folder or ".", f"the Secrets of {len(lists)} namespaces"))
