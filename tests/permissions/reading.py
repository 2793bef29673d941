"""A cluster with edits, analysed, and what the report says of permissions."""

from __future__ import annotations

from typing import Any

from analyzer.findings.report import Finding, Report
from samples import Cluster
from tests.e2e.runs import Bench, Edit, everything, findings, states_of, without


def of_permissions(report: Report, *states: str) -> list[Finding]:
    return [f for f in findings(report, *states) if f.link == "permissions"]


def analysed(bench: Bench, *edits: Edit, hide: str = "", **arguments: Any) -> Report:
    cluster = Cluster(**arguments)
    for edit in edits:
        edit(cluster)
    files = everything(cluster)
    return bench.report(without(files, hide) if hide else files)


def state(report: Report, chain: str, rule: str) -> str:
    return states_of(report)[chain, "permissions", rule]
