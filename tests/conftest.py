"""What holds for every test: those that must run are not skipped.

``STS_DOCTOR_REQUIRE=browser,cluster`` names the marks whose tests fail where they would be skipped.
"""

import os
from collections.abc import Generator

import pytest


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
