"""``sts-doctor rules``, ``explain`` and ``schema``: what the program knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.arguments import Rules
from analyzer.cli.guard import complain, guarded, show_lines
from analyzer.cli.guard import show as show_line
from analyzer.errors import RuleProblem, UsageProblem

if TYPE_CHECKING:
    from analyzer.engine import Rule, RuleSet

app = typer.Typer(help="List, show, check and test rules.", no_args_is_help=True, rich_markup_mode=None)

Packs = Annotated[list[Path] | None, typer.Argument(help="Folders of further rules.", metavar="DIR...")]

SCHEMAS = ("report", "diff", "collect", "facts", "rule", "vocabulary")


def _ids(incomplete: str) -> list[str]:
    from analyzer.session import rules_directory

    return sorted(f.stem for f in rules_directory().glob("*/*.yaml") if f.stem.startswith(incomplete))


RuleId = Annotated[str, typer.Argument(metavar="ID", autocompletion=_ids)]


def _load(packs: list[Path] | None, *, with_tests: bool = False) -> RuleSet:
    from analyzer.session import built_in_rules

    return built_in_rules(tuple(packs or ()), with_tests=with_tests)


@app.command("list")
@guarded
def list_rules(packs: Packs = None) -> int:
    """List all rules: link, id, state, severity, title."""
    from tabulate import tabulate

    rows = [(r.link, r.id, r.kind, r.state, r.severity, r.title) for r in _load(packs).rules]
    show_lines(
        tabulate(rows, headers=("link", "id", "kind", "state", "severity", "title"), tablefmt="simple")
    )
    return 0


def _show(rule_id: str, packs: list[Path] | None) -> int:
    from difflib import get_close_matches

    from analyzer.engine.docs import render_rule_markdown

    ruleset = _load(packs)
    rules = {r.id: r for r in ruleset.rules}
    if rule_id not in rules:
        near = get_close_matches(rule_id, rules, 3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "sts-doctor rules list shows all"
        raise UsageProblem(f"there is no rule {rule_id!r}", do=hint)
    show_lines(render_rule_markdown(rules[rule_id], ruleset, linked=False))
    return 0


@app.command("show")
@guarded
def show(rule_id: RuleId, rules: Rules = None) -> int:
    """Show one rule: what it checks, why, and how to mend it."""
    return _show(rule_id, rules)


@guarded
def explain(rule_id: RuleId, rules: Rules = None) -> int:
    """Explain a finding: what the rule checks, why it matters, and how to mend it."""
    return _show(rule_id, rules)


@app.command("check")
@guarded
def check(packs: Packs = None) -> int:
    """Check that all rule files are right; say what is wrong with each, where, and what was meant."""
    from analyzer.engine import find_problems
    from analyzer.model.vocabulary import VOCABULARY
    from analyzer.session import rules_directory

    problems = find_problems([rules_directory(), *(packs or ())], VOCABULARY)
    for problem in problems:
        complain(problem)
    if problems:
        return RuleProblem.exit_code
    for pack, rules in _by_pack(_load(packs)).items():
        print(f"{pack}: {_rules(len(rules))}, no problem")
    return 0


@app.command("test")
@guarded
def run_tests(packs: Packs = None) -> int:
    """Run the tests that stand inside the rule files."""
    from analyzer.engine.selftest import run_rule_tests

    ruleset = _load(packs, with_tests=True)
    results = run_rule_tests(ruleset)
    for result in results:
        if not result.passed:
            show_line(f"FAILED {result.rule.id}: {result.test.name}: {result.complaint}")
    for pack, rules in _by_pack(ruleset).items():
        own = [r.passed for r in results if r.rule in rules]
        show_line(f"{pack}: {_rules(len(rules))}, {own.count(True)} tests passed, {own.count(False)} failed")
    return 0 if all(r.passed for r in results) else 1


def _by_pack(ruleset: RuleSet) -> dict[str, list[Rule]]:
    packs: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        packs.setdefault(rule.pack, []).append(rule)
    return packs


def _rules(count: int) -> str:
    return f"{count} rule{'s' * (count != 1)}"


@app.command("docs")
@guarded
def docs(packs: Packs = None) -> int:
    """Print the documentation of all rules as Markdown."""
    from analyzer.engine.docs import render_rules_markdown

    show_lines(render_rules_markdown(_load(packs)))
    return 0


@guarded
def schema(
    name: Annotated[
        str,
        typer.Argument(
            help="report, diff, collect, facts, rule or vocabulary",
            metavar="NAME",
            autocompletion=lambda: list(SCHEMAS),
        ),
    ],
) -> int:
    """Print the JSON Schema of an output or of a rule file, or the vocabulary of rules as Markdown."""
    import json

    from analyzer.engine.docs import render_vocabulary_markdown
    from analyzer.engine.ruleschema import rule_schema
    from analyzer.model.vocabulary import SUBJECTS, VOCABULARY
    from analyzer.schemas import NAMES
    from analyzer.schemas import schema as schema_of

    if name in NAMES:
        print(json.dumps(schema_of(name), indent=2))
    elif name == "rule":
        print(json.dumps(rule_schema(VOCABULARY), indent=2))
    elif name == "facts":
        from analyzer.cli.facts_schema import facts_schema

        print(json.dumps(facts_schema(VOCABULARY), indent=2))
    elif name == "vocabulary":
        print(render_vocabulary_markdown(VOCABULARY, SUBJECTS))
    else:
        raise UsageProblem(f"there is no schema {name!r}", do=f"Schemas: {', '.join(SCHEMAS)}")
    return 0
