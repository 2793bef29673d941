"""Measure a run beside what bounds it: user and system time of whole processes, medians of runs in turn."""

from __future__ import annotations

import argparse
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from analyzer.evidence.gather import gather
from bench.bundle import Manifest, pack, write_bundle

TOP = Path(__file__).resolve().parent.parent
SAMPLE = TOP / "samples" / "bundle-only"
_NEEDLES = (
    "WebIdentity|IdentityToken|AccessDenied|ExpiredToken|NoCredentialProviders|not authorized to perform"
)
_DEFAULT = "import sys; sys.modules['ahocorasick_rs'] = None; from analyzer.cli import main; main()"
"""The program as it is without the extra ``fast``."""


@dataclass(frozen=True)
class Row:
    """One command: seconds of the processor, seconds on the clock, peak memory in MiB."""

    what: str
    cpu: float
    wall: float
    memory: float


def main(arguments: list[str] | None = None) -> int:
    """Write the bundles, measure, print one Markdown table for each size."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--mb", type=int, nargs="+", default=[50, 500], help="sizes; 2000 takes 6 GB of disk")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dir", type=Path, help="where the bundles go; a temporary folder if not given")
    options = parser.parse_args(arguments)
    python = shlex.quote(sys.executable)
    ours = f"{python} -c {shlex.quote(_DEFAULT)} analyze -f json -o /dev/null"
    fast = f"{python} -m analyzer analyze -f json -o /dev/null" if find_spec("ahocorasick_rs") else ""
    start = {
        "a bare interpreter": f"{python} -c pass",
        "sts-doctor --version": f"{python} -m analyzer --version",
        "sts-doctor analyze, a small sample": f"{ours} {shlex.quote(str(SAMPLE))}",
    }
    print(_table("Start", measure(start, options.runs), "a bare interpreter"))
    missed = 0
    for megabytes in options.mb:
        with tempfile.TemporaryDirectory(dir=options.dir, prefix="bench-") as name:
            missed += _one_size(Path(name), megabytes, options.runs, ours, fast)
    return 1 if missed else 0


def _one_size(top: Path, megabytes: int, runs: int, ours: str, fast: str) -> int:
    manifest = write_bundle(top, megabytes)
    folder, archive = top / manifest.folder, top / "bundle.tar.gz"
    pack(folder, archive)
    commands = {
        "gzip -dc": f"gzip -dc {archive}",
        "sts-doctor analyze, directory": f"{ours} {folder}",
        "sts-doctor analyze, tar.gz": f"{ours} {archive}",
    }
    if fast:
        commands["with the extra fast, directory"] = f"{fast} {folder}"
        commands["with the extra fast, tar.gz"] = f"{fast} {archive}"
    commands |= _peers(top, folder, archive)
    rows = measure(commands, runs)
    title = f"{megabytes} MB: {manifest.files} files, archive {archive.stat().st_size / 1e6:.0f} MB"
    print(_table(title, rows, "gzip -dc"))
    missed = [*missing(manifest, folder), *missing(manifest, archive)]
    print(
        f"recall: {2 * len(manifest.injected) - len(missed)} of {2 * len(manifest.injected)} lines put in\n"
    )
    for entry in missed:
        print(f"  missed: {entry}")
    return len(missed)


def _peers(top: Path, folder: Path, archive: Path) -> dict[str, str]:
    """Give the commands of what is installed: limits of the machine, and others' tools at less work."""
    commands = {}
    if shutil.which("igzip"):
        commands["igzip -dc"] = f"igzip -dc {archive}"
    if shutil.which("rg"):
        commands["ripgrep, 6 words over all logs"] = f"rg -c --no-unicode -g *.log '{_NEEDLES}' {folder}"
    if shutil.which("omg"):
        home = f"env HOME={top} omg"
        commands["omg get pods -A"] = f"sh -c '{home} use {folder} && {home} get pods -A'"
    if shutil.which("insights-run"):
        here, root = shlex.quote(str(TOP)), next(folder.glob("*/cluster-scoped-resources")).parent
        commands["insights-run, one rule"] = (
            f"env PYTHONPATH={here} insights-run -p bench.insights_rule {root}"
        )
    return commands


def missing(manifest: Manifest, place: Path) -> list[str]:
    """List the lines of the manifest that no symptom of a run stands for."""
    wanted = Counter((str(e["namespace"]), str(e["pod"]), e["line"]) for e in manifest.injected)
    found = Counter((s.namespace, s.pod, s.quote.line) for s in gather([place]).symptoms)
    return [f"{space}/{pod}:{line}" for space, pod, line in wanted - found]


def measure(commands: dict[str, str], runs: int) -> list[Row]:
    """Run the commands in turn, so that a busy moment strikes all of them."""
    seen: dict[str, list[Row]] = {what: [] for what in commands}
    for _ in range(runs):
        for what, command in commands.items():
            seen[what].append(_run(what, command))
    return [
        Row(what, *(statistics.median(getattr(r, key) for r in rows) for key in ("cpu", "wall")),
            max(r.memory for r in rows))
        for what, rows in seen.items()
    ]  # fmt: skip


def _run(what: str, command: str) -> Row:
    child = [sys.executable, "-S", str(Path(__file__).parent / "child.py"), command]
    ran = subprocess.run(child, capture_output=True, text=True, check=True)
    cpu, wall, memory = map(float, ran.stdout.split())
    return Row(what, cpu, wall, memory)


def _table(title: str, rows: list[Row], unit: str) -> str:
    base = next(row.cpu for row in rows if row.what == unit)
    lines = [
        f"### {title}",
        "",
        f"| what | processor s | × {unit} | clock s | peak MiB |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.what} | {r.cpu:.2f} | {r.cpu / base:.2f} | {r.wall:.2f} | {r.memory:.0f} |" for r in rows
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
