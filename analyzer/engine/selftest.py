"""Runs the cases inside rule files: what is given is known, every other fact was not collected."""

from __future__ import annotations

from analyzer.engine.evaluate import Outcome, judge
from analyzer.engine.facts import Fact, Subject
from analyzer.engine.rule import Rule, RuleTest
from analyzer.engine.rules import RuleSet
from analyzer.frozen import frozen


@frozen
class TestResult:
    """One case of one rule: the outcome it had, and in words why it failed (empty where it passed)."""

    __test__ = False  # for pytest this is no test class

    rule: Rule
    test: RuleTest
    outcome: Outcome
    complaint: str

    @property
    def passed(self) -> bool:
        """Whether the rule said what the case expects."""
        return not self.complaint


def run_rule_tests(ruleset: RuleSet) -> list[TestResult]:
    """Run every case of every rule, in order."""
    return [_run(rule, test) for rule in ruleset.rules for test in rule.tests]


def _run(rule: Rule, test: RuleTest) -> TestResult:
    facts = {name: Fact(value) for name, value in test.given.items()}
    outcome = judge(rule, Subject(rule.subject, test.name, facts, ()))
    return TestResult(rule, test, outcome, _complaint(test, outcome))


def _complaint(test: RuleTest, outcome: Outcome) -> str:
    if outcome.state != test.expect:
        detail = outcome.error or ", ".join(item.evidence for item in outcome.missing)
        return f"expected {test.expect}, got {outcome.state}" + (f" ({detail})" if detail else "")
    if test.message and test.message not in outcome.message:
        return f"the message does not hold {test.message!r}: {outcome.message}"
    return ""
