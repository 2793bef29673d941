"""A small vocabulary, facts and rule files that the tests of this folder share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from analyzer.engine import (
    Fact,
    FactSpec,
    Missing,
    Unknown,
    Vocabulary,
    compile_expression,
    run,
    visible_facts,
)
from analyzer.engine.source import Text


def spec(kind: str) -> FactSpec:
    return FactSpec(kind, f"a {kind} for the tests")


VOCABULARY: Vocabulary = {
    "cluster": {"cluster.version": spec("string"), "cluster.as_of": spec("timestamp")},
    "chain": {
        "chain.uses_sts": spec("bool"),
        "chain.ready": spec("bool"),
        "role.name": spec("string"),
        "role.arn": spec("string"),
        "role.policy": spec("map"),
        "role.policy.size": spec("int"),
        "trust.subjects": spec("list"),
        "trust.problem": spec("string"),
        "token.since": spec("timestamp"),
        "token.anything": spec("any"),
    },
    "provider": {"provider.url": spec("string")},
}
CHAIN = visible_facts(VOCABULARY, "chain")


@dataclass(frozen=True, slots=True)
class Place:
    """A quotable place."""

    input: str
    file: str
    line: int
    column: int | None
    excerpt: str


def missing(name: str) -> Missing:
    return Missing(name, f"{name} was not collected", f"get {name}", "a workstation")


def unknown(*names: str) -> Unknown:
    return Unknown(tuple(missing(name) for name in names))


def value(expression: str, **facts: object) -> object:
    """Evaluate over facts given with __ for the dot; what is not given is unknown by its name."""
    known = {name: unknown(name) for name in CHAIN} | {
        name.replace("__", "."): item if isinstance(item, Unknown) else Fact(item)
        for name, item in facts.items()
    }
    program = compile_expression(Text(expression), CHAIN, result="any", may_ask_known=True)
    return run(program, known)


CAUSE = dedent(
    """\
    id: trust-subject-mismatch
    title: No ServiceAccount of the request may assume the role
    link: trust
    kind: cause
    state: fail
    severity: critical
    subject: chain
    applies: chain.uses_sts
    check: trust.problem != "subject-mismatch"
    message: "Role {role.name} admits {trust.subjects}."
    why: The sub claim decides.
    evidence: [trust.problem, role.arn]
    fix:
      - {text: Correct the trust policy, command: "aws iam get-role --role-name {role.name}"}
    disproof: The call succeeds.
    references: ["https://example.org/trust"]
    explains: [log-assume-role-denied]
    sts_error: {stage: trust, text: "AccessDenied for {role.arn}"}
    tests:
      - {name: fails, given: {trust.problem: subject-mismatch, chain.uses_sts: true}, expect: fail}
      - {name: passes, given: {trust.problem: null, chain.uses_sts: true}, expect: pass}
      - {name: not collected, given: {chain.uses_sts: true}, expect: unknown}
    """
)
SYMPTOM = dedent(
    """\
    id: log-assume-role-denied
    title: STS refused
    link: operator
    kind: symptom
    state: warn
    severity: high
    subject: chain
    check: chain.ready
    message: STS refused {role.arn}.
    why: Somebody called.
    evidence: {chain.ready: the log line}
    points_at: [trust, secret]
    tests:
      - {name: fails, given: {chain.ready: false}, expect: warn}
      - {name: passes, given: {chain.ready: true}, expect: pass}
      - {name: not collected, expect: unknown}
    """
)


def write_rules(folder: Path, *texts: str) -> Path:
    """Write rule files to where their own link and id say."""
    for text in texts:
        lines = dict(line.split(": ", 1) for line in text.splitlines() if line.startswith(("id: ", "link: ")))
        path = folder / lines["link"] / f"{lines['id']}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
