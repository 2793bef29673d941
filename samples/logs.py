"""Log lines as the operators write them, and the error texts of the AWS SDKs inside them."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class LogLine:
    """What a program wrote at a time; the text may have several lines."""

    when: datetime
    text: str


@dataclass(frozen=True)
class Failure:
    """An error that STS or a service answered."""

    code: str
    message: str
    status: int = 400


VERIFICATION_KEY = Failure(
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements",
)
INCORRECT_AUDIENCE = Failure("InvalidIdentityToken", "Incorrect token audience")
THUMBPRINT = Failure(
    "InvalidIdentityToken",
    "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
)
NOT_AUTHORIZED = Failure("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)


def no_provider(issuer: str) -> Failure:
    """Return the answer to a token of an issuer that the account does not know."""
    return Failure("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")


def request_id(*seed: object) -> str:
    """Return a request id that depends on nothing but its seed."""
    return str(uuid.UUID(bytes=hashlib.sha256(repr(seed).encode()).digest()[:16], version=4))


def sdk1(failure: Failure, request: str) -> str:
    """Return the error text of the AWS SDK for Go, version 1, when web identity fails."""
    return (
        f"WebIdentityErr: failed to retrieve credentials\ncaused by: {failure.code}: {failure.message}\n"
        f"\tstatus code: {failure.status}, request id: {request}"
    )


def sdk1_call(failure: Failure, request: str) -> str:
    """Return version 1's text for a call that the service itself refused."""
    return f"{failure.code}: {failure.message}\n\tstatus code: {failure.status}, request id: {request}"


def sdk2(failure: Failure, request: str, operation: str) -> str:
    """Return version 2's text when web identity fails during an operation such as `EC2: CreateVolume`."""
    modelled = failure.code in ("InvalidIdentityToken", "ExpiredTokenException", "IDPCommunicationError")
    return (
        f"operation error {operation}, get identity: get credentials: failed to refresh cached credentials, "
        "failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, "
        f"{'exceeded maximum number of attempts, 3, ' if failure.code == 'InvalidIdentityToken' else ''}"
        f"https response error StatusCode: {failure.status}, RequestID: {request}, "
        f"{'' if modelled else 'api error '}{failure.code}: {failure.message}"
    )


def sdk2_call(failure: Failure, request: str, operation: str) -> str:
    """Return version 2's text for a call that the service itself refused."""
    return (
        f"operation error {operation}, https response error StatusCode: {failure.status}, "
        f"RequestID: {request}, api error {failure.code}: {failure.message}"
    )


def zap(when: datetime, level: str, logger: str, caller: str, message: str, **fields: Any) -> LogLine:
    """Return a line of the ingress operator: tab-separated, fields as JSON."""
    stamp = when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"
    parts = [stamp, level, logger, caller, message]
    if fields:
        parts.append(json.dumps(fields))
    return LogLine(when, "\t".join(parts))


def klog(when: datetime, level: str, source: str, message: str) -> LogLine:
    """Return a klog line; a message of several lines stays so."""
    return LogLine(when, f"{level}{when:%m%d %H:%M:%S.%f}       1 {source}] {message}")


def logrus(when: datetime, level: str, message: str, **fields: str) -> LogLine:
    """Return a line of the cloud credential operator."""
    tail = "".join(f" {name}={value}" for name, value in fields.items())
    return LogLine(when, f'time="{when:%Y-%m-%dT%H:%M:%SZ}" level={level} msg="{message}"{tail}')


def render(lines: list[LogLine]) -> bytes:
    """Return the log file that must-gather saves: a kubelet time stamp before every physical line."""
    out: list[str] = []
    for line in sorted(lines, key=lambda entry: entry.when):
        for number, text in enumerate(line.text.split("\n")):
            when = line.when + timedelta(microseconds=31 + 7 * number)
            nanos = int.from_bytes(hashlib.sha256(text.encode()).digest()[:2], "big") % 1000
            out.append(f"{when:%Y-%m-%dT%H:%M:%S.%f}{nanos:03d}Z {text}\n")
    return "".join(out).encode()
