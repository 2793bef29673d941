"""Commands that ask for evidence: a value of an input is one word of them, whatever it holds."""

from __future__ import annotations

import inspect
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from analyzer.model.joining.asks import Asks

HOSTILE = "x'$(echo>ran)\"`echo>ran`;echo>ran y --endpoint-url z"
METHODS = {
    name: method for name, method in vars(Asks).items() if inspect.isfunction(method) and name[0] != "_"
}


def command_of(name: str) -> str:
    """Give the command of one kind of request, with hostile text for all that a bundle may tell."""
    told = {f.name: HOSTILE for f in fields(Asks) if "str" in str(f.type) and "tuple" not in str(f.type)}
    texts = [
        p.name for p in inspect.signature(METHODS[name]).parameters.values() if "str" in str(p.annotation)
    ]
    unknown = METHODS[name](Asks(**told), **dict.fromkeys(texts, HOSTILE))
    return str(unknown.missing[0].command)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_no_value_is_run_or_is_an_option(name: str, tmp_path: Path) -> None:
    script = 'aws() { for one; do echo "$one" >>words; done; }; oc() { aws "$@"; }; curl() { aws "$@"; }\n'
    done = subprocess.run(
        ["/bin/sh", "-c", script + command_of(name)],
        cwd=tmp_path, env={"PATH": ""}, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert "yntax error" not in done.stderr
    assert not (tmp_path / "ran").exists()
    words = tmp_path / "words"
    assert "--endpoint-url" not in (words.read_text().splitlines() if words.exists() else [])


def test_commands_hold_what_a_bundle_tells() -> None:
    assert sum("echo>ran" in command_of(name) for name in METHODS) > 10


@pytest.mark.parametrize("name", sorted(METHODS.keys() - {"zone_role"}))  # conditions for somebody to read
def test_each_leaves_a_file_to_hand_in(name: str) -> None:
    """What oc adm extracts or inspects is written without being told to."""
    command = command_of(name)
    assert " > " in command or "curl -sSg -D " in command or command.startswith("oc adm "), command
