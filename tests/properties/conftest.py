"""The bench of the end-to-end tests."""

from tests.e2e.conftest import _made_once, bench

__all__ = ["_made_once", "bench"]
