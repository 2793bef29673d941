"""Rules over declared facts, answered in three-valued logic; knows no bundle, no AWS, no OpenShift.

Load rules with :func:`load_rules`, ask them with :func:`evaluate`.
"""

from analyzer.engine.evaluate import Fix, Outcome, Proof, SimulatedError, evaluate, judge
from analyzer.engine.expr import Program, compile_expression, run
from analyzer.engine.facts import (
    FACT_TYPES,
    SHARED_KIND,
    Cite,
    Fact,
    Facts,
    FactSpec,
    Missing,
    Subject,
    Unknown,
    Vocabulary,
    check_facts,
    merge,
    visible_facts,
)
from analyzer.engine.rule import FAILING, KINDS, LINKS, SEVERITIES, STATES, Rule, RuleTest
from analyzer.engine.rules import RuleSet, choose, find_problems, load_rules
from analyzer.engine.template import Template, compile_template, in_prose, render
from analyzer.engine.values import EvaluationError

__all__ = [
    "Cite", "Fact", "FactSpec", "Facts", "Missing", "Subject", "Unknown", "Vocabulary", "FACT_TYPES",
    "SHARED_KIND", "check_facts", "merge", "visible_facts",
    "Program", "compile_expression", "run", "EvaluationError",
    "Template", "compile_template", "in_prose", "render",
    "Rule", "RuleSet", "RuleTest", "FAILING", "KINDS", "LINKS", "SEVERITIES", "STATES",
    "choose", "find_problems", "load_rules",
    "Fix", "Outcome", "Proof", "SimulatedError", "evaluate", "judge",
]  # fmt: skip
