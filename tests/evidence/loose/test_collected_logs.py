"""Logs of many pods in one file, in which each line says whose it is."""

from __future__ import annotations

from analyzer.evidence.logs.text import LogName
from analyzer.evidence.loose.collected_logs import by_pod, says_whose

STORED = b'{"@timestamp":"2024-03-12T10:12:00Z","kubernetes":%b,"message":"%b"}\n'
WHOSE = b'{"namespace_name":"a","pod_name":"b","container_name":"c"}'


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
