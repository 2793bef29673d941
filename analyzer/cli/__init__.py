"""The command line: thin commands over the session."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

_KEPT = 8 << 20


def main() -> None:
    """Run the program; the entry point of the ``sts-doctor`` script."""
    if sys.argv[1:] == ["--version"]:
        from analyzer.version import __version__

        print(f"sts-doctor {__version__}")
        return
    from analyzer.cli.streams import settle_streams

    settle_streams()
    # What a run makes lives to its end: looking for garbage all the time is a fifth of a start.
    gc.set_threshold(300_000, 20, 50)
    # A block that is freed at once: from then on glibc keeps what files are read into, where it gave that
    # back to the kernel after each. Untouched, it takes no memory.
    bytes(_KEPT)
    from analyzer.cli.guard import crashed, exit_code
    from analyzer.cli.plainly import plain_analysis

    try:
        plain = plain_analysis(sys.argv[1:], os.environ)
        if plain is not None:
            _leave(exit_code(plain.run))
        from analyzer.cli.app import build

        build(sys.argv[1] if len(sys.argv) > 1 else "")()
    except SystemExit as end:
        if sys.argv[1:2] == ["analyze"] and isinstance(end.code, int):
            _leave(end.code)
        raise
    except Exception as error:  # outside a command, as in reading its settings: no finding either
        raise SystemExit(crashed(error)) from None


def _leave(code: int) -> NoReturn:
    """End at once: all is written, and to free a run's objects one by one takes a twentieth of it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
