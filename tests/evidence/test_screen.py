"""Answers that went through a terminal, a ticket or an editor before they were saved."""

from __future__ import annotations

import json

import pytest

from analyzer.evidence.records import DiscoveryDocument, HttpAnswer, KeySet, RoleRecord
from analyzer.evidence.screen import as_written

from .material import ISSUER, jwk, read, role

GOOD = json.dumps({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys.json"}, indent=4)
KEYS = json.dumps({"keys": [jwk()]}, indent=4)
ANSWER = json.dumps({"Role": role()}, indent=4)
COLOURED = ANSWER.replace('"Role"', '\x1b[34;1m"Role"\x1b[39;49;00m')
METER = (
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
    "                                 Dload  Upload   Total   Spent    Left  Speed\n"
    "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
    "\r100   475  100   475    0     0   1.2k      0 --:--:-- --:--:-- --:--:--  1234"
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (COLOURED, 2),
        (f"\x1b]0;me@host\x07\x1b[?2004h$ aws iam get-role\r\n\x1b[?2004l\r{ANSWER}\n\x1b[?2004h$ exit", 3),
        (f'Script started on 2024 [TERM="x"]\n$ aws iam get-role\n{ANSWER}\nScript done on 2024 [X="0"]', 4),
        (f"{{code:json}}\n{ANSWER}\n{{code}}\n", 3),
        (ANSWER.replace("    ", "\u00a0 \u00a0 "), 2),
        (f"{ANSWER}\n\x1b[7m(END)\x1b[27m", 2),
        (f"{ANSWER}\nlines 1-23/23 (END)\n~\n~\n", 2),
        (f"{ANSWER}[me@host ~]$ ", 2),
        (f"{ANSWER}\r\n\r\nPS C:\\Users\\me>", 2),
    ],
)  # fmt: skip
def test_an_answer_is_read_whole_and_stands_where_it_stood(text: str, line: int) -> None:
    found = read("out.txt", text)
    (record,) = found.records
    assert isinstance(record, RoleRecord)
    assert (found.problem, record.where.line) == (None, line)


def test_what_is_cut_is_still_said() -> None:
    assert read("role.json", f"{ANSWER}\n{ANSWER[:-20]}").problem
    assert read("role.json", f"{ANSWER[:-4]}\n(END)").problem


def test_a_code_page_breaks_no_string() -> None:
    text = json.dumps({"Role": role(Description="für Ingress")}, ensure_ascii=False)
    (record,) = read("role.json", text.encode("cp1252")).records
    assert isinstance(record, RoleRecord)
    assert record.description == "für Ingress"


def test_other_braces_and_blanks_stay() -> None:
    text = '{"a": "x\u00a0y {code} 5 > 3"}\n{quote} more\n'.encode()
    assert as_written(text) == text


def head(status: str, body: str) -> str:
    return f"HTTP/1.1 {status}\r\nServer: AmazonS3\r\n\r\n{body}"


def talk(path: str, status: str, body: str) -> str:
    return (
        "*   Trying 52.95.1.2:443...\n* Connected to h (52.95.1.2) port 443 (#0)\n"
        f"> GET {path} HTTP/1.1\n> Host: h\n>\n< HTTP/1.1 {status}\n< Server: AmazonS3\n<\n"
        f"{{ [5 bytes data]\n{body}* Connection #0 to host h left intact\n"
    )


DISCOVERY, JWKS = "/.well-known/openid-configuration", "/keys.json"
DENIED = "<Error><Code>AccessDenied</Code></Error>"


@pytest.mark.parametrize(
    "text",
    [
        # What ccoctl publishes has no line break at its end.
        head("200 OK", GOOD) + head("200 OK", KEYS),
        head("301 Moved", "") + head("200 OK", GOOD) + "\n" + head("200 OK", KEYS),
        talk(DISCOVERY, "200 OK", GOOD) + talk(JWKS, "200 OK", KEYS),
        METER + GOOD + KEYS,
        f"$ curl -s {ISSUER}{DISCOVERY}\n{GOOD}[me@host ~]$ curl -s {ISSUER}{JWKS}\n{KEYS}[me@host ~]$ ",
        f"$ curl -si {ISSUER}{DISCOVERY}\n{head('200 OK', GOOD)}[me@host ~]$ curl -si {ISSUER}{JWKS}\n"
        f"{head('200 OK', KEYS)}[me@host ~]$ ",
    ],
)
def test_several_fetches_in_one_file(text: str) -> None:
    found = read("curl.txt", text)
    assert [type(record) for record in found.records] == [DiscoveryDocument, KeySet], found
    assert found.problem is None


@pytest.mark.parametrize("verbose", [False, True])
def test_the_good_and_the_bad_of_one_file_are_kept_apart(verbose: bool) -> None:
    text = (
        talk(DISCOVERY, "200 OK", GOOD) + talk(JWKS, "403 Forbidden", DENIED)
        if verbose
        else head("200 OK", GOOD) + head("403 Forbidden", DENIED)
    )
    document, denied = read("curl.txt", text).records
    assert isinstance(document, DiscoveryDocument)
    assert isinstance(denied, HttpAnswer)
    line = text[: text.index("403")].count("\n") + 1
    assert (denied.status, denied.where.line) == (403, line)
    assert denied.target == ("jwks" if verbose else None)
