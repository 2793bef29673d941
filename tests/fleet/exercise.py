"""What a scan must withstand, measured: ``python -m tests.fleet.exercise`` (``make bench-fleet``).

Makes an archive of mixed bundles (every sample, packed in turn as tar.gz, tar, zip and folder, among
zeros packed small, cut archives and files that are none), scans it with one process and with several,
kills the scan and its processes at random moments, and compares every row with what the program says
of the sample itself. Prints a table; exits 1 where a row is wrong.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from analyzer.fleet.row import row_of
from analyzer.session import analyze

from .conftest import ROOT, SAMPLES, command

Key = tuple[object, ...]
NONE: Key = ("not-a-bundle", None, None, None, None)


@dataclass(frozen=True)
class Ran:
    """One scan: exit code, wall and CPU seconds, the parent's largest memory (KiB) in each half."""

    code: int
    seconds: float
    cpu: float
    early: int
    late: int


def expected(name: str) -> Key:
    """Give what the program says of a sample with its exports."""
    root = SAMPLES / name
    row = row_of(analyze([root / "must-gather", *sorted(root.glob("exports"))]), rules="")
    return row.outcome, row.verdict, row.rule, row.chains, row.broken


def make(root: Path, bundles: int) -> dict[str, Key]:
    """Write the archive; give what is expected of each of its folders."""
    names = sorted(path.parent.name for path in SAMPLES.glob("*/must-gather"))
    right = {name: expected(name) for name in names}
    found: dict[str, Key] = {}
    for number in range(bundles):
        case = root / f"{number:05}"
        case.mkdir(parents=True)
        if number % 5 == 4:
            _odd(case, number // 5, SAMPLES / "healthy" / "must-gather")
            found[case.name] = NONE
            continue
        name = names[number % len(names)]
        if (SAMPLES / name / "exports").is_dir():
            shutil.copytree(SAMPLES / name / "exports", case / "exports")
        _packed(case, SAMPLES / name / "must-gather", number // 5)
        found[case.name] = right[name]
    return found


def _packed(case: Path, source: Path, way: int) -> None:
    kind = ("gztar", "tar", "zip", "folder")[way % 4]
    if kind == "folder":
        shutil.copytree(source, case / "must-gather")
    else:
        shutil.make_archive(str(case / "mg"), kind, source)


def _odd(case: Path, number: int, source: Path) -> None:
    """Write something that calls itself a bundle and is none."""
    file = case / "mg.tar.gz"
    match number % 4:
        case 0:
            file.write_bytes(gzip.compress(bytes(300 << 20), 1))  # much out of little
        case 1:
            file.write_bytes(b"not an archive at all\n" * 50)
        case 2:
            with tarfile.open(file, "w:gz") as archive:
                archive.add(source / "timestamp" if (source / "timestamp").exists() else source)
            file.write_bytes(file.read_bytes()[:30])  # cut right after its head
        case _:
            (case / "mg.zip").write_bytes(b"PK\x05\x06" + bytes(18))


def scan(root: Path, db: Path, jobs: int) -> Ran:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command("scan", root, "--db", db, "-q", "-j", jobs), cwd=ROOT)
    sizes = []
    while process.poll() is None:
        sizes.append(_resident(process.pid))
        time.sleep(0.1)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    half = len(sizes) // 2
    return Ran(process.returncode, time.monotonic() - started, cpu, max(sizes[:half]), max(sizes[half:]))


def _resident(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS")), 0)


def interrupted(root: Path, db: Path, jobs: int, kills: int, seconds: float) -> tuple[int, list[int]]:
    """Kill the parent again and again, at random within the time of a whole scan, then let one finish."""
    done = []
    for _ in range(kills):
        process = subprocess.Popen(command("scan", root, "--db", db, "-q", "-j", jobs), cwd=ROOT)
        time.sleep(random.uniform(0, 2 * seconds / kills) + 0.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done.append(_count(db))
    return scan(root, db, jobs).code, done


def hunted(root: Path, db: Path, jobs: int, kills: int, seconds: float) -> tuple[int, int]:
    """Kill processes of bundles in work at random while a scan runs."""
    process = subprocess.Popen(command("scan", root, "--db", db, "-q", "-j", jobs), cwd=ROOT)
    killed = 0
    while process.poll() is None and killed < kills:
        time.sleep(random.uniform(0, 1.4 * seconds / kills))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        try:
            victims = children.read_text(encoding="ascii").split()
            os.kill(int(random.choice(victims)), signal.SIGKILL)
            killed += 1
        except (OSError, IndexError):
            continue
    return process.wait(), killed


def _count(db: Path) -> int:
    try:
        with closing(sqlite3.connect(db)) as connection:
            return int(connection.execute("SELECT count(*) FROM bundles WHERE state = 'done'").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def wrong(root: Path, db: Path, right: Mapping[str, Key]) -> Iterator[str]:
    """Name what is not as it must be: a row that is wrong, missing or there twice, an unsound file."""
    with closing(sqlite3.connect(db)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            yield "the database is not sound"
        rows = connection.execute(
            "SELECT path, outcome, verdict, rule, chains, broken, state, (SELECT count(*) FROM chains c"
            " WHERE c.bundle = b.id) FROM bundles b"
        ).fetchall()
    seen = [Path(path).relative_to(root).parts[0] for path, *_ in rows]
    if sorted(seen) != sorted(right):
        yield f"{len(rows)} rows of {len(right)} bundles"
    for name, (path, *row, state, _) in zip(seen, rows, strict=True):
        if state != "done" or tuple(row) != right[name]:
            yield f"{path}: {row} ({state}), not {right[name]}"


def throughput(root: Path, size: int, count: int, jobs: int) -> float:
    """Measure bundles an hour for bundles of ``size`` MB unpacked, mostly logs, as gathers are."""
    one = root / "grown"
    shutil.copytree(SAMPLES / "healthy" / "must-gather", one)
    logs = [path for path in one.rglob("*.log") if path.stat().st_size]
    text = {path: path.read_bytes() for path in logs}
    share = (size << 20) // max(1, len(logs))
    for path, body in text.items():
        path.write_bytes(body * max(1, share // len(body)))
    folder = root / "grown-archive"
    folder.mkdir()
    first = Path(shutil.make_archive(str(folder / "0"), "gztar", one))
    for number in range(1, count):
        shutil.copyfile(first, folder / f"{number}.tar.gz")
    ran = scan(folder, root / "grown.sqlite", jobs)
    return 3600 * count / ran.seconds


def main() -> int:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bundles", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--size", type=int, default=50, help="MB of the bundles for the throughput; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random.seed(given.seed)
    bad: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        top = Path(place)
        root = top / "archive"
        right = make(root, given.bundles)

        def row(what: str, result: str, db: str) -> None:
            problems = list(wrong(root, top / db, right))
            bad.extend(problems)
            print(
                f"| {what} | {result} | {'every row right' if not problems else problems[:3]} |", flush=True
            )

        load = "/".join(f"{value:.1f}" for value in os.getloadavg())
        print(f"{given.bundles} bundles, {given.jobs} jobs, load average {load}\n\n| what | result | rows |")
        print("|---|---|---|")
        one = scan(root, top / "one.sqlite", 1)
        row("one process", f"{one.seconds:.1f} s, {one.cpu:.1f} s CPU", "one.sqlite")
        many = scan(root, top / "many.sqlite", given.jobs)
        row(
            f"{given.jobs} processes",
            f"{many.seconds:.1f} s, {many.cpu:.1f} s CPU, {one.seconds / many.seconds:.2f} times as fast;"
            f" parent {many.early >> 10} MiB in the first half, {many.late >> 10} in the second",
            "many.sqlite",
        )
        again = scan(root, top / "many.sqlite", given.jobs)
        row("scanned again, nothing new", f"{again.seconds:.1f} s", "many.sqlite")
        _, done = interrupted(root, top / "killed.sqlite", given.jobs, given.kills, many.seconds)
        row(f"parent killed {given.kills} times", f"done at each: {done}", "killed.sqlite")
        _, killed = hunted(root, top / "hunted.sqlite", given.jobs, given.kills, many.seconds)
        row(f"{killed} processes of bundles killed", "", "hunted.sqlite")
        if given.size:
            rate = throughput(top, given.size, 24, given.jobs)
            print(f"| bundles of {given.size} MB unpacked | {rate:,.0f} an hour | |")
    print(*bad, sep="\n", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
