"""One bench for a test session: rules are loaded once; each text of a bundle is written and read once.

All bundles of the tests are edits of a few clusters, so that nearly every text of one is in others too.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from analyzer import session
from analyzer.evidence import gather, gathered
from samples import bundle
from samples.yamlout import document

from .runs import Bench


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    """Load the rules once; write, cut and parse each text once: that is most of a run's time."""
    written: dict[str, bytes] = {}

    def remembered(body: Any) -> bytes:
        key = json.dumps(body)
        if key not in written:
            written[key] = document(body)
        return written[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "built_in_rules", functools.cache(session.built_in_rules))
        patch.setattr(bundle, "document", remembered)
        for module, reader in ((gather, "cut_list"), (gathered, "parse_item"), (gather, "read_loose")):
            patch.setattr(module, reader, functools.lru_cache(4096)(getattr(module, reader)))
        yield


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, _made_once: None) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), session.built_in_rules())
