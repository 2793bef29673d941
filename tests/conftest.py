"""What holds for every test: those that must run are not skipped; whole runs share what is the same in them.

``STS_DOCTOR_REQUIRE=browser,cluster`` names the marks whose tests fail where they would be skipped.
"""

from __future__ import annotations

import functools
import gc
import marshal
import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from analyzer import session
from analyzer.evidence import gather, gathered
from analyzer.redact import live_secrets
from analyzer.reports import inert
from samples import bundle
from samples.yamlout import document
from tests.e2e.runs import Bench

gc.set_threshold(300_000, 20, 50)  # as the program sets it: what is kept for all tests makes each search long


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    required = [name for name in os.environ.get("STS_DOCTOR_REQUIRE", "").split(",") if name]
    marked = any(item.get_closest_marker(name) for name in required)
    if report.skipped and marked and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but must run here: {report.longrepr}"
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session")
def made_once() -> Iterator[None]:
    """Load the rules once; write, cut and parse each text once: that is most of a run's time.

    All bundles of the tests are edits of a few clusters, so that nearly every text of one is in others too.
    """
    written: dict[bytes, bytes] = {}

    def remembered(body: Any) -> bytes:
        key = marshal.dumps(body, 2)  # a version that writes equal values alike
        if key not in written:
            written[key] = document(body)
        return written[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "built_in_rules", functools.cache(session.built_in_rules))
        patch.setattr(bundle, "document", remembered)
        for module, reader in ((gather, "cut_list"), (gathered, "parse_item"), (gather, "read_loose")):
            patch.setattr(module, reader, functools.lru_cache(16_384)(getattr(module, reader)))
        secrets = functools.lru_cache(16_384)(lambda data, urls: tuple(live_secrets(data, urls=urls)))
        patch.setattr(gather, "live_secrets", lambda data, *, urls=True: secrets(data, urls))
        patch.setattr(inert, "redact", functools.lru_cache(65_536)(inert.redact))
        yield


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, made_once: None) -> Bench:
    """One bench for a session: a report that several tests ask for is made once."""
    return Bench(tmp_path_factory.mktemp("bench"), session.built_in_rules())
