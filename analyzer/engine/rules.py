"""Folders of rules to one checked set: ``<folder>/<link>/<id>.yaml``, one rule a file.

Built-in and user rules are the same thing. No folder overrides another: an id stands once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from analyzer.engine.facts import Vocabulary
from analyzer.engine.packed import unpack
from analyzer.engine.rule import LINKS, Rule
from analyzer.engine.rulefolder import MAX_RULES, RuleFile, digest_of, rule_files
from analyzer.engine.source import nearest
from analyzer.errors import RuleProblem, UsageProblem
from analyzer.frozen import frozen


@frozen
class RuleSet:
    """Every rule, ordered by link and id; ``sha256`` is over the bytes of all files."""

    rules: tuple[Rule, ...]
    sha256: str
    packs: tuple[str, ...]

    def find(self, rule_id: str) -> Rule:
        """Return the rule of that id; raises UsageProblem with the nearest one."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise UsageProblem(
            f"there is no rule {rule_id!r}", do=nearest(rule_id, (rule.id for rule in self.rules))
        )


def load_rules(
    directories: Sequence[Path],
    vocabulary: Vocabulary,
    *,
    with_tests: bool = True,
    packed: Path | None = None,
) -> RuleSet:
    """Load, compile and cross-check all rules of the folders.

    The tests inside the files are half of their text: ``with_tests`` leaves them out unread.
    The rules of the folder ``packed``, one of them, are taken from its packed file where that was made of
    the very files that lie there.
    Raises RuleProblem (``where`` is ``file:line``) for the first problem; says how many there are.
    """
    ruleset, problems = _load(directories, vocabulary, with_tests, packed)
    if problems:
        first = problems[0]
        if len(problems) > 1:
            left = len(problems) - 1
            more = f"The rules have {left} more problem{'s' * (left > 1)}: sts-doctor rules check"
            first = RuleProblem(first.what, where=first.where, do=f"{first.do}\n{more}" if first.do else more)
        raise first
    return ruleset


def find_problems(directories: Sequence[Path], vocabulary: Vocabulary) -> list[RuleProblem]:
    """List every problem of the rules in order of the files, and the cross-checks where there is none."""
    return _load(directories, vocabulary, with_tests=True)[1]


def choose(ruleset: RuleSet, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Return the rules that are selected (all where ``select`` is empty) and not ignored.

    Each entry is a rule id, a link, or a glob over ids such as ``log-*``. Raises UsageProblem for one
    that fits no rule, and where none is left.
    """
    for entry in (*select, *ignore):
        if not any(_fits(rule, entry) for rule in ruleset.rules):
            known = {*LINKS, *(rule.id for rule in ruleset.rules)}
            raise UsageProblem(f"no rule fits {entry!r}", do=nearest(entry, known))
    chosen = tuple(
        rule
        for rule in ruleset.rules
        if (not select or any(_fits(rule, entry) for entry in select))
        and not any(_fits(rule, entry) for entry in ignore)
    )
    if not chosen and ruleset.rules:
        raise UsageProblem("no rule is left to ask", do="What is to be ignored takes in all that is selected")
    return chosen


def _fits(rule: Rule, entry: str) -> bool:
    return entry in (rule.id, rule.link) or ("*" in entry and fnmatchcase(rule.id, entry))


def _load(
    directories: Sequence[Path], vocabulary: Vocabulary, with_tests: bool, packed: Path | None = None
) -> tuple[RuleSet, list[RuleProblem]]:
    problems: list[RuleProblem] = []
    digest = ""
    all_files: list[RuleFile] = []
    rules: dict[str, Rule] = {}
    places: dict[str, str] = {}
    for directory in directories:
        files = list(rule_files(directory, MAX_RULES - len(all_files), problems))
        all_files += files
        digest = digest_of(files)
        trusted = directory == packed and not with_tests
        known = unpack(directory, digest, vocabulary) if trusted else None
        for rule in known or _read_all(files, vocabulary, with_tests, problems):
            place = f"{directory}{os.sep}{rule.file}:{rule.line}"
            if rule.id in rules:
                what = f"the id {rule.id!r} is taken by {places[rule.id]}"
                problems.append(RuleProblem(what, where=place, do="Give the rule another id"))
            else:
                rules[rule.id], places[rule.id] = rule, place
    if not problems:
        problems += _cross_checks(rules, places)
    order = {link: position for position, link in enumerate(LINKS)}
    ordered = tuple(sorted(rules.values(), key=lambda rule: (order[rule.link], rule.id)))
    packs = tuple(dict.fromkeys(directory.name or directory.resolve().name for directory in directories))
    return RuleSet(ordered, digest if len(directories) == 1 else digest_of(all_files), packs), problems


def _read_all(
    files: Sequence[RuleFile],
    vocabulary: Vocabulary,
    with_tests: bool,
    problems: list[RuleProblem],
) -> Iterator[Rule]:
    from analyzer.engine.rulefile import read_rule  # not needed where the rules are packed

    for file in files:
        try:
            yield read_rule(file, vocabulary, with_tests=with_tests)
        except RuleProblem as problem:
            problems += [problem, *problem.beside]


def _cross_checks(rules: Mapping[str, Rule], places: Mapping[str, str]) -> list[RuleProblem]:
    problems: list[RuleProblem] = []
    symptoms = [rule.id for rule in rules.values() if rule.kind == "symptom"]
    for rule in rules.values():
        for name in rule.explains:
            if name not in rules:
                what = f"'explains' names {name!r}, which is no rule"
                problems.append(RuleProblem(what, where=places[rule.id], do=nearest(name, symptoms)))
            elif rules[name].kind != "symptom":
                what = f"'explains' names {name!r}, which is a {rules[name].kind}; it holds symptoms"
                problems.append(RuleProblem(what, where=places[rule.id]))
    return problems
