"""Every rule finds its fault, alone and beside another one, and is silent where the proof is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.findings.report import LINKS, Report
from samples.scenarios import SCENARIOS

from .fault import EVERY, Fault
from .faults import FAULTS, NOT_ASKED_FOR
from .runs import (
    READ_ONLY,
    Bench,
    broken,
    findings,
    flips,
    ids,
    named,
    said,
    states_of,
    the_chain,
    told,
    used,
    without,
)


def test_every_rule_has_a_fault() -> None:
    folder = Path(__file__).resolve().parents[2] / "rules"
    rules = {path.stem: path.parent.name for path in folder.rglob("*.yaml")}
    covered = {fault.rule for fault in FAULTS}
    assert rules.keys() == covered
    assert covered <= rules.keys()
    assert {(fault.rule, fault.link) for fault in FAULTS} <= rules.items()
    assert len({fault.id for fault in FAULTS}) == len(FAULTS)


def assert_named(report: Report, fault: Fault) -> None:
    """The rule found it, in the right state, at the right link, on the right chains."""
    found = [finding for finding in report.findings if finding.rule == fault.rule]
    assert found, f"{fault.rule} is not named\n{told(report)}"
    of_use = [finding for finding in found if finding.chains != (READ_ONLY,)]  # else it is a remark
    assert {finding.state for finding in of_use} == {fault.state}, told(report)
    assert {finding.link for finding in found} == {fault.link}, told(report)
    assert {finding.kind for finding in found} == {fault.kind}, told(report)
    chains = {chain for finding in found for chain in finding.chains} - {READ_ONLY}
    wanted = {chain.id for chain in used(report)} if fault.chains == EVERY else set(fault.chains)
    if fault.arguments.get("mode") != "Mint":  # there no chain is said to be served by STS
        assert chains == wanted, told(report)
    if fault.state != "info":
        for finding in found:
            assert finding.fix
            assert finding.disproof
            assert finding.why


def assert_verdicts(report: Report, fault: Fault) -> None:
    """The chains that it touches have it as their verdict, the others have none of it."""
    touched = used(report) if fault.chains == EVERY else [the_chain(report, c) for c in fault.chains]
    if fault.link in LINKS and fault.kind == "cause" and fault.state == "fail":
        assert {said(chain) for chain in touched} <= {("fail", fault.link, fault.rule)}, told(report)
        others = [chain for chain in used(report) if chain not in touched]
        assert all(chain.verdict.state in ("pass", "unknown") for chain in others), told(report)
        common = report.common_cause.rule if report.common_cause else None
        assert common == (fault.rule if len(touched) > 1 else None), told(report)
    elif fault.kind == "symptom" and fault.variant != "stopped":
        for verdict in (chain.verdict for chain in touched):
            allowed = {"suspected"} if fault.state == "fail" else {"suspected", "warn"}
            assert verdict.state in allowed, told(report)
            assert verdict.rule in (fault.rule, "operator-degraded", *fault.beside), told(report)
            assert verdict.recency == "ongoing" or not fault.rule.startswith("log-"), told(report)
    elif not fault.beside:
        quiet = {"pass", "warn", "unknown", "not-applicable"}
        assert {chain.verdict.state for chain in report.chains} <= quiet, told(report)
        if fault.variant == "stopped":
            assert {chain.verdict.recency for chain in touched} == {"stopped"}, told(report)


def assert_exit_code(report: Report, fault: Fault) -> None:
    """1 where something fails; 6 where a part of the inputs was not read, 0 else."""
    fails = fault.state == "fail" or bool(fault.beside)
    unread = any(error.code != "private-key" for error in report.errors)
    assert report.exit_code == (1 if fails else 6 if unread else 0), told(report)


def assert_asked_for(hidden: Report, fault: Fault) -> None:
    """Without its proof the rule is unknown where it spoke, and a command is named that gets the proof."""
    if fault.id in NOT_ASKED_FOR or fault.rule in NOT_ASKED_FOR:
        return
    states = states_of(hidden)
    touched = [chain.id for chain in used(hidden)] if fault.chains == EVERY else fault.chains
    left = {states.get((chain, fault.link, fault.rule), fault.left) for chain in touched}
    assert left <= {fault.left}, told(hidden)
    decides = {rule for item in hidden.missing for rule in item.decides}
    if touched and not {chain.id for chain in hidden.chains} & set(touched):
        assert "credentialsrequests" in {item.evidence for item in hidden.missing}, told(hidden)
    elif fault.left == "unknown":
        assert fault.rule in decides, f"nothing is asked for that settles {fault.rule}\n{told(hidden)}"


@pytest.mark.parametrize("fault", FAULTS, ids=ids(FAULTS))
def test_named_alone_and_silent_without_its_proof(bench: Bench, fault: Fault) -> None:
    files = fault.files()
    report = fault.report(bench, files)
    assert_named(report, fault)
    causes = named(report, "fail", kind="cause")
    breaks = fault.state == "fail" and fault.kind == "cause"
    allowed = {fault.rule, *fault.beside} if breaks else set(fault.beside)
    assert causes <= allowed, f"{causes - allowed} beside {fault.rule}\n{told(report)}"
    assert_verdicts(report, fault)
    assert_exit_code(report, fault)

    hidden = fault.report(bench, without(files, fault.hide))
    assert fault.rule not in named(hidden, *{"fail", "warn"} - {fault.left}), told(hidden)
    assert broken(hidden) <= broken(report), told(hidden)
    assert not flips(report, hidden)
    assert_asked_for(hidden, fault)


ONE_OF_EACH = list({fault.rule: fault for fault in reversed(FAULTS)}.values())


@pytest.mark.parametrize("fault", ONE_OF_EACH, ids=ids(ONE_OF_EACH))
def test_beside_another(bench: Bench, fault: Fault) -> None:
    report = fault.report(bench, fault.files(fault.second.edit))
    assert_named(report, fault)
    second = [finding for finding in report.findings if finding.rule == fault.second.rule]
    assert second, f"{fault.second.rule} is not named\n{told(report)}"
    if fault.second.chain:
        assert fault.second.chain in {chain for finding in second for chain in finding.chains}
        assert the_chain(report, fault.second.chain).verdict.state == "fail", told(report)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_samples(bench: Bench, name: str) -> None:
    scenario = SCENARIOS[name]
    report = bench.report(scenario.files())
    assert report.exit_code == scenario.exit_code, told(report)
    if scenario.rule is None or not scenario.chains:
        assert not findings(report, "fail", "warn"), told(report)
        return
    broken = used(report) if scenario.chains == EVERY else [the_chain(report, c) for c in scenario.chains]
    for chain in broken:
        assert said(chain) == ("fail", scenario.link, scenario.rule), told(report)
        assert chain.verdict.simulated_error is not None
    assert named(report, "fail", kind="cause") == {scenario.rule}, told(report)
    symptoms = findings(report, "fail", "warn", kind="symptom")
    assert symptoms, "the logs of this sample show the error"
    for symptom in symptoms:
        assert symptom.explained_by == (scenario.rule,), (symptom.rule, symptom.explained_by)
    cause = next(finding for finding in report.findings if finding.rule == scenario.rule)
    assert {symptom.rule for symptom in symptoms} == set(cause.explains)
    assert {chain.verdict.recency for chain in broken} == {"ongoing"}, told(report)
    if len(broken) > 1:
        assert report.common_cause is not None
        assert set(report.common_cause.chains) >= {chain.id for chain in broken}
