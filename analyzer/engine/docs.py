"""Reference pages in Markdown, made from the rules and the vocabulary themselves."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.engine.facts import SHARED_KIND, Vocabulary
from analyzer.engine.rule import LINKS, FixStep, Rule
from analyzer.engine.rules import RuleSet
from analyzer.engine.template import Template


def render_rules_markdown(ruleset: RuleSet) -> str:
    """Return the page of all rules, grouped by link; the same rules give the same text."""
    groups = [(link, [rule for rule in ruleset.rules if rule.link == link]) for link in LINKS]
    groups = [(link, rules) for link, rules in groups if rules]
    parts = [
        "# Rules",
        f"{len(ruleset.rules)} rules on {len(groups)} links. This page is made from the rule files.",
    ]
    parts.append("\n".join(f"- [{link}](#{link}): {len(rules)}" for link, rules in groups))
    for link, rules in groups:
        parts.append(f"## {link}")
        parts += [render_rule_markdown(rule, ruleset) for rule in rules]
    return "\n\n".join(parts) + "\n"


def render_rule_markdown(rule: Rule, ruleset: RuleSet, *, linked: bool = True) -> str:
    """Return the section of one rule; one that stands alone is not ``linked`` and only names other rules."""
    explained_by = [other.id for other in ruleset.rules if rule.id in other.explains]
    states = " or ".join(dict.fromkeys(case.state for case in rule.states))
    parts = [
        f"### {rule.id}",
        f"**{rule.title}**",
        f"{rule.kind} · {states} · {rule.severity} · asked about each {rule.subject}",
        _flat(_single(rule.why)),
    ]
    if rule.applies is not None:
        parts.append(_code("Applies where", "cel", rule.applies.text))
    parts.append(_code("Passes where", "cel", rule.check.text))
    conditional = [case for case in rule.states if case.when is not None]
    if conditional:
        cases = [f"- {case.state} where `{_flat(case.when.text)}`" for case in conditional if case.when]
        parts.append("\n".join([*cases, f"- {rule.state} otherwise"]))
    parts.append(f"Says: {_flat(_single(rule.message))}")
    if rule.fix:
        parts.append("Fix:\n\n" + "\n\n".join(_step(number, step) for number, step in enumerate(rule.fix, 1)))
    if rule.disproof is not None:
        parts.append(f"Disproof: {_flat(_single(rule.disproof))}")
    if rule.sts_error is not None:
        parts.append(f"STS answers ({rule.sts_error.stage}): `{_flat(_single(rule.sts_error.text))}`")
    for lead, names in (
        ("Explains", rule.explains),
        ("Explained by", explained_by),
    ):
        if names:
            parts.append(f"{lead}: {', '.join(f'[{name}](#{name})' if linked else name for name in names)}")
    if rule.points_at:
        parts.append(f"Points at: {', '.join(rule.points_at)}")
    if rule.stage is not None:
        parts.append(f"Stage of the call: {rule.stage}")
    if rule.references:
        parts.append("References:\n\n" + "\n".join(f"- <{url}>" for url in rule.references))
    return "\n\n".join(parts)


def render_vocabulary_markdown(vocabulary: Vocabulary, subjects: Mapping[str, str] | None = None) -> str:
    """Return the page of all facts, one table a subject kind, the shared kind first.

    ``subjects`` tells in a sentence what a rule about each kind is asked about.
    """
    parts = ["# Facts", f"Rules about any subject may name the facts of `{SHARED_KIND}` as well as its own."]
    for kind in sorted(vocabulary, key=lambda name: (name != SHARED_KIND, name)):
        rows = [
            f"| `{name}` | {spec.type} | {_cell(spec.doc)} |"
            for name, spec in sorted(vocabulary[kind].items())
        ]
        parts.append(f"## {kind}")
        if subjects and kind in subjects:
            parts.append(subjects[kind])
        parts.append("\n".join(["| fact | type | meaning |", "|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _single(template: Template) -> str:
    """Write a template as it will read: literal braces stand doubled in the file alone."""
    return template.text.replace("{{", "{").replace("}}", "}")


def _cell(text: str) -> str:
    return _flat(text).replace("|", "\\|")


def _code(lead: str, language: str, text: str) -> str:
    return f"{lead}\n\n```{language}\n{text}\n```"


def _step(number: int, step: FixStep) -> str:
    only = f" (where `{_flat(step.when.source.value)}`)" if step.when else ""
    head = f"{number}. {_flat(_single(step.text))}{only}"
    if step.command is None:
        return head
    body = "\n".join(f"   {line}".rstrip() for line in _single(step.command).strip().splitlines())
    return f"{head}\n\n   ```sh\n{body}\n   ```"
