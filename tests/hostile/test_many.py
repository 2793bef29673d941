"""What comes by the ten thousand is not compared pair by pair: each would take a minute or more so."""

from __future__ import annotations

from collections.abc import Callable
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
from tests.work import is_linear

PLACE = Where("i1", parse_json(b"{}", "roles.json")[0].at())
SOME = 200


def chain(namespace: str, secret: str, *, asked: bool = True) -> Chain:
    request: Any = SimpleNamespace() if asked else None
    return Chain(namespace, secret, in_cluster=request)


def test_roles_of_a_large_account_are_found_by_name() -> None:
    def united(size: int) -> Callable[[], object]:
        records = [
            RoleRecord(f"r{n}", f"arn:aws:iam::123456789012:role/r{n}", None, PLACE) for n in range(size)
        ]
        book = unite(records, [], [], [])
        assert [role.name for role in book.roles] == [record.name for record in records]
        return lambda: unite(records, [], [], [])

    assert is_linear(united, SOME)


def test_requests_are_found_by_what_is_left_of_their_roles_names() -> None:
    def compared(size: int) -> Callable[[], object]:
        chains = [chain("a", f"s{n}") for n in range(size)]
        cut = CutNames(chains)
        return lambda: [cut.others(one, left) for one in chains for left in (27, 1)]

    assert not any(compared(SOME)())  # type: ignore[call-overload]
    assert is_linear(compared, SOME)


def test_names_that_differ_behind_the_cut_are_the_same() -> None:
    long = "openshift-cloud-network-config-controller"
    one, other, unasked = chain(long, "creds-a"), chain(long, "creds-b"), chain(long, "creds-c", asked=False)
    cut = CutNames([one, other, unasked, chain("a", "creds-a")])
    assert cut.others(one, 15) == [other]
    assert cut.others(one, 14) == []
    assert cut.others(unasked, 15) == [one, other]


def test_outcomes_are_found_by_chain() -> None:
    rule: Any = SimpleNamespace(link="trust", id="x")

    def found(size: int) -> Callable[[], object]:
        names = tuple(f"a/s{n}" for n in range(size))
        alone = [Outcome(rule, Subject("chain", name, {}, (name,)), "pass") for name in names]
        shared = Outcome(rule, Subject("cluster", "cluster", {}, (*names, names[0])), "pass")
        by_name = by_chain([shared, *alone])
        assert by_name["a/s0"] == [shared, alone[0]]
        assert len(by_name) == size
        return lambda: by_chain([shared, *alone])

    assert is_linear(found, SOME)


def test_pairs_are_told_from_a_single_pass() -> None:
    assert not is_linear(lambda size: lambda: [a == b for a in range(size) for b in range(size)], 50)
    assert not is_linear(lambda size: lambda: any(a > size for _ in range(size) for a in range(size)), 50)
