"""One rule file to one rule: every key is checked, unknown keys are refused, errors name file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar, cast

from analyzer.engine.expr import Program, compile_expression
from analyzer.engine.facts import FactSpec, Vocabulary, visible_facts
from analyzer.engine.rule import (
    FAILING,
    KINDS,
    LINKS,
    SEVERITIES,
    STAGES,
    EvidenceRef,
    FixStep,
    Rule,
    RuleTest,
    StateCase,
    StsError,
)
from analyzer.engine.rulefolder import RuleFile
from analyzer.engine.ruletests import read_tests
from analyzer.engine.source import nearest
from analyzer.engine.template import Template, compile_template
from analyzer.engine.yamlnodes import Fields, Items, Node, Scalar, read_nodes
from analyzer.errors import RuleProblem
from analyzer.patterns import later

_REQUIRED: Final = (
    "id", "title", "link", "kind", "state", "severity", "subject", "check", "message", "why", "evidence",
    "tests",
)  # fmt: skip
_OPTIONAL: Final = ("applies", "fix", "disproof", "references", "explains", "points_at", "stage", "sts_error")
_FOR_CAUSES: Final = ("fix", "disproof")
_ABOUT_FACTS: Final = (
    "applies", "check", "message", "why", "evidence", "fix", "disproof", "state", "sts_error", "tests",
)  # fmt: skip
"""Keys in which facts are named: nothing can be said of them where the subject is none."""

T = TypeVar("T")


def read_rule(file: RuleFile, vocabulary: Vocabulary, *, with_tests: bool = True) -> Rule:
    """Read and check one rule; raises RuleProblem, whose ``where`` begins with ``file:line``.

    Without its tests the rest of the file is read as if they were well.
    """
    return _RuleReader(file, vocabulary, with_tests).rule()


_TESTS: Final = later(rb"^tests:", re.MULTILINE)
_TOP_KEY: Final = later(rb"^[^\s#-]", re.MULTILINE)


def _emptied(data: bytes) -> bytes:
    """Take the tests out; blank lines keep the numbers of those that follow."""
    start = _TESTS.search(data)
    if start is None:
        return data
    after = _TOP_KEY.search(data, start.end())
    end = after.start() if after else len(data)
    lines = data.count(b"\n", start.end(), end)
    return data[: start.end()] + b" []" + b"\n" * lines + data[end:]


class _RuleReader:
    """The nodes of one file and what its expressions may name."""

    def __init__(self, file: RuleFile, vocabulary: Vocabulary, with_tests: bool) -> None:
        self.file = file
        self.vocabulary = vocabulary
        self.with_tests = with_tests
        self.top = read_nodes(file.data if with_tests else _emptied(file.data), file.label)
        self.facts: Mapping[str, FactSpec] = {}
        self.problems: list[RuleProblem] = []

    def problem(self, what: str, line: int, do: str = "") -> RuleProblem:
        return RuleProblem(what, where=f"{self.file.label}:{line}", do=do)

    def rule(self) -> Rule:
        """Read every key, so that what is wrong with one hides nothing that is wrong with another."""
        top, of = self.top, self.of
        self.known_keys(top, _REQUIRED, _OPTIONAL, "a rule")
        subject = of("subject", lambda: self.choice(top, "subject", tuple(self.vocabulary)))
        if subject in self.vocabulary:
            self.facts = visible_facts(self.vocabulary, subject)
        kind = of("kind", lambda: self.choice(top, "kind", KINDS))
        of("kind", lambda: self.kind_rules(kind))
        states = of("state", self.states)
        rule = Rule(
            id=of("id", lambda: self.identity("id", self.file.stem, "the name of the file")),
            title=of("title", lambda: self.string(top, "title")),
            link=of("link", self.link),
            kind=kind,
            states=states,
            severity=of("severity", lambda: self.choice(top, "severity", SEVERITIES)),
            subject=subject,
            applies=of("applies", lambda: self.expression(top, "applies", may_ask_known=True)),
            check=of("check", lambda: self.expression(top, "check")),
            message=of("message", lambda: self.template(top, "message")),
            why=of("why", lambda: self.template(top, "why")),
            evidence=of("evidence", self.evidence),
            fix=of("fix", self.fix) or (),
            disproof=of("disproof", lambda: self.template(top, "disproof")),
            references=of("references", self.references) or (),
            explains=of("explains", lambda: self.names("explains")) or (),
            points_at=of("points_at", lambda: self.names("points_at", LINKS)) or (),
            stage=of("stage", lambda: self.choice(top, "stage", STAGES)),
            sts_error=of("sts_error", self.sts_error),
            tests=of("tests", lambda: self.tests(states)) or (),
            pack=self.file.pack,
            file=f"{self.file.link}/{self.file.stem}.yaml",
            line=top.line,
        )
        if self.problems:
            first, *others = self.problems
            first.beside = tuple(others)
            raise first
        return rule

    def of(self, key: str, read: Callable[[], T]) -> T:
        """Read one key; None, once its problem is noted, where it is wrong, and where it is not there.

        A rule with such a None is never given out.
        """
        if key in self.top.nodes and (self.facts or key not in _ABOUT_FACTS):
            try:
                return read()
            except RuleProblem as problem:
                self.problems.append(problem)
        return cast(T, None)

    def tests(self, states: tuple[StateCase, ...]) -> tuple[RuleTest, ...]:
        if not self.with_tests or not states:
            return ()
        return read_tests(self.top, self.facts, tuple(case.state for case in states), self.file.label)

    def known_keys(
        self, fields: Fields, required: tuple[str, ...], optional: tuple[str, ...], of: str
    ) -> None:
        """Note each key that is not known, and each that is lacking."""
        known = (*required, *optional)
        for key in fields.nodes:
            if key not in known:
                what = f"{of} has no key {key!r}"
                self.problems.append(self.problem(what, fields.lines[key], nearest(key, known)))
        for key in required:
            if key not in fields.nodes:
                self.problems.append(self.problem(f"{of} needs the key {key!r}", fields.line))

    def keys(self, fields: Fields, required: tuple[str, ...], optional: tuple[str, ...], of: str) -> None:
        noted = len(self.problems)
        self.known_keys(fields, required, optional, of)
        if len(self.problems) > noted:
            raise self.problems.pop()

    def kind_rules(self, kind: str) -> None:
        if kind == "cause":
            for key in _FOR_CAUSES:
                if key not in self.top.nodes:
                    raise self.problem(f"a cause needs the key {key!r}", self.top.line)
        if kind != "symptom" and "points_at" in self.top.nodes:
            raise self.problem("only a symptom points at links", self.top.lines["points_at"])
        if kind != "symptom" and "stage" in self.top.nodes:
            raise self.problem("only a symptom has a stage; a cause has sts_error", self.top.lines["stage"])
        if kind == "symptom" and "explains" in self.top.nodes:
            raise self.problem("a symptom explains nothing; causes explain it", self.top.lines["explains"])

    def scalar(self, fields: Fields, key: str) -> Scalar:
        node = fields.nodes[key]
        if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.value.strip():
            raise self.problem(
                f"{key!r} is a text", fields.lines[key], "Quote a text that looks like a number"
            )
        return node

    def string(self, fields: Fields, key: str) -> str:
        return str(self.scalar(fields, key).value).strip()

    def choice(self, fields: Fields, key: str, known: tuple[str, ...]) -> str:
        value = self.string(fields, key)
        if value not in known:
            raise self.problem(f"{key!r} cannot be {value!r}", fields.lines[key], _one_of(known))
        return value

    def identity(self, key: str, expected: str, what: str) -> str:
        value = self.string(self.top, key)
        if value != expected:
            raise self.problem(f"{key} {value!r} is not {what}, {expected!r}", self.top.lines[key])
        return value

    def link(self) -> str:
        self.choice(self.top, "link", LINKS)
        return self.identity("link", self.file.link, "the name of the folder")

    def expression(self, fields: Fields, key: str, *, may_ask_known: bool = False) -> Program:
        # an expression such as "true" is a bool to YAML: its text is what counts
        node = fields.nodes[key]
        if not isinstance(node, Scalar):
            raise self.problem(f"{key!r} is an expression", fields.lines[key])
        return compile_expression(node.text, self.facts, may_ask_known=may_ask_known)

    def template(self, fields: Fields, key: str, *, command: bool = False) -> Template:
        text = self.scalar(fields, key).text
        return compile_template(text, self.facts, command=command)

    def items(self, key: str) -> tuple[Node, ...]:
        node = self.top.nodes.get(key)
        if node is None:
            return ()
        if not isinstance(node, Items) or not node.nodes:
            raise self.problem(f"{key!r} is a list", self.top.lines[key])
        return node.nodes

    def names(self, key: str, known: tuple[str, ...] = ()) -> tuple[str, ...]:
        found: list[str] = []
        for node in self.items(key):
            if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.value:
                raise self.problem(f"{key!r} is a list of names", node.line)
            if known and node.value not in known:
                raise self.problem(f"{key!r} cannot hold {node.value!r}", node.line, _one_of(known))
            if node.value in found:
                raise self.problem(f"{node.value!r} stands twice in {key!r}", node.line)
            found.append(node.value)
        return tuple(found)

    def references(self) -> tuple[str, ...]:
        found = self.names("references")
        for url in found:
            if not url.startswith(("https://", "http://")):
                raise self.problem(f"a reference is a URL, not {url!r}", self.top.lines["references"])
        return found

    def states(self) -> tuple[StateCase, ...]:
        node = self.top.nodes["state"]
        if not isinstance(node, Items):
            return (StateCase(self.choice(self.top, "state", FAILING)),)
        cases: list[StateCase] = []
        for position, item in enumerate(node.nodes, 1):
            if not isinstance(item, Fields):
                raise self.problem("a state is a mapping of 'when' and 'is'", item.line)
            last = position == len(node.nodes)
            self.keys(item, ("is",) if last else ("when", "is"), (), "the last state" if last else "a state")
            when = None if last else self.expression(item, "when")
            cases.append(StateCase(self.choice(item, "is", FAILING), when))
        if not cases:
            raise self.problem("'state' is empty", node.line)
        return tuple(cases)

    def evidence(self) -> tuple[EvidenceRef, ...]:
        node = self.top.nodes["evidence"]
        entries = [node] if isinstance(node, Fields) else self.items("evidence")
        found: list[EvidenceRef] = []
        for entry in entries:
            if isinstance(entry, Fields):
                found += [
                    EvidenceRef(self.fact(name, entry.lines[name]), self.string(entry, name))
                    for name in entry.nodes
                ]
            elif isinstance(entry, Scalar):
                name = self.fact(entry.text.value, entry.line)
                found.append(EvidenceRef(name, name))
            else:
                raise self.problem("'evidence' holds fact names, or facts with labels", entry.line)
        if not found:
            raise self.problem("'evidence' is empty", node.line)
        return tuple(found)

    def fact(self, name: str, line: int) -> str:
        if name not in self.facts:
            raise self.problem(f"there is no fact {name!r}", line, nearest(name, self.facts))
        return name

    def fix(self) -> tuple[FixStep, ...]:
        steps: list[FixStep] = []
        for node in self.items("fix"):
            if not isinstance(node, Fields):
                raise self.problem("a step of 'fix' is a mapping of 'text', 'command' and 'when'", node.line)
            self.keys(node, ("text",), ("command", "when"), "a step of 'fix'")
            command = self.template(node, "command", command=True) if "command" in node.nodes else None
            when = self.expression(node, "when", may_ask_known=True) if "when" in node.nodes else None
            steps.append(FixStep(self.template(node, "text"), command, when))
        return tuple(steps)

    def sts_error(self) -> StsError | None:
        node = self.top.nodes.get("sts_error")
        if node is None:
            return None
        if not isinstance(node, Fields):
            raise self.problem("'sts_error' is a mapping of 'stage' and 'text'", node.line)
        self.keys(node, ("stage", "text"), (), "'sts_error'")
        return StsError(self.choice(node, "stage", STAGES), self.template(node, "text"))


def _one_of(known: tuple[str, ...]) -> str:
    return f"One of: {', '.join(known)}"
