"""The command line: thin commands over the session."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the program; the entry point of the ``sts-doctor`` script."""
    if sys.argv[1:] == ["--version"]:
        from analyzer.version import __version__

        print(f"sts-doctor {__version__}")
        return
    # What a run makes lives to its end: looking for garbage all the time is a fifth of a start.
    gc.set_threshold(300_000, 20, 50)
    from analyzer.cli.app import build
    from analyzer.cli.guard import crashed

    try:
        build(sys.argv[1] if len(sys.argv) > 1 else "")()
    except Exception as error:  # outside a command, as in reading its settings: no finding either
        raise SystemExit(crashed(error)) from None
