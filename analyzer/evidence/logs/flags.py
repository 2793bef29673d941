"""The flags that kube-apiserver logs when it starts: what it really runs with."""

from __future__ import annotations

from analyzer.evidence.logs.text import LogName
from analyzer.evidence.origin import Quote
from analyzer.evidence.records import IssuerFlag
from analyzer.needles import count, find
from analyzer.patterns import later

API_SERVER = ("openshift-kube-apiserver", "kube-apiserver")
"""Namespace and container whose flags are read."""

_NEEDLE = b"FLAG: --service-account-issuer="
# One issuer in the releases before 4.9, a list in those after.
_ISSUERS = later(rb'FLAG: --service-account-issuer="\[?([^"\]\n]{1,2000})\]?"')


def issuer_flag(
    region: bytes, stop: int, lines: int, name: LogName, log: tuple[str, str]
) -> IssuerFlag | None:
    """Give the last such flag in a region of a running kube-apiserver's log, of which ``lines`` stand before.

    ``log`` is the log's input and path.
    """
    if (name.namespace, name.container) != API_SERVER or name.age or find(region, _NEEDLE) < 0:
        return None
    found = max(_ISSUERS.finditer(region, 0, stop), key=lambda one: one.start(), default=None)
    if found is None:
        return None
    told = found[1].decode("utf-8", "replace")
    line = lines + count(region, b"\n", 0, found.start()) + 1
    issuers = tuple(filter(None, (part.strip() for part in told.split(","))))
    excerpt = found[0].decode("utf-8", "replace")
    return IssuerFlag(issuers, Quote(*log, line, excerpt)) if issuers else None
