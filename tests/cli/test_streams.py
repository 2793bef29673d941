"""The program's own streams: closed, full, or with a reader that went away."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = (sys.executable, "-m", "analyzer")
SAMPLE = Path(__file__).parents[2] / "samples" / "kid-rotated"


def run(*arguments: str, redirected: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a shell, which redirects its streams."""
    line = f'exec "$@" {redirected}'
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *PROGRAM, *arguments], capture_output=True, text=True, check=False
    )


def test_closed_streams_lose_what_is_said_and_nothing_else(tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    ran = run("analyze", str(SAMPLE), "-f", "json", "-o", str(saved), redirected=">&- 2>&-")
    assert ran.returncode == 1
    assert saved.read_text(encoding="utf-8").rstrip().endswith("}")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("command", [("analyze", str(SAMPLE)), ("rules", "list")])
def test_a_full_disk_is_no_crash(command: tuple[str, ...]) -> None:
    ran = run(*command, redirected=">/dev/full")
    assert ran.returncode == 2
    assert ran.stderr == "sts-doctor: error: cannot write the output: No space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("command", [("analyze", "nowhere"), ("analyze", "--nonsense"), ("facts", "nowhere")])
def test_an_error_that_cannot_be_said_is_no_finding(command: tuple[str, ...]) -> None:
    assert run(*command, redirected="2>/dev/full").returncode == 2
    assert run(*command, redirected="2>&-").returncode == 2


def test_a_reader_that_goes_away_changes_no_verdict(tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [*PROGRAM, "analyze", str(SAMPLE), "-f", "html", "-o", "-", "-f", "json", "-o", str(saved)],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert saved.read_text(encoding="utf-8").rstrip().endswith("}")


def test_a_report_is_whole_though_the_program_ends_at_once() -> None:
    """What is written to a pipe is there to the last byte, and the exit code with it."""
    ran = run("analyze", str(SAMPLE), "-f", "json", redirected="")
    assert ran.returncode == 1
    assert ran.stdout.endswith("}\n")
    assert ran.stderr == ""


def test_a_directory_that_is_gone_is_no_defect(tmp_path: Path) -> None:
    words = shlex.join([*PROGRAM, "analyze", str(SAMPLE), "-o", "x.json"])
    line = f'mkdir "$0" && cd "$0" && rmdir "$0" && {words}'
    ran = subprocess.run(
        ["/bin/sh", "-c", line, tmp_path / "gone"], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(SAMPLE.parents[1])},
    )  # fmt: skip
    assert ran.returncode == 2
    assert "the directory that this was called in is gone" in ran.stderr


@pytest.mark.parametrize("command", [("inspect", "policy", "-"), ("render", "-")])
def test_a_closed_stdin_is_no_crash(command: tuple[str, ...]) -> None:
    ran = run(*command, redirected="<&-")
    assert (ran.returncode, ran.stderr) == (2, "sts-doctor: error: cannot read -: stdin is closed\n")


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no /dev/stdout")  # noqa: PTH110
def test_the_name_of_a_pipe_may_be_a_link() -> None:
    ran = run("analyze", str(SAMPLE), "-f", "json", "-o", "/dev/stdout", redirected="")
    assert (ran.returncode, ran.stdout[0], ran.stderr) == (1, "{", "")


@pytest.mark.parametrize("command", ["analyze", "collect", "facts"])
def test_inputs_on_stdin_are_refused_with_what_to_do(command: str) -> None:
    ran = run(command, "-", redirected="</dev/null")
    said = "inputs are not read from standard input. Save it to a file and pass that"
    assert (ran.returncode, ran.stderr) == (2, f"sts-doctor: error: {said}\n")
