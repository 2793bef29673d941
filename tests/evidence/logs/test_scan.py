"""Whole logs: merging, time windows, lines that belong together, and any way of cutting the bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence.logs import regions
from analyzer.evidence.logs.scan import LogScan
from analyzer.evidence.records import Symptom
from tests.evidence.logs import envelopes

from .lines import LOGS, POD, stamp

KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)


def escaped(minute: int, nanos: int = 123456789) -> str:
    return stamp(minute, nanos) + envelopes.go_v1_escaped("InvalidIdentityToken", KEY) + "\n"


def several_lines(minute: int) -> str:
    return (
        f"{stamp(minute, 1000)}E0514 08:00:00.000001       1 controller.go:378] unable to sync: unable to "
        f"sync "
        "storage configuration: WebIdentityErr: failed to retrieve credentials\n"
        f"{stamp(minute, 2000)}caused by: InvalidIdentityToken: {KEY}\n"
        f"{stamp(minute, 3000)}\tstatus code: 400, request id: {envelopes.REQUEST}, requeuing\n"
    )


def scanned(text: str, path: str = f"{LOGS}/current.log") -> tuple[Symptom, ...]:
    scan = LogScan()
    scan.feed("a", path, [text.encode()])
    return scan.symptoms()


def test_repeats_are_one_symptom_quoting_the_last() -> None:
    text = "".join(f"{stamp(m)}healthy line {m}\n" + (escaped(m) if m % 3 == 0 else "") for m in range(10))
    (symptom,) = scanned(text)
    assert symptom.klass == "verification-key"
    assert symptom.count == 4
    assert symptom.first == datetime(2024, 5, 14, 8, 0, 0, 123456, tzinfo=UTC)
    assert symptom.last == datetime(2024, 5, 14, 8, 9, 0, 123456, tzinfo=UTC)
    assert (symptom.namespace, symptom.container) == ("openshift-ingress-operator", "ingress-operator")
    assert symptom.pod == "ingress-operator-7d8f9c6b5d-x2x4z"
    assert symptom.quote.input == "a"
    assert symptom.quote.file == f"{LOGS}/current.log"
    assert text.split("\n")[symptom.quote.line - 1].startswith(stamp(9))
    assert "verification key" in text.split("\n")[symptom.quote.line - 1]
    assert "Couldn't retrieve verification key" in symptom.quote.excerpt
    assert len(symptom.quote.excerpt) <= 400


def test_current_previous_and_rotated_logs_are_one_container() -> None:
    scan = LogScan()
    rotated = escaped(1).replace("Z ", "+00:00 stderr F ", 1)
    for name, text in (
        ("current.log", escaped(40)),
        ("previous.log", escaped(20) + escaped(21)),
        ("previous.insecure.log", escaped(20) + escaped(21)),
        ("rotated/0.log.20240514-080000.gz", rotated),
        ("rotated/0.log.20240514-080000", rotated),
    ):
        scan.feed("a", f"{LOGS}/{name}", [text.encode()])
    (symptom,) = scan.symptoms()
    assert symptom.count == 4, "the same line in two files is one occurrence"
    assert symptom.first == datetime(2024, 5, 14, 8, 1, 0, 123456, tzinfo=UTC)
    assert symptom.quote.file.endswith("/current.log")
    assert len(scan.files) == 5


def test_without_times_the_newest_file_is_quoted() -> None:
    scan = LogScan()
    line = envelopes.go_v1_escaped("InvalidIdentityToken", KEY).removeprefix("2021-08-03T09:24:28.536Z\t")
    for name in ("current.log", "previous.log"):
        scan.feed("a", f"{LOGS}/{name}", [line.encode()])
    (symptom,) = scan.symptoms()
    assert (symptom.first, symptom.last) == (None, None)
    assert symptom.count == 2
    assert symptom.quote.file.endswith("/current.log")


def test_other_containers_inputs_and_classes_are_not_merged() -> None:
    scan = LogScan()
    denied = envelopes.go_v2("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    scan.feed("a", f"{LOGS}/current.log", [(escaped(1) + stamp(2) + denied).encode()])
    scan.feed("b", f"{LOGS}/current.log", [escaped(1).encode()])
    scan.feed("a", f"{POD}/kube-rbac-proxy/kube-rbac-proxy/logs/current.log", [escaped(1).encode()])
    assert len(scan.symptoms()) == 4
    assert [s.count for s in scan.symptoms()] == [1, 1, 1, 1]


def test_files_of_no_known_container_stand_for_themselves() -> None:
    scan = LogScan()
    scan.feed("a", "ingress.log", [escaped(1).encode()])
    scan.feed("a", "registry.log", [escaped(1).encode()])
    assert [s.quote.file for s in scan.symptoms()] == ["ingress.log", "registry.log"]


def test_ids_times_and_sessions_do_not_split_a_symptom() -> None:
    lines = [
        f"{stamp(m)}AccessDenied: User: arn:aws:sts::111122223333:assumed-role/r/169{m:016d} is not "
        f"authorized to "
        f"perform: ec2:AttachVolume on resource: arn:aws:ec2:us-east-2:111122223333:volume/vol-0abc{m:012d}0 "
        f"because no identity-based policy allows the ec2:AttachVolume action\\n\\tstatus code: 403, request "
        f"id: {m}\n"
        for m in range(5)
    ]
    lines += [
        f"{stamp(m)}WebIdentityErr: failed to retrieve credentials\\ncaused by: ExpiredTokenException: Token "
        f"expired: "
        f"current date/time 17156736{m:02d} must be before the expiration date/time17156700{m:02d}\n"
        for m in range(5)
    ]
    lines += [
        f'{stamp(m)}Post "https://sts.amazonaws.com/": read tcp 10.0.0.{m}:4{m}000->54.239.29.25:443: i/o '
        f"timeout\n"
        for m in range(5)
    ]
    symptoms = scanned("".join(lines))
    assert [(s.klass, s.count) for s in symptoms] == [
        ("action-denied", 5),
        ("sts-unreachable", 5),
        ("token-expired", 5),
    ]
    assert symptoms[0].resource is not None
    assert symptoms[0].resource.endswith("/vol-0abc0000000000040"), "fields are of the last occurrence"


def test_an_error_over_several_lines_is_joined() -> None:
    text = f"{stamp(0)}ok\n" + several_lines(1) + f"{stamp(2)}ok\n" + several_lines(3)
    (symptom,) = scanned(text)
    assert (symptom.klass, symptom.count) == ("verification-key", 2)
    assert symptom.quote.line == 7
    assert symptom.quote.excerpt == f"{stamp(3, 2000)}caused by: InvalidIdentityToken: {KEY}"


def test_the_line_after_tells_that_aws_answered() -> None:
    text = (
        f"{stamp(0)}unable to sync storage configuration: AccessDenied: Access Denied\n"
        f"{stamp(0)}\tstatus code: 403, request id: TX1, host id: a=\n"
    )
    assert [(s.klass, s.quote.line) for s in scanned(text)] == [("action-denied", 1)]
    text = text.replace("AccessDenied: Access Denied", "RequestExpired: Request has expired.")
    assert [(s.klass, s.quote.line) for s in scanned(text)] == [("clock-skew", 1)]


def test_the_line_before_is_found_from_the_line_after() -> None:
    text = (
        f"{stamp(0)}ok\n{stamp(0)}failed: RequestError: send request failed\n"
        f'{stamp(0)}caused by: Post "https://sts.us-east-2.amazonaws.com/": dial tcp: i/o timeout\n'
    )
    assert [(s.klass, s.resource, s.quote.line) for s in scanned(text)] == [
        ("sts-unreachable", "sts.us-east-2.amazonaws.com", 3)
    ]


def test_parts_of_a_line_that_the_runtime_split_are_joined() -> None:
    half = "2024-05-14T08:00:00.000000001+00:00 stderr"
    text = (
        f"{half} F ok\n"
        f"{half} P error: WebIdentityErr: failed to retrieve credentials\\ncaused by: InvalidIdentityToken: "
        f"No OpenID\n"
        f"{half} F Connect provider found in your account for https://a.example.com\\n\\tstatus code: 400\n"
        f"{half} F ok\n"
    )
    (symptom,) = scanned(text, f"{LOGS}/rotated/0.log.20240514-080000")
    assert (symptom.klass, symptom.issuer) == ("no-provider", "https://a.example.com")
    assert symptom.quote.line == 2


def test_windows_lines() -> None:
    (symptom,) = scanned(several_lines(1).replace("\n", "\r\n"))
    assert symptom.klass == "verification-key"
    assert not symptom.quote.excerpt.endswith("\r")


def test_the_window_is_that_of_the_first_and_last_stamped_line() -> None:
    scan = LogScan()
    text = f"no stamp\n{stamp(3)}a\n{stamp(4)}b\nno stamp\n"
    file = scan.feed("a", f"{LOGS}/current.log", [text.encode()])
    assert not file.empty
    assert file.first == datetime(2024, 5, 14, 8, 3, 0, 123456, tzinfo=UTC)
    assert file.last == datetime(2024, 5, 14, 8, 4, 0, 123456, tzinfo=UTC)


def test_a_rotated_log_keeps_its_zone() -> None:
    scan = LogScan()
    file = scan.feed(
        "a", f"{LOGS}/rotated/0.log", [b"2023-11-02T08:12:07.604163885+02:00 stderr F I1102 x\n"]
    )
    assert file.first == file.last == datetime(2023, 11, 2, 6, 12, 7, 604163, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "Aug 03 09:18:36.358653 ip-10-0-1-1 hyperkube[1354]: x\n", "2024-99-99T08:00:00Z x"]
)
def test_no_stamp_no_window(text: str) -> None:
    file = LogScan().feed("a", "host_service_logs/masters/kubelet_service.log", [text.encode()])
    assert (file.first, file.last) == (None, None)


def test_an_empty_log_is_normal() -> None:
    scan = LogScan()
    for chunks in ([], [b""], [b"", b""]):
        assert scan.feed("a", f"{LOGS}/previous.log", chunks).empty
    assert scan.symptoms() == ()


def test_a_node_role_is_meant_where_nodes_sign_in() -> None:
    line = (
        f"{stamp(0)}AccessDenied: User: "
        f"arn:aws:sts::111122223333:assumed-role/x-master-role/i-0123456789abcdef0 is "
        "not authorized to perform: elasticloadbalancing:CreateLoadBalancer on resource: x\n"
    )
    assert [s.klass for s in scanned(line)] == ["node-role"]
    ccm = "namespaces/openshift-cloud-controller-manager/pods/p/c/c/logs/current.log"
    assert [s.klass for s in scanned(line, ccm)] == ["action-denied"]
    assert [s.klass for s in scanned(line, "host_service_logs/masters/kubelet_service.log")] == [
        "action-denied"
    ]


def test_secrets_of_a_line_are_not_quoted() -> None:
    line = (
        f"{stamp(0)}request aws_secret_access_key=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY "
        f"AKIAIOSFODNN7EXAMPLE "
        "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl via http://user:hunter22@proxy:3128 "
        "InvalidIdentityToken: Incorrect token audience Bearer abcdefghijklmnop\n"
    )
    (symptom,) = scanned(line)
    for secret in ("wJalrX", "ODNN7EXAMPLE", "c2lnbmF0dXJl", "hunter22", "abcdefghijklmnop"):
        assert secret not in symptom.quote.excerpt
        assert secret not in symptom.message
    assert "Incorrect token audience" in symptom.quote.excerpt


def test_a_token_that_the_window_cuts_is_not_quoted() -> None:
    signature = "s" * 1200
    line = f"eyJhbGciOiJSUzI1NiJ9.{'p' * 2000}.{signature} InvalidIdentityToken: Incorrect token audience"
    (symptom,) = scanned(line)
    assert "sss" not in symptom.quote.excerpt


def test_terminal_control_is_not_quoted() -> None:
    (symptom,) = scanned("\x1b[31mInvalidIdentityToken: Incorrect token audience\x1b[0m\x07\u202e")
    assert not set("\x1b\x07\u202e") & set(symptom.quote.excerpt + symptom.message)


def test_a_line_of_many_mebibytes() -> None:
    error = envelopes.go_v1_escaped("InvalidIdentityToken", KEY)
    scan = LogScan()
    text = "first\n" + "x" * 2_500_000 + " " + error + " " + "y" * 2_000_000 + f"\n{stamp(5)}{error}\n"
    scan.feed("a", f"{LOGS}/current.log", [text.encode()])
    (symptom,) = scan.symptoms()
    assert (symptom.count, symptom.quote.line) == (2, 3)
    assert "Couldn't retrieve" in symptom.quote.excerpt


def test_what_was_read_before_a_failure_counts() -> None:
    def broken() -> Iterator[bytes]:
        yield escaped(1).encode()
        raise EOFError("compressed file ended early")

    scan = LogScan()
    with pytest.raises(EOFError):
        scan.feed("a", f"{LOGS}/current.log", broken())
    assert [s.klass for s in scan.symptoms()] == ["verification-key"]
    assert not scan.files[0].empty


NOISE = "".join(f"{stamp(m % 60)}healthy {m}\n" for m in range(300))
LONG = (NOISE + several_lines(1) + NOISE + escaped(2) + several_lines(3) + NOISE).encode()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(LONG)), max_size=8), st.sampled_from([256, 1000, 4096, 1 << 20]))
def test_the_cuts_between_chunks_do_not_matter(cuts: list[int], region: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regions, "REGION", region)
        edges = [0, *sorted(cuts), len(LONG)]
        scan, whole = LogScan(), LogScan()
        scan.feed("a", f"{LOGS}/current.log", [LONG[a:b] for a, b in pairwise(edges)])
    whole.feed("a", f"{LOGS}/current.log", [LONG])
    assert scan.symptoms() == whole.symptoms()
    assert scan.files == whole.files
    assert [s.count for s in whole.symptoms()] == [3]


PIECES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"\n",
            b"\r\n",
            b"WebIdentityErr: ",
            b"InvalidIdentityToken: ",
            b"caused by: ",
            b"AccessDenied: ",
            b"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: ",
            b"(Service: ",
            b"Error Code: ",
            b"operation error STS: ",
            b"StatusCode: 0",
            b"https://sts.amazonaws.com",
            b"unable to read file at ",
            b"/serviceaccount/token",
            b"\\u0027\\n\\\\t",
            b"\\ud800",
            b"2024-05-14T08:00:00.123456789Z ",
            b"0000-00-00T00:00:00Z ",
            b"0001-01-01T00:00:00+14:00 stderr P ",
            b"9999-12-31T23:59:59-14:00 stdout F ",
            b" stderr P ",
        ]
    ),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(PIECES, max_size=40), st.text(max_size=80))
def test_any_bytes_are_read(pieces: list[bytes], path: str) -> None:
    scan = LogScan()
    data = b"".join(pieces)
    file = scan.feed("a", path, pieces)
    assert file.empty == (not data)
    lines = data.split(b"\n")
    for symptom in scan.symptoms():
        assert symptom.count >= 1
        assert 1 <= symptom.quote.line <= len(lines)
        assert len(symptom.quote.excerpt) <= 400
        assert symptom.message


@pytest.mark.parametrize(
    "unit",
    [
        "Missing a required claim ",
        "vpce-",
        "sts.",
        "No ",
        "AccessDenied: ",
        "Error Code: AccessDenied; ",
        "arn:aws:iam::111122223333:role/",
        "not authorized to perform: ",
        "operation error STS: StatusCode: 0 ",
        "no such file or directory",
        "/",
        "\\",
        "eyJaaaaaa.",
        "InvalidIdentityToken: (Service: Error Code: ",
        " ",
    ],
)
@pytest.mark.timeout(60)  # what takes quadratic time does not end in it
def test_hostile_repeats_take_no_long(unit: str) -> None:
    text = "InvalidIdentityToken AccessDenied " + unit * (200_000 // len(unit)) + "\n"
    LogScan().feed("a", "x.log", [text.encode() * 2])
