"""Inputs of every layout, written once for a session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.findings.report import Report
from analyzer.options import Options
from analyzer.session import analyze
from samples.bundle import write_files
from samples.layouts import pack

Files = dict[str, bytes]
Analyse = Callable[..., Report]


@pytest.fixture(scope="session", autouse=True)
def _shared(made_once: None) -> None:
    """Let every test here take part in what whole runs share."""


_REPORTS: dict[tuple[str, str | None], Report] = {}


@pytest.fixture
def look(tmp_path: Path) -> Analyse:
    """Analyse files as one archive, or as a directory; the same files once in a session."""

    def run(files: Files, *, directory: bool = False, cluster: str | None = None) -> Report:
        path = tmp_path / "case"
        if directory:
            write_files(path, files)
            return analyze([path], Options(cluster=cluster))
        path = path.with_suffix(".bin")
        data = pack(files)
        path.write_bytes(data)
        key = hashlib.sha256(data).hexdigest(), cluster
        if key not in _REPORTS:
            _REPORTS[key] = analyze([path], Options(cluster=cluster))
        return _REPORTS[key]

    return run


def fingerprints(report: Report, *states: str) -> set[tuple[str, str]]:
    """Give rule and fingerprint of the findings of some states; those about the inputs are apart."""
    return {(f.rule, f.fingerprint) for f in report.findings if f.state in states and f.link != "inputs"}


def rules(report: Report, *states: str) -> set[str]:
    """Give the rules that found something."""
    return {finding.rule for finding in report.findings if finding.state in states}


def verdicts(report: Report) -> dict[str, str]:
    """Give the state of each chain's verdict."""
    return {chain.id: chain.verdict.state for chain in report.chains}
