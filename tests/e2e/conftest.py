"""One bench for a test session: trees are written once, and the built-in rules are loaded once."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from analyzer import session

from .runs import Bench


@pytest.fixture(scope="session", autouse=True)
def _rules_loaded_once() -> Iterator[None]:
    # Reading the rule files is more than half of a run's time, and they do not change here.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "built_in_rules", functools.cache(session.built_in_rules))
        yield


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, _rules_loaded_once: None) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), session.built_in_rules())
