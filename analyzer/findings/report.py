"""The report: the one model that every format shows, and the JSON contract is written from.

Field names and their order are the contract of schema version 1. All lines are 1-based, all times
RFC 3339 in UTC.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from analyzer.frozen import field, field_names, frozen

SCHEMA_VERSION = "1"

LINKS = (
    "mode",
    "operator",
    "request",
    "secret",
    "workload",
    "token",
    "provider",
    "issuer",
    "keys",
    "trust",
    "permissions",
)
"""The links of a chain, in the order in which data flows and STS decides."""

LinkState = Literal["pass", "fail", "warn", "unknown", "not-applicable"]
VerdictState = Literal["pass", "fail", "suspected", "warn", "unknown", "not-applicable"]
FindingState = Literal["fail", "warn", "info"]


@frozen
class Tool:
    """The program that made the report."""

    name: str
    version: str


@frozen
class Rules:
    """The rules that were asked: their hash, and the packs that they came from."""

    version: str
    sha256: str
    packs: tuple[str, ...]


@frozen
class Run:
    """The circumstances of the run. ``as_of`` is the time that ages are judged at."""

    as_of: str | None
    as_of_from: str
    offline: bool = True


@frozen
class Input:
    """One input as the user named it; ``members`` and ``bytes`` are what was walked."""

    id: str
    kind: str
    path: str
    sha256: str | None
    members: int
    bytes: int
    cleaned: bool
    warnings: tuple[str, ...]


@frozen
class Cluster:
    """The cluster's identity; ``None`` is not known. ``origins`` maps a field to ``file:line``."""

    id: str | None
    infra_name: str | None
    version: str | None
    platform: str | None
    region: str | None
    partition: str | None
    credentials_mode: str | None
    issuer: str | None
    sts: bool | None
    origins: dict[str, str]


@frozen
class Check:
    """The state of one rule on one chain."""

    rule: str
    state: str


@frozen
class Asked:
    """The state of one rule on a subject that is on no chain: a token, a ServiceAccount, a release."""

    rule: str
    subject: str
    state: str


@frozen
class Link:
    """One link of one chain."""

    link: str
    state: LinkState
    checks: tuple[Check, ...]
    waits_for: str | None = None
    """The rule of an earlier link's cause: before that is mended, this link cannot be judged."""


@frozen
class SimulatedError:
    """What STS answers at the first stage that fails: its own code and text."""

    stage: str
    text: str
    cause: str | None = None
    """The rule of the cause that it comes of, which need not be that of the verdict."""


@frozen
class Verdict:
    """The judgement on one chain: the earliest broken link, and the one rule that says why."""

    state: VerdictState
    link: str | None
    rule: str | None
    sentence: str
    recency: Literal["ongoing", "stopped", "unknown"]
    simulated_error: SimulatedError | None
    since: str | None = None
    """Time of the first error in the logs that were gathered."""
    also: tuple[str, ...] = ()
    """The rules of further, independent causes on this chain, in the order of the links."""
    candidate_links: tuple[str, ...] = ()
    """The links on which the cause of a suspected verdict lies, as far as anything is known."""
    hint: str | None = None
    """The rule of a warning that may explain a suspected verdict."""


@frozen
class RoleRef:
    """The role of a chain, and how it was found; ``value`` is None where it is not known."""

    value: str | None
    how: str


@frozen
class Chain:
    """One consumer of one role, link by link."""

    id: str
    request: str | None
    operator: str | None
    mechanism: str
    service_accounts: tuple[str, ...]
    role_arn: RoleRef
    links: tuple[Link, ...]
    verdict: Verdict


@frozen
class Evidence:
    """A line that proves a finding; ``role`` says what it shows."""

    input: str
    file: str
    line: int
    column: int | None
    excerpt: str
    role: str


@frozen
class Fix:
    """One step of the repair; ``command`` has the values filled in."""

    text: str
    command: str | None


@frozen
class Candidate:
    """What may be behind a symptom whose cause is not proven: rules of one link that one answer settles.

    ``evidence`` is the key of an entry in ``missing``, ``command`` gets it; both are None where no
    single piece of evidence would do.
    """

    link: str
    rules: tuple[str, ...]
    evidence: str | None
    command: str | None


@frozen
class Finding:
    """Something that a rule found, with its proof and what to do about it."""

    rule: str
    link: str
    kind: Literal["cause", "symptom", "hygiene"]
    state: FindingState
    severity: Literal["critical", "high", "medium", "low", "info"]
    chains: tuple[str, ...]
    subject: str
    title: str
    message: str
    why: str
    evidence: tuple[Evidence, ...]
    fix: tuple[Fix, ...]
    disproof: str
    references: tuple[str, ...]
    fingerprint: str
    explains: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    muted: str | None = None
    remarks: tuple[str, ...] = ()
    """What the other evidence adds to it or holds against it; the state stays what it is."""
    candidates: tuple[Candidate, ...] = ()
    """For a symptom without a proven cause: what is left, in the order of the links."""


@frozen
class CommonCause:
    """One cause on a shared link that explains several chains."""

    rule: str
    link: str
    chains: tuple[str, ...]
    sentence: str
    beside: tuple[str, ...] = ()
    """The rules of other causes that the same chains share, in the order of the links."""


@frozen
class Missing:
    """Evidence that is not there: why, the command that gets it, and what it would decide."""

    evidence: str
    why: str
    command: str
    where_to_run: str
    sensitivity: str
    decides: tuple[str, ...]
    chains: tuple[str, ...]


@frozen
class Counts:
    """Outcomes by state; they add up to rules times subjects."""

    passed: int = 0
    fail: int = 0
    warn: int = 0
    info: int = 0
    unknown: int = 0
    not_applicable: int = 0
    error: int = 0


@frozen
class ReadError:
    """A part of an input that could not be read, or a rule that could not be evaluated."""

    input: str
    member: str
    code: str
    detail: str


@frozen
class Place:
    """A line of an input."""

    input: str
    file: str
    line: int


@frozen
class LinkFact:
    """A fact to show on a link: ``chain`` is None where all chains share it, ``value`` where not known.

    ``derived`` marks what was worked out from ``origin`` rather than read there.
    """

    link: str
    chain: str | None
    name: str
    value: str | None
    derived: bool
    origin: Place | None


EventKind = Literal[
    "gather", "logs", "error", "operator", "update", "issuer", "keys", "provider", "role", "secret", "pod",
    "token",
]  # fmt: skip


@frozen
class Event:
    """Something that happened at a time, or from ``time`` to ``until``, on some chains or on all of them."""

    time: str
    until: str | None
    kind: EventKind
    text: str
    chains: tuple[str, ...]
    origin: Place | None


@frozen
class Readiness:
    """Whether the cluster is ready for the release to go to, and the steps that make it so, in order."""

    target: str | None
    state: Literal["ready", "not-ready", "unknown"]
    sentence: str
    steps: tuple[Fix, ...]


@frozen
class Report:
    """Everything that one run says.

    ``facts``, ``timeline``, ``notices``, ``readiness`` and ``asked`` came later than the rest: a report
    saved before has none.
    """

    tool: Tool
    rules: Rules
    run: Run
    inputs: tuple[Input, ...]
    cluster: Cluster
    chains: tuple[Chain, ...]
    findings: tuple[Finding, ...]
    common_cause: CommonCause | None
    missing: tuple[Missing, ...]
    counts: Counts
    errors: tuple[ReadError, ...]
    exit_code: int
    facts: tuple[LinkFact, ...] = ()
    timeline: tuple[Event, ...] = ()
    notices: tuple[str, ...] = ()
    """What the reader must know of this run itself, such as an accepted finding that is accepted no more."""
    readiness: Readiness | None = None
    asked: tuple[Asked, ...] | None = None
    """What was asked of subjects that no chain shows; None where an earlier version did not save it."""
    schema_version: str = field(default=SCHEMA_VERSION)


_PLAIN = (str, type(None), bool, int, float)


def to_json(value: object) -> object:
    """Turn a report, or a part of it, into plain JSON values in the contract's order."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (str, int, float)):
        return value
    kind: Any = type(value)
    return {name: to_json(getattr(value, attribute)) for name, attribute in _json_names(kind)}


@cache
def _json_names(kind: type) -> tuple[tuple[str, str], ...]:
    """Give the contract's name of each field of a kind of part, with the name that it has here."""
    names = list(field_names(kind))
    if kind is Report:
        names.insert(0, names.pop())  # the schema's version comes first
    return tuple(("pass" if name == "passed" else name, name) for name in names)
