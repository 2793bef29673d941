"""What the ``rosa`` command prints: the operators' roles, and the description of a cluster.

``rosa list operator-roles -o json`` is a map from prefix to roles, or with ``--prefix`` the bare list;
its table and the text of ``rosa describe cluster`` name only ARNs (openshift/rosa, cmd/list/operatorroles
and cmd/describe/cluster). Policies are named, not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from analyzer.evidence.aws_records import ClusterDescription, RoleAssignment
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Quote, Where
from analyzer.evidence.records import Json
from analyzer.evidence.values import dig, items, mapping, text
from analyzer.patterns import later

_TABLE = later(rb"^ROLE NAME +ROLE ARN\b", re.MULTILINE)
_DESCRIBED = later(rb"^[ \t]*(?:OIDC Endpoint URL|Operator IAM Roles):", re.MULTILINE)
_ARN = later(rb"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,200}")
_OPERATOR_ROLES = later(
    rb"^[ \t]*Operator IAM Roles:[^\n]*\n((?:[ \t]*-[ \t]*arn:[^\n]*(?:\n|$))+)", re.MULTILINE
)
_LINE = rb"^[ \t]*%s:[ \t]*(\S+)"
_MOST = 500


def _role(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    arn = text(value.get("RoleARN"))
    if arn and ":role/" in arn:
        namespace, name = text(value.get("Namespace")), text(value.get("Name"))
        yield RoleAssignment(namespace, name, arn, "rosa", where.at("RoleARN"))


def _cluster(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read ``rosa describe cluster -o json``: the cluster of the OCM API."""
    sts = mapping(dig(value, "aws", "sts"))
    if not sts:
        return
    for at, role in enumerate(items(sts.get("operator_iam_roles"))):
        arn = text(dig(role, "role_arn"))
        if arn:
            place = where.at("aws", "sts", "operator_iam_roles", at, "role_arn")
            namespace, name = text(dig(role, "namespace")), text(dig(role, "name"))
            yield RoleAssignment(namespace, name, arn, "rosa", place)
    issuer = text(sts.get("oidc_endpoint_url"))
    identity, infra = text(value.get("external_id")), text(value.get("infra_id"))
    place = where.at("aws", "sts", "oidc_endpoint_url")
    yield ClusterDescription(identity, infra, issuer, place)


def read_text(input_id: str, path: str, data: bytes) -> list[object]:
    """Read the table of operator roles, or the text of ``rosa describe cluster``; [] for other text."""
    if _TABLE.search(data):
        return _assignments(input_id, path, data, 0, len(data))
    if not _DESCRIBED.search(data):
        return []
    found: list[object] = []
    if block := _OPERATOR_ROLES.search(data):
        found += _assignments(input_id, path, data, block.start(1), block.end(1))
    issuer = _said(data, rb"OIDC Endpoint URL")
    line = data.count(b"\n", 0, data.find(b"OIDC Endpoint URL")) + 1
    quote = Quote(input_id, path, line, f"OIDC Endpoint URL: {issuer}")
    identity, infra = _said(data, rb"External ID"), _said(data, rb"Infra ID")
    return [*found, ClusterDescription(identity, infra, issuer, quote)]


def _assignments(input_id: str, path: str, data: bytes, start: int, end: int) -> list[object]:
    found: list[object] = []
    line, counted = 1, 0
    for match in _ARN.finditer(data, start, end):
        line += data.count(b"\n", counted, match.start())
        counted = match.start()
        arn = match[0].decode("ascii")
        found.append(RoleAssignment(None, None, arn, "rosa", Quote(input_id, path, line, arn)))
        if len(found) == _MOST:
            break
    return found


def _said(data: bytes, name: bytes) -> str | None:
    found = re.search(_LINE % name, data, re.MULTILINE)
    return found[1].decode("utf-8", "replace")[:300] if found else None


SHAPES = (
    Shape("rosa", ("RoleARN",), _role),
    Shape("rosa", ("aws",), _cluster),
)
