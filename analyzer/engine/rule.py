"""What a rule is, once it is read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analyzer.engine.expr import Program
from analyzer.engine.template import Template
from analyzer.frozen import frozen

LINKS: Final = (
    "mode", "operator", "request", "secret", "workload", "token", "provider", "issuer", "keys", "trust",
    "permissions", "upgrade", "inputs",
)  # fmt: skip
STAGES: Final = ("token-file", "provider", "audience", "keys", "expiry", "trust", "permissions")
KINDS: Final = ("cause", "symptom", "hygiene")
FAILING: Final = ("fail", "warn", "info")
STATES: Final = ("pass", *FAILING, "unknown", "not-applicable", "error")
SEVERITIES: Final = ("critical", "high", "medium", "low", "info")


@frozen
class StateCase:
    """What a false check means: ``state`` where ``when`` is true; the last case has no ``when``."""

    state: str
    when: Program | None = None


@frozen
class EvidenceRef:
    """A fact whose places prove a finding, and the role in which they are shown."""

    fact: str
    role: str


@frozen
class FixStep:
    """One step of a repair; ``command`` is a template for a shell. Left out where ``when`` is false."""

    text: Template
    command: Template | None = None
    when: Program | None = None


@frozen
class StsError:
    """What STS answers while the rule fails, and the stage of the call that answers."""

    stage: str
    text: Template


@frozen
class RuleTest:
    """A case of the rule's own: the facts that are known, and what must come out.

    ``given`` maps fact names to values; every other fact counts as not collected. ``message`` is a
    part of the rendered message, or empty.
    """

    name: str
    given: Mapping[str, object]
    expect: str
    message: str
    line: int


@frozen
class Rule:
    """One piece of knowledge: when it applies, what is checked, and what to say and do when it fails.

    ``check`` is true for a pass. ``explains`` are symptom rules that this cause accounts for;
    ``points_at`` are the links where a symptom's cause may lie, ``stage`` is that of the call at which
    AWS or the SDK answers so: what is decided before it had gone well then. ``pack`` names the folder of
    rules that it came from, ``file`` its path in there.
    """

    id: str
    title: str
    link: str
    kind: str
    states: tuple[StateCase, ...]
    severity: str
    subject: str
    applies: Program | None
    check: Program
    message: Template
    why: Template
    evidence: tuple[EvidenceRef, ...]
    fix: tuple[FixStep, ...]
    disproof: Template | None
    references: tuple[str, ...]
    explains: tuple[str, ...]
    points_at: tuple[str, ...]
    stage: str | None
    sts_error: StsError | None
    tests: tuple[RuleTest, ...]
    pack: str
    file: str
    line: int

    @property
    def state(self) -> str:
        """The state that a false check has when no ``when`` is true."""
        return self.states[-1].state

    @property
    def refs(self) -> frozenset[str]:
        """Every fact that the verdict depends on."""
        return frozenset().union(*(program.refs for program in self.programs))

    @property
    def programs(self) -> tuple[Program, ...]:
        """Every expression of the rule."""
        written = (self.applies, self.check, *(case.when for case in self.states))
        return tuple(program for program in written if program is not None)
