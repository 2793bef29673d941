"""Whole runs: what they share is made once."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _shared(made_once: None) -> None:
    """Let every test here take part, also those without a bench."""
