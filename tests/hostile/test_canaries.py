"""No byte of a secret leaves, whatever kind it is, wherever it lies and however it is encoded."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from analyzer.redact import redact
from samples.bundle import write_files
from samples.scenarios import SCENARIOS

from . import canaries
from .commands import outputs, run


@pytest.mark.parametrize("kind", sorted(canaries.PHRASES))
def test_a_phrase_is_recognised_in_every_encoding(kind: str) -> None:
    for form in canaries.dressed(canaries.PHRASES[kind]):
        around = ("{}", "before {} after", '{{"x": "{}"}}', "a/{}/ebs-cloud-credentials", "x_{}0")
        for text in (place.format(form) for place in around):
            assert not canaries.leaks(redact(text)), (kind, text)


def test_the_search_finds_what_leaks() -> None:
    """The test of the test: each secret is found plain and in every encoding."""
    for phrase in canaries.PHRASES.values():
        for form in canaries.dressed(phrase):
            assert canaries.leaks(f"x {form} y", layers=3), form


@pytest.mark.parametrize("seed", [11])
def test_no_secret_in_any_output_of_any_command(tmp_path: Path, seed: int) -> None:
    scenario = sorted(SCENARIOS)[seed % len(SCENARIOS)]
    write_files(tmp_path / "in", canaries.scattered(SCENARIOS[scenario].files(), seed, 0.12))
    for what, content in outputs([tmp_path / "in"], tmp_path / "out"):
        assert not canaries.leaks(content), (what, canaries.leaks(content))


def _documents() -> dict[str, str]:
    return {
        "token": canaries.TOKEN,
        "wrapped-token": "\n".join(canaries.TOKEN[at : at + 76] for at in range(0, len(canaries.TOKEN), 76)),
        "broken-token": canaries.TOKEN.replace(".eyJ", ".!yJ"),
        "key.pem": canaries.PRIVATE_KEY,
        "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: cloud-credentials, "
        "namespace: openshift-ingress-operator}\nstringData:\n"
        f"  aws_access_key_id: AKIAABCD{canaries.KEY_ID}\n  aws_secret_access_key: {canaries.SECRET_KEY}\n",
        "curl.txt": f"$ curl -v https://x.example\n> GET / HTTP/1.1\n> {canaries.PHRASES['bearer']}\n"
        f"> {canaries.PHRASES['basic']}\n< HTTP/1.1 403 Forbidden\n< Content-Length: 3\n\nno\n",
        "trail.json": '{"Records": [{"eventName": "AssumeRoleWithWebIdentity", "eventSource": '
        '"sts.amazonaws.com", "userIdentity": {"type": "WebIdentityUser", "accessKeyId": '
        f'"ASIAABCD{canaries.KEY_ID}"}}, "errorCode": "AccessDenied", "errorMessage": '
        f'"{canaries.PHRASES["environment"]}"}}]}}',
        "terraform.tfstate": '{"version": 4, "resources": [{"type": "aws_iam_access_key", "name": "x", '
        f'"instances": [{{"attributes": {{"id": "AKIAABCD{canaries.KEY_ID}", "secret": '
        f'"{canaries.SECRET_KEY}", "ses_smtp_password_v4": "{canaries.PLAIN_PASSWORD}"}}}}]}}]}}',
        "sts.json": f'{{"Credentials": {{"AccessKeyId": "ASIAABCD{canaries.KEY_ID}", "SecretAccessKey": '
        f'"{canaries.SECRET_KEY}", "SessionToken": "{canaries.SESSION}"}}, "SubjectFromWebIdentityToken": '
        '"a", "AssumedRoleUser": {"Arn": "arn:aws:sts::123456789012:assumed-role/x/y"}}',
        "policy.json": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", '
        f'"Resource": "arn:aws:s3:::{canaries.PHRASES["oauth"]}", "Sid": "AKIAABCD{canaries.KEY_ID}"}}]}}',
    }


@pytest.mark.parametrize("name", sorted(_documents()))
def test_no_secret_of_a_single_document_is_shown(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(_documents()[name])
    for arguments in (
        ("analyze", path, "-f", "json"), ("facts", path), ("inspect", "token", path), ("render", path),
        ("inspect", "policy", "--policy", path, "--action", "s3:GetObject", "--resource", "arn:aws:s3:::x/y"),
        ("inspect", "policy", path), ("inspect", "keys", path), ("--config", path, "config", "show"),
    ):  # fmt: skip
        code, said = run(*arguments)
        assert code != 70, said
        assert not canaries.leaks(said), (arguments, said)


@pytest.mark.parametrize("phrase", ["token", "key id", "proxy", "oauth", "password"])
def test_a_secret_on_the_command_line_is_not_repeated(phrase: str) -> None:
    """A token pasted in place of a path is a slip that a terminal must not keep."""
    secret = canaries.PHRASES[phrase]
    for arguments in (("analyze", "--token", secret), ("render", secret), ("inspect", "token", secret)):
        code, said = run(*arguments)
        assert code == 2
        assert not canaries.leaks(said), said


def test_a_crash_shows_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from analyzer import session

    def broken(*_: object) -> None:
        secret = canaries.TOKEN
        raise ValueError(secret)

    monkeypatch.setattr(session, "_gather", broken)
    path = tmp_path / "token"
    path.write_text(canaries.TOKEN)
    code, said = run("analyze", path)
    assert code == 70
    assert "Traceback" not in said
    assert "internal error: ValueError at tests.hostile.test_canaries" in said
    assert not canaries.leaks(said)


def test_where_a_secret_lies_is_said_and_a_placeholder_is_none(tmp_path: Path) -> None:
    from analyzer.redact import live_secrets

    for kind in ("token", "secret key", "secret key of JSON", "pem", "proxy", "pull secret", "bearer"):
        found = list(live_secrets(f"one\n{canaries.PHRASES[kind]}\n".encode()))
        assert found, kind
        assert all(offset >= 4 for _, offset in found)
    pod = f"- name: AWS_SECRET_ACCESS_KEY\n  value: {canaries.SECRET_KEY}\n"
    assert list(live_secrets(pod.encode())) == [("a secret access key", pod.index("SECRET"))]
    for header in ("- name: Authorization\n  value: Basic dXNlcjpwYXNzd29yZA==\n",
                   '{"name":"Authorization","value":"Basic dXNlcjpwYXNzd29yZA=="}'):  # fmt: skip
        assert list(live_secrets(header.encode())) == [("a credential in a header", header.index("Basic"))]
    for text in ("Authorization: Bearer $TOKEN", "http://user:REDACTED@proxy:3128", "https://x.example:443/a@b",
                 "-----BEGIN RSA PRIVATE KEY-----", '"auth": "xxxxxxxxxxxx"',
                 f"Authorization: Bearer {canaries.TOKEN.rpartition('.')[0]}",
                 "- name: AWS_SECRET_ACCESS_KEY\n  valueFrom:\n    secretKeyRef: {key: secret_access_key}\n",
                 "aws_secret_access_key: 40 bytes long"):  # fmt: skip
        assert not list(live_secrets(text.encode())), text


@pytest.mark.parametrize("seed", range(20))
def test_secrets_are_found_among_lines_that_only_look_so(seed: int) -> None:
    """What is near the words that give a secret away says the same as the whole text."""
    from analyzer.redact import _is_placeholder, live_secrets
    from analyzer.secret_kinds import KINDS

    chance = random.Random(seed)
    noise = ["rbac.authorization.k8s.io", "secretAccessKey:", "auth", "a@b", "é eyJ", "x" * 300, "", "key"]
    lines = [*chance.choices(noise, k=200), *chance.sample(sorted(canaries.PHRASES.values()), 3)]
    chance.shuffle(lines)
    text = "\n".join(lines)
    whole = set()
    for kind in KINDS:
        if kind.live and any(hint in text.lower() for hint in kind.hints):
            hits = (f for f in kind.pattern.finditer(text) if not _is_placeholder(f, kind))
            whole |= {(kind.name, hit.start()) for hit in hits}
    found = {(name, len(text.encode()[:at].decode())) for name, at in live_secrets(text.encode())}
    assert found <= whole
    assert {name for name, _ in found} == {name for name, _ in whole}


@pytest.mark.parametrize("line", ["@\n", "auth\n", "\n\n\n\n\nauthorization", "x" * 200 + "@\n"])
def test_a_text_full_of_hints_is_looked_at_in_one_piece(line: str) -> None:
    from analyzer.redact import _near

    text = line * 5000
    for hints in (["@"], ["auth", "authorization"]):
        assert len(list(_near(hints, text))) <= 1
