"""Symptoms: what logs say where nothing else shows a fault."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from samples import Cluster, faults, logs
from samples.logs import Failure, klog

from .fault import LOGS, TRUST_FAULT, Fault
from .runs import MACHINES, Edit

NAMESPACE = "openshift-machine-api"
_NODE = "arn:aws:sts::123456789012:assumed-role/demo-7xk2p-master-role/i-0a1b2c3d4e5f67890"
_WRAPPED = "demo-7xk2p-worker-us-west-2a-qx8vd: error getting existing instances: "
_TOKEN_FILE = "/var/run/secrets/openshift/serviceaccount/token"

MISSING_CLAIM = Failure("InvalidIdentityToken", "Missing a required claim: aud")
INVALID_TOKEN = Failure(
    "InvalidIdentityToken",
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
)
EXPIRED = Failure(
    "ExpiredTokenException",
    "Token expired: current date/time 1710239400 must be before the expiration date/time1710235800",
)
REJECTED = Failure("IDPRejectedClaim", "The identity provider reported that authentication failed", 403)
UNREACHED = Failure(
    "IDPCommunicationError", "Unable to fetch the verification key from the identity provider"
)
REGION_DISABLED = Failure(
    "RegionDisabledException",
    "STS is not activated in this region for account:123456789012. Your account administrator can activate "
    "STS in this region using the IAM Console.",
    403,
)
EARLY = Failure("InvalidIdentityToken", "Token used before issued")


def refuses(failure: Failure, **span: timedelta) -> Edit:
    """Give an edit that lets STS refuse the machine API over some hours, until the gather by default."""

    def edit(cluster: Cluster) -> None:
        since = cluster.gathered - timedelta(hours=9)
        until = cluster.gathered - span["stopped"] if "stopped" in span else None
        faults.authentication_fails(cluster, failure, since=since, until=until, namespaces=[NAMESPACE])

    return edit


def logged(text: str) -> Edit:
    """Give an edit that lets the machine API log an error again and again."""

    def edit(cluster: Cluster) -> None:
        log = cluster.workload("machine-api-controllers").main.log
        for minutes in (301, 204, 96, 33, 4):
            when = cluster.gathered - timedelta(minutes=minutes)
            log.append(klog(when, "E", "reconciler.go:266", _WRAPPED + text))

    return edit


def refused_by_issuer(cluster: Cluster) -> None:
    """STS finds no provider for the issuer."""
    refuses(logs.no_provider(cluster.issuer or ""))(cluster)


def denied(cluster: Cluster) -> None:
    """A service refuses an action that the role's own policy allows."""
    since = cluster.gathered - timedelta(hours=9)
    faults.call_denied(cluster, "ec2:DescribeInstances", namespace=NAMESPACE, since=since)


def _symptom(rule: str, edit: Edit, **more: Any) -> Fault:
    defaults = {"hide": LOGS, "chains": (MACHINES,), "kind": "symptom", "second": TRUST_FAULT}
    return Fault(rule, "operator", edit, **(defaults | more))


_WEB_IDENTITY = "WebIdentityErr: failed to retrieve credentials\ncaused by: "
_UNREAD = (
    "WebIdentityErr: failed fetching WebIdentity token: \ncaused by: WebIdentityErr: unable to read file at "
    f"{_TOKEN_FILE}\ncaused by: open {_TOKEN_FILE}: no such file or directory"
)
_NO_HOST = (
    f"{_WEB_IDENTITY}RequestError: send request failed\ncaused by: "
    'Post "https://sts.us-west-2.amazonaws.com/": dial tcp: lookup sts.us-west-2.amazonaws.com on '
    "172.30.0.10:53: no such host"
)
BY_NODE = (
    f"AccessDenied: User: {_NODE} is not authorized to perform: elasticloadbalancing:DescribeLoadBalancers "
    "because no identity-based policy allows the elasticloadbalancing:DescribeLoadBalancers action\n"
    "\tstatus code: 403, request id: 1f9c7a0e-2c41-4c8e-9a55-7d5a1b7f0c11"
)
_THROTTLED = "Throttling: Rate exceeded\n\tstatus code: 400, request id: 1f9c7a0e-2c41-4c8e-9a55-7d5a1b7f0c11"
_NO_PROVIDERS = (
    "NoCredentialProviders: no valid providers in chain. Deprecated.\n"
    "\tFor verbose messaging see aws.Config.CredentialsChainVerboseErrors"
)

FAULTS = [
    _symptom("log-no-provider", refused_by_issuer),
    _symptom("log-verification-key", refuses(logs.VERIFICATION_KEY)),
    _symptom("log-incorrect-audience", refuses(logs.INCORRECT_AUDIENCE)),
    _symptom("log-missing-claim", refuses(MISSING_CLAIM)),
    _symptom("log-thumbprint", refuses(logs.THUMBPRINT)),
    _symptom("log-invalid-token", refuses(INVALID_TOKEN)),
    _symptom("log-assume-role-denied", refuses(logs.NOT_AUTHORIZED)),
    _symptom("log-token-expired", refuses(EXPIRED)),
    _symptom("log-idp-rejected", refuses(REJECTED)),
    _symptom("log-idp-communication", refuses(UNREACHED), state="warn"),
    _symptom("log-region-disabled", refuses(REGION_DISABLED)),
    _symptom("log-token-file", logged(_UNREAD)),
    _symptom("log-no-credentials", logged(_NO_PROVIDERS)),
    _symptom("log-node-role", logged(BY_NODE)),
    _symptom("log-sts-unreachable", logged(_NO_HOST)),
    _symptom("log-throttled", logged(_THROTTLED), state="warn"),
    _symptom("log-clock-skew", refuses(EARLY)),
    _symptom("log-action-denied", denied),
    _symptom(
        "log-verification-key", refuses(logs.VERIFICATION_KEY, stopped=timedelta(hours=4)), state="warn",
        variant="stopped",
    ),
    _symptom(
        "log-assume-role-denied", refuses(logs.NOT_AUTHORIZED, stopped=timedelta(hours=4)), state="warn",
        variant="stopped",
    ),
]  # fmt: skip
