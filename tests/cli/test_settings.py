"""Settings from a file and from the environment: who wins, where a value comes from, what is refused."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from analyzer.cli import main
from analyzer.cli.app import app
from analyzer.cli.manual import CODES, EXAMPLES
from analyzer.cli.settings import CONFIG, config_file
from analyzer.errors import UsageProblem
from analyzer.reports.formats import FORMATS
from analyzer.reports.json import render_json

from ..reports import made


def call(*words: object, **environment: str) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env=environment)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in [name for name in os.environ if name.startswith("STS_DOCTOR_")]:
        monkeypatch.delenv(name)
    (tmp_path / "config" / "sts-doctor").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.json"
    path.write_text(render_json(made.FAIL), encoding="utf-8")
    return path


def own_file(home: Path, text: str) -> Path:
    path = home / "config" / "sts-doctor" / "config.toml"
    path.write_text(text)
    return path


def row(output: str, option: str) -> list[str]:
    return next(line for line in output.splitlines() if line.startswith(option + " ")).split(maxsplit=2)


def test_the_command_line_wins_then_the_environment_then_the_file(home: Path, saved: Path) -> None:
    own_file(home, 'voice = "internal"\nformat = ["text"]\n[render]\nformat = ["case"]')
    assert "VERDICT" in call("render", saved).stdout
    assert call("render", saved).stdout.startswith("~~~\nbundle")
    assert call("render", saved, STS_DOCTOR_VOICE="customer").stdout.startswith("~~~\nSummary")
    assert call("render", saved, "-f", "json", STS_DOCTOR_FORMAT="text").stdout.startswith("{")
    assert call("render", saved, STS_DOCTOR_FORMAT="text").stdout.startswith("bundle")


def test_show_names_the_origin_of_each_value(home: Path) -> None:
    path = own_file(
        home, 'mask = "accounts"\n[analyze]\nfail-on = "warn"\nstrict = true\nselect = ["trust", "keys"]'
    )
    shown = call("config", "show", STS_DOCTOR_OPERATOR="ingress").stdout
    assert shown.startswith(f"file: {path}\n")
    assert row(shown, "fail-on") == ["fail-on", "warn", f"file {path}"]
    assert row(shown, "strict") == ["strict", "yes", f"file {path}"]
    assert "trust, keys" in shown
    assert row(shown, "operator") == ["operator", "ingress", "environment STS_DOCTOR_OPERATOR"]
    assert row(shown, "voice") == ["voice", "customer", "default"]
    assert row(call("config", "show", "diff").stdout, "fail-on") == ["fail-on", "fail", "default"]


def test_a_slip_in_the_environment_is_refused(home: Path, saved: Path) -> None:
    """A variable that is near to no setting is another program's."""
    result = call("render", saved, STS_DOCTOR_MSAK="accounts")
    assert result.exit_code == 2
    assert "Did you mean STS_DOCTOR_MASK?" in " ".join(result.stderr.split())
    assert call("render", saved, STS_DOCTOR_SERVICE_HOST="10.0.0.1", STS_DOCTOR_DB="x").exit_code == 0


@pytest.mark.parametrize(
    "words, begins",
    [
        (("-o", "x.md"), "## sts-doctor"),
        (("-o", "x"), "{"),
        (("-f", "markdown", "-o", "x.json"), "## sts-doctor"),
    ],
)
def test_a_suffix_is_worth_more_than_a_format_that_is_set(
    home: Path, saved: Path, tmp_path: Path, words: tuple[str, ...], begins: str
) -> None:
    own_file(home, 'format = "json"')
    *first, name = words
    assert call("render", saved, *first, tmp_path / name).exit_code == 0
    assert (tmp_path / name).read_text().startswith(begins)


def test_formats_that_are_set_go_to_files_in_their_order(home: Path, saved: Path, tmp_path: Path) -> None:
    own_file(home, 'format = ["json", "markdown"]')
    shown = call("render", saved, "-o", tmp_path / "one", "-o", tmp_path / "two")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert (tmp_path / "one").read_text().startswith("{")
    assert (tmp_path / "two").read_text().startswith("## sts-doctor")


def test_several_values_in_the_environment(home: Path) -> None:
    shown = call("config", "show", STS_DOCTOR_SELECT="trust keys").stdout
    assert "trust, keys" in shown


def test_a_file_can_be_named_and_must_be_there(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('[analyze]\nfail-on = "warn"')
    assert f"file {other}" in call("--config", other, "config", "show").stdout
    assert f"file {other}" in call("config", "show", STS_DOCTOR_CONFIG=str(other)).stdout
    assert call("--config", tmp_path / "gone.toml", "config", "show").exit_code == 2


def test_the_working_directory_is_not_looked_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    for name in ("sts-doctor.toml", "config.toml", ".sts-doctor.toml"):
        (home / name).write_text('fail-on = "warn"')
    assert call("config", "show").stdout.startswith("file: none")


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("= 1", "cannot be read"),
        ("[render]\ncolour = true", "'colour'"),
        ("[render]\noutput = 'x'", "'output'"),
        ("render = 1\nformat = 1", "is not a table"),
        ("voice = ['a']", "one value"),
        ("voice = 1.5", "neither text nor a number"),
        ("voice = 'nobody'", "--voice takes"),
        ("fail_on = 'warn'", "no option 'fail_on'. Did you mean 'fail-on'?"),
        ("[rendr]\nvoice = 'internal'", "[rendr] is no command that has settings. Did you mean 'render'?"),
        ("[fleet]\nformat = 'csv'", "[fleet] is no command that has settings. Tables: analyze, baseline"),
    ],
)
def test_a_wrong_file_is_refused(home: Path, saved: Path, text: str, complaint: str) -> None:
    own_file(home, text)
    result = call("render", saved)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.replace("│", " ").split())


def test_what_another_command_knows_is_let_pass(home: Path, saved: Path) -> None:
    own_file(home, "fail-on = 'warn'\nvoice = 'internal'\n[analyze]\nstrict = true")
    assert call("render", saved).exit_code == 0


@pytest.mark.parametrize("text", ["[poem]\nx = 1", "metre = 2"])
def test_show_refuses_names_that_nothing_has(home: Path, text: str) -> None:
    own_file(home, text)
    assert call("config", "show").exit_code == 2


def every_command() -> list[str]:
    def names(command: Any, path: str) -> list[str]:
        inner = getattr(command, "commands", None)
        return (
            [n for name, c in inner.items() for n in names(c, f"{path} {name}".strip())] if inner else [path]
        )

    return names(get_command(app), "")


@pytest.mark.parametrize("command", every_command())
def test_help_has_examples_and_exit_codes(command: str) -> None:
    shown = call(*command.split(), "--help").stdout
    for example in EXAMPLES[command]:
        assert example in shown
    codes = [int(code) for code in re.findall(r"^    (\d+) +\S", shown.split("Exit codes:")[1], re.MULTILINE)]
    assert {0, 2, 70, 130} <= set(codes) <= set(CODES)


def test_examples_are_of_commands_and_options_that_exist() -> None:
    tree: Any = get_command(app)
    for example in (e for examples in EXAMPLES.values() for e in examples if "sts-doctor" in e):
        words = shlex.split(example[example.index("sts-doctor") :], comments=True)[1:]
        command = tree
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        known = {option for param in command.params for option in param.opts}
        assert not hasattr(command, "commands"), example
        assert {w for w in words if w.startswith("-") and w != "-"} <= known, example


def test_the_shell_completes_commands_and_formats() -> None:
    def completed(words: str) -> list[str]:
        environment = {
            **os.environ, "_STS_DOCTOR_COMPLETE": "complete_bash",
            "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1),
        }  # fmt: skip
        script = "import sys; sys.argv[0] = 'sts-doctor'; from analyzer.cli import main; main()"
        run = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
        )
        return run.stdout.split()

    assert "analyze" in completed("sts-doctor an")
    assert set(completed("sts-doctor render x.json -f ")) >= set(FORMATS)
    assert completed("sts-doctor explain trust-subject-m") == ["trust-subject-mismatch"]
    assert "json" in completed("sts-doctor render x.json --mask accounts --mask all -f js")  # not refused yet


def test_a_user_without_a_home_has_no_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", CONFIG):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # what it does where there is no such user
    assert config_file(None) is None


def test_a_home_that_is_not_for_this_user_has_no_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of root is to any user's id in a container; a name too long is refused to root, too."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "/tmp/" + "a" * 300)
    monkeypatch.delenv("STS_DOCTOR_CONFIG", raising=False)
    assert config_file(None) is None
    with pytest.raises(UsageProblem, match="no configuration file"):
        config_file(Path("b" * 300))


def test_a_crash_before_a_command_begins_is_no_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("a value of the user's")

    monkeypatch.setattr("analyzer.cli.settings.config_file", broken)
    monkeypatch.setattr("sys.argv", ["sts-doctor", "explain", "jwks-unreachable"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 70
    said = capsys.readouterr().err
    assert "internal error: RuntimeError at" in said
    assert "a value of the user's" not in said
