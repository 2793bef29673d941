"""Shows that what is handed out works, from outside the checkout: ``python -m release.check``.

Wheel and sdist are built, each is installed into an environment of its own, and the demo runs there in
an empty directory with nothing of the checkout in reach but the sample. ``--file`` checks a single-file
program the same way.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from release.wheelhouse import QUIET, ROOT

SAMPLE = ROOT / "samples" / "ingress-jwks-403"
PACK = ROOT / "samples" / "rule-pack"


def main() -> int:
    """Check a wheel and an sdist, or the file that is named."""
    parser = argparse.ArgumentParser(prog="python -m release.check", description=__doc__)
    parser.add_argument("--file", type=Path, help="a single-file program to check instead")
    file: Path | None = parser.parse_args().file
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        if file is not None:
            smoke([sys.executable, str(file.resolve())], scratch, file.name)
            return 0
        for package in build(scratch / "dist"):
            environment = scratch / package.name
            venv.create(environment, with_pip=True)
            python = str(environment / "bin" / "python")
            run([python, "-m", "pip", "install", *QUIET, str(package)], scratch)
            smoke([str(environment / "bin" / "sts-doctor")], scratch, package.name)
    return 0


def build(folder: Path) -> list[Path]:
    """Build the sdist, and the wheel out of it, as an index would; both bear the version."""
    hatch = [sys.executable, "-m", "hatchling", "build"]
    subprocess.run([*hatch, "-t", "sdist", "-d", str(folder)], cwd=ROOT, check=True, capture_output=True)
    sdist = next(folder.glob("*.tar.gz"))
    run([sys.executable, "-m", "pip", "wheel", *QUIET, "--no-deps", "--no-build-isolation",
         "-w", str(folder), str(sdist)], folder)  # fmt: skip
    return [next(folder.glob("*.whl")), sdist]


def smoke(program: Sequence[str], scratch: Path, name: str) -> None:
    """Run the demo and all that needs files beside the code: rules, schemas, the HTML page."""
    empty = scratch / "empty"
    empty.mkdir(exist_ok=True)
    version = re.search(r'__version__.*"(.+)"', (ROOT / "analyzer/version.py").read_text("utf-8"))
    said = {
        "--version": run([*program, "--version"], empty),
        "analyze": run([*program, "analyze", str(SAMPLE)], empty, code=1),
        "json": run([*program, "analyze", "-f", "json", str(SAMPLE)], empty, code=1),
        "html": run([*program, "analyze", "-f", "html", str(SAMPLE)], empty, code=1),
        "rules": run([*program, "rules", "test", str(PACK)], empty),
        "schema": run([*program, "schema", "report"], empty),
        "schema rule": run([*program, "schema", "rule"], empty),
    }
    assert version
    assert said["--version"] == f"sts-doctor {version[1]}\n", said["--version"]
    assert "FAIL at keys" in said["analyze"]
    checkout = subprocess.run(
        [sys.executable, "-m", "analyzer", "analyze", "-f", "json", str(SAMPLE)],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert said["json"] == checkout.stdout, "the report is not that of the checkout"
    assert said["html"].startswith("<!doctype html>")
    assert all(line.endswith(" 0 failed") for line in said["rules"].splitlines()), said["rules"]
    assert json.loads(said["schema"])["title"]
    assert json.loads(said["schema rule"])["title"]
    assert not list(empty.iterdir()), "it wrote into the working directory"
    print(f"{name}: works from an empty directory ({said['--version'].strip()})")


def run(command: Sequence[str], where: Path, code: int = 0) -> str:
    """Run a command away from the checkout and give its output; say what it said where it fails."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "STS_DOCTOR_"))}
    done = subprocess.run(command, cwd=where, env=clean, capture_output=True, text=True, encoding="utf-8")
    if done.returncode != code:
        sys.exit(f"{' '.join(command)}: ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
