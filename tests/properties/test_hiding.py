"""Hiding evidence makes unknown, and nothing else: no fault appears, none turns into its contrary."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.fault import Fault
from tests.e2e.faults import FAULTS
from tests.e2e.runs import Bench

from .hiding import inputs_of, judged, known_facts, subjects_of, turned, without_facts

CASES: list[Fault | None] = [None, *(fault for fault in FAULTS if fault.target is None)]
BUDGET = settings(
    max_examples=12, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
SHARES = st.sampled_from([0.02, 0.1, 0.3, 0.6])


@given(fault=st.sampled_from(CASES), share=SHARES, random=st.randoms(use_true_random=False))
@BUDGET
def test_hidden_files(bench: Bench, fault: Fault | None, share: float, random: Random) -> None:
    files = inputs_of(fault)
    left = {path: data for path, data in files.items() if random.random() >= share}
    whole = judged(bench, subjects_of(bench, files))
    hidden = judged(bench, subjects_of(bench, left))
    assert not turned(whole, hidden), sorted(files.keys() - left.keys())


@given(fault=st.sampled_from(CASES), share=SHARES, random=st.randoms(use_true_random=False))
@BUDGET
def test_hidden_facts(bench: Bench, fault: Fault | None, share: float, random: Random) -> None:
    subjects = subjects_of(bench, inputs_of(fault))
    names = frozenset(name for name in known_facts(subjects) if random.random() < share)
    whole, hidden = judged(bench, subjects), judged(bench, without_facts(subjects, names))
    assert not turned(whole, hidden), sorted(names)
