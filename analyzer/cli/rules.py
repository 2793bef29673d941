"""``sts-doctor rules``, ``explain`` and ``schema``: what the program knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.guard import guarded
from analyzer.errors import UsageProblem

if TYPE_CHECKING:
    from analyzer.engine import RuleSet

app = typer.Typer(help="List, show, check and test rules.", no_args_is_help=True, rich_markup_mode=None)

Packs = Annotated[list[Path] | None, typer.Argument(help="Folders of further rules.", metavar="DIR...")]


def _load(packs: list[Path] | None, *, with_tests: bool = False) -> RuleSet:
    from analyzer.session import built_in_rules

    return built_in_rules(packs or (), with_tests=with_tests)


@app.command("list")
@guarded
def list_rules(packs: Packs = None) -> int:
    """List all rules: link, id, state, severity, title."""
    from tabulate import tabulate

    rows = [(r.link, r.id, r.kind, r.state, r.severity, r.title) for r in _load(packs).rules]
    print(tabulate(rows, headers=("link", "id", "kind", "state", "severity", "title"), tablefmt="simple"))
    return 0


def _show(rule_id: str) -> int:
    from difflib import get_close_matches

    from analyzer.engine import render_rule_markdown

    ruleset = _load(None)
    rules = {r.id: r for r in ruleset.rules}
    if rule_id not in rules:
        near = get_close_matches(rule_id, rules, 3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "sts-doctor rules list shows all"
        raise UsageProblem(f"there is no rule {rule_id!r}", do=hint)
    print(render_rule_markdown(rules[rule_id], ruleset))
    return 0


@app.command("show")
@guarded
def show(rule_id: Annotated[str, typer.Argument(metavar="ID")]) -> int:
    """Show one rule: what it checks, why, and how to mend it."""
    return _show(rule_id)


@guarded
def explain(rule_id: Annotated[str, typer.Argument(metavar="ID")]) -> int:
    """Explain a finding: what the rule checks, why it matters, and how to mend it."""
    return _show(rule_id)


@app.command("check")
@guarded
def check(packs: Packs = None) -> int:
    """Check that all rule files are right."""
    ruleset = _load(packs, with_tests=True)
    print(f"{len(ruleset.rules)} rules, no problem")
    return 0


@app.command("test")
@guarded
def run_tests(packs: Packs = None) -> int:
    """Run the tests that stand inside the rule files."""
    from analyzer.engine import run_rule_tests

    results = run_rule_tests(_load(packs, with_tests=True))
    failed = [r for r in results if not r.passed]
    for result in failed:
        print(f"FAILED {result.rule.id}: {result.test.name}: {result.complaint}")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


@app.command("docs")
@guarded
def docs(packs: Packs = None) -> int:
    """Print the documentation of all rules as Markdown."""
    from analyzer.engine import render_rules_markdown

    print(render_rules_markdown(_load(packs)))
    return 0


@guarded
def schema(name: Annotated[str, typer.Argument(help="report or facts", metavar="NAME")]) -> int:
    """Print a JSON Schema (report), or the vocabulary of facts as Markdown (facts)."""
    if name == "report":
        import json

        from analyzer.reports.json import schema as report_schema

        print(json.dumps(report_schema(), indent=2))
        return 0
    if name == "facts":
        from analyzer.engine import render_vocabulary_markdown
        from analyzer.model.vocabulary import VOCABULARY

        print(render_vocabulary_markdown(VOCABULARY))
        return 0
    raise UsageProblem(f"there is no schema {name!r}", do="Schemas: report, facts")
