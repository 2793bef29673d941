"""What comes by the ten thousand is not compared pair by pair: each would take a minute or more so."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from analyzer.bundle import parse_json
from analyzer.engine import Outcome, Subject
from analyzer.evidence.origin import Where
from analyzer.evidence.records import RoleRecord
from analyzer.findings.scope import by_chain
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cut_names import CutNames
from analyzer.model.joining.roles import unite

PLACE = Where("i1", parse_json(b"{}", "roles.json")[0].at())
MANY = 40_000
SECONDS = 10
"""Of CPU: ten times what they take."""


def chain(namespace: str, secret: str, *, asked: bool = True) -> Chain:
    request: Any = SimpleNamespace() if asked else None
    return Chain(namespace, secret, in_cluster=request)


def test_roles_of_a_large_account_are_found_by_name() -> None:
    records = [RoleRecord(f"r{n}", f"arn:aws:iam::123456789012:role/r{n}", None, PLACE) for n in range(MANY)]
    began = time.process_time()
    book = unite(records, [], [], [])
    assert time.process_time() - began < SECONDS
    assert [role.name for role in book.roles] == [record.name for record in records]


def test_requests_are_found_by_what_is_left_of_their_roles_names() -> None:
    chains = [chain("a", f"s{n}") for n in range(MANY)]
    cut = CutNames(chains)
    began = time.process_time()
    assert not any(cut.others(one, 27) or cut.others(one, 1) for one in chains)
    assert time.process_time() - began < SECONDS


def test_names_that_differ_behind_the_cut_are_the_same() -> None:
    long = "openshift-cloud-network-config-controller"
    one, other, unasked = chain(long, "creds-a"), chain(long, "creds-b"), chain(long, "creds-c", asked=False)
    cut = CutNames([one, other, unasked, chain("a", "creds-a")])
    assert cut.others(one, 15) == [other]
    assert cut.others(one, 14) == []
    assert cut.others(unasked, 15) == [one, other]


def test_outcomes_are_found_by_chain() -> None:
    rule: Any = SimpleNamespace(link="trust", id="x")
    names = tuple(f"a/s{n}" for n in range(MANY))
    alone = [Outcome(rule, Subject("chain", name, {}, (name,)), "pass") for name in names]
    shared = Outcome(rule, Subject("cluster", "cluster", {}, (*names, names[0])), "pass")
    began = time.process_time()
    found = by_chain([shared, *alone])
    assert time.process_time() - began < SECONDS
    assert found["a/s0"] == [shared, alone[0]]
    assert len(found) == MANY
