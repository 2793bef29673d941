"""The sentence of a chain on which nothing fails and something is open."""

from __future__ import annotations

import pytest

from analyzer.reports.formats import Options, render
from samples import Cluster
from samples.scenarios import SCENARIOS
from tests.e2e.faults import FAULTS
from tests.e2e.runs import INGRESS, MACHINES, Bench, bundle, everything, the_chain, told


@pytest.fixture
def bench(tmp_path):  # type: ignore[no-untyped-def]
    from analyzer import session

    return Bench(tmp_path, session.built_in_rules())


def test_a_warning_is_named(bench: Bench) -> None:
    fault = next(f for f in FAULTS if f.rule == "secret-global-endpoint" and f.state == "warn")
    report = bench.report(fault.files())
    warned = [c for c in report.chains if any(k.state == "warn" for link in c.links for k in link.checks)]
    assert warned, told(report)
    assert {chain.verdict.state for chain in warned} <= {"warn", "unknown"}, told(report)
    for chain in warned:
        said = chain.verdict.sentence
        assert "secret-global-endpoint" in (chain.verdict.rule or said)
        assert chain.verdict.state == "warn" or said.startswith("No fault shows, but a warning"), said


def test_a_warning_of_errors_that_have_stopped_says_so(bench: Bench) -> None:
    fault = next(f for f in FAULTS if f.rule == "log-assume-role-denied" and f.variant == "stopped")
    said = the_chain(bench.report(fault.files()), MACHINES).verdict.sentence
    title = "STS denies the role to the token"
    assert f"but a warning of errors that have stopped, log-assume-role-denied: {title}" in said


def test_a_warning_settles_nothing_that_is_open_on_its_link(bench: Bench) -> None:
    """The length of the Secret's value says that a line is not there, and nothing of the value."""
    fault = next(f for f in FAULTS if f.id == "secret-global-endpoint")
    report = bench.report(fault.files(), operator="machine-api", strict=True)
    (chain,) = report.chains
    secret = next(link for link in chain.links if link.link == "secret")
    assert (secret.state, "unknown" in {check.state for check in secret.checks}) == ("warn", True)
    assert (chain.verdict.state, chain.verdict.link) == ("unknown", "secret"), told(report)
    assert report.exit_code == 4
    assert "can use AWS" not in render(report, "case", Options())


def test_a_warning_is_the_verdict_where_all_is_known(bench: Bench) -> None:
    fault = next(f for f in FAULTS if f.id == "secret-global-endpoint-readable")
    report = bench.report(fault.files(), operator="machine-api", strict=True)
    assert [c.verdict.state for c in report.chains] == ["warn"], told(report)
    assert report.exit_code == 0


def test_without_one_nothing_shows(bench: Bench) -> None:
    chain = the_chain(bench.report(bundle(Cluster())), INGRESS)
    assert chain.verdict.sentence.startswith("No fault shows; ")


def test_nothing_is_ruled_out_by_rules_that_were_not_asked(bench: Bench) -> None:
    """The Secret's value is the only thing left open, and the cause stands in the trust policy."""
    files = everything(SCENARIOS["trust-wrong-service-account"].cluster())
    whole = the_chain(bench.report(files), INGRESS).verdict
    assert (whole.state, whole.rule) == ("fail", "trust-subject-mismatch")
    report = bench.report(files, ignore=("trust-subject-mismatch",))
    verdict = the_chain(report, INGRESS).verdict
    assert (verdict.state, verdict.rule, verdict.link) == ("suspected", "log-assume-role-denied", None)
    assert "Of what was asked, secret cannot be judged" in verdict.sentence
    text = render(report, "text", Options(width=400))
    assert not [words for words in ("cause lies", "candidates: ", "All that is left open") if words in text]
