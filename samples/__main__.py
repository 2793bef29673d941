"""Write the samples, or check that what is on disk is what would be written."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from samples.bundle import write_files
from samples.scenarios import SCENARIOS

FOLDER = Path(__file__).parent


def differences(folder: Path) -> list[str]:
    """Return the paths of sample files that are missing, changed or not made by a scenario."""
    wrong: list[str] = []
    for name, scenario in SCENARIOS.items():
        root = folder / name
        wanted = scenario.files()
        found = {str(path.relative_to(root).as_posix()) for path in root.rglob("*") if path.is_file()}
        wrong += [
            f"{name}/{path}"
            for path in sorted(found | set(wanted))
            if path not in wanted or path not in found or (root / path).read_bytes() != wanted[path]
        ]
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m samples", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file differs")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder that holds the samples")
    options = parser.parse_args(arguments)
    if options.check:
        wrong = differences(options.to)
        for path in wrong:
            print(f"differs: {path}", file=sys.stderr)
        return 1 if wrong else 0
    for name, scenario in SCENARIOS.items():
        shutil.rmtree(options.to / name, ignore_errors=True)
        write_files(options.to / name, scenario.files())
    return 0


if __name__ == "__main__":
    sys.exit(main())
