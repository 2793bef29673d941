"""Packs of one's own: checked with each error at its place, tested, explained, described for editors."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from analyzer.cli.app import app

PACK = Path(__file__).resolve().parents[2] / "samples" / "rule-pack"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


def written(folder: Path, name: str, **changes: str) -> Path:
    """Copy a rule of the example pack under another id, with some of its text replaced."""
    text = (PACK / "trust" / "example-session-length.yaml").read_text("utf-8")
    for old, new in {"example-session-length": name, **changes}.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "trust" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_the_example_pack_passes_its_own_tests() -> None:
    result = run("rules", "test", PACK)
    assert result.exit_code == 0
    assert "rule-pack: 3 rules, 11 tests passed, 0 failed" in result.stdout


def test_a_failed_test_is_said_with_what_came_out(tmp_path: Path) -> None:
    written(tmp_path / "mine", "my-rule", **{"<= 3600": "> 3600"})
    result = run("rules", "test", tmp_path / "mine")
    assert result.exit_code == 1
    assert "FAILED my-rule: one hour: expected pass, got warn" in result.stdout
    assert "mine: 1 rule, 1 tests passed, 2 failed" in result.stdout


def test_check_shows_every_wrong_file_with_a_caret(tmp_path: Path) -> None:
    one = written(tmp_path, "one", **{"check: role.max_session": "check: role.max_sesion"})
    two = written(tmp_path, "two", **{"severity: low": "severity: lowish"})
    result = run("rules", "check", tmp_path)
    assert result.exit_code == 2
    assert (
        f"{one}:10:8: there is no fact 'role.max_sesion'. Did you mean 'role.max_session'?\n" in result.stderr
    )
    assert "\n    role.max_sesion <= 3600\n    ^^^^^^^^^^^^^^^\n" in result.stderr
    assert f"{two}:7: 'severity' cannot be 'lowish'. One of: critical" in result.stderr


@pytest.mark.parametrize("command", [("explain",), ("rules", "show")])
def test_a_rule_of_a_pack_is_explained(command: tuple[str, ...]) -> None:
    assert run(*command, "example-region").exit_code == 2
    result = run(*command, "example-region", "--rules", PACK)
    assert result.exit_code == 0
    assert "The cluster runs in a region that we do not use" in result.stdout


def test_the_settings_file_brings_a_pack(tmp_path: Path) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text(f'rules = ["{PACK.as_posix()}"]\n', encoding="utf-8")
    assert run("--config", settings, "explain", "example-region").exit_code == 0


def test_schemas() -> None:
    assert json.loads(run("schema", "rule").stdout)["title"] == "Rule file of sts-doctor"
    assert json.loads(run("schema", "report").stdout)["properties"]["schema_version"]
    assert "| `role.max_session` |" in run("schema", "vocabulary").stdout
    assert json.loads(run("schema", "facts").stdout)["title"] == "Facts of sts-doctor"
    assert "Schemas: report, diff, collect, facts" in run("schema", "roles").stderr


def test_a_pass_of_one_rule_is_no_pass_of_the_chain() -> None:
    sample = PACK.parent / "healthy"
    result = run("analyze", "--rules", PACK, "--select", "example-shared-role", sample)
    assert "What was asked of the chain holds." in result.stdout
    assert "Every link" not in result.stdout


def test_a_chain_of_which_nothing_was_asked_does_not_pass() -> None:
    result = run("analyze", "--select", "inputs", PACK.parent / "healthy")
    assert "UNKNOWN — Nothing was asked of the chains." in result.stdout
    assert "PASS" not in result.stdout


def test_commands_of_an_explanation_can_be_pasted() -> None:
    shown = run("explain", "permission-missing").stdout
    assert "-o jsonpath='{.status.desired.image}'" in shown
    assert "{{" not in run("rules", "docs").stdout


def test_an_explanation_is_read_in_a_terminal_and_links_nowhere() -> None:
    shown = run("explain", "operator-storage-error").stdout
    assert "Explained by: mode-issuer-not-rolled-out, mode-issuer-unset" in shown
    assert "](#" not in shown
    assert "](#operator-storage-error)" in run("rules", "docs").stdout
