"""What exports beside IAM's own say: AWS's verdicts, its audit log, the organization, the issuer's host."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from analyzer.evidence.origin import Source, Where
from analyzer.evidence.records import PolicyDocument
from analyzer.frozen import frozen

SIGN_IN = "AssumeRoleWithWebIdentity"


Decision = Literal["allowed", "explicitDeny", "implicitDeny"]
OrganizationKind = Literal["service control policy", "resource control policy"]


@frozen
class SimulatedAction:
    """AWS's own verdict on one action (simulate-principal-policy); ``role`` is a name, None where not told.

    ``organization`` and ``boundary`` are False where AWS says that this layer does not allow it.
    """

    action: str
    resource: str
    decision: Decision
    missing_keys: tuple[str, ...]
    organization: bool | None
    boundary: bool | None
    role: str | None
    where: Where


@frozen
class CloudTrailEvent:
    """One recorded call: a sign-in with a token, or a call that a role was denied.

    ``role_arn`` is the role that was asked for, or that called; ``code`` is None for a success.
    ``duration`` is the session's length that was asked for, in seconds; None where none was named.
    """

    event: str
    service: str
    time: datetime | None
    code: str | None
    message: str
    role_arn: str | None
    subject: str | None
    audience: str | None
    provider: str | None
    caller: str | None
    where: Where
    duration: int | None = None


@frozen
class OrganizationPolicy:
    """A policy of the organization with its content."""

    id: str
    name: str
    kind: OrganizationKind
    document: PolicyDocument
    where: Where


@frozen
class PolicyTargets:
    """A listing of policies of one kind that bear on a target: the ids of those that are in it."""

    kind: OrganizationKind
    ids: tuple[str, ...]
    where: Where


@frozen
class RoleAssignment:
    """A role that a tool says it made for an operator.

    ``namespace`` and ``name``, those of its Secret, are None where only the ARN is told.
    """

    namespace: str | None
    name: str | None
    arn: str
    teller: Literal["rosa", "ccoctl"]
    where: Source


@frozen
class ClusterDescription:
    """What ``rosa describe cluster`` says of the cluster itself."""

    id: str | None
    infra_name: str | None
    issuer: str | None
    where: Source


@frozen
class BucketPolicy:
    """The policy of a bucket; ``bucket`` is the name that its resources give."""

    bucket: str | None
    document: PolicyDocument
    where: Where


@frozen
class Distribution:
    """A CloudFront distribution: the hosts that it answers for and the hosts it fetches from."""

    id: str | None
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    enabled: bool | None
    status: str | None
    where: Where


@frozen
class LiveSecret:
    """Something that opens an account, found in an export: what it is, never its value."""

    what: str
    where: Source
