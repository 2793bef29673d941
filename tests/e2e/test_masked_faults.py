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


def test_a_role_sought_in_another_account_waits_for_the_secret(bench: Bench) -> None:
    """The exports are of the provider's account: more of the other would not settle anything."""
    fault, other = IDS["secret-account-mismatch"], IDS["permission-missing"]
    report = bench.report(
        bundle(edited(both(fault.edit, other.edit)), secrets="full")
        | exports(edited(both(fault.edit, other.edit)))
    )
    (chain,) = fault.chains
    waits = {link.link: link.waits_for for link in the_chain(report, chain).links if link.waits_for}
    assert waits == dict.fromkeys(("trust", "permissions"), "secret-account-mismatch"), told(report)
    assert not [item for item in report.missing if chain in item.chains], report.missing


def test_a_key_set_that_nobody_gets_does_not_pass(bench: Bench) -> None:
    report = bench.report(IDS["discovery-unreachable-403"].files())
    links = {link.link: link for link in report.chains[0].links}
    assert (links["keys"].state, links["keys"].waits_for) == ("not-applicable", "discovery-unreachable")
