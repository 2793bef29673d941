"""The command line: thin commands over the session."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program; the entry point of the ``sts-doctor`` script."""
    if sys.argv[1:] == ["--version"]:
        from analyzer.version import __version__

        print(f"sts-doctor {__version__}")
        return
    from analyzer.cli.app import build

    build(sys.argv[1] if len(sys.argv) > 1 else "")()
