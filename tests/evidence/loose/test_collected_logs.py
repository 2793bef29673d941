"""Logs of many pods in one file, in which each line says whose it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.evidence.logs.scan import LogScan
from analyzer.evidence.logs.text import LogName
from analyzer.evidence.loose.collected_logs import by_pod, says_whose
from analyzer.evidence.loose.logs import feed_loose

STORED = b'{"@timestamp":"2024-03-12T10:12:00Z","kubernetes":%b,"message":"%b"}\n'
WHOSE = b'{"namespace_name":"a","pod_name":"b","container_name":"c"}'
ERROR = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_half_a_character_breaks_nothing() -> None:
    """JSON can spell one, and nothing can write it."""
    whose = WHOSE.replace(b'"b"', b'"b\\ud800"')
    assert list(by_pod(STORED % (whose, b"x \\udfff y"))) == [
        (LogName("a", "b?", "c"), b"2024-03-12T10:12:00Z x ? y")
    ]


def test_an_empty_message_is_passed_over() -> None:
    data = STORED % (WHOSE, b"") + STORED % (WHOSE, b"up")
    assert list(by_pod(data)) == [(LogName("a", "b", "c"), b"\n2024-03-12T10:12:00Z up")]


def test_a_log_of_other_records_is_left_to_be_read_as_it_is() -> None:
    """Namespace and message stand beside each other there, and no line could be taken from it."""
    assert not says_whose(b'{"time":"2024-03-12T10:12:00Z","namespace_name":"a","message":"up"}\n' * 3)


def test_a_line_that_goes_on_from_another_is_its_containers() -> None:
    data = (
        b"a b-x2x4z c 2024-03-12T10:12:00Z WebIdentityErr: failed to retrieve credentials\n"
        b"a d-x2x4z c 2024-03-12T10:12:00Z up\n"
        b"a d-x2x4z c 2024-03-12T10:12:01Z up\n"
        b"a b-x2x4z c caused by: InvalidIdentityToken\n"
        b"what is no container's\n"
    )
    lines = dict(by_pod(data))[LogName("a", "b-x2x4z", "c")].split(b"\n")
    assert lines[1:] == [b"", b"", b"caused by: InvalidIdentityToken"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_container_logs_until_its_newest_line_whatever_is_around_it(turned: bool) -> None:
    """A log store gives the newest first, and other pods may have logged before and since."""
    lines = [_at(10, 0, "d", "up")] * 50
    lines += [_at(10, minute, "b", ERROR if minute < 10 else "up") for minute in range(1, 50)]
    lines += [_at(10, 50, "d", "up")] * 50
    logs = LogScan()
    assert feed_loose(logs, "input", "stored.json", b"".join(lines[::-1] if turned else lines))
    (symptom,) = logs.symptoms()
    assert symptom.count == 9
    assert symptom.log_end == datetime(2024, 3, 12, 10, 49, tzinfo=UTC)
    (file,) = (file for file in logs.files if file.pod == "b")
    assert file.first == datetime(2024, 3, 12, 10, 1, tzinfo=UTC)


def _at(hour: int, minute: int, pod: str, message: str) -> bytes:
    stored = STORED.replace(b"10:12", b"%02d:%02d" % (hour, minute))
    return stored % (WHOSE.replace(b'"b"', b'"%b"' % pod.encode()), message.encode())
