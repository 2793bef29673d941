"""Fills a folder with all that an installation without a network needs: ``python -m release.wheelhouse``.

The dependencies come as wheels whose hashes stand in requirements.lock, the program's own wheel from
this checkout. ``requirements.txt`` in the folder names each with its hash, and nothing else is left
there. At the end the folder is installed into a new environment with every index shut off.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
QUIET = ("--quiet", "--disable-pip-version-check")


def main() -> int:
    """Make the folder and show that it installs."""
    parser = argparse.ArgumentParser(prog="python -m release.wheelhouse", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "dist" / "wheelhouse")
    folder: Path = parser.parse_args().folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pip("download", "--only-binary", ":all:", "--require-hashes", "-r", str(ROOT / "requirements.lock"),
        "--dest", str(folder))  # fmt: skip
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    names = pin(folder)
    with tempfile.TemporaryDirectory() as place:
        program = install(folder, Path(place) / "environment")
        said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    print(f"{folder}: {len(names)} wheels; installed offline: {said.strip()}")
    return 0


def pin(folder: Path) -> list[str]:
    """Write requirements.txt over the wheels that the program needs; remove the others; give their names."""
    with tempfile.TemporaryDirectory() as place:
        plan = Path(place) / "plan.json"
        pip("install", "--dry-run", "--ignore-installed", "--no-index", "--find-links", str(folder),
            "--report", str(plan), "sts-doctor")  # fmt: skip
        chosen = json.loads(plan.read_text("utf-8"))["install"]
    lines = {}
    for item in chosen:
        name = item["download_info"]["url"].rsplit("/", 1)[1]
        pinned = f"{item['metadata']['name']}=={item['metadata']['version']}"
        lines[name] = f"{pinned} --hash=sha256:{item['download_info']['archive_info']['hashes']['sha256']}"
    for wheel in folder.glob("*.whl"):
        if wheel.name not in lines:
            wheel.unlink()
    text = "\n".join(sorted(lines.values(), key=str.lower))
    (folder / "requirements.txt").write_text(f"{text}\n", encoding="utf-8")
    return sorted(lines)


def install(folder: Path, environment: Path) -> Path:
    """Install the folder into a new environment with no index in reach; give the program's path."""
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    pip("install", "--no-index", "--find-links", str(folder), "--require-hashes",
        "-r", str(folder / "requirements.txt"), python=python)  # fmt: skip
    return environment / "bin" / "sts-doctor"


def pip(command: str, *arguments: str, python: Path | None = None) -> None:
    """Run pip; raises CalledProcessError where it fails."""
    subprocess.run([str(python or sys.executable), "-m", "pip", command, *QUIET, *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
