"""What one fault hides of another: it is named all the same where it stays when the first is mended."""

from __future__ import annotations

import pytest

from .faults import FAULTS
from .faults_in_permissions import both
from .runs import Bench, bundle, edited, exports, named, the_chain, told

IDS = {fault.id: fault for fault in FAULTS}

NOT_A_ROLE = [
    "secret-placeholder", "secret-role-arn-malformed", "secret-role-arn-malformed-user",
    "secret-partition-mismatch",
]  # fmt: skip


@pytest.mark.parametrize("name", NOT_A_ROLE)
def test_a_secret_that_names_no_role_hides_no_fault_of_the_one_made_for_it(bench: Bench, name: str) -> None:
    """The role that its request must use is exported: nobody is asked for it again."""
    fault, other = IDS[name], IDS["permission-boundary"]
    cluster = edited(both(fault.edit, other.edit))
    report = bench.report(bundle(cluster, secrets="full") | exports(cluster))
    assert named(report, "fail", kind="cause") == {fault.rule, "permission-boundary"}, told(report)
    (chain,) = fault.chains
    assert the_chain(report, chain).verdict.rule == fault.rule
    assert not [item for item in report.missing if chain in item.chains], report.missing


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("permission-missing-needs-every-resource", "permission-explicit-deny"),
        ("mode-issuer-unset", "mode-root-credentials-present"),
    ],
)
def test_both_are_named(bench: Bench, first: str, second: str) -> None:
    cluster = edited(both(IDS[first].edit, IDS[second].edit))
    report = bench.report(bundle(cluster) | exports(cluster))
    assert named(report, "fail", "warn") == {IDS[first].rule, IDS[second].rule}, told(report)
