"""SARIF and JUnit: valid for other people's readers, and nothing unknown looks passed."""

import json
from collections import Counter
from typing import Any

import jsonschema
import junitparser
import pytest

from analyzer.findings.report import Report
from analyzer.reports.formats import Options, render
from analyzer.reports.inert import inert
from analyzer.session import built_in_rules

from . import made
from .test_inert import sarif_schema


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(sarif_schema(), format_checker=jsonschema.FormatChecker())


def sarif(report: Report) -> Any:
    [run] = json.loads(render(report, "sarif", Options()))["runs"]
    return run


@pytest.mark.parametrize("name", made.ALL)
def test_sarif_of_each_answer_is_valid(name: str, validator: jsonschema.Draft4Validator) -> None:
    validator.validate(json.loads(render(made.ALL[name], "sarif", Options())))


def test_sarif_of_each_sample_is_valid(report: Report, validator: jsonschema.Draft4Validator) -> None:
    validator.validate(json.loads(render(report, "sarif", Options())))


def test_sarif_has_every_finding_with_its_places(report: Report) -> None:
    run = sarif(report)
    assert [(r["ruleId"], r["message"]["text"]) for r in run["results"]] == [
        (f.rule, inert(f.message)) for f in report.findings
    ]
    for result, finding in zip(run["results"], report.findings, strict=True):
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == finding.rule
        places = [*result["locations"], *result.get("relatedLocations", [])]
        lines = [p["physicalLocation"]["region"]["startLine"] for p in places if "physicalLocation" in p]
        assert lines == [e.line for e in finding.evidence]


def test_sarif_says_what_is_unknown_as_notifications_with_commands(report: Report) -> None:
    run = sarif(report)
    said = [n for n in run["invocations"][0]["toolExecutionNotifications"] if n["level"] == "note"]
    assert [n["properties"]["command"] for n in said] == [m.command for m in report.missing]
    assert {r.get("kind", "fail") for r in run["results"]} <= {"fail"}


def test_sarif_keeps_what_was_accepted_as_suppressed() -> None:
    [muted] = [r for r in sarif(made.SEVERAL)["results"] if "suppressions" in r]
    assert muted["suppressions"][0]["justification"] == "known and accepted"


def junit(report: Report) -> junitparser.JUnitXml:
    return junitparser.JUnitXml.fromstring(render(report, "junit", Options()).encode())


def test_junit_has_one_case_for_each_rule_on_each_chain(report: Report) -> None:
    suites = [suite for suite in junit(report) if suite.name != "beside the chains"]
    asked = {r.id for r in built_in_rules().rules if r.subject == "chain"}
    for suite, chain in zip(suites, report.chains, strict=True):
        names = Counter(case.name for case in suite)
        assert set(names) == {check.rule for link in chain.links for check in link.checks}
        assert set(names.values()) <= {1}
        assert not names or asked & set(names)


def test_junit_counts_what_is_in_it(report: Report) -> None:
    kinds = {junitparser.Failure: "failures", junitparser.Error: "errors", junitparser.Skipped: "skipped"}
    document = junit(report)
    for suite in document:
        assert suite.tests == len(list(suite))
        for kind, attribute in kinds.items():
            number = sum(any(isinstance(r, kind) for r in case.result) for case in suite)
            assert getattr(suite, attribute) == number
    assert document.tests == sum(suite.tests for suite in document)


def test_junit_states_are_those_of_the_report(report: Report) -> None:
    document = {suite.name: {case.name: case for case in suite} for suite in junit(report)}
    for chain in report.chains:
        for check in (check for link in chain.links for check in link.checks):
            results = document[chain.id][check.rule].result
            if check.state == "fail":
                assert [type(r) for r in results] == [junitparser.Failure]
            if check.state in ("unknown", "not-applicable") and results:
                assert not isinstance(results[0], junitparser.Error)
            if check.state in ("pass", "warn", "info"):
                assert not any(isinstance(r, junitparser.Error) for r in results)


def test_junit_skips_what_is_unknown_and_names_the_command() -> None:
    text = render(made.UNKNOWN, "junit", Options())
    assert 'message="not known; to settle it:' in text
    [storage] = [suite for suite in junit(made.SEVERAL) if suite.name == "openshift-storage/creds"]
    [case] = [case for case in storage if case.name == "permissions-rule"]
    assert isinstance(case.result[0], junitparser.Skipped)


def test_junit_has_findings_beside_the_chains_and_broken_rules() -> None:
    [suite] = [suite for suite in junit(made.SEVERAL) if suite.name == "beside the chains"]
    cases = {case.name: case for case in suite}
    assert isinstance(cases["secret-wrong"].result[0], junitparser.Failure)
    assert isinstance(cases["accepted"].result, list)
    assert isinstance(cases["r"].result[0], junitparser.Error)


def test_junit_does_not_fail_for_what_was_accepted() -> None:
    from dataclasses import replace

    chain = made.chain("ingress", made.verdict("fail", "trust", "trust-rule"), trust="fail")
    accepted = made.finding("trust-rule", "trust", "ingress", muted="known")
    report = replace(made.HEALTHY, chains=(chain,), findings=(accepted,))
    [suite] = junit(report)
    assert (suite.failures, suite.skipped) == (0, 1)
