"""One bench for a test session: trees are written once, and the built-in rules are loaded once."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from analyzer import session
from samples import bundle
from samples.yamlout import document

from .runs import Bench


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    """Load the rules once, and write each document of a bundle once: both are most of a run's time."""
    written: dict[str, bytes] = {}

    def remembered(body: Any) -> bytes:
        key = json.dumps(body)
        if key not in written:
            written[key] = document(body)
        return written[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "built_in_rules", functools.cache(session.built_in_rules))
        patch.setattr(bundle, "document", remembered)
        yield


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, _made_once: None) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), session.built_in_rules())
