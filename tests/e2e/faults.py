"""The one table of faults: every rule has at least one, or a reason why it has none."""

from __future__ import annotations

from . import (
    faults_in_aws,
    faults_in_cluster,
    faults_in_inputs,
    faults_in_logs,
    faults_in_operators,
    faults_in_permissions,
    faults_in_requests,
    faults_in_roles,
    faults_in_upgrades,
    faults_in_workloads,
)
from .fault import Fault

FAULTS: list[Fault] = [
    *faults_in_inputs.FAULTS,
    *faults_in_cluster.FAULTS,
    *faults_in_operators.FAULTS,
    *faults_in_logs.FAULTS,
    *faults_in_requests.FAULTS,
    *faults_in_workloads.FAULTS,
    *faults_in_aws.FAULTS,
    *faults_in_roles.FAULTS,
    *faults_in_permissions.FAULTS,
    *faults_in_upgrades.FAULTS,
]

_NO_PROGRAM = "nothing tells of a program or an operator of which nothing was gathered"
_NO_SAMPLE = "a token is no needed evidence: what it must carry is derived from pods, requests and keys"
_NO_RELEASE = "the release's own requests are handed in by those who want the comparison"

NOT_ASKED_FOR = {
    **dict.fromkeys(
        ("input-incomplete", "input-cleaned", "input-denied-call", "input-mixed-clusters", "input-unsafe",
         "input-live-secret"), "it speaks of what is there"
    ),
    **dict.fromkeys(
        ("token-malformed", "token-algorithm", "token-key-id-missing", "token-issuer-mismatch",
         "token-audience-mismatch", "token-subject-mismatch", "token-expired", "token-not-yet-valid",
         "token-signature-invalid"), _NO_SAMPLE
    ),
    "mode-sts-not-used": "a mint cluster has no chain that waits for anything",
    "role-session-too-short": "a record of a sign-in is no needed evidence: operators ask for the default",
    "request-drift": _NO_RELEASE,
    "request-release-mismatch": _NO_RELEASE,
    "request-stale": "nothing tells of a request that is left over but the request",
    "webhook-annotation-typo": _NO_PROGRAM,
    "olm-role-arn-missing-nothing-waits": _NO_PROGRAM,
    "olm-automatic-approval": _NO_PROGRAM,
    "permission-organization-deny": "the organization is assumed to allow; only AWS's words say that not",
    "upgrade-request-removed": "nothing tells of a request but the request",
}  # fmt: skip
"""Rules, or single faults, whose hidden proof is not asked for, and why."""
