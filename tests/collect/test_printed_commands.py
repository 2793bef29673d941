"""The commands that a report prints, pasted as they are: what they write is read, and closes what asked."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from analyzer.findings.report import Report
from analyzer.session import analyze
from samples import Cluster, edits
from samples.aws import ManagedPolicy
from samples.bundle import write_files

from ..e2e.runs import bundle, named, told
from .stubs import Answer, Answers, Bench, answers, denied, text_of

PYTHON_WARNS = (
    b"/usr/lib/python3.8/site-packages/x.py:82: PythonDeprecationWarning: no more\n  warnings.warn(\n"
)
DETAILS = ("aws", "iam", "get-account-authorization-details")


def table(cluster: Cluster) -> Answers:
    found = answers(cluster)
    for (namespace, name), secret in cluster.secrets.items():
        words = ("oc", "-n", namespace, "get", "secret", name, "-o", "jsonpath={.data.credentials}")
        found[words] = Answer(base64.b64encode(secret.data.get("credentials", b"")))
    for name, role in cluster.roles.items():
        words = ("aws", "iam", "list-role-policies", "--role-name", name, "--query", "PolicyNames")
        found[(*words, "--output", "text")] = text_of(list(role.inline))
    return found


def settle(tmp_path: Path, cluster: Cluster, served: Answers) -> Report:
    """Run what is asked for until nothing new is, and give the last report."""
    bench = Bench(tmp_path)
    bench.serve(served)
    write_files(tmp_path / "given", bundle(cluster))
    kept = tmp_path / "kept"
    kept.mkdir()
    done: set[str] = set()
    while True:
        report = analyze([tmp_path / "given", kept])
        new = [item.command for item in report.missing if item.command not in done]
        if not new:
            return report
        for command in new:
            done.add(command)
            if command.startswith("curl"):  # the stub does not write what -o names
                continue
            path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
            subprocess.run(
                [shutil.which("bash") or "bash", "-c", command], cwd=kept, env={"PATH": path}, check=False
            )


@pytest.fixture(autouse=True)
def _needs_bash() -> None:
    if not shutil.which("bash"):
        pytest.skip("bash is not installed")


def asked(report: Report) -> set[str]:
    return {item.evidence for item in report.missing} - {"jwks", "discovery"}


@pytest.mark.parametrize("noise", [b"", PYTHON_WARNS], ids=["quiet", "python warns"])
def test_they_close_all_that_asked(tmp_path: Path, noise: bytes) -> None:
    cluster = Cluster()
    served = table(cluster)
    for words, answer in served.items():
        if words[:2] == ("aws", "iam") and "--query" not in words and isinstance(answer, Answer):
            served[words] = Answer(answer.out, noise, answer.status)
    report = settle(tmp_path, cluster, served)
    assert not asked(report), told(report)
    assert not named(report, "fail", "warn"), told(report)


def test_what_aws_refuses_is_kept(tmp_path: Path) -> None:
    """The call for all roles is denied, so each is asked for by its name; one is gone."""
    cluster = Cluster()
    edits.drop_role(cluster, "openshift-ingress-operator")
    served = table(cluster)
    served[next(words for words in served if words[:3] == DETAILS)] = denied("GetAccountAuthorizationDetails")
    report = settle(tmp_path, cluster, served)
    assert named(report, "fail") == {"trust-role-missing"}, told(report)
    assert not asked(report), told(report)


def test_remarks_in_secrets_leave_nothing_open(tmp_path: Path) -> None:
    cluster = Cluster()
    for place, secret in cluster.secrets.items():
        text = secret.data["credentials"]
        before = b"# made by our pipeline\n" if place[0] == "openshift-machine-api" else b""
        secret.data["credentials"] = before + text + b"\n; AKIAIOSFODNN7EXAMPLE was used before"
    report = settle(tmp_path, cluster, table(cluster))
    kept = b"".join(path.read_bytes() for path in (tmp_path / "kept").glob("secret-*"))
    assert b"role_arn" in kept
    assert b"AKIA" not in kept
    assert b"pipeline" not in kept
    assert not asked(report), told(report)
    assert not named(report, "fail", "warn"), told(report)


def test_what_cannot_be_read_in_a_secret_does_not_reach_the_file(tmp_path: Path) -> None:
    cluster = Cluster()
    place = ("openshift-ingress-operator", "cloud-credentials")
    keys = (
        b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG"
    )
    for value in (keys, base64.b64encode(keys)):
        cluster.set_credentials(*place, value)
        folder = tmp_path / str(len(value))
        folder.mkdir()
        settle(folder, cluster, table(cluster))
        kept = b"".join(path.read_bytes() for path in (folder / "kept").glob("secret-*"))
        assert not [
            word for word in (b"AKIA", b"wJalr", b"QUtJQ", base64.b64encode(keys)[20:40]) if word in kept
        ]


@pytest.mark.parametrize(
    "said, words",
    [
        (b"", "it is empty"),
        (
            b"\nUnable to locate credentials. You can configure credentials.\n",
            "not answered (Unable to locate",
        ),
        (
            b"\nAn error occurred (ExpiredToken) when calling the GetRole operation: The security token"
            b" included in the request is expired\n",
            "not answered (ExpiredToken)",
        ),
        (b"bash: aws: command not found\n", "command not found"),
    ],
)
def test_an_answer_that_is_none_is_named(tmp_path: Path, said: bytes, words: str) -> None:
    write_files(tmp_path, {**bundle(Cluster()), "answers/roles.json": said})
    report = analyze([tmp_path])
    assert [
        text for i in report.inputs for text in i.warnings if "answers/roles.json" in text and words in text
    ]
    assert "roles" in {item.evidence for item in report.missing}
    assert not named(report, "fail", "warn"), told(report)


_COULD_NOT_ASK = (
    b'botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "https://sts'
)


@pytest.mark.parametrize(
    "name, said",
    [
        ("app.log", b"2024-05-14T08:00:00Z " + _COULD_NOT_ASK + b'.us-west-2.amazonaws.com/"\n'),
        ("gather.sh", b"#!/bin/sh\n# aws: command not found? install it\nset -e\n"),
        ("mail.txt", b'Dear support, we see "Unable to locate credentials" in the console.\n'),
        ("notes.txt", b'What we set:\n\n{\n    "Account": "x",\n    "keys": 3\n}\n'),
    ],
)
def test_only_what_a_command_says_is_an_answer_that_is_none(tmp_path: Path, name: str, said: bytes) -> None:
    write_files(tmp_path, {**bundle(Cluster()), name: said})
    report = analyze([tmp_path])
    assert not [text for i in report.inputs for text in i.warnings if "not answered" in text]


def test_the_file_of_a_policy_has_its_name_whatever_signs_are_in_it(tmp_path: Path) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-machine-api")
    (body,) = role.inline.values()
    role.inline = {}
    role.attached = [ManagedPolicy("own+machines=,.@x", [body], role.account, path="/team/")]
    served = table(cluster)
    served[next(words for words in served if words[:3] == DETAILS)] = denied("GetAccountAuthorizationDetails")
    report = settle(tmp_path, cluster, served)
    assert not asked(report), told(report)
    assert not named(report, "fail", "warn"), told(report)
