"""Commands as whoever pastes them runs them: with programs that only write down how they were called."""

from __future__ import annotations

import subprocess
from pathlib import Path

PROGRAMS = ("aws", "oc", "curl", "jq", "grep", "base64", "cut", "rosa", "ccoctl", "xargs", "mkdir", "tr",
            "ls", "find", "basename")  # fmt: skip
_CALLED = "called"
_SCRIPT = (
    f"called() {{ for one; do printf '%s\\0' \"$one\"; done >>{_CALLED}; printf '\\n\\0' >>{_CALLED}; }}\n"
)


def calls(command: str, folder: Path) -> list[list[str]]:
    """Run a command in an empty folder; give the program and the arguments of each call.

    Asserts that it parses, and that nothing but answers is written into the folder.
    """
    folder.mkdir(exist_ok=True)
    parsed = subprocess.run(["/bin/sh", "-n", "-c", command], capture_output=True, text=True, check=False)
    assert parsed.returncode == 0, (command, parsed.stderr)
    functions = "".join(f'{name}() {{ called {name} "$@"; }}\n' for name in PROGRAMS)
    subprocess.run(
        ["/bin/sh", "-c", _SCRIPT + functions + command], cwd=folder, env={"PATH": ""}, capture_output=True,
        stdin=subprocess.DEVNULL, timeout=20, check=False,
    )  # fmt: skip
    made = folder / _CALLED
    text = made.read_bytes().decode("utf-8", "surrogatepass") if made.exists() else ""
    made.unlink(missing_ok=True)
    return [words.split("\0")[:-1] for words in text.split("\n\0")[:-1]]
