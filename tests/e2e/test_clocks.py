"""The clock of the machine that collected a token may be wrong: AWS's own, in its answers, tells."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from analyzer.evidence.loose.http_answers import answered_at
from samples import Cluster
from tests.e2e.runs import Bench, bundle, exports, told

RULES = {"token-expired", "token-not-yet-valid"}


def _collected(cluster: Cluster, *, off: timedelta, aws: timedelta | None) -> dict[str, bytes]:
    """Give what the script leaves in a folder where that machine's clock is off, or AWS's."""
    files = {
        f"c/{path.rpartition('/')[2]}": text
        for path, text in exports(cluster, parts=("issuer",)).items()
        if path.endswith(("openid-configuration", "keys.json"))
    }
    started = (cluster.gathered + off).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = f"# sts-doctor collect manifest 1\n# started {started}\nstatus\ttime\tfile\tcommand\n"
    files["c/MANIFEST.tsv"] = head.encode()
    files["c/token"] = cluster.token("openshift-ingress-operator", "ingress-operator").encode() + b"\n"
    if aws is not None:
        date = (cluster.gathered + aws).strftime("%a, %d %b %Y %H:%M:%S GMT")
        answer = f"HTTP/2 200 \r\nserver: AmazonS3\r\ndate: {date}\r\n\r\n"
        files["c/openid-configuration.headers"] = answer.encode()
    return bundle(cluster) | files


@pytest.mark.parametrize(("off", "rule"), [(1, "token-expired"), (-1, "token-not-yet-valid")])
def test_a_wrong_clock_convicts_no_token(bench: Bench, off: int, rule: str) -> None:
    cluster, day = Cluster(), timedelta(days=off)
    for aws, found in ((timedelta(0), set()), (day, {rule}), (None, {rule})):
        report = bench.report(_collected(cluster, off=day, aws=aws))
        assert {f.rule for f in report.findings if f.rule in RULES} == found, told(report)
        asked = [item.why for item in report.missing if "AWS's own, disagree" in item.why]
        assert bool(asked) is (aws == timedelta(0)), told(report)


@pytest.mark.parametrize(
    ("headers", "at"),
    [
        (b"HTTP/2 200\r\ndate: Sat, 01 Mar 2025 10:00:00 GMT\r\n\r\n", "2025-03-01T10:00:00+00:00"),
        (b"HTTP/2 200\nDate: Sat, 01 Mar 2025 10:00:00 GMT\nAge: 3600\n", "2025-03-01T11:00:00+00:00"),
        (b"HTTP/2 200\ndate: yesterday at noon\n", None),
        (b"HTTP/2 200\ndate: Fri, 31 Dec 9999 23:59:59 GMT\nage: 999999999\n", None),
        (b"HTTP/2 200\n", None),
    ],
)
def test_the_time_of_an_answer(headers: bytes, at: str | None) -> None:
    assert answered_at(headers) == (datetime.fromisoformat(at) if at else None)
