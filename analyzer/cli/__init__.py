"""The command line: thin commands over the session."""

from __future__ import annotations


def main() -> None:
    """Run the program; the entry point of the ``sts-doctor`` script."""
    from analyzer.cli.app import app

    app()
