"""Values from the command line: plain ones are taken without a validator, others are still checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from analyzer.cli.settings import Command

LOADED = """
import sys
from analyzer.cli.app import build
try:
    build("analyze")()
finally:
    print("pydantic" in sys.modules, file=sys.stderr)
"""


def run(*arguments: str, env: dict[str, str] | None = None) -> tuple[Any, dict[str, object]]:
    app, seen = typer.Typer(), {}

    @app.command(cls=Command)
    def try_out(
        inputs: Annotated[list[Path] | None, typer.Argument()] = None,
        name: Annotated[str | None, typer.Option(callback=lambda value: value and value.upper())] = None,
        folder: Annotated[Path | None, typer.Option()] = None,
        chosen: Annotated[list[str] | None, typer.Option()] = None,
        switch: Annotated[bool, typer.Option()] = False,
        jobs: Annotated[int, typer.Option(min=1)] = 2,
    ) -> None:
        seen.update(locals())

    return CliRunner().invoke(app, arguments, env=env), seen


def test_nothing_given_leaves_the_defaults() -> None:
    _, seen = run()
    assert not seen["inputs"]
    assert not seen["chosen"]
    assert (seen["name"], seen["folder"], seen["switch"], seen["jobs"]) == (None, None, False, 2)


def test_plain_values_have_their_types() -> None:
    _, seen = run("a", "b", "--name", "x", "--folder", "f", "--chosen", "1", "--chosen", "2", "--switch")
    assert seen["inputs"] == [Path("a"), Path("b")]
    assert (seen["name"], seen["folder"], seen["chosen"]) == ("X", Path("f"), ["1", "2"])
    assert seen["switch"] is True


@pytest.mark.parametrize("jobs", ["x", "0"])
def test_other_types_are_checked_by_typer(jobs: str) -> None:
    result, _ = run("--jobs", jobs)
    assert result.exit_code == 2


@pytest.mark.parametrize(("value", "switch"), [("true", True), ("0", False)])
def test_a_switch_from_the_environment_is_read_as_typer_does(value: str, switch: bool) -> None:
    _, seen = run(env={"STS_DOCTOR_SWITCH": value})
    assert seen["switch"] is switch


def test_an_analysis_loads_no_validator(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOADED, "analyze", str(tmp_path), "-f", "json", "--select", "trust"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert ran.stderr.splitlines()[-1] == "False"


@pytest.mark.parametrize("arguments", [[""], ["x", ""], ["--folder", ""]])
def test_an_empty_path_is_not_the_working_directory(arguments: list[str]) -> None:
    result, seen = run(*arguments)
    assert (result.exit_code, seen) == (2, {})
    assert "the path is empty" in result.output
