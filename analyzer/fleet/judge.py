"""One bundle to one row: the same function for a process of this machine and for a cluster's worker."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from analyzer.bundle import digest_of
from analyzer.errors import DoctorError, NothingToRead, RefusedInput, Unreadable
from analyzer.fleet.row import Row, now, row_of
from analyzer.frozen import frozen, replace
from analyzer.options import Options
from analyzer.session import analyze, built_in_rules
from analyzer.version import __version__


@frozen
class Bounds:
    """What one bundle may take: seconds of wall clock, MiB of memory, how often it is tried."""

    seconds: int = 300
    memory: int = 1536
    tries: int = 3


def rules_version(options: Options) -> str:
    """Name the judgement: the program's version and the hash of its rules; results of another are stale."""
    return f"{__version__}+{built_in_rules(options.rules).sha256[:16]}"


def judge_bundle(path: str, beside: Sequence[str], options: Options, known: str | None = None) -> Row | None:
    """Judge one bundle; never raises for what it holds.

    ``known`` is the digest of the content that an earlier result is of: None is given back where the
    file still has it.
    """
    started = time.monotonic()
    rules = rules_version(options)
    if known is not None and digest_of([Path(path)]) == known:
        return None
    try:
        row = row_of(analyze([Path(path), *map(Path, beside)], options), rules=rules)
    except RefusedInput as error:
        row = Row("refused", error.what, rules, exit_code=error.exit_code)
    except Unreadable as error:
        row = Row("unreadable", str(error), rules)
    except NothingToRead as error:
        row = Row("not-a-bundle", error.what, rules)
    except MemoryError:
        row = Row("too-big", "it needs more memory than a bundle may take", rules)
    except DoctorError as error:
        row = Row("unreadable", str(error), rules)
    except Exception as error:  # a defect of ours is a row that says so, without any value
        row = Row("crashed", f"internal error: {type(error).__name__} at {_place(error)}", rules)
    digest = row.sha256 if row.report is not None else digest_of([Path(path)])
    return replace(
        row, sha256=digest, finished=now(), seconds=round(time.monotonic() - started, 3), peak_mib=peak_mib()
    )


def peak_mib() -> float:
    """Give the largest resident size of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)


def _place(error: Exception) -> str:
    trace, place = error.__traceback__, "unknown place"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
