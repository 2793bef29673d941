"""Answers that went through a terminal, a ticket or an editor before they were saved."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from analyzer.evidence.gather import gather
from analyzer.evidence.loose.screen import as_written
from analyzer.evidence.records import DiscoveryDocument, HttpAnswer, KeySet, RoleRecord
from tests.bundle.archives import tar_of
from tests.evidence.material import ISSUER, jwk, read, role

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
        (f"{ANSWER}\n+ for r in $roles\nreal 0m1.2s\n\n[me@host ~]$ exit\n", 2),
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


def test_what_is_packed_is_not_touched() -> None:
    """What looks like an escape in it is none; an archive is said not to be opened."""
    packed = gzip.compress(tar_of({"a": bytes(range(256)) * 40}))
    assert as_written(packed + b"\x1b[0m") == packed + b"\x1b[0m"
    assert "unpack it" in (read("x.bin", packed).note or "")


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


def test_answers_in_yaml_that_were_appended_to_one_file() -> None:
    def one(name: str) -> str:
        return f"Role:\n  Arn: arn:aws:iam::123456789012:role/{name}\n  RoleName: {name}\n"

    names = "PolicyNames:\n- p\n"
    found = read("roles.yaml", one("a") + names + one("b") + names + f"---\n{one('c')}")
    assert [(r.name, r.where.line) for r in found.records if r.arn] == [("a", 1), ("b", 6), ("c", 12)]  # type: ignore[attr-defined]
    assert {r.name for r in found.records if r.inline_names == ("p",)} == {"a", "b"}  # type: ignore[attr-defined]


def test_a_session_of_oc_is_read_command_by_command() -> None:
    one = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {}\n  namespace: n\n"
    text = (
        "Last login: today\n"
        + "".join(f"$ oc get {n} -o yaml\n{one.format(n)}" for n in "ab")
        + "[me@host ~]$ "
    )
    found = read("screen.txt", text)
    assert [r.name for r in found.records] == ["a", "b"]  # type: ignore[attr-defined]
    assert found.problem is None
    script = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  run: |\n    + oc get x -o yaml\n"
    )
    assert [r.name for r in read("c.yaml", script).records] == ["c"]  # type: ignore[attr-defined]


TABLE = (
    "NAME   VERSION   AVAILABLE   DEGRADED   SINCE   MESSAGE\ndns    4.14.12   True        False      4d\n"
)
DESCRIBED = "Name:         cluster\nNamespace:    \nAPI Version:  config.openshift.io/v1\n"


@pytest.mark.parametrize("text", [TABLE, DESCRIBED, f"$ oc get co\n{TABLE}$ oc describe x\n{DESCRIBED}"])
def test_what_oc_prints_for_people_is_said_not_to_be_read(text: str) -> None:
    found = read("x.txt", text)
    assert (found.records, found.problem) == ((), None)
    assert "-o yaml" in (found.note or "")


def test_objects_below_a_table_are_read() -> None:
    found = read("x.txt", f"{TABLE}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: n}}\n")
    assert len(found.records) == 1


@pytest.mark.parametrize(
    ("text", "of_aws"),
    [
        # PowerShell's list, Python's repr, IAM's XML, an ARN by itself
        ("Arn                      : arn:aws:iam::1:x\r\nAssumeRolePolicyDocument : %7B\r\n", True),
        ("{'Role': {'Arn': 'arn:aws-us-gov:iam::123456789012:role/a'}}", True),
        ("arn:aws-cn:iam::123456789012:oidc-provider/x\n", True),
        ("a role of AWS, and its keys\n", False),
    ],
)
def test_what_speaks_of_aws_in_no_form_that_is_read(tmp_path: Path, text: str, of_aws: bool) -> None:
    (tmp_path / "notes.txt").write_text(text)
    (tmp_path / "other.txt").write_text(text)
    (tmp_path / "keys.json").write_text(KEYS)
    (record,) = (evidence := gather([tmp_path])).inputs
    said = [p.detail for p in evidence.problems if p.code == "not-used"]
    assert [len(paths) for paths in record.unread.values()] == ([2] if of_aws else [])
    assert not of_aws or ", as does 1 more," in said[0]


def test_what_powershell_cut_is_not_known(tmp_path: Path) -> None:
    """ConvertTo-Json writes a text in the place of what is nested deeper than two levels."""
    trust, policy = "@{Version=2012-10-17; Statement=System.Object[]}", "@{PolicyName=p; PolicyDocument=}"
    cut = role(
        AssumeRolePolicyDocument=trust, RolePolicyList=[policy], AttachedManagedPolicies="System.Object[]"
    )
    (tmp_path / "roles.json").write_text(json.dumps({"RoleDetailList": [cut]}))
    (tmp_path / "keys.json").write_text(json.dumps({"keys": ["@{use=sig; kty=RSA; kid=a; n=b; e=AQAB}"]}))
    evidence = gather([tmp_path])
    (found,) = evidence.of(RoleRecord)
    assert (found.trust, found.inline_names, found.attached) == (None, None, None)
    assert not evidence.of(HttpAnswer)
    assert sum("ConvertTo-Json -Depth" in problem.detail for problem in evidence.problems) == 2
