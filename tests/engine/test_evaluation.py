"""Rules times subjects: one outcome each, with texts, proofs and what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from analyzer.engine import (
    Fact,
    Outcome,
    RuleSet,
    Subject,
    Unknown,
    check_facts,
    evaluate,
    load_rules,
)
from analyzer.engine.docs import render_rules_markdown, render_vocabulary_markdown
from analyzer.engine.selftest import run_rule_tests
from analyzer.errors import UsageProblem

from .support import CAUSE, CHAIN, SYMPTOM, VOCABULARY, Place, missing, unknown, write_rules

NAIVE = datetime(2026, 1, 1)
PROVIDER = (
    SYMPTOM.replace("subject: chain", "subject: provider")
    .replace("chain.ready", "has(provider.url)", 1)
    .replace("{chain.ready: the log line}", "[provider.url]")
    .replace("{role.arn}", "{provider.url}")
    .replace("log-assume-role-denied", "log-no-provider")
    .replace("given: {chain.ready: false}", "given: {provider.url: null}")
    .replace("given: {chain.ready: true}", "given: {provider.url: x}")
)


@pytest.fixture(name="rules")
def _rules(tmp_path: Path) -> RuleSet:
    return load_rules([write_rules(tmp_path, CAUSE, SYMPTOM, PROVIDER)], VOCABULARY)


def subject(**facts: object) -> Subject:
    found = {
        name.replace("__", "."): item if isinstance(item, (Fact, Unknown)) else Fact(item)
        for name, item in facts.items()
    }
    return Subject("chain", "ns/secret", found, ("ns/secret",))


def outcome(rules: RuleSet, rule_id: str, **facts: object) -> Outcome:
    return next(item for item in evaluate(rules, [subject(**facts)]) if item.rule.id == rule_id)


def test_a_failure_says_everything(rules: RuleSet) -> None:
    cite = Place("1", "iam.json", 7, None, '"sub": "x"')
    again = Place("1", "iam.json", 7, None, '"sub": "x"')
    other = Place("1", "secret.yaml", 3, 5, "role_arn")
    result = outcome(
        rules,
        "trust-subject-mismatch",
        chain__uses_sts=True,
        role__name="a b",
        trust__problem=Fact("subject-mismatch", (cite,)),
        role__arn=Fact("arn", (again, other)),
        trust__subjects=["x", "y"],
    )
    assert result.state == "fail"
    assert result.message == "Role a b admits x, y."
    assert result.why == "The sub claim decides."
    assert [(step.text, step.command) for step in result.fix] == [
        ("Correct the trust policy", "aws iam get-role --role-name 'a b'")
    ]
    assert result.disproof == "The call succeeds."
    assert result.sts_error is not None
    assert (result.sts_error.stage, result.sts_error.text) == ("trust", "AccessDenied for arn")
    assert [(proof.cite, proof.role) for proof in result.proofs] == [
        (cite, "trust.problem"),
        (other, "role.arn"),
    ]
    assert not result.missing
    assert not result.error


def test_proof_falls_back_to_the_facts_that_decided(rules: RuleSet) -> None:
    rule = replace(rules.find("trust-subject-mismatch"), evidence=())
    place = Place("1", "f", 1, None, "x")
    facts = subject(chain__uses_sts=True, trust__problem=Fact("subject-mismatch", (place,)))
    (result,) = evaluate(RuleSet((rule,), "", ()), [facts])
    assert [proof.cite for proof in result.proofs] == [place]


def test_a_pass_says_nothing(rules: RuleSet) -> None:
    result = outcome(rules, "trust-subject-mismatch", chain__uses_sts=True, trust__problem=None)
    assert (result.state, result.message, result.proofs, result.missing) == ("pass", "", (), ())


def test_not_applicable(rules: RuleSet) -> None:
    assert outcome(rules, "trust-subject-mismatch", chain__uses_sts=False).state == "not-applicable"


def test_unknown_says_what_would_settle_it(rules: RuleSet) -> None:
    result = outcome(
        rules, "trust-subject-mismatch", chain__uses_sts=True, trust__problem=unknown("role-export")
    )
    assert (result.state, result.missing) == ("unknown", (missing("role-export"),))


def test_unknown_applies_asks_for_the_check_as_well(rules: RuleSet) -> None:
    hidden = {"chain__uses_sts": unknown("mode"), "trust__problem": unknown("role-export")}
    result = outcome(rules, "trust-subject-mismatch", **hidden)
    assert (result.state, result.missing) == ("unknown", (missing("mode"), missing("role-export")))
    result = outcome(
        rules, "trust-subject-mismatch", chain__uses_sts=unknown("mode"), trust__problem="subject-mismatch"
    )
    assert (result.state, result.missing) == ("unknown", (missing("mode"),))


def test_a_broken_rule_is_an_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    broken = (
        CAUSE.replace('trust.problem != "subject-mismatch"', "trust.problem.startsWith('x')")
        .replace("trust.problem: subject-mismatch", "trust.problem: y")
        .replace("trust.problem: null", "trust.problem: x")
    )
    rules = load_rules([write_rules(tmp_path, broken, SYMPTOM)], VOCABULARY)
    results = evaluate(rules, [subject(chain__uses_sts=True, trust__problem=None, chain__ready=True)])
    assert [item.state for item in results] == ["pass", "error"]
    assert results[1].error == "line 9, column 8: startsWith() reads a string, not null"
    assert str(tmp_path) not in results[1].error


def test_a_state_whose_when_is_unknown_falls_through(tmp_path: Path) -> None:
    states = (
        "state:\n  - {when: chain.ready, is: info}\n  - {when: role.arn == 'x', is: warn}\n  - {is: fail}"
    )
    rules = load_rules([write_rules(tmp_path, CAUSE.replace("state: fail", states), SYMPTOM)], VOCABULARY)
    failing = {"chain__uses_sts": True, "trust__problem": "subject-mismatch"}
    name = "trust-subject-mismatch"
    assert outcome(rules, name, **failing, chain__ready=True).state == "info"
    assert outcome(rules, name, **failing, role__arn="x").state == "warn"
    assert outcome(rules, name, **failing, chain__ready=False, role__arn="y").state == "fail"
    assert outcome(rules, name, **failing).state == "fail"
    assert outcome(rules, name, **failing, chain__ready=None, role__arn="y").state == "error"


def test_counts_add_up(rules: RuleSet) -> None:
    subjects = [subject(chain__uses_sts=True), subject(), subject(chain__ready=True)]
    subjects += [Subject("provider", "p", {}, ()), Subject("role", "r", {}, ())]
    results = evaluate(rules, subjects)
    kinds = [item.kind for item in subjects]
    assert len(results) == sum(kinds.count(rule.subject) for rule in rules.rules) == 7
    assert [item.rule.id for item in results] == sorted(
        (item.rule.id for item in results), key=[rule.id for rule in rules.rules].index
    )
    assert len(evaluate(rules, subjects, select=["trust"])) == 3
    assert len(evaluate(rules, subjects, ignore=["trust"])) == 4
    assert evaluate(rules, []) == []
    with pytest.raises(UsageProblem):
        evaluate(rules, subjects, select=["turst"])


def test_rules_run_their_own_cases(rules: RuleSet) -> None:
    results = run_rule_tests(rules)
    assert len(results) == 9
    assert [result.complaint for result in results if not result.passed] == []


def test_a_failed_case_says_why(tmp_path: Path) -> None:
    text = CAUSE.replace("!=", "==").replace("expect: fail}", "expect: fail, message: nothing}")
    results = run_rule_tests(load_rules([write_rules(tmp_path, text, SYMPTOM)], VOCABULARY))
    assert [result.complaint for result in results if not result.passed] == [
        "expected fail, got pass",
        "expected pass, got fail",
    ]
    text = CAUSE.replace("expect: fail}", "expect: fail, message: Role x}")
    results = run_rule_tests(load_rules([write_rules(tmp_path, text, SYMPTOM)], VOCABULARY))
    assert [result.complaint for result in results if not result.passed] == [
        "the message does not hold 'Role x': Role (not known) admits (not known)."
    ]


def test_the_rules_page(rules: RuleSet) -> None:
    page = render_rules_markdown(rules)
    assert page == render_rules_markdown(rules)
    for part in (
        "# Rules",
        "3 rules on 2 links",
        "## trust",
        "### trust-subject-mismatch",
        "cause · fail · critical",
        '```cel\ntrust.problem != "subject-mismatch"\n```',
        "aws iam get-role",
        "Disproof: The call succeeds.",
        "Explains: [log-assume-role-denied](#log-assume-role-denied)",
        "Explained by: [trust-subject-mismatch](#trust-subject-mismatch)",
        "Points at: trust, secret",
        "<https://example.org/trust>",
        "Applies where",
        "`AccessDenied for {role.arn}`",
    ):
        assert part in page


def test_facts_are_checked_against_the_vocabulary() -> None:
    good = {
        "role.arn": Fact(None),
        "role.policy": Fact({}),
        "trust.subjects": Fact(()),
        "chain.ready": unknown("x"),
    }
    assert check_facts(good, CHAIN) == []
    bad = {
        "role.arn": Fact(3),
        "role.policy.size": Fact(True),
        "role.anr": Fact("x"),
        "token.since": Fact(NAIVE),
    }
    assert check_facts(bad, CHAIN) == [
        "role.anr is not declared",
        "role.arn is declared as string, but its value is a int",
        "role.policy.size is declared as int, but its value is a bool",
        "token.since is declared as timestamp, but its value is a datetime",
    ]


def test_the_vocabulary_page() -> None:
    page = render_vocabulary_markdown(VOCABULARY)
    assert page.index("## cluster") < page.index("## chain") < page.index("## provider")
    assert "| `role.arn` | string | a string for the tests |" in page
