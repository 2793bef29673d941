"""``python -m tests.fuzz``: mutate, run, and keep what crashes, hangs or swells.

With atheris the changes are led by what code they reach; without it they are blind, and seeded.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from .mutate import damaged
from .targets import TARGETS, Target

SLOW = 10
"""Seconds of CPU that one input may take."""
MEMORY = 1 << 30
FOUND = Path("out/fuzz")


class TooSlow(BaseException):
    """An input took more than ``SLOW`` seconds; no reader may swallow this."""


def _alarm(*_: object) -> None:
    raise TooSlow


def main() -> int:
    """Run every target asked for, each for its share of time; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; all of them")
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true", help="be led by coverage; one target alone")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY * (3 if asked.atheris else 1),) * 2)
    signal.signal(signal.SIGVTALRM, _alarm)
    names = asked.targets or list(TARGETS)
    if asked.atheris:
        return _led(TARGETS[names[0]], asked.seconds)
    return max([_blind(TARGETS[name], asked.seconds, asked.seed) for name in names])


def _blind(target: Target, seconds: float, seed: int) -> int:
    seeds, rng = target.seeds(), random.Random(seed)
    runs, slowest, found = 0, 0.0, set[str]()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        data = damaged(rng.choice(seeds), rng, seeds)
        began = time.process_time()
        where = _tried(target.run, data)
        slowest = max(slowest, time.process_time() - began)
        if where and where not in found:
            found.add(where)
            print(f"{target.name}: {where}: {_kept(target.name, data)}", flush=True)
        runs += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    told = f"{runs} inputs, slowest {slowest:.2f} s, peak {peak} MiB, {len(found)} kinds of failure"
    print(f"{target.name}: {told}", flush=True)
    return int(bool(found))


def _tried(run: Callable[[bytes], object], data: bytes) -> str:
    """Run one input; give where it failed, or nothing."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SLOW)
    try:
        run(data)
    except (Exception, TooSlow) as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {at.filename.rpartition('/')[2]}:{at.lineno}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return ""


def _kept(name: str, data: bytes) -> Path:
    FOUND.mkdir(parents=True, exist_ok=True)
    path = FOUND / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


def _led(target: Target, seconds: float) -> int:
    import atheris  # type: ignore[import-not-found]

    corpus = FOUND / f"corpus-{target.name}"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in target.seeds():
        (corpus / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)
    atheris.instrument_all()
    arguments = [sys.argv[0], str(corpus), f"-max_total_time={int(seconds)}", f"-timeout={SLOW}"]
    arguments += ["-rss_limit_mb=1024", f"-artifact_prefix={FOUND}/{target.name}-", "-max_len=65536"]
    atheris.Setup(arguments, target.run)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
