"""Run the program as ``python -m analyzer``."""

from analyzer.cli import main

main()
