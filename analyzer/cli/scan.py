"""``sts-doctor scan``: judge many bundles, one row each, resumable."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.arguments import Rules
from analyzer.cli.guard import INTERRUPTED, guarded, say
from analyzer.cli.output import check_place
from analyzer.errors import UsageProblem
from analyzer.reports.wording import counted

if TYPE_CHECKING:
    from analyzer.fleet.ledger import Task
    from analyzer.fleet.row import Row
    from analyzer.fleet.scan import Shard, Tally


@guarded
def scan(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(help="Bundles, and directories that hold bundles at any depth.", metavar="PATH..."),
    ] = None,
    db: Annotated[
        Path | None,
        typer.Option("--db", help="The results database; made where it is not there.", metavar="FILE"),
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", help="Bundles at a time; 0 is one a core.")] = 0,
    shard: Annotated[
        str,
        typer.Option(
            help="Only part i of n, such as 2/8: for several hosts, merged afterwards.", metavar="I/N"
        ),
    ] = "1/1",
    time_limit: Annotated[int, typer.Option(help="Seconds that one bundle may take.")] = 300,
    memory_limit: Annotated[int, typer.Option(help="MiB that one bundle may take.")] = 1536,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="Judge on the workers of this Dask scheduler, such as tcp://host:8786.", metavar="ADDRESS"
        ),
    ] = None,
    rules: Rules = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress on stderr.")] = False,
) -> int:
    """Judge every bundle under the given paths, one result each; a second scan judges only what is new."""
    if not inputs:
        raise UsageProblem("no path given", do="Pass bundles or directories that hold them")
    if db is None:
        raise UsageProblem("no database given", do="Pass --db FILE; it is made where it is not there")
    if jobs < 0 or time_limit < 1 or memory_limit < 128:
        raise UsageProblem("--jobs, --time-limit and --memory-limit take numbers of at least 0, 1 and 128")
    check_place(db, inputs)
    from analyzer.fleet.judge import Bounds
    from analyzer.fleet.scan import scan as run
    from analyzer.options import Options

    show = _Progress(sys.stderr.isatty(), quiet)
    tally = run(
        inputs, db, Options(rules=tuple(rules or ())),
        jobs=jobs or _cores(),
        bounds=Bounds(time_limit, memory_limit), shard=_shard(shard), cluster=cluster,
        progress=show,
    )  # fmt: skip
    show.end(tally)
    return _exit_code(tally)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shard(text: str) -> Shard:
    from analyzer.fleet.scan import Shard

    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= 100_000):
        raise UsageProblem(f"--shard takes I/N with 1 ≤ I ≤ N, such as 2/8, not {text!r}")
    return Shard(int(number), int(of))


def _exit_code(tally: Tally) -> int:
    if tally.interrupted:
        return INTERRUPTED
    if tally.verdicts["fail"]:
        return 1
    return 6 if tally.outcomes.total() > tally.outcomes["judged"] else 0


class _Progress:
    """Says how far the scan is: a line that is rewritten on a terminal, else a line every 30 seconds."""

    def __init__(self, terminal: bool, quiet: bool) -> None:
        self._terminal, self._quiet = terminal, quiet
        self._next = time.monotonic() + (1 if terminal else 30)

    def __call__(self, tally: Tally, task: Task, row: Row | None) -> None:
        if self._quiet:
            return
        if row is not None and row.outcome in ("crashed", "timeout", "too-big"):
            say(f"{task.path}: {row.outcome}: {row.reason}")
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + (0.5 if self._terminal else 30)
            end = "\r" if self._terminal else "\n"
            print(f"sts-doctor: {_line(tally)}".ljust(78), end=end, file=sys.stderr, flush=True)

    def end(self, tally: Tally) -> None:
        """Say what came out."""
        if self._quiet:
            return
        if not tally.found:
            other = counted(tally.elsewhere, "bundle")
            say(f"nothing to do: this shard is empty, what was found ({other}) is in others")
            return
        words = [f"{count} {name}" for name, count in sorted(tally.verdicts.items()) if name != "-"]
        words += [f"{count} {name}" for name, count in sorted(tally.outcomes.items()) if name != "judged"]
        old = tally.found - tally.todo + tally.unchanged
        if old:
            words.append(f"{old} known before")
        if tally.interrupted:
            words.append(f"interrupted: {tally.todo - tally.done} left, scan again to go on")
        shard = f" of {tally.found + tally.elsewhere}" if tally.elsewhere else ""
        text = f"{counted(tally.found, 'bundle')}{shard}: {', '.join(words)}"
        if tally.in_part:
            text += f"; {tally.in_part} read in part"
        say(text.ljust(70) if self._terminal else text)


def _line(tally: Tally) -> str:
    left = tally.seconds_left
    words = f"{tally.done} of {tally.todo} bundles, {tally.rate:,.0f} an hour"
    if left is not None:
        words += (
            f", {left / 3600:.1f} h left"
            if left > 5400
            else f", {left / 60:.0f} min left"
            if left > 90
            else f", {left:.0f} s left"
        )
    return words
