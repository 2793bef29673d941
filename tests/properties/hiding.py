"""Taking evidence away, file by file or fact by fact, and what may not come of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from analyzer import session
from analyzer.engine import Fact, Outcome, Subject, Unknown, evaluate
from analyzer.errors import NothingToRead
from samples import Cluster
from tests.e2e.fault import Fault
from tests.e2e.runs import Bench, Files, archive, everything

FOUND = ("fail", "warn")
WAITING = Unknown()

Key = tuple[str, str, str]
"""Rule, kind and name of the subject."""


@dataclass(frozen=True)
class Said:
    """What a run says: the state of each rule on each subject, and the chains' links that fail."""

    states: dict[Key, str]
    broken: frozenset[tuple[str, str]]


def listen(outcomes: Iterable[Outcome]) -> Said:
    """Note what outcomes say. A link without a chain stands for the cluster's."""
    states: dict[Key, str] = {}
    broken = set()
    for one in outcomes:
        states[one.rule.id, one.subject.kind, one.subject.name] = one.state
        if one.state == "fail" and one.rule.kind == "cause":
            broken |= {(chain, one.rule.link) for chain in one.subject.chains or ("",)}
    return Said(states, frozenset(broken))


def subjects_of(bench: Bench, files: Files) -> tuple[Subject, ...]:
    """Read the files as one archive and give all subjects, none where nothing can be read."""
    path = bench.folder / "hidden.tar"
    path.write_bytes(archive(files))
    try:
        return session.extract([path]).subjects
    except NothingToRead:
        return ()


def judged(bench: Bench, subjects: Sequence[Subject]) -> Said:
    """Judge subjects by the built-in rules."""
    return listen(evaluate(bench.rules, subjects))


def without_facts(subjects: Sequence[Subject], names: frozenset[str]) -> list[Subject]:
    """Give the subjects with facts unknown, each of them in every subject that has it."""
    hidden = dict.fromkeys(names, WAITING)
    return [
        replace(one, facts={**one.facts, **{n: hidden[n] for n in hidden if n in one.facts}})
        for one in subjects
    ]


def known_facts(subjects: Sequence[Subject]) -> list[str]:
    """Name the facts that some subject knows, sorted."""
    return sorted({n for one in subjects for n, f in one.facts.items() if isinstance(f, Fact)})


def turned(whole: Said, hidden: Said) -> list[str]:
    """List what hiding must not do: turn pass and fail into each other, or break a link that held.

    A cause that explains another may be hidden: then the other is said, at the same link or a later
    one of the same chain.
    """
    wrong = []
    for key in whole.states.keys() & hidden.states.keys():
        if key[0].startswith("input-"):  # these speak of what is there
            continue
        before, after = whole.states[key], hidden.states[key]
        if (before == "pass" and after in FOUND) or (before in FOUND and after == "pass"):
            wrong.append(f"{'/'.join(key)}: {before} became {after}")
        if after == "error":
            wrong.append(f"{'/'.join(key)}: error")
    failing = {chain for chain, _ in whole.broken} | ({""} if whole.broken else set())
    wrong += [
        f"{chain}: {link} fails, where nothing of the chain failed"
        for chain, link in sorted(hidden.broken - whole.broken)
        if chain not in failing
    ]
    return wrong


def inputs_of(fault: Fault | None) -> dict[str, bytes]:
    """Give the files of a fault, or of a healthy cluster."""
    return fault.files() if fault else everything(Cluster())
