"""The README shows what the program prints, and the exit codes that it has."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- output: sts-doctor (.+?) -->\n```\n(.*?)```", README, re.DOTALL)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *arguments],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip


def test_there_is_an_example() -> None:
    assert EXAMPLES


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_examples_are_what_the_program_prints(command: str, shown: str) -> None:
    assert run(*command.split()).stdout == shown


def test_exit_codes_are_those_of_the_help() -> None:
    shown = " ".join(run("--help").stdout.split())
    for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE):
        assert re.search(rf"\b{code}\b", shown), code
