"""Paths, stamps, escapes and excerpts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.evidence.logs.text import (
    EXCERPT,
    FILLER,
    excerpt,
    instant,
    log_name,
    normalise,
    read_line,
    unescape,
)


@pytest.mark.parametrize(
    "path, namespace, pod, container, age",
    [
        ("r/namespaces/ns/pods/p-1/c/c/logs/current.log", "ns", "p-1", "c", 0),
        ("namespaces/ns/pods/p-1/c/c/logs/previous.insecure.log", "ns", "p-1", "c", 1),
        ("namespaces/all/namespaces/ns/pods/p/c/c/logs/current.insecure.log", "ns", "p", "c", 0),
        ("r\\namespaces\\ns\\pods\\p\\c\\c\\logs\\rotated\\0.log.20240514-080000.gz", "ns", "p", "c", 2),
        (
            "namespaces/clusters-x/core/pods/logs/ingress-operator-7d8f9c6b5d-x2x4z-ingress-operator-previous.log",
            "clusters-x",
            "ingress-operator-7d8f9c6b5d-x2x4z",
            "ingress-operator",
            1,
        ),
        (
            "namespaces/clusters-x/core/pods/logs/etcd-0-etcd-metrics.log",
            "clusters-x",
            "etcd-0",
            "etcd-metrics",
            0,
        ),
        ("namespaces/n/core/pods/logs/dns-default-x2x4z-dns.log", "n", "dns-default-x2x4z", "dns", 0),
        ("namespaces/n/core/pods/logs/oddly.log", "n", "oddly", "", 0),
        ("config/pod/ns/logs/p-1/c_previous.log", "ns", "p-1", "c", 1),
        ("host_service_logs/masters/kubelet_service.log", "", "", "", 0),
        ("ingress.log", "", "", "", 0),
        ("", "", "", "", 0),
    ],
)
def test_paths(path: str, namespace: str, pod: str, container: str, age: int) -> None:
    name = log_name(path)
    assert (name.namespace, name.pod, name.container, name.age) == (namespace, pod, container, age)


@pytest.mark.parametrize(
    "raw, payload, partial",
    [
        (b"2024-05-14T08:00:00.123456789Z text", b"text", False),
        (b"2024-05-14T08:00:00Z", b"", False),
        (b"2024-05-14T08:00:00.1+00:00 stderr F text", b"text", False),
        (b"2024-05-14T08:00:00.1+00:00 stdout P text", b"text", True),
        (b"2024-05-14T08:00:00.1+00:00 stdout F", b"", False),
        (b"2024-05-14T08:00:00.1Z\tERROR\tx", b"2024-05-14T08:00:00.1Z\tERROR\tx", False),
        (b'time="2024-05-14T08:00:00Z" level=info', b'time="2024-05-14T08:00:00Z" level=info', False),
        (
            b'{"level":"info","ts":"2024-05-14T08:00:00Z"}',
            b'{"level":"info","ts":"2024-05-14T08:00:00Z"}',
            False,
        ),
    ],
)
def test_stamps(raw: bytes, payload: bytes, partial: bool) -> None:
    line = read_line(raw)
    assert (line.payload, line.partial) == (payload, partial)
    when = instant(line.nanos)
    assert when is not None
    assert when.isoformat().startswith("2024-05-14T08:00:00")


@pytest.mark.parametrize(
    "raw, said",
    [
        (b'{"level":"error","ts":1657324768.868449,"msg":"x"}', "2022-07-08T23:59:28.868449+00:00"),
        (b'{"level":50,"time":1657324768868,"msg":"x"}', "2022-07-08T23:59:28.868000+00:00"),
        (b'{"ts": 1657324768}', "2022-07-08T23:59:28+00:00"),
    ],
)
def test_stamps_that_count_from_1970(raw: bytes, said: str) -> None:
    when = instant(read_line(raw).nanos)
    assert when is not None
    assert when.isoformat() == said


@pytest.mark.parametrize(
    "raw",
    [b"", b'{"ts":16573247688684490}', b"text", b"2024-13-14T08:00:00Z x", b"not after 2024-05-14T08:00:00Z"],
)
def test_no_stamp(raw: bytes) -> None:
    assert read_line(raw).nanos is None


@pytest.mark.parametrize(
    "text, plain",
    [
        ("a\\nb\\tc", "a\nb\tc"),
        ('say \\"x\\"', 'say "x"'),
        ("Couldn\\u0027t", "Couldn't"),
        ("Couldn\\\\u2019t", "Couldn’t"),
        ("a\\\\\\nb", "a\nb"),
        ("C:\\windows", "C:\\windows"),
    ],
)
def test_escapes(text: str, plain: str) -> None:
    assert unescape(text).replace(FILLER, "") == plain


@given(st.text(alphabet="\\nut\"'0027a /", max_size=60))
def test_escapes_keep_offsets(text: str) -> None:
    assert len(unescape(text)) == len(text)


@given(st.text(max_size=600), st.text(max_size=6000))
def test_excerpts_are_short_and_inert(before: str, after: str) -> None:
    cut = excerpt(before, after)
    assert len(cut) <= EXCERPT
    assert not any(ord(c) < 32 for c in cut)


def test_an_excerpt_begins_before_the_error_and_holds_it() -> None:
    error = "InvalidIdentityToken: Incorrect token audience"
    cut = excerpt("word " * 400, error + " tail" * 400)
    assert cut.startswith("…")
    assert cut.endswith("…")
    assert error in cut
    assert 80 < cut.index(error) < 140


@pytest.mark.parametrize(
    "text, shared",
    [
        ("x, request id: 6aa3127f-e9b8-44e1-87e6-a739746f0370", "x"),
        ("RequestID: 6aa3127f-e9b8-44e1-87e6-a739746f0370, y", ", y"),
        ("at 0xc000123abc", "at <address>"),
        ("at 2024-05-14T08:00:00.1Z on", "at <time> on"),
        ("attempt 3 of", "attempt <n> of"),
        ("exceeded maximum number of attempts, 3, x", "x"),
        ("account 111122223333", "account 111122223333"),
        ("a  b\n c", "a b c"),
        ('on "arn:aws-cn:s3:::demo-1.b/docker/a" because', 'on "arn:aws-cn:s3:::demo-1.b/<key>" because'),
    ],
)
def test_normalised(text: str, shared: str) -> None:
    assert normalise(text) == shared
