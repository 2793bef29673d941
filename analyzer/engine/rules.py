"""Folders of rules to one checked set: ``<folder>/<link>/<id>.yaml``, one rule a file.

Built-in and user rules are the same thing. No folder overrides another: an id stands once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from analyzer.engine.facts import Vocabulary
from analyzer.engine.rule import LINKS, Rule
from analyzer.engine.rulefile import RuleFile, read_rule
from analyzer.engine.source import nearest
from analyzer.engine.yamlnodes import MAX_BYTES
from analyzer.errors import RuleProblem, UsageProblem
from analyzer.frozen import frozen

MAX_RULES: Final = 2000


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
    directories: Sequence[Path], vocabulary: Vocabulary, *, with_tests: bool = True, checked: bool = False
) -> RuleSet:
    """Load, compile and cross-check all rules of the folders.

    The tests inside the files are half of their text: ``with_tests`` leaves them out unread.
    With ``checked`` the files count as found well before: what is written in them as expressions and
    templates is compiled at first use, and a mistake shows only then.
    Raises RuleProblem (``where`` is ``file:line``) for the first problem; says how many there are.
    """
    ruleset, problems = _load(directories, vocabulary, with_tests, checked)
    if problems:
        first = problems[0]
        if len(problems) > 1:
            more = f"There are {len(problems) - 1} more problems in the rules"
            first = RuleProblem(first.what, where=first.where, do=f"{first.do}\n{more}" if first.do else more)
        raise first
    return ruleset


def find_problems(directories: Sequence[Path], vocabulary: Vocabulary) -> list[RuleProblem]:
    """List every problem of the rules, at most one a file and the cross-checks, in order of the files."""
    return _load(directories, vocabulary, with_tests=True)[1]


def choose(ruleset: RuleSet, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Return the rules that are selected (all where ``select`` is empty) and not ignored.

    Each entry is a rule id, a link, or a glob over ids such as ``log-*``. Raises UsageProblem for one
    that fits no rule.
    """
    for entry in (*select, *ignore):
        if not any(_fits(rule, entry) for rule in ruleset.rules):
            known = {*LINKS, *(rule.id for rule in ruleset.rules)}
            raise UsageProblem(f"no rule fits {entry!r}", do=nearest(entry, known))
    return tuple(
        rule
        for rule in ruleset.rules
        if (not select or any(_fits(rule, entry) for entry in select))
        and not any(_fits(rule, entry) for entry in ignore)
    )


def _fits(rule: Rule, entry: str) -> bool:
    return entry in (rule.id, rule.link) or ("*" in entry and fnmatchcase(rule.id, entry))


def _load(
    directories: Sequence[Path], vocabulary: Vocabulary, with_tests: bool, checked: bool = False
) -> tuple[RuleSet, list[RuleProblem]]:
    problems: list[RuleProblem] = []
    rules: dict[str, tuple[Rule, str]] = {}
    digest = hashlib.sha256()
    for file in _files(directories, problems):
        digest.update(f"{file.link}/{file.stem}\0{len(file.data)}\0".encode())
        digest.update(file.data)
        try:
            rule = read_rule(file, vocabulary, with_tests=with_tests, checked=checked)
        except RuleProblem as problem:
            problems.append(problem)
            continue
        if rule.id in rules:
            what = f"the id {rule.id!r} is taken by {rules[rule.id][1]}"
            problems.append(
                RuleProblem(what, where=f"{file.label}:{rule.line}", do="Give the rule another id")
            )
        else:
            rules[rule.id] = (rule, file.label)
    if not problems:
        problems += _cross_checks(rules)
    order = {link: position for position, link in enumerate(LINKS)}
    ordered = tuple(
        sorted((rule for rule, _ in rules.values()), key=lambda rule: (order[rule.link], rule.id))
    )
    packs = tuple(dict.fromkeys(_pack(directory) for directory in directories))
    return RuleSet(ordered, digest.hexdigest(), packs), problems


def _pack(directory: Path) -> str:
    return directory.name or directory.resolve().name


def _files(directories: Sequence[Path], problems: list[RuleProblem]) -> Iterator[RuleFile]:
    count = 0
    for directory in directories:
        before = count
        if not directory.is_dir():
            problems.append(RuleProblem("there is no folder of rules here", where=str(directory)))
            continue
        for path in sorted(directory.rglob("*.y*ml")):
            if any(part.startswith(".") for part in path.relative_to(directory).parts):
                continue
            count += 1
            if count > MAX_RULES:
                problems.append(
                    RuleProblem(f"there are more than {MAX_RULES} rule files", where=str(directory))
                )
                return
            try:
                yield _read(path, directory)
            except RuleProblem as problem:
                problems.append(problem)
        if count == before:
            problems.append(RuleProblem("the folder holds no rule", where=str(directory)))


def _read(path: Path, directory: Path) -> RuleFile:
    parts = path.relative_to(directory).parts
    if len(parts) != 2 or parts[0] not in LINKS:
        raise RuleProblem(
            "a rule stands in a folder named after its link",
            where=f"{path}:1",
            do=f"One of: {', '.join(LINKS)}",
        )
    if path.suffix != ".yaml":
        raise RuleProblem("a rule file is named <id>.yaml", where=f"{path}:1")
    if not path.is_file():
        raise RuleProblem("this is not a regular file", where=f"{path}:1")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise RuleProblem(f"the file cannot be read: {error.strerror}", where=f"{path}:1") from error
    return RuleFile(_pack(directory), parts[0], path.stem, str(path), data)


def _cross_checks(rules: dict[str, tuple[Rule, str]]) -> list[RuleProblem]:
    problems: list[RuleProblem] = []
    symptoms = [rule.id for rule, _ in rules.values() if rule.kind == "symptom"]
    for rule, label in rules.values():
        for name in rule.explains:
            if name not in rules:
                what = f"'explains' names {name!r}, which is no rule"
                problems.append(RuleProblem(what, where=f"{label}:{rule.line}", do=nearest(name, symptoms)))
            elif rules[name][0].kind != "symptom":
                what = f"'explains' names {name!r}, which is a {rules[name][0].kind}; it holds symptoms"
                problems.append(RuleProblem(what, where=f"{label}:{rule.line}"))
    return problems
