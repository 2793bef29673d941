"""``python -m tests.fuzz.whole``: whole inputs with damage in them, through a whole run.

Each run damages a few files of a sample, bytes or structure, some of them thrown away or moved, and asks
for every command that reads them. What comes out must be valid against the schema, and nothing may raise
but what the command line turns into a sentence.
"""

from __future__ import annotations

import argparse
import random
import sys
import tarfile
import tempfile
import time
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from analyzer.errors import DoctorError
from analyzer.findings.report import Report, to_json
from analyzer.reports.formats import FORMATS, Options, render
from analyzer.reports.json import load_json
from analyzer.schemas import schema
from analyzer.session import analyze, extract, fix
from samples.scenarios import SCENARIOS
from tests.e2e.runs import archive

from .mutate import damaged

_HEAVY = ("/logs/", "events.yaml", "README")


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def damaged_sample(number: int) -> dict[str, bytes]:
    """Give a sample's files with the damage of this number."""
    rng = random.Random(number)
    scenario = SCENARIOS[rng.choice(sorted(SCENARIOS))]
    whole = scenario.files()
    files = dict(whole)
    names = sorted(name for name in files if not any(part in name for part in _HEAVY))
    for name in rng.sample(names, rng.randint(1, 12)):
        other = whole[rng.choice(names)]
        match rng.randrange(12):
            case 0:
                del files[name]
            case 1:
                files[name] = other
            case 2:
                files[f"{name}.copy"] = damaged(files[name], rng, (other,))
            case _:
                files[name] = damaged(files[name], rng, (other,))
    return files


def run_on(files: Mapping[str, bytes], folder: Path, *, every: bool) -> Report | None:
    """Analyse the files; ``every`` also asks for facts, repairs and all formats. None where it is refused."""
    path = folder / "input.tar"
    path.write_bytes(archive(files))
    try:
        report = analyze([path])
        if every:
            extract([path])
            fix([path])
    except DoctorError as error:
        str(error)
        return None
    except tarfile.TarError as error:  # the test's own packing: a name that no tar takes
        raise AssertionError from error
    error = next(iter(_validator().iter_errors(to_json(report))), None)
    assert error is None, f"{error.json_path}: {error.message[:200]}" if error else ""
    if every:
        for name in FORMATS:
            render(report, name, Options())
        load_json(render(report, "json", Options()))
    return report


def main() -> int:
    """Run the numbers asked for; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.whole", description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    asked = parser.parse_args()
    failed, judged, slowest, ends = set[str](), 0, 0.0, time.monotonic() + asked.seconds
    number = asked.first
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.first, asked.first + asked.runs):
            began = time.process_time()
            try:
                judged += run_on(damaged_sample(number), Path(folder), every=number % 8 == 0) is not None
            except Exception as error:
                at = traceback.extract_tb(error.__traceback__)[-1]
                kind = f"{type(error).__name__} at {at.filename.rpartition('/')[2]}:{at.lineno}"
                if kind not in failed:
                    print(f"number {number}: {kind}: {str(error)[:200]}", flush=True)
                    traceback.print_exc(limit=-4)
                failed.add(kind)
            slowest = max(slowest, time.process_time() - began)
            if time.monotonic() > ends:
                break
    done = number - asked.first + 1
    print(f"{done} runs, {judged} judged, slowest {slowest:.1f} s of CPU, {len(failed)} kinds of failure")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
