"""What rules speak about: facts with their proof, what is not known, and the vocabulary.

The engine gives no meaning to a fact's name; who joins the evidence declares the names in a
vocabulary, and every rule is checked against it when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

from analyzer.errors import UsageProblem
from analyzer.frozen import frozen

_PYTHON_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "bool": bool,
    "string": str,
    "int": int,
    "list": (list, tuple),
    "map": Mapping,
    "timestamp": datetime,
    "any": object,
}
FACT_TYPES: Final = tuple(_PYTHON_TYPES)
AFTER: Final = "after:"
"""What the key of a missing piece begins with that is no evidence: the rule of a fault that comes first."""
SHARED_KIND: Final = "cluster"


class Cite(Protocol):
    """Anything that can be quoted as proof: a place in an input, 1-based, and what stands there."""

    @property
    def input(self) -> str:
        """The input that it comes from."""

    @property
    def file(self) -> str:
        """The path inside the input."""

    @property
    def line(self) -> int:
        """The line, counted from 1."""

    @property
    def column(self) -> int | None:
        """The column, counted from 1, where it is known."""

    @property
    def excerpt(self) -> str:
        """The text that stands there."""


@frozen
class Missing:
    """One piece of evidence that was not there, and how to get it.

    ``evidence`` is a stable key such as ``role-export``; ``sensitivity`` says what the answer would
    hold: ``public``, ``identifiers`` or ``secret``.
    """

    evidence: str
    why: str
    command: str
    where_to_run: str
    sensitivity: str = "identifiers"


@frozen
class Fact:
    """A known value with its proof; the value None means known to be absent.

    ``derived`` marks a value that was computed from the cited places rather than read there.
    Lists and maps may hold :class:`Unknown` leaves. In a list such a leaf stands for exactly one
    element; in a map for a field of which not even the presence is known.
    """

    value: object
    cites: tuple[Cite, ...] = ()
    derived: bool = False


@frozen
class Unknown:
    """A value that cannot be told from the inputs, with everything that would settle it."""

    missing: tuple[Missing, ...] = ()


@frozen
class FactSpec:
    """The declaration of one fact: its type (one of ``FACT_TYPES``) and one line of documentation."""

    type: str
    doc: str


Facts = Mapping[str, Fact | Unknown]
Vocabulary = Mapping[str, Mapping[str, FactSpec]]


@frozen
class Subject:
    """One thing that rules are asked about, with every fact that they may use.

    ``facts`` is flat with dotted names and already holds the facts of the kind ``cluster``.
    ``chains`` are the ids of the chains that a finding about this subject concerns.
    """

    kind: str
    name: str
    facts: Facts
    chains: tuple[str, ...]


def merge(unknowns: Iterable[Unknown]) -> Unknown:
    """One unknown that carries what all of them miss, each item once, in order."""
    return Unknown(tuple(dict.fromkeys(item for unknown in unknowns for item in unknown.missing)))


def lookup(facts: Facts, name: str) -> Fact | Unknown:
    """Return the fact of that name; one that nobody extracted is unknown, never absent."""
    return facts.get(name) or _never_read(name)


@lru_cache(maxsize=1024)
def _never_read(name: str) -> Unknown:
    return Unknown((Missing(name, "no evidence for it was read", "", ""),))


def visible_facts(vocabulary: Vocabulary, kind: str) -> dict[str, FactSpec]:
    """Return the facts that a rule about ``kind`` may name: its own and those of the cluster.

    Raises UsageProblem where the vocabulary does not know the kind or a type.
    """
    if kind not in vocabulary:
        known = ", ".join(sorted(vocabulary))
        raise UsageProblem(f"there is no subject kind {kind!r}", do=f"Known kinds: {known}")
    visible = {**vocabulary.get(SHARED_KIND, {}), **vocabulary[kind]}
    for name, spec in visible.items():
        if spec.type not in FACT_TYPES:
            raise UsageProblem(f"fact {name} is declared with the unknown type {spec.type!r}")
    return visible


def split_name(parts: tuple[str, ...], facts: Mapping[str, FactSpec]) -> tuple[str, tuple[str, ...]] | None:
    """Return the longest declared fact that the parts begin with, and the parts left; None without one."""
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in facts:
            return name, parts[length:]
    return None


def fits(value: object, wanted: str) -> bool:
    """Return whether a value may stand for a fact of the type; None fits every type, a bool is no int."""
    if value is None:
        return True
    if wanted == "timestamp" and isinstance(value, datetime) and value.tzinfo is None:
        return False
    return isinstance(value, _PYTHON_TYPES[wanted]) and (wanted != "int" or not isinstance(value, bool))


def check_facts(facts: Facts, declared: Mapping[str, FactSpec]) -> list[str]:
    """List what is wrong with the facts of a subject against the vocabulary: for tests of who makes them.

    A fact that is declared and not there is no mistake: it counts as unknown.
    """
    mistakes = [f"{name} is not declared" for name in facts if name not in declared]
    for name, spec in declared.items():
        found = facts.get(name)
        if isinstance(found, Fact) and not fits(found.value, spec.type):
            mistakes.append(
                f"{name} is declared as {spec.type}, but its value is a {type(found.value).__name__}"
            )
    return mistakes
