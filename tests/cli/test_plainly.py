"""A plain command line means the same whether the command-line library reads it or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from analyzer.cli.analysis import Analysis
from analyzer.cli.app import build
from analyzer.cli.config_file import PREFIX
from analyzer.cli.plainly import plain_analysis

WORDS = (
    "a", "b/c", "-", "--", "", "text", "json", "-f", "--format", "-o", "--output", "-q", "--quiet", "-fjson",
    "-qf", "--format=json", "-v", "--strict", "--help", "--bundle", "--output=x", "-x", "é", "~/a", "a b",
)  # fmt: skip
TREE = build("analyze")


def without_settings(home: Path) -> dict[str, str]:
    """Give an environment in which nothing is set for the program; its settings would lie below ``home``."""
    others = {name: value for name, value in os.environ.items() if PREFIX not in name}
    return others | {"XDG_CONFIG_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}


def by_the_library(arguments: list[str]) -> Analysis | None:
    asked: list[Analysis] = []

    def run(self: Analysis) -> int:
        asked.append(self)
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Analysis, "run", run)
        CliRunner().invoke(TREE, arguments, env={"HOME": os.devnull, "XDG_CONFIG_HOME": os.devnull})
    return asked[0] if asked else None


@given(st.lists(st.sampled_from(WORDS), max_size=7))
def test_what_is_read_plainly_is_what_the_library_reads(words: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", os.devnull)
        plain = plain_analysis(["analyze", *words], {})
    if plain is not None:
        told = by_the_library(["analyze", *words])
        assert told is not None
        assert (told.inputs, told.options, told.timings) == (plain.inputs, plain.options, plain.timings)
        assert repr(told.output).replace("None", "[]") == repr(plain.output).replace("None", "[]")


@pytest.mark.parametrize(
    "arguments",
    [["analyze", "a"], ["analyze", "-f", "json", "a", "b"], ["analyze", "a", "-o", "-", "-q"]],
)
def test_inputs_and_the_commonest_options_are_read_plainly(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", os.devnull)
    assert plain_analysis(arguments, {}) is not None


@pytest.mark.parametrize(
    "arguments",
    [[], ["analyze"], ["facts", "a"], ["analyze", "a", "--mask", "all"], ["analyze", "a", "-f"],
     ["analyze", "a", "-f", "-q"], ["analyze", "", "a"], ["--config", "x", "analyze", "a"]],
)  # fmt: skip
def test_anything_else_is_left_to_the_library(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", os.devnull)
    assert plain_analysis(arguments, {}) is None


def test_settings_are_left_to_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert plain_analysis(["analyze", "a"], {}) is not None
    assert plain_analysis(["analyze", "a"], {"STS_DOCTOR_MASK": "all"}) is None
    assert plain_analysis(["analyze", "a"], {"_STS_DOCTOR_COMPLETE": "complete_bash"}) is None
    (tmp_path / "sts-doctor").mkdir()
    (tmp_path / "sts-doctor" / "config.toml").write_text('mask = "all"\n')
    assert plain_analysis(["analyze", "a"], {}) is None


@pytest.mark.parametrize("arguments", [["no-such-place"], ["-f", "nothing", "."], ["."]])
def test_errors_are_the_same_both_ways(arguments: list[str], tmp_path: Path) -> None:
    ran = [
        subprocess.run(
            [sys.executable, "-m", "analyzer", "analyze", *more, *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path,
            env=without_settings(tmp_path),
        )
        for more in ([], ["--fail-on", "fail"])
    ]  # fmt: skip
    plain, whole = ran
    assert plain.returncode != 0
    assert (plain.returncode, plain.stdout, plain.stderr) == (whole.returncode, whole.stdout, whole.stderr)


def test_a_plain_run_loads_neither_the_library_nor_what_it_brings() -> None:
    script = (
        "import os, sys; sys.argv = ['sts-doctor', 'analyze', sys.argv[1]]\n"
        "import analyzer.cli as cli; cli._leave = lambda code: sys.exit(code)\n"
        "try: cli.main()\n"
        "finally: print(sorted({'typer', 'click', 'dataclasses', 'inspect', 'gettext'} & set(sys.modules)))"
    )
    sample = Path(__file__).parents[2] / "samples" / "bundle-only"
    ran = [sys.executable, "-c", script, str(sample)]
    run = subprocess.run(ran, capture_output=True, text=True, check=False, env=without_settings(sample))
    assert run.stdout.splitlines()[-1] == "[]", run.stderr
