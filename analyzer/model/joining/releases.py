"""Which release a set of CredentialsRequests is of, by what stands in them, and how two sets differ.

An extracted release names no version. What its requests ask for grew from release to release, which
narrows the version down to a few.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.records import CredentialsRequest
from analyzer.frozen import frozen

CAPABILITY = "capability.openshift.io/name"

_FIRST, _LAST = 8, 99
_MARKS = (
    (9, "openshift-machine-api-aws", "ec2:DescribeRegions"),
    (10, "aws-ebs-csi-driver-operator", "kms:Decrypt"),
    (12, "openshift-machine-api-aws", "ec2:DescribeInstanceTypes"),
    (12, "openshift-ingress", "route53:ListTagsForResources"),
    (13, "aws-ebs-csi-driver-operator", "kms:ReEncrypt*"),
    (14, "openshift-ingress", "sts:AssumeRole"),
    (14, "aws-ebs-csi-driver-operator", "ec2:EnableFastSnapshotRestores"),
    (18, "openshift-machine-api-aws", "kms:ReEncrypt*"),
    (22, "openshift-machine-api-aws", "ec2:AllocateHosts"),
    (23, "aws-ebs-csi-driver-operator", "ec2:CopyVolumes"),
)
"""An action, the request that asks for it, and the first minor release in which it does."""

_CAPABILITIES = (
    (12, "aws-ebs-csi-driver-operator", "Storage"),
    (14, "openshift-machine-api-aws", "MachineAPI"),
    (15, "openshift-machine-api-aws", "CloudCredential"),
    (16, "openshift-ingress", "Ingress"),
)
"""A capability that a request needs, and the first minor release that says so."""


@frozen
class Range:
    """The minor releases that a set of requests may be of, both ends included."""

    first: int
    last: int

    def __contains__(self, minor: int) -> bool:
        return self.first <= minor <= self.last

    def __str__(self) -> str:
        if self.first == self.last:
            return f"4.{self.first}"
        if self.last == _LAST:
            return f"4.{self.first} or later"
        if self.first == _FIRST:
            return f"4.{self.last} or earlier"
        return f"4.{self.first} to 4.{self.last}"


def minor_of(version: str | None) -> int | None:
    """Give 14 for 4.14.12, v4.14 or 4.14; None for anything else."""
    match = re.match(r"v?4\.(\d{1,2})(?!\d)", version or "")
    return int(match[1]) if match else None


def range_of(requests: Iterable[CredentialsRequest]) -> Range | None:
    """Tell which minor releases have these requests; None where what stands in them contradicts itself."""
    by_name = {request.name: request for request in requests}
    first, last = _FIRST, _LAST
    seen = False
    for minor, name, action in _MARKS:
        if request := by_name.get(name):
            there = action.lower() in actions_of(request)
            if there or not request.hides_actions:
                seen = True
                first, last = _narrow(first, last, minor, there=there)
    for minor, name, capability in _CAPABILITIES:
        if (request := by_name.get(name)) and not is_masked(request.annotations.get(CAPABILITY, "")):
            needed = request.annotations.get(CAPABILITY, "").split("+")
            first, last = _narrow(first, last, minor, there=capability in needed)
    return Range(first, last) if seen and first <= last else None


def _narrow(first: int, last: int, minor: int, *, there: bool) -> tuple[int, int]:
    return (max(first, minor), last) if there else (first, min(last, minor - 1))


def actions_of(request: CredentialsRequest) -> dict[str, str]:
    """Give the actions that a request asks for, by their lower-case form."""
    return {
        action.lower(): action
        for entry in request.entries
        if entry.effect.lower() == "allow"
        for action in entry.actions
    }


def added_actions(old: CredentialsRequest, new: CredentialsRequest) -> list[str]:
    """Give the actions that ``new`` asks for and ``old`` does not."""
    before = actions_of(old)
    return sorted(action for key, action in actions_of(new).items() if key not in before)


def differences(own: CredentialsRequest, released: CredentialsRequest) -> list[str]:
    """Say how a request in the cluster differs from the release's: what one lacks may be masked in it."""
    found = []
    if (lacks := added_actions(own, released)) and not own.hides_actions:
        found.append(f"lacks {', '.join(lacks)}")
    if (more := added_actions(released, own)) and not released.hides_actions:
        found.append(f"asks for {', '.join(more)} beside what the release asks for")
    ours, theirs = set(own.service_accounts), set(released.service_accounts)
    if ours != theirs:
        found.append(f"names the ServiceAccounts {_listed(ours)}, the release {_listed(theirs)}")
    if (own.secret_namespace, own.secret_name) != (released.secret_namespace, released.secret_name):
        found.append(
            f"wants Secret {own.secret_namespace}/{own.secret_name}, "
            f"the release {released.secret_namespace}/{released.secret_name}"
        )
    return found


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def foreign_release(
    own: Mapping[str, CredentialsRequest], released: Mapping[str, CredentialsRequest], minors: set[int]
) -> str | None:
    """Say of which version a release's requests are where it is none of ``minors``, those of the cluster.

    Only requests that differ from the cluster's own can be of another release: what stands in the
    cluster came with its release, whatever this program knows of it.
    """
    if all(_is_same(own[name], released[name]) for name in own.keys() & released.keys()):
        return None
    theirs_of = range_of(released.values())
    if theirs_of is None:
        return None
    if minors:
        return None if any(minor in theirs_of for minor in minors) else str(theirs_of)
    ours_of = range_of(own.values())
    if ours_of is None or (ours_of.first <= theirs_of.last and theirs_of.first <= ours_of.last):
        return None
    return str(theirs_of)


def tells_release(
    own: Mapping[str, CredentialsRequest], released: Mapping[str, CredentialsRequest], minors: set[int]
) -> bool:
    """Tell whether requests that are of no other release by ``foreign_release`` were all there to be so.

    ``own`` are all that the cluster has. They are the release's word for word; or the cluster's version is
    known, and each request is there whose contents tell the version of a release.
    """
    if own and all(name in released and _is_same(own[name], released[name]) for name in own):
        return True
    telling = {name for _, name, _ in _MARKS}
    return bool(minors) and all(name in released and _is_open(released[name]) for name in telling)


def _is_open(request: CredentialsRequest) -> bool:
    """Tell a request of which nothing is masked that tells releases apart."""
    return not request.hides_actions and not is_masked(request.annotations.get(CAPABILITY, ""))


def _is_same(own: CredentialsRequest, released: CredentialsRequest) -> bool:
    if own.hides_actions or released.hides_actions:
        return False
    if own.annotations.get(CAPABILITY) != released.annotations.get(CAPABILITY):
        return False
    return not differences(own, released)
