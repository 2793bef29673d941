"""Single objects on stdin, as they are pasted and piped."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.cli.app import app
from samples import Cluster

from .test_output import call

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "healthy"


def test_a_token_on_stdin_has_its_times_in_words() -> None:
    token = Cluster().token("openshift-ingress-operator", "ingress-operator").rpartition(".")[0]
    shown = json.loads(CliRunner().invoke(app, ["inspect", "token", "-"], input=token).stdout)
    assert shown["times"] == {
        "iat": "2024-03-12T10:10:00Z",
        "nbf": "2024-03-12T10:10:00Z",
        "exp": "2024-03-12T11:10:00Z",
    }


def test_a_key_set_on_stdin() -> None:
    keys = (SAMPLE / "exports" / "issuer" / "keys.json").read_bytes()
    result = CliRunner().invoke(app, ["inspect", "keys", "-"], input=keys)
    assert result.exit_code == 0
    assert json.loads(keys)["keys"][0]["kid"] in result.stdout


def test_keys_of_a_configmap_are_told_apart() -> None:
    found = next(SAMPLE.rglob("openshift-kube-apiserver/core/configmaps.yaml"))
    assert "openshift-kube-apiserver/bound-sa-token-signing-certs: " in call("inspect", "keys", found).stdout


def test_lines_that_powershell_pipes_begin_with_a_mark() -> None:
    line = (
        '\ufeff{"id": "a", "request": {"action": "s3:x", "resource": "*"}, "identityPolicies": []}\r\n{}\r\n'
    )
    result = CliRunner().invoke(app, ["inspect", "policy", "-"], input=line.encode())
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["id"], first["decision"]) == ("a", "ImplicitlyDenied")
    assert second["because"] == ["request: an object is needed, this is null, or not there"]


def test_an_action_that_is_empty_is_called_so() -> None:
    line = '{"request": {"action": "", "resource": "*"}, "identityPolicies": []}'
    result = CliRunner().invoke(app, ["inspect", "policy", "-"], input=line)
    assert json.loads(result.stdout)["because"] == [
        "request.action: a string is needed, this is an empty one"
    ]


LINE = '{"id": "é\u2028", "request": {"action": "s3:x", "resource": "*"}, "identityPolicies": []}\n'


def test_a_line_of_a_file_ends_at_its_line_break_alone(tmp_path: Path) -> None:
    """U+2028 may stand in a JSON string; JSON lines are UTF-8 whatever the locale."""
    (tmp_path / "cases.jsonl").write_text(LINE * 2, encoding="utf-8")
    result = CliRunner().invoke(app, ["inspect", "policy", str(tmp_path / "cases.jsonl")])
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["é\u2028"] * 2


def test_a_line_that_is_too_long_costs_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.cli.inspect.LINE_LIMIT", 200)
    result = CliRunner().invoke(
        app, ["inspect", "policy", "-"], input=(LINE + "x" * 999 + "\n" + LINE).encode()
    )
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert (first["decision"], second["decision"]) == (third["decision"], "Unknown")
    assert second["because"] == ["the line is longer than 0 MiB"]


@pytest.mark.parametrize("more", [["policy", "-", "--action", "s3:x"], ["trust", "-", "--sub", "x"]])
def test_options_beside_lines_are_not_passed_over(more: list[str]) -> None:
    result = CliRunner().invoke(app, ["inspect", *more], input=b"{}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "a request in options and JSON lines" in result.stderr


def test_a_decision_is_made_about_the_kind_of_policy_that_was_handed_in() -> None:
    role, policy = (
        next((SAMPLE / "exports" / "iam").glob(name)) for name in ("get-role-demo*", "get-role-policy-*")
    )
    denied = call("inspect", "policy", "--policy", role, "--action", "s3:GetObject")
    assert (denied.exit_code, denied.stdout) == (2, "")
    assert "holds a trust policy" in denied.stderr
    denied = call("inspect", "trust", "--policy", policy, "--issuer", "https://x", "--sub", "y")
    assert (denied.exit_code, denied.stdout) == (2, "")
    assert "holds no trust policy" in denied.stderr
    assert call("inspect", "policy", "--policy", policy, "--action", "x").exit_code == 2
