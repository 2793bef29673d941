"""The samples, analysed once for each session; ``--update-golden`` writes the golden files anew."""

from functools import cache
from pathlib import Path

import pytest

from analyzer.findings.report import Report
from analyzer.session import analyze

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted(p.name for p in (ROOT / "samples").iterdir() if (p / "must-gather").is_dir())


@cache
def report_of(sample: str) -> Report:
    return analyze([ROOT / "samples" / sample])


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def report(sample: str) -> Report:
    return report_of(sample)
