"""The bench of the end-to-end tests: trees are written once, and the built-in rules are loaded once."""

from tests.e2e.conftest import _made_once, bench

__all__ = ["_made_once", "bench"]
