"""The README says what the program does: its examples are run, its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = "".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
COMMANDS = sorted(set(re.findall(r"^sts-doctor ([a-z]+(?: [a-z]+)?)", SHELL, re.MULTILINE)))
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


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_exist(command: str) -> None:
    words = command.split()
    for count in range(len(words), 0, -1):
        if run(*words[:count], "--help").returncode == 0:
            return
    pytest.fail(f"sts-doctor {command} is not a command")


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_linked_files_exist() -> None:
    for path in re.findall(r"`((?:docs|samples)/[\w./-]*|[A-Z]+\.md)`", README):
        assert (ROOT / path).exists(), path


def test_exit_codes_are_those_of_the_help() -> None:
    shown = " ".join(run("--help").stdout.split())
    for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE):
        assert re.search(rf"\b{code}\b", shown), code
