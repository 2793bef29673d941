"""Policies of an AWS organization: describe-policy, and the listings that name policies of a target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.aws_records import OrganizationKind, OrganizationPolicy, PolicyTargets
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, PolicyDocument
from analyzer.evidence.values import items, mapping, text

_KINDS: dict[str, OrganizationKind] = {
    "SERVICE_CONTROL_POLICY": "service control policy",
    "RESOURCE_CONTROL_POLICY": "resource control policy",
}


def _policy(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    policy = mapping(value.get("Policy"))
    summary = mapping(policy.get("PolicySummary"))
    kind = _KINDS.get(text(summary.get("Type")) or "")
    if kind is None or "Content" not in policy:
        if "PolicySummary" in policy:
            reading.notes.append("a policy of the organization that is neither an SCP nor an RCP")
        return
    name, place = text(summary.get("Name")) or "", where.at("Policy")
    document = PolicyDocument(name, policy["Content"], place.at("Content"), arn=text(summary.get("Arn")))
    yield OrganizationPolicy(text(summary.get("Id")) or name, name, kind, document, place)


def _targets(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    """Read list-policies-for-target; list-policies has the same shape and only its command tells it."""
    entries = [mapping(entry) for entry in items(value.get("Policies"))]
    if not entries or not all(text(entry.get("Type")) in _KINDS for entry in entries):
        return
    said = reading.command.text if reading.command else reading.path
    if "list-policies" in said and "target" not in said:
        reading.notes.append(
            "all policies of the organization: it does not say which of them bear on the account"
        )
        return
    kind = _KINDS[text(entries[0].get("Type")) or ""]
    yield PolicyTargets(kind, tuple(text(entry.get("Id")) or "" for entry in entries), where.at("Policies"))


_WHAT = "organization policy"
SHAPES = (
    Shape(_WHAT, ("Policy",), _policy),
    Shape(_WHAT, ("Policies",), _targets),
)
