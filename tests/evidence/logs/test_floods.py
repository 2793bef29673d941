"""Logs with more errors than are looked at: since when and whether it goes on is told all the same."""

from __future__ import annotations

import pytest

from analyzer.evidence.logs import scan as module
from analyzer.evidence.logs.scan import LogScan

from .lines import LOGS, each_second, stamp


def test_symptoms_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SYMPTOMS", 10)
    scan = LogScan()
    issuers = "".join(
        f"InvalidIdentityToken: No OpenIDConnect provider found in your account for https://{n}.example.com\n"
        for n in range(30)
    )
    scan.feed("a", "x.log", [issuers.encode()])
    assert len(scan.symptoms()) == 10
    assert scan.dropped == 20


def test_of_a_flood_of_errors_the_end_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether an error goes on is told by the last lines, however many came before."""
    monkeypatch.setattr(module, "MOST_TEXT", 100_000)
    error = (
        "AccessDenied: User: arn:aws:sts::123456789012:assumed-role/a/b is not authorized to perform: s3:Get"
    )
    flood = (f"{stamp(5)}{error}\n" * 20_000).encode()
    scan = LogScan()
    file = scan.feed("a", f"{LOGS}/current.log", [flood, flood, f"{stamp(9)}{error}Last\n".encode()])
    assert scan.skimmed == [file]
    last = max(scan.symptoms(), key=lambda symptom: symptom.last or symptom.first)
    assert (last.last, last.quote.line) == (file.last, 40_001)


def test_texts_that_are_new_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_NEW_OF_LOG", 20)
    scan = LogScan()
    lines = "".join(
        f"{each_second(n)}ExpiredToken: the token has expired in request {n}\n" for n in range(300)
    )
    file = scan.feed("a", "x.log", [lines.encode()])
    assert scan.dropped == 260
    read = sorted(symptom.quote.line for symptom in scan.symptoms())
    assert read == [*range(1, 21), *range(281, 301)]
    assert scan.skimmed == [file]


def test_whether_an_error_goes_on_is_told_however_many_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_NEW_OF_LOG", 200)
    denial = "AccessDenied: Access Denied\n\tstatus code: 403, request id: {0:016X}, host id: x{0}="
    lines = [f"{each_second(n)}{line}" for n in range(3000) for line in denial.format(n).split("\n")]
    scan = LogScan()
    file = scan.feed("a", "x.log", ["\n".join(lines).encode()])
    (found,) = scan.symptoms()
    assert found.count < 3000
    assert (found.last, found.quote.line) == (file.last, 5999)


REPEATS = [
    "operation error S3: HeadBucket, https response error StatusCode: 403, RequestID: {0:016X}, HostID: "
    "{0:075d}=, api error Forbidden: Forbidden",
    "UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure "
    "message: x{0:0600d}\\n\\tstatus code: 403, request id: {0:08x}-1f2d-4a7c-9d10-aa55e0f7b0c4",
    '{{"level":"error","ts":{1}.{0:05d},"error":"AccessDenied: Not authorized to perform '
    'sts:AssumeRoleWithWebIdentity\\n\\tstatus code: 403, request id: {0:08x}-1f2d-4a7c-9d10-aa55e0f7b0c4"}}',
    'Post "https://sts.eu-west-3.amazonaws.com/": dial tcp: lookup sts.eu-west-3.amazonaws.com on '
    "172.30.0.10:53: read udp 10.0.3.4:{2}->172.30.0.10:53: i/o timeout",
    "<Code>ExpiredTokenException</Code><Message>Token expired: current date/time {1} must be before</Message>"
    "<RequestId>{0:08x}-1f2d-4a7c-9d10-aa55e0f7b0c4</RequestId>",
]


@pytest.mark.parametrize("line", REPEATS)
def test_repeats_are_all_counted_whatever_ids_they_have(line: str) -> None:
    """There are as many as there were calls, and no two are the same text."""
    scan = LogScan()
    log = (f"{each_second(n)}{line.format(n, 1715673600 + n, 30000 + n)}\n" for n in range(5000))
    scan.feed("a", "x.log", ["".join(log).encode()])
    (found,) = scan.symptoms()
    assert (found.count, scan.dropped) == (5000, 0)


def test_a_log_that_floods_does_not_hide_those_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TEXT", 20_000)
    monkeypatch.setattr(module, "_MOST_NEW", 200)
    scan = LogScan()
    flood = "".join(f"{stamp(1)}AccessDenied: no {n}\n" for n in range(2000))
    scan.feed("a", "namespaces/a-team/pods/p/c/c/logs/current.log", [flood.encode()])
    assert scan.dropped
    quiet = f"{stamp(2)}healthy\n" * 30_000
    error = (
        "InvalidIdentityToken: No OpenIDConnect provider found in your account for https://x.example.com\n"
    )
    log = f"{stamp(1)}{error}{quiet}{stamp(3)}{error}"
    scan.feed("a", "namespaces/openshift-ingress-operator/pods/p/c/c/logs/current.log", [log.encode()])
    (found,) = [s for s in scan.symptoms() if s.namespace == "openshift-ingress-operator"]
    assert (found.count, found.quote.line) == (2, 30_002)
    assert found.first != found.last
