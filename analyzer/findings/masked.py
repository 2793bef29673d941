"""Reports in which ``--mask`` put pseudonyms: how these look, and what they may stand for."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings.report import Report
from analyzer.patterns import later

KINDS = (
    "acl", "ami", "dopt", "eipalloc", "eni", "i", "igw", "lt", "nat", "rtb", "sg", "snap", "subnet", "tgw",
    "vol", "vpc", "vpce",
)  # fmt: skip
"""Kinds of AWS's resources that pseudonyms of their ids name; those of others are ``resource``."""
_OWN = r"0{8}(?:-0{4}){3}-\d{12}|0{6}\d{6}|host-\d+\.example"
_PSEUDONYM = later(
    rf"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{{2}}))(?:{_OWN}|(?:address|cluster|distribution|key|name|zone"
    rf"|resource|ou|o|r|p|A[A-Z]{{3}}|{'|'.join(KINDS)})-\d{{1,6}}|\(masked\))(?![A-Za-z0-9])"
)
"""Any pseudonym; a name of the cluster's own may look so too."""
_SURE = later(rf"(?<![A-Za-z0-9])(?:{_OWN}|https://name-\d+\.s3[.-]|^cluster-\d{{1,4}}$)")
"""What no cluster has of its own: infrastructure names end in five characters, accounts begin otherwise."""


def is_masked(report: Report) -> bool:
    """Tell whether a report has pseudonyms in the places of its cluster's id, name, issuer or roles."""
    return any(_SURE.search(value) for value in _named(report))


def hides_cluster(report: Report) -> bool:
    """Tell whether a report does not say which cluster it is of, since that is masked."""
    own = (report.cluster.id, report.cluster.infra_name)
    return any(_SURE.search(value) for value in own if value)


def _named(report: Report) -> Iterator[str]:
    cluster = report.cluster
    values = (cluster.id, cluster.infra_name, cluster.issuer, *(c.role_arn.value for c in report.chains))
    yield from (value for value in values if value)


def may_be(masked: str, plain: str) -> bool:
    """Tell whether a text is another one in which names were replaced by pseudonyms."""
    first, *rest = _PSEUDONYM.split(masked)
    if not rest:
        return masked == plain
    *between, last = rest
    at, end = len(first), len(plain) - len(last)
    if not (plain.startswith(first) and plain.endswith(last)):
        return False
    for words in between:  # no pattern: one of many gaps that may be anything would be tried for ever
        at = plain.find(words, at + 1, end) + len(words)
        if at < len(words):
            return False
    return at < end
