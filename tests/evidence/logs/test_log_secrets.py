"""Secrets that stand in logs: where they are is told, and never what they are."""

from __future__ import annotations

from analyzer.evidence.logs.scan import LogScan
from samples import Cluster


def test_secrets_in_a_log_are_noted_once_a_kind_and_never_kept() -> None:
    token = Cluster().token("openshift-ingress-operator", "ingress-operator").encode()
    key = b"aws_access_key_id=AKIAI0000 aws_secret_access_key=" + b"aB3dE7gHk9" * 4
    filler = b"I0312 10:00:00.000000 1 sync.go:1] nothing\n"
    unsigned = b"I0312 e.go:1] " + token.rpartition(b".")[0] + b"\n"
    text = filler * 7000 + unsigned + b"E0312 e.go:1] presented " + token + b"\n" + filler * 7000
    scan = LogScan()
    scan.feed("i1", "current.log", [text + b"E0312 " + key + b"\n" + token + b"\n"])
    found = sorted((one.where.line, one.what, one.where.excerpt) for one in scan.secrets.found)
    assert found == [
        (7002, "a token with its signature", "(not shown)"),
        (14003, "a secret access key", "(not shown)"),
    ]


def test_a_log_full_of_secrets_is_not_looked_at_for_ever() -> None:
    line = b"E0312 aws_access_key_id=AKIA(hidden)\n"
    scan = LogScan()
    scan.feed("i1", "current.log", [line] * 200_000)
    assert scan.secrets.found == []
    assert scan.secrets.searched == 8
