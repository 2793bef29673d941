"""A policy document as frozen values: statements, principals, condition clauses."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.frozen import field, frozen
from analyzer.iam.document import Path, PolicyProblem, dotted
from analyzer.iam.match import ActionMatcher, ResourceMatcher


@frozen
class Principal:
    """One principal: its kind (``AWS``, ``Federated``, … or ``*``), its value, and where it stands."""

    kind: str
    value: str
    path: Path


@frozen
class ConditionClause:
    """One condition key under one operator; values as text, JSON booleans in lower case."""

    operator: str
    key: str
    values: tuple[str, ...]
    path: Path
    listed: bool = True
    variables: bool = True

    def value_path(self, index: int) -> Path:
        """Where the value of that index stands."""
        return (*self.path, index) if self.listed else self.path


@frozen
class Statement:
    """One statement; an element that is absent is ``None``, which is not the empty tuple."""

    index: int
    effect: str
    path: Path
    sid: str | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    principals: tuple[Principal, ...] | None = None
    not_principals: tuple[Principal, ...] | None = None
    conditions: tuple[ConditionClause, ...] = ()
    variables: bool = True
    action_matcher: ActionMatcher = field(default=ActionMatcher.NOTHING, repr=False, compare=False)
    resource_matcher: ResourceMatcher = field(default=ResourceMatcher.NOTHING, repr=False, compare=False)

    @property
    def label(self) -> str:
        """How to name it to a reader: its Sid, else its position."""
        return f"statement {self.sid!r}" if self.sid else f"statement {self.index}"


@frozen
class Policy:
    """A policy document that can be evaluated.

    ``duplicates`` are the keys that its text names twice; ``alternative`` is the document as it reads
    when the first of two equal keys counts and not the last (known only when it was read from text).
    """

    statements: tuple[Statement, ...]
    name: str = ""
    version: str = "2008-10-17"
    duplicates: tuple[Path, ...] = ()
    alternative: Policy | Malformed | None = field(default=None, repr=False, compare=False)
    document: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def repeats(self) -> tuple[Path, ...]:
        """The keys named twice that may decide: a Sid and an Id do not."""
        return tuple(path for path in self.duplicates if path and path[-1] not in ("Sid", "Id"))

    @property
    def ambiguous(self) -> bool:
        """Whether what the document says depends on which of two equal keys counts."""
        other = self.alternative
        same = isinstance(other, Policy) and other.statements == self.statements
        return bool(self.repeats) and not same

    @property
    def repeat(self) -> str:
        """The first of the keys named twice, in a sentence."""
        return f"{dotted(self.repeats[0])} is named twice: only one of its values counts"


@frozen
class Malformed:
    """Something that was handed over as a policy and is none; every reason with its place."""

    problems: tuple[PolicyProblem, ...]
    name: str = ""


@frozen
class MissingDocument:
    """A policy that is known to be attached but whose document was not handed over."""

    name: str = ""
    reason: str = "its document was not supplied"


Document = Policy | Malformed | MissingDocument
